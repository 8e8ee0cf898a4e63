"""FAQ as a web page: JSON-LD or microdata, `<details>`, `<dl>`, else headings. What stands twice is read once."""

import json
import re
from collections.abc import Iterable, Iterator
from copy import deepcopy
from itertools import groupby, repeat
from typing import Any, NamedTuple

from lxml import etree, html  # type: ignore[import-untyped]

from data_tools.readers.faqs.blocks import ASKED, SAID, Block, Piece, asks, bare, behind, nothing_found, pairs, paragraph, whole_text
from data_tools.readers.faqs.origins import iso_day, web_address
from data_tools.readers.records import FaqRecord
from data_tools.sources.html_text import html_text
from data_tools.sources.json_stream import Broken, whole_letters
from data_tools.sources.text import NO_TEXT, Source, folded
from frontdesk.facts.entries import Origin

FORMAT = "FAQ web page"

TAGS = re.compile(r"<(?:!doctype|html|head|body|script|main|section|article|div|details|dl|ul|h[1-6]|p)\b", re.IGNORECASE)
WRAPPER = re.compile(r"^\s*(?:<!--|//\s*<!\[CDATA\[)|(?:-->|//\s*\]\]>)\s*$")  # what old pages put around a script

# Where questions stand, as XPath. What stands around a page's content, such as its menu, is left out.
CONTENT = "not(ancestor::nav or ancestor::header or ancestor::footer or ancestor::aside)"
QUESTION = 'contains(@itemtype, "schema.org/Question")'
HEADING = "self::h1 or self::h2 or self::h3 or self::h4 or self::h5 or self::h6"
TEXT = "self::p or self::li or self::pre or self::blockquote or self::dt or self::dd or self::td or self::th"
ITEMS = f"//*[{QUESTION}][not(ancestor::*[{QUESTION}])]"
DETAILS = f"details[summary][{CONTENT}][count(ancestor::details) < 4]"
LISTS = f"//dl[{CONTENT}][not(ancestor::dl or ancestor::details)]"
TERMS = ".//*[self::dt or self::dd][not(ancestor::dt or ancestor::dd)][count(ancestor::dl) = 1]"
HEADINGS = f"//*[{HEADING}][{CONTENT}][not(ancestor::details or ancestor::dl or ancestor::*[{HEADING} or {QUESTION}])]"
ROW = f"self::tr[*[2]][not(.//tr or .//*[{HEADING}])]"
LEAF = f"self::div[not(.//*[self::div or self::table or self::dl or self::ul or self::ol or {HEADING} or {TEXT}])]"
BLOCKS = f"//*[{HEADING} or {TEXT}][{CONTENT}][not(ancestor::*[{HEADING} or {TEXT}])]"
REST = f"//*[{HEADING} or {TEXT} or {ROW} or {LEAF}][{CONTENT}][not(ancestor::*[{HEADING} or {TEXT} or {ROW}])]"
REST += f"[not(ancestor-or-self::details or ancestor-or-self::*[{QUESTION}])]"
TITLE = "//h1[1][count(//h1) = 1] | //title[count(//h1) != 1]"
ADDRESS = "(//link[@rel='canonical']/@href | //meta[@property='og:url']/@content)[1]"
UPDATED = "(//meta[@property='article:modified_time' or @name='last-modified' or @name='dcterms.modified']/@content)[1]"


class Found(NamedTuple):
    """A question of the page: its line, the heading above it, its wordings and its answers, and its id in the page."""

    line: int
    category: str
    questions: tuple[str, ...]
    answers: tuple[str, ...]
    anchor: str = ""

    def record(self, source: Source) -> FaqRecord:
        """The question as all FAQ readers give it."""
        answers = tuple(filter(None, (behind(SAID, answer) for answer in self.answers)))
        return FaqRecord(source.at(self.line), "", self.category, "", self.questions, answers, ())


def looks_like(source: Source) -> bool:
    """Whether the text begins as a web page does."""
    return source.encoding not in NO_TEXT and source.start.startswith("<") and TAGS.search(source.head) is not None


