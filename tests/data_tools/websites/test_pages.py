"""What pages say: each question once, the main text without what stands around it, each with its heading's address and its dates."""

import json
import re

import pytest

from data_tools.readers.faqs import html
from data_tools.readers.faqs.blocks import whole_text
from data_tools.websites.pages import knowledge, main_text, needs_script
from tests.data_tools.websites.help_centres import DESK, MANUAL, MESSENGER, SAMPLES, WIKI

URL = "https://help.pine.example/kb/tents"


@pytest.fixture
def tree(source):
    """A page as a tree, and as a source whose path is its address."""

    def make(text):
        made = source(text, "page.html")
        made.path = URL
        return made, html.parsed(made, whole_text(made))[0]

    return make


@pytest.fixture
def read(tree):
    def make(text, modified=""):
        return knowledge(*tree(text), modified)

    return make


def letters(text):
    return re.sub(r"\W+", "", text.casefold())


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_the_main_text_is_whole(read, sample):
    records = read(sample.html)
    said = letters("\n".join(text for record in records for text in (record.origin.title, record.origin.heading, *record.answers)))
    assert [line for line in sample.text if letters(line) not in said] == []


def test_what_stands_around_it_is_left_out(tree):
    found = [letters("\n".join(block.text for block in main_text(tree(sample.html)[1]))) for sample in SAMPLES]
    let_through = [line for sample, text in zip(SAMPLES, found, strict=True) for line in sample.around if letters(line) in text]
    assert sum(len(sample.around) for sample in SAMPLES) == 51
    assert len(let_through) <= 5, let_through


