"""Markup: text is escaped, markup is not."""

from frontdesk.reports.html import Html, both, join, tag
from tests.pages import Page

HOSTILE = "</title></style><script>alert('1')</script>\"' onload=x &amp; <b"


def test_attributes_and_text_of_an_element_are_escaped() -> None:
    page = Page(tag("p", HOSTILE, aria_label=HOSTILE, class_=""))
    assert page.elements == [("p", {"aria-label": HOSTILE}, ())] and page.text == HOSTILE


def test_text_is_escaped_and_markup_kept() -> None:
    assert join(["<a>", Html("<b>"), 12345, "\ud83d"]) == "&lt;a&gt;<b>12,345?"
    assert tag("p", "&", class_='"', lang="") == '<p class="&#34;">&amp;</p>'


def test_two_languages_stand_side_by_side_unless_they_say_the_same() -> None:
    assert both("a&b", "나") == 'a&amp;b <span lang="ko">나</span>'
    assert both("chrF", "chrF") == "chrF"
