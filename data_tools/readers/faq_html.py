"""FAQ as a web page: schema.org's FAQPage in JSON-LD or microdata, `<details>`, `<dl>`, else headings with text below.

A question that stands both in the page's data and in what it shows is read once.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from html import escape
from itertools import groupby, repeat
from typing import TYPE_CHECKING, Any, NamedTuple

from data_tools.faq import FaqRecord, plain
from data_tools.html_text import html_text
from data_tools.readers.faq_blocks import ASKED, SAID, Block, Piece, asks, bare, behind, nothing_found, pairs, paragraph, whole_text
from data_tools.records import Broken
from data_tools.source import OFFICE, Source

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

FORMAT = "FAQ web page"

TAGS = re.compile(r"<(?:!doctype|html|head|body|script|main|section|article|div|details|dl|ul|h[1-6]|p)\b", re.IGNORECASE)
HEADINGS = ["h1", "h2", "h3", "h4", "h5", "h6"]
TEXTS = ["p", "li", "pre", "blockquote", "dt", "dd", "td", "th"]
WRAPPER = re.compile(r"^\s*(?:<!--|//\s*<!\[CDATA\[)|(?:-->|//\s*\]\]>)\s*$")
"""What old pages put around a script."""
AROUND = ["nav", "header", "footer", "aside"]
"""What stands around a page's content."""


class Found(NamedTuple):
    """A question of the page: its line, the heading above it, its wordings and its answers."""

    line: int
    category: str
    questions: tuple[str, ...]
    answers: tuple[str, ...]


def looks_like(source: Source) -> bool:
    """Whether the text begins as a web page does."""
    return source.encoding not in OFFICE.values() and source.start.startswith("<") and TAGS.search(source.head) is not None


def read(source: Source, columns: Mapping[str, str] = {}) -> Iterator[FaqRecord | Broken]:
    """One record for each question. Raises UserError for a page without one. `columns` is for tables and not used."""
    from bs4 import BeautifulSoup

    page = BeautifulSoup(whole_text(source), "lxml")
    categories = _categories(page)
    records: list[FaqRecord | Broken] = []
    seen: set[str] = set()
    for found in (_linked(page), _microdata(page, categories), _details(page, categories), _lists(page, categories, asking=True)):
        records += _new(source, found, seen)
    if not seen:
        records += _new(source, _lists(page, categories, asking=False), seen)
    if not seen:
        records += pairs(source, _blocks(page))
    if not records:
        raise nothing_found(source)
    yield from records


def _new(source: Source, found: Iterable[Found | Broken], seen: set[str]) -> list[FaqRecord | Broken]:
    """The records of questions that were not `seen` where else the page has them."""
    items = list(found)
    new = [item for item in items if isinstance(item, Broken) or not {plain(question) for question in item.questions} & seen]
    seen |= {plain(question) for item in new if isinstance(item, Found) for question in item.questions}
    return [item if isinstance(item, Broken) else _record(source, item) for item in new]


def _record(source: Source, found: Found) -> FaqRecord:
    answers = tuple(filter(None, (behind(SAID, answer) for answer in found.answers)))
    return FaqRecord(source.at(found.line), "", found.category, "", found.questions, answers, ())


def _question(html: str) -> tuple[str, ...]:
    text = bare(" ".join(html_text(html).split()))
    return (text,) if text else ()


def _linked(page: "BeautifulSoup") -> Iterator[Found | Broken]:
    """The questions of JSON-LD, wherever they stand in it."""
    for script in page.find_all("script", type=re.compile(r"ld\+json", re.IGNORECASE)):
        text, line = script.get_text(), script.sourceline or 1
        try:
            data = json.loads(WRAPPER.sub("", text), strict=False)
        except (ValueError, RecursionError) as error:
            if "acceptedAnswer" in text:
                yield Broken(line, f"found JSON-LD that is not valid ({error}); expected an FAQPage of schema.org; mend it")
            continue
        yield from (Found(line, "", _question(_string(item.get("name") or item.get("text"))), _answers(item)) for item in _questions(data))


def _questions(data: Any) -> Iterator[dict[str, Any]]:
    waiting = [data]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict) and "Question" in (kind if isinstance(kind := value.get("@type"), list) else [kind]):
            yield value
        elif isinstance(value, dict | list):
            waiting += reversed(list(value.values()) if isinstance(value, dict) else value)


def _answers(question: dict[str, Any]) -> tuple[str, ...]:
    accepted = question.get("acceptedAnswer")
    texts = [item.get("text") if isinstance(item, dict) else item for item in (accepted if isinstance(accepted, list) else [accepted])]
    return tuple(filter(None, (html_text(_string(text)) for text in texts)))


def _string(value: Any) -> str:
    if isinstance(value, list):
        return "<br>".join(map(_string, value))
    return _string(value.get("@value")) if isinstance(value, dict) else "" if value is None else str(value)