def read(source: Source) -> Iterator[FaqRecord | Broken]:
    """One record for each question. Raises UserError for a page without one."""
    page, broken = parsed(source, whole_text(source))
    records: list[FaqRecord | Broken] = [*broken]
    records += [item if isinstance(item, Broken) else item.record(source) for item in marked(page)]
    if not any(isinstance(record, FaqRecord) for record in records):
        records += [item.record(source) for item in _lists(page, _categories(page), asking=False)]
    if not any(isinstance(record, FaqRecord) for record in records):
        records += pairs(source, _blocks(page.xpath(BLOCKS)))
    if not records:
        raise nothing_found(source)
    yield from records


def marked(page: Any) -> Iterator[Found | Broken]:
    """What the page marks as questions: in its data, as what opens on a click, as terms of a list that ask; each once."""
    categories = _categories(page)
    seen: set[str] = set()
    for found in (_linked(page), _microdata(page, categories), _details(page, categories), _lists(page, categories, asking=True)):
        new = [item for item in found if isinstance(item, Broken) or not {folded(question) for question in item.questions} & seen]
        seen |= {folded(question) for item in new if isinstance(item, Found) for question in item.questions}
        yield from new


def parsed(source: Source, text: str) -> tuple[Any, list[Broken]]:
    """The tree of a page, and what was lost of it. Raises UserError for nothing but comments."""
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True, no_network=True)
    try:
        page = html.document_fromstring(text.encode("utf-8", "replace"), parser)
    except etree.ParserError:  # nothing but comments
        raise nothing_found(source) from None
    deep = "found tags that are nested too deep, and nothing behind them was read; expected a page; close its tags"
    return page, [Broken(error.line, deep) for error in parser.error_log if error.type_name == "ERR_RESOURCE_LIMIT"]


def apart(source: Source, page: Any) -> tuple[list[FaqRecord | Broken], list[Block]]:
    """What a page marks as questions, as records, and the blocks of everything else, with the rows of tables as `a | b`."""
    found = list(marked(page))
    records = [item if isinstance(item, Broken) else item.record(source) for item in found]
    seen = {folded(question) for item in found if isinstance(item, Found) for question in item.questions}
    lists = [terms for terms in page.xpath(LISTS) if any(asks(text_of(term)) for term in terms.xpath(TERMS) if term.tag == "dt")]
    inside = {element for terms in lists for element in terms.iter()}
    answers = {folded(row) for item in records if isinstance(item, FaqRecord) for answer in item.answers for row in answer.split("\n")}
    rest: list[Block] = []
    above = 0  # the rank of the heading whose question is read already
    for block in _blocks(element for element in page.xpath(REST) if element not in inside):
        above = 0 if above and 0 < block.rank <= above else above
        above = above or (block.rank if folded(bare(block.text)) in seen else 0)
        if not above and folded(block.text) not in answers:
            rest.append(block)
    return records, rest


def origin_of(page: Any) -> Origin:
    """What a page says of itself."""
    title, address, updated = (next(iter(page.xpath(path)), "") for path in (TITLE, ADDRESS, UPDATED))
    shown = "" if isinstance(title, str) else " ".join("".join(title.itertext()).split())
    return Origin(shown, url=web_address(address), updated=iso_day(updated))


def text_of(element: Any) -> str:
    """What an element shows."""
    return html_text(etree.tostring(element, encoding="unicode", method="html", with_tail=False))


def _line_of_text(text: str) -> str:
    return bare(" ".join(text.split()))


def _question(text: str) -> tuple[str, ...]:
    return tuple(filter(None, [_line_of_text(text)]))


def _linked(page: Any) -> Iterator[Found | Broken]:
    for script in page.xpath("//script[contains(@type, 'ld+json')]"):
        text = script.text or ""
        try:
            yield from list(_of_script(script.sourceline, text))
        except (ValueError, RecursionError) as error:
            if "acceptedAnswer" in text:
                yield Broken(script.sourceline, f"found JSON-LD that is not valid ({error}); expected an FAQPage of schema.org; fix it")