@pytest.mark.parametrize(
    ("sample", "places"),
    [
        (DESK, {"": "", "How to send it back": "#h_how", "What it costs": "#h_cost"}),
        (MESSENGER, {"": "", "To a smaller plan": "#smaller"}),
        (MANUAL, {"": "", "Create one": "#create", "Limits": "#limits"}),
        (WIKI, {"": "#firstHeading", "Fees": "#Fees", "Renewing": "#Renewing"}),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_passages_know_heading_and_address(read, sample, places):
    records = read(sample.html)
    assert all(record.passage for record in records)
    assert {record.origin.heading: record.origin.url.removeprefix(URL) for record in records} == places
    assert all(record.source.startswith(f"{URL}:") for record in records)


def test_rows_and_code_keep_their_form(read):
    assert read(DESK.html)[-1].answers == ("Size | Label\nUp to 2 people | $6\n3 people and more | $11\nMembers pay nothing.",)
    assert 'POST /v2/hooks\n{"url": "https://example.com/in"}\n' in read(MANUAL.html)[1].answers[0]


ASKED = [
    ("Do you ship tents abroad?", "Yes, to Canada and to all of Europe, within nine days."),
    ("What does it cost?", "A flat fee of $18."),
]
DATA = {
    "@type": "FAQPage",
    "mainEntity": [{"@type": "Question", "name": q, "acceptedAnswer": {"@type": "Answer", "text": a}} for q, a in ASKED],
}
LINKED = f'<script type="application/ld+json">{json.dumps(DATA)}</script>'
REST = "<h2 id='care'>Care</h2><p>Dry a tent before you pack it, or it will smell of the lake.</p>"


@pytest.mark.parametrize(
    "questions",
    [
        LINKED + "".join(f"<h3>{q}</h3><div class='panel' hidden><p>{a}</p></div>" for q, a in ASKED),
        LINKED + "".join(f"<button>{q}</button><div><p>{a}</p></div>" for q, a in ASKED),
        LINKED + "".join(f"<details><summary>{q}</summary><p>{a}</p></details>" for q, a in ASKED),
        "".join(f"<details id='x'><summary>{q}</summary>{a}</details>" for q, a in ASKED),
        "<dl>" + "".join(f"<dt>{q}</dt><dd>{a}</dd>" for q, a in ASKED) + "</dl>",
        "".join(
            f"<div itemscope itemtype='https://schema.org/Question'><h3 itemprop='name'>{q}</h3><div itemprop='acceptedAnswer' itemscope>"
            f"<p itemprop='text'>{a}</p></div></div>"
            for q, a in ASKED
        ),
        "".join(f"<h3>{q}</h3><p>{a}</p>" for q, a in ASKED),
        "".join(f"<p><strong>{q}</strong></p><p>{a}</p>" for q, a in ASKED),
    ],
)
def test_what_is_asked_is_an_entry_and_no_passage(read, questions):
    page = f"<html><head><title>Tents</title></head><body><main><h1>Tents</h1>{questions}{REST}</main></body></html>"
    records = read(page)
    assert [(*record.questions, *record.answers) for record in records if not record.passage] == ASKED
    assert [(record.questions, record.origin.url) for record in records if record.passage] == [(("Tents: Care",), f"{URL}#care")]
    assert all(record.origin.title == "Tents" for record in records)


def test_an_entry_knows_its_heading_and_its_own_address(read):
    page = "<h1>Help</h1><h2>Tents</h2><details id='abroad'><summary>Do you ship abroad?</summary>Yes, everywhere.</details>"
    [record] = read(f"<html><body><main>{page}</main></body></html>")
    assert record.origin.as_json() == {"title": "Help", "heading": "Tents", "url": f"{URL}#abroad"}


def test_more_than_the_answer_stays_a_passage(read):
    page = f"<main><h1>Tents</h1>{LINKED}<h2>Shipping abroad</h2><p>{ASKED[0][1]} Customs are paid by whoever gets the parcel.</p></main>"
    assert [record.passage for record in read(page)] == [False, False, True]


def test_a_menu_that_opens_is_no_question(read):
    page = "<details><summary>Shop</summary><ul><li><a href='/a'>Tents and tarps</a></li><li><a href='/b'>Boots</a></li></ul></details>"
    assert [record.answers[0] for record in read(f"<div>{page}</div><main><h1>Tents</h1>{REST}</main>")] == [
        "Dry a tent before you pack it, or it will smell of the lake."
    ]


META = "<meta property='article:modified_time' content='2026-10-05T08:00:00+09:00'>"


@pytest.mark.parametrize(
    ("head", "body", "header", "dates"),
    [
        (META, "", "Mon, 02 Nov 2026 10:00:00 GMT", ("2026-10-05", "", "")),
        ("", "<time datetime='2026-09-01'>1 Sept</time>", "Mon, 02 Nov 2026 10:00:00 GMT", ("2026-09-01", "", "")),
        ("", "", "Mon, 02 Nov 2026 10:00:00 GMT", ("2026-11-02", "", "")),
        ("", "", "yesterday", ("", "", "")),
        ("<meta name='reviewed' content='2026-08-01'><meta name='expires' content='2027-01-31'>", "", "", ("", "2026-08-01", "2027-01-31")),
        ("<meta property='article:expiration_time' content='2027-02-01T00:00'>", "", "", ("", "", "2027-02-01")),
        ("<meta http-equiv='expires' content='Mon, 02 Nov 2026 10:00:00 GMT'>", "", "", ("", "", "")),
        ("<meta name='expires' content='2026-99-99'><meta name='reviewed' content='soon'>", "", "", ("", "", "")),
        ('<script type="application/ld+json">{"dateModified": "2026-07-07", "lastReviewed" : "2026-07-09"}</script>', "", "",
         ("2026-07-07", "2026-07-09", "")),
    ],
)  # fmt: skip
def test_dates(read, head, body, header, dates):
    page = f"<html><head>{head}</head><body><main><article><h1>Tents</h1>{body}{REST}</article></main></body></html>"
    [record] = [record for record in read(page, header) if record.origin.heading]
    assert (record.origin.updated, record.origin.reviewed, record.origin.expires) == dates


@pytest.mark.parametrize(
    ("head", "body", "title"),
    [
        ("<title>Tents – Shop</title>", "<h1>Tents</h1>", "Tents"),
        ("<title>Tents – Shop</title><meta property='og:title' content='Our tents'>", "", "Our tents"),
        ("<title>\n Tents </title>", "<h1>One</h1><h1>Two</h1>", "Tents"),
        ("<title></title>", "<h1></h1>", ""),
    ],
)
def test_titles(read, head, body, title):
    records = read(f"<html><head>{head}</head><body><main>{body}{REST}</main></body></html>")
    assert {record.origin.title for record in records} == {title}


@pytest.mark.parametrize(
    ("page", "needs"),
    [
        ("<body><div id=root></div><script src=a.js></script></body>", True),
        ("<body><app-root>Loading…</app-root><script>x</script><noscript>Please turn on JavaScript</noscript></body>", True),
        ("<body><p></p></body>", False),
        (f"<body>{'<p>A long text without any sense. </p>' * 9}<script>x</script></body>", False),
    ],
)
def test_frames_that_a_script_fills_are_told(tree, page, needs):
    assert needs_script(tree(page)[1]) == needs


@pytest.mark.parametrize(
    "page",
    [
        "<div>" * 600 + "deep" + "</div>" * 600,
        "<table><tr><td>" * 90 + "<p>deep</p>",
        "<p>" + "long " * 9_000,
        "<main>" + "".join(f"<h2>Part {n}</h2><p>What part {n} says, in full.</p>" for n in range(99)) + "</main>",
        "<details><summary>a" * 99,
        "<main><p>\x0b\x1f control \ufffe, and more of it</p></main>" * 9,
        "<svg><script>x</script></svg><math><p>x</p></math>",
        "<script type='application/ld+json'>" + "[" * 100_000 + "</script><p>x</p>",
        "<frameset><frame src=a></frameset>",
        "<h2 rend='x'><p><li><td>mixed</h2>",
        "<!doctype html>",
    ],
    ids=lambda page: page[:20],
)
def test_no_page_breaks_the_reader(read, page):
    for record in read(f"<html><body>{page}</body></html>"):
        assert record.questions and record.answers
