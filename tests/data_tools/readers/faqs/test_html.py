"""The FAQ as a web page: data, elements that open, lists, headings; each question once."""

import json

import pytest

from data_tools.readers.faqs import html as faq_html
from data_tools.readers.records import FaqRecord
from data_tools.sources.json_stream import Broken
from frontdesk.errors import UserError


def question(name, text, **more):
    return {"@type": "Question", "name": name, "acceptedAnswer": {"@type": "Answer", "text": text}} | more


def linked(*values):
    return "".join(f'<script type="application/ld+json">\n{json.dumps(value)}\n</script>\n' for value in values)


def read(source):
    assert faq_html.looks_like(source)
    return [(*record.questions, *record.answers) for record in faq_html.read(source) if isinstance(record, FaqRecord)]


BOTH = [("When?", "At <nine>.\nOr ten."), ("Why?", "So & so.")]
ANSWERS = ("<p>At &lt;nine&gt;.</p><p>Or ten.</p>", "So &amp; so.")
QUESTIONS = [question("When?", ANSWERS[0]), question("<b>Q.</b> Why?", ANSWERS[1])]


@pytest.mark.parametrize(
    "page",
    [
        linked({"@type": "FAQPage", "mainEntity": QUESTIONS}),
        linked({"@graph": [{"@type": "WebPage"}, {"@type": ["WebPage", "FAQPage"], "mainEntity": QUESTIONS}]}),
        linked([{"@type": "FAQPage", "mainEntity": QUESTIONS[0]}, {"@type": "FAQPage", "mainEntity": [[QUESTIONS[1]]]}]),
        linked(*({"@type": "FAQPage", "mainEntity": item} for item in QUESTIONS)),
        f"<details><summary>When?</summary>{ANSWERS[0]}</details><details open><summary><h3>Why?</h3></summary>A. {ANSWERS[1]}</details>",
        f"<dl><dt>When?<dd>{ANSWERS[0]}<dt>Why?<dd>{ANSWERS[1]}</dl>",
        f"<dl><div><dt>When?</dt><dd>{ANSWERS[0]}</dd></div><div><dt>Why?</dt><dd>{ANSWERS[1]}</dd></div></dl>",
        f"<h1>FAQ</h1><p>Hello.</p><h2>When?</h2>{ANSWERS[0]}<h2>Why?</h2><p>{ANSWERS[1]}</p>",
        f"<p><strong>When?</strong><br>At &lt;nine&gt;.</p><p>Or ten.</p><p>Q. Why?<br>A. {ANSWERS[1]}</p>",
        '<div itemscope itemtype="https://schema.org/FAQPage">'
        + "".join(
            f'<div itemscope itemprop="mainEntity" itemtype="https://schema.org/Question"><h3 itemprop="name">{name}</h3>'
            f'<div itemscope itemprop="acceptedAnswer" itemtype="https://schema.org/Answer"><div itemprop="text">{text}</div></div></div>'
            for name, text in zip(("When?", "Why?"), ANSWERS, strict=True)
        )
        + "</div>",
    ],
)
def test_questions_of_each_style(source, page):
    whole = f"<!DOCTYPE html><html><head><title>x</title></head><body><nav><p>Menu</p></nav>{page}<footer><p>end</p></footer></body></html>"

    assert read(source(whole)) == BOTH


def test_a_question_in_the_data_and_on_the_page_is_read_once(source):
    page = linked({"@type": "FAQPage", "mainEntity": QUESTIONS[:1]}) + "<details><summary>Q. WHEN? </summary>At 9.</details>"
    page += "<details><summary>How?</summary>Thus.</details><dl><dt>how?</dt><dd>Thus.</dd><dt>Where?</dt><dd>Here.</dd></dl>"

    assert read(source(f"<html>{page}</html>")) == [BOTH[0], ("How?", "Thus."), ("Where?", "Here.")]


def test_the_same_question_below_two_headings_is_read_twice(source):
    page = "<html><h2>Small</h2><details><summary>Price?</summary>3.</details>\n<h2>Large</h2>\n<details><summary>Price?</summary>5."
    records = list(faq_html.read(source(page)))

    assert [(record.category, record.answers, record.source) for record in records] == [
        ("Small", ("3.",), "input.txt:1"),
        ("Large", ("5.",), "input.txt:3"),
    ]


