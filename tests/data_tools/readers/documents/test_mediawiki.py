"""MediaWiki exports: markup, tables, what is no article, and XML that breaks off."""

import pytest

from data_tools.readers.documents import mediawiki
from data_tools.readers.records import FaqRecord, LeftOut
from data_tools.sources.json_stream import Broken

TEXT = """{{Stub}}
Tents last for '''ten seasons''' if they are [[drying|dried]].&lt;ref&gt;Leaflet&lt;/ref&gt;

== Drying ==
* Hang the tent over a line.
* Use [https://pine.example/soap our soap].

=== How long does it take? ===
About six hours.

== Prices ==
{| class="wikitable"
! Repair !! Price
|-
| Zip || £24
|}
[[Category:Care]] [[File:tent.png|thumb]]
"""


def page(title, text, namespace=0, more=""):
    newest = f"<revision><timestamp>2026-02-03T00:00:00Z</timestamp><text>{text}</text></revision>"
    old = "<revision><timestamp>2020-01-01T00:00:00Z</timestamp><text>what it said before</text></revision>"
    return f"<page><title>{title}</title><ns>{namespace}</ns>{more}{old}{newest}</page>\n"


def export(*pages):
    base = "<siteinfo><base>https://wiki.pine.example/wiki/Main_Page</base></siteinfo>\n"
    return f'<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/">\n{base}{"".join(pages)}</mediawiki>\n'


def test_the_newest_text_of_a_page(source):
    made = source(export(page("Tent care", TEXT)))
    found = list(mediawiki.read(made))

    assert mediawiki.looks_like(made)
    assert [(record.passage, record.questions[0], record.answers[0]) for record in found] == [
        (False, "How long does it take?", "About six hours."),
        (True, "Tent care", "Tents last for ten seasons if they are dried."),
        (True, "Tent care: Drying", "- Hang the tent over a line.\n- Use our soap (https://pine.example/soap)."),
        (True, "Tent care: Prices", "Repair | Price\nZip | £24"),
    ]
    assert {(record.origin.url, record.origin.updated) for record in found} == {("https://wiki.pine.example/wiki/Tent_care", "2026-02-03")}


def test_what_is_no_article_is_counted(source):
    text = "Some text that is long enough to be a passage."
    pages = [
        page("User:Bob", text, 2),
        page("Tents", text, 0, '<redirect title="Tent care" />'),
        page("Talk:Tents", text, 101),
        page("Own", text, 100),
    ]
    found = list(mediawiki.read(source(export(*pages))))

    assert [record.origin.title for record in found if isinstance(record, FaqRecord)] == ["Own"]
    assert found[1:] == [LeftOut("page of a wiki that is no article", 2), LeftOut("redirect", 1)]


def test_an_export_that_breaks_off_keeps_what_is_before(source):
    first, broken = mediawiki.read(source(export(page("Tent care", "Dry it before you store it."), page("Poles", TEXT))[:-200]))

    assert isinstance(first, FaqRecord) and first.answers == ("Dry it before you store it.",)
    assert isinstance(broken, Broken) and broken.why.startswith("found broken XML (")


def test_nothing_is_read_from_elsewhere(source, tmp_path):
    (tmp_path / "secret").write_text("the secret of this machine")
    trap = f'<!DOCTYPE x [<!ENTITY s SYSTEM "file://{tmp_path}/secret">]>' + export(page("Trap", "Here it stands: &s; and that is all."))

    assert "secret of" not in repr(list(mediawiki.read(source(trap))))


@pytest.mark.parametrize("piece", ["&lt;ref>", "{{a|", "[[a|", "{|\n|"])
def test_a_page_that_would_take_minutes_costs_itself(source, piece):
    broken, kept = mediawiki.read(source(export(page("Trap", piece * 5000), page("Tent care", "Dry it before you store it."))))

    assert isinstance(broken, Broken) and broken.why.startswith("found a page of ")
    assert kept.answers == ("Dry it before you store it.",)