def _microdata(page: "BeautifulSoup", categories: dict[int, str]) -> Iterator[Found]:
    for item in page.find_all(itemtype=re.compile(r"schema\.org/Question\b")):
        name, answers = item.find(itemprop="name"), item.find_all(itemprop="acceptedAnswer")
        if name and (question := _question(_inner(name))):
            texts = [html_text(_inner(answer.find(itemprop="text") or answer)) for answer in answers]
            yield Found(item.sourceline or 1, categories.get(id(item), ""), question, tuple(filter(None, texts)))


def _inner(element: "Tag") -> str:
    content = element.get("content") if element.name == "meta" else None
    return escape(str(content)) if content else element.decode_contents()


def _details(page: "BeautifulSoup", categories: dict[int, str]) -> Iterator[Found]:
    """What opens on a click. One that only holds others is their category; one that does not ask is a part of the question around it."""
    parts: set[int] = set()
    for details in page.find_all("details"):
        summary = _summary(details)
        if id(details) in parts or not summary or details.find_parent(AROUND):
            continue
        inner = details.find_all("details")
        if asks(html_text(summary)):
            parts |= {id(other) for other in inner if not asks(html_text(_summary(other)))}
        answer = _answer(details, [number for number, other in enumerate(inner) if id(other) not in parts])
        if (answer or not inner) and (question := _question(summary)):
            yield Found(details.sourceline or 1, categories.get(id(details), ""), question, (answer,))


def _summary(details: "Tag") -> str:
    """The HTML of what shows while the rest is closed."""
    summary = details.find("summary", recursive=False)
    return summary.decode_contents() if summary else ""


def _answer(details: "Tag", apart: list[int]) -> str:
    """The text below the summary, without those of the elements inside that are questions of their own."""
    body = copy(details)
    inner = body.find_all("details")
    for element in (body.find("summary", recursive=False), *(inner[number] for number in apart)):
        if element:
            element.extract()
    return html_text(body.decode_contents())


def _lists(page: "BeautifulSoup", categories: dict[int, str], asking: bool) -> Iterator[Found]:
    """Terms and their descriptions; if `asking`, of lists with a term that asks: others seldom hold questions."""
    for terms in page.find_all("dl"):
        own = [element for element in terms.find_all(["dt", "dd"]) if element.find_parent("dl") is terms]
        if terms.find_parent([*AROUND, "details"]) or (
            asking and not any(asks(html_text(_inner(term))) for term in own if term.name == "dt")
        ):
            continue
        for line, questions, answer in _terms(own):
            yield Found(line, categories.get(id(terms), ""), questions, (answer,))


def _terms(elements: list["Tag"]) -> Iterator[tuple[int, tuple[str, ...], str]]:
    """The line of terms that stand together, the terms, and what describes them."""
    groups = [(name, list(group)) for name, group in groupby(elements, key=lambda element: element.name)]
    for (name, terms), (_, described) in zip(groups, [*groups[1:], ("", [])], strict=False):
        questions = tuple(text for term in terms for text in _question(_inner(term))) if name == "dt" else ()
        if questions:
            yield terms[0].sourceline or 1, questions, "\n".join(filter(None, (html_text(_inner(part)) for part in described)))


def _categories(page: "BeautifulSoup") -> dict[int, str]:
    """The heading above each element that may be a question, or the summary around it, by the element's id."""
    categories: dict[int, str] = {}
    heading = ""
    for element in page.find_all(lambda tag: tag.name in (*HEADINGS, "details", "dl") or _is_question(tag)):
        if element.name not in HEADINGS:
            outer = element.find_parent("details")
            categories[id(element)] = bare(" ".join(html_text(_summary(outer)).split())) if outer else heading
        elif not element.find_parent(lambda tag: tag.name in ("details", "dl", *AROUND) or _is_question(tag)):
            heading = bare(" ".join(html_text(element.decode_contents()).split()))
    return categories


def _is_question(tag: "Tag") -> bool:
    return "schema.org/Question" in str(tag.get("itemtype", ""))


def _blocks(page: "BeautifulSoup") -> Iterator[Block]:
    """Headings and paragraphs."""
    for element in page.find_all([*HEADINGS, *TEXTS]):
        if element.find_parent([*AROUND, *TEXTS]):
            continue
        line, text = element.sourceline or 1, html_text(element.decode_contents())
        if element.name in HEADINGS:
            yield Block(line, " ".join(text.split()), int(element.name[1]))
        else:
            strong = element.find(["b", "strong"])
            lead = html_text(strong.decode_contents()) if strong else ""
            lead = lead if text.startswith(lead) else ""
            mark = "- " if element.name == "li" and not lead and not ASKED.match(text) else ""
            yield from paragraph(repeat(line), [Piece(lead, True), Piece(mark + text.removeprefix(lead), False)])