def test_what_opens_inside_another_has_it_as_category_or_is_a_part_of_its_answer(source):
    def opens(summary, body):
        return f"<details><summary>{summary}</summary>{body}</details>"

    page = opens("Orders", opens("When?", "At nine. " + opens("More", "Or ten.")) + opens("Why?", "So.")) + opens(
        "Where?", "Here. " + opens("Really?", "Yes.")
    )
    records = list(faq_html.read(source(page)))

    assert [(record.category, record.questions[0], record.answers[0]) for record in records] == [
        *(
            ("Orders", "When?", "At nine.\nMore\nOr ten."),
            ("Orders", "Why?", "So."),
            ("", "Where?", "Here."),
            ("Where?", "Really?", "Yes."),
        ),
    ]


def test_lists_of_other_things_are_read_only_where_nothing_else_asks(source):
    facts = "<dl><dt>Company</dt><dd>Shop</dd></dl>"
    page = "<html><details><summary>When?</summary>At nine.</details>"

    assert read(source(page + facts)) == [("When?", "At nine.")]
    assert read(source("<html>" + facts)) == [("Company", "Shop")]


def test_terms_together_are_wordings_of_one_question(source):
    [record] = faq_html.read(source("<dl><dt>When?</dt><dt>What time?</dt><dd>At nine.</dd><dd>Or ten.</dd></dl>"))

    assert (record.questions, record.answers) == (("When?", "What time?"), ("At nine.\nOr ten.",))


def test_a_list_inside_a_description_is_a_part_of_it(source):
    [record] = faq_html.read(source("<dl><dt>What does it cost?</dt><dd><dl><dt>Small</dt><dd>3</dd></dl></dd></dl>"))

    assert (record.questions, record.answers) == (("What does it cost?",), ("Small\n3",))


@pytest.mark.parametrize(
    "page",
    [
        linked({"@type": "Question", "name": "When?"}),
        linked(question("When?", None)),
        "<details><summary>When?</summary></details>",
        "<dl><dt>When?</dt></dl>",
        "<html><h2>When?</h2></html>",
    ],
)
def test_a_question_without_an_answer_is_a_record(source, page):
    assert read(source(page)) == [("When?",)]


def test_several_accepted_answers_are_kept(source):
    item = {"@type": "Question", "name": {"@value": "When?"}, "acceptedAnswer": [{"text": "Nine."}, {"text": ["At", "9."]}]}

    assert read(source(linked(item))) == [("When?", "Nine.", "At\n9.")]


def test_broken_data_is_told_and_the_page_read(source):
    page = '<html>\n<script type="application/ld+json">{"acceptedAnswer": }</script>\n<script type="application/ld+json">{</script>'
    records = list(faq_html.read(source(page + "<details><summary>When?</summary>Nine.</details></html>")))

    assert [(record.line, record.why[:32]) for record in records if isinstance(record, Broken)] == [(2, "found JSON-LD that is not valid ")]
    assert [record.questions for record in records if isinstance(record, FaqRecord)] == [("When?",)]


@pytest.mark.parametrize("wrapper", ["<!--\n{}\n-->", "// <![CDATA[\n{}\n// ]]>"])
def test_data_may_be_wrapped_as_on_old_pages(source, wrapper):
    data = wrapper.replace("{}", json.dumps(question("When?", "Nine.")))

    assert read(source(f'<script type="application/ld+json">{data}</script>')) == [("When?", "Nine.")]


def test_a_page_without_questions_is_refused(source):
    with pytest.raises(UserError, match=r"input\.txt:1: found no question; expected headings or lines"):
        list(faq_html.read(source("<html><body><p>Hello.</p></body></html>")))


@pytest.mark.parametrize("text", ["question,answer\n<p>a</p>,b\n", "# Why?\n<details>\n", '{"question": "<p>"}', "<svg></svg>", ""])
def test_other_formats_are_left_alone(source, text):
    assert not faq_html.looks_like(source(text))


@pytest.mark.parametrize(
    "piece",
    [
        *("<details>", "<details><summary>a</summary>b", "<dl><dt>", "<div>", "<p>a?", "<!--", "</p>", "<h2>a", "<li>a<ul>"),
        '<script type="application/ld+json">',
    ],
)
def test_broken_html_does_not_fail(source, piece):
    opened = source("<html><details><summary>When?</summary>Nine.</details>" + piece * 2000)

    assert read(opened)[0][0] == "When?"