def _of_script(line: int, text: str) -> Iterator[Found]:
    data = json.loads(whole_letters(WRAPPER.sub("", text)), strict=False)
    for item in _questions(data):
        if question := _question(html_text(_string(item.get("name") or item.get("text")))):
            yield Found(line, "", question, _answers(item))


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


def _microdata(page: Any, categories: dict[Any, str]) -> Iterator[Found]:
    for item in page.xpath(ITEMS):
        answers = [_property(answer, "text") or text_of(answer) for answer in item.iterfind('.//*[@itemprop="acceptedAnswer"]')]
        if question := _question(_property(item, "name")):
            yield Found(item.sourceline, categories[item], question, tuple(filter(None, answers)), item.get("id", ""))


def _property(item: Any, name: str) -> str:
    element = item.find(f'.//*[@itemprop="{name}"]')
    return "" if element is None else (element.get("content") or text_of(element))


def _details(page: Any, categories: dict[Any, str]) -> Iterator[Found]:
    """What opens on a click. One that only holds others is their category; one that does not ask is a part of the question around it."""
    parts: set[Any] = set()
    for details in page.xpath(f"//{DETAILS}"):
        if details in parts:
            continue
        summary, inner = text_of(details.find("summary")), details.xpath(f".//{DETAILS}")
        if asks(summary):
            parts |= {other for other in inner if not asks(text_of(other.find("summary")))}
        answer = _answer(details, {other for other in inner if other not in parts})
        if (answer or not inner) and (question := _question(summary)):
            yield Found(details.sourceline, categories[details], question, (answer,), details.get("id", ""))


def _answer(details: Any, apart: set[Any]) -> str:
    """The text below the summary, without those of the elements inside that are questions of their own."""
    body = deepcopy(details)
    copies = [copied for own, copied in zip(details.iter("details"), body.iter("details"), strict=True) if own in apart]
    for element in (body.find("summary"), *copies):
        element.tag = "template"  # which shows nothing; text with control characters cannot be moved to drop it
    return text_of(body)


def _lists(page: Any, categories: dict[Any, str], asking: bool) -> Iterator[Found]:
    """Terms and their descriptions; if `asking`, of lists with a term that asks: others seldom hold questions."""
    for terms in page.xpath(LISTS):
        groups = [(name, list(group)) for name, group in groupby(terms.xpath(TERMS), key=lambda element: element.tag)]
        if asking and not any(asks(text_of(term)) for name, group in groups for term in group if name == "dt"):
            continue
        for (name, group), (_, described) in zip(groups, [*groups[1:], ("", [])], strict=False):
            questions = tuple(text for term in group for text in _question(text_of(term))) if name == "dt" else ()
            if questions:
                answer = "\n".join(filter(None, map(text_of, described)))
                yield Found(group[0].sourceline, categories[terms], questions, (answer,), group[0].get("id", ""))


def _categories(page: Any) -> dict[Any, str]:
    """The heading above each element that may be a question, or the summary around it."""
    categories: dict[Any, str] = {}
    heading = ""
    for element in page.xpath(f"{HEADINGS} | //details | //dl | {ITEMS}"):
        if element.tag in ("details", "dl") or element.get("itemtype"):
            outer = next(element.iterancestors("details"), None)
            summary = None if outer is None else outer.find("summary")
            categories[element] = heading if summary is None else _line_of_text(text_of(summary))
        else:
            heading = _line_of_text(text_of(element))
    return categories


def _blocks(elements: Iterable[Any]) -> Iterator[Block]:
    for element in elements:
        line, text = element.sourceline, text_of(element)
        if element.tag == "tr":
            yield Block(line, " | ".join(" ".join(text_of(cell).split()) for cell in element.iterchildren("td", "th")))
            continue
        if element.tag[0] == "h":
            yield Block(line, " ".join(text.split()), int(element.tag[1]))
            continue
        strong = next(element.iter("b", "strong"), None)
        lead = "" if strong is None else text_of(strong)
        lead = lead if text.startswith(lead) else ""
        mark = "- " if element.tag == "li" and not lead and not ASKED.match(text) else ""
        yield from paragraph(repeat(line), [Piece(lead, True), Piece(mark + text.removeprefix(lead), False)])
