"""A helpdesk's knowledge base as its API lists it: Zendesk Guide's articles with their sections and categories, Intercom's articles.

Drafts are left out, and what Zendesk shows to some users only.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from data_tools.readers.documents.pages import of_page
from data_tools.readers.faqs.html import parsed
from data_tools.readers.faqs.origins import iso_day, web_address
from data_tools.readers.records import FaqRecord, LeftOut
from data_tools.sources.html_text import html_text
from data_tools.sources.json_stream import Broken, Record, read_json
from data_tools.sources.tables import text_of
from data_tools.sources.text import Source
from data_tools.sources.times import epoch_time
from frontdesk.facts.entries import Origin

FORMAT = "helpdesk articles"

LISTS = ("articles", "data", "sections", "categories")
ZENDESK = re.compile(r'(?=.*"body"\s*:)(?=.*"(?:html_url|section_id|draft)"\s*:)', re.DOTALL)
INTERCOM = re.compile(r'(?=.*"body"\s*:)(?=.*"title"\s*:)(?=.*"(?:state|workspace_id)"\s*:)(?!.*"conversation_parts")', re.DOTALL)
OBJECT = re.compile(r"\s*(?:\[\s*)?\{")


def looks_like(source: Source) -> bool:
    """Whether the file is JSON with articles."""
    head = source.head
    return OBJECT.match(head) is not None and (ZENDESK.match(head) is not None or INTERCOM.match(head) is not None)


def read(source: Source) -> Iterator[FaqRecord | Broken | LeftOut]:
    """Entries and passages of each article."""
    left_out: Counter[str] = Counter()
    names: dict[str, dict[str, dict[str, Any]]] = {"sections": {}, "categories": {}}
    articles: list[Record] = []
    for item in read_json(source, LISTS, inner=False):
        if isinstance(item, Broken):
            yield item
        elif item.key in names:
            names[item.key][text_of(item.value.get("id"))] = item.value
        elif item.key != "document":
            articles.append(item)
    for record in articles:
        for article in _translations(record.value):
            if why := _why_left_out(article):
                left_out[why] += 1
            else:
                yield from _article(source, record.line, article, _category(article, names))
    yield from (LeftOut(why, number) for why, number in left_out.items())


def _translations(article: dict[str, Any]) -> list[dict[str, Any]]:
    """The article, and its texts in other languages, which Intercom keeps inside it."""
    others = article.get("translated_content")
    written = others.items() if isinstance(others, dict) else ()
    texts = [{"id": article.get("id"), "locale": name, **text} for name, text in written if isinstance(text, dict)]
    return [article, *(text for text in texts if text["locale"] != article.get("default_locale"))]


def _why_left_out(article: dict[str, Any]) -> str:
    if article.get("draft") is True or text_of(article.get("state")).casefold() == "draft":
        return "draft"
    restricted = article.get("user_segment_id") is not None or article.get("user_segment_ids")
    return "article that not everybody may read" if restricted else ""


def _category(article: dict[str, Any], names: dict[str, dict[str, dict[str, Any]]]) -> str:
    section = names["sections"].get(text_of(article.get("section_id")), {})
    category = names["categories"].get(text_of(section.get("category_id")), {})
    return " > ".join(filter(None, (text_of(one.get("name")) for one in (category, section))))


def _article(source: Source, line: int, article: dict[str, Any], category: str) -> Iterator[FaqRecord | Broken]:
    title, body = article.get("title") or article.get("name"), article.get("body")
    if not isinstance(title, str) or not isinstance(body, str | None):
        yield Broken(line, "found an article whose title or body is no text; expected both in quotes; export the articles anew")
        return
    text = body or ""
    if not html_text(text):
        return
    origin = Origin(" ".join(title.split()), url=_address(article), updated=_updated(article))
    page, broken = parsed(source, f"<h1>{title}</h1>\n{text}" if "<" in text else f"<h1>{title}</h1><p>{text}</p>")
    yield from (found._replace(line=line) for found in broken)
    id = "-".join(filter(None, ("article", text_of(article.get("id")), text_of(article.get("locale"))))) if article.get("id") else ""
    for item in of_page(source, page, origin, id):
        if isinstance(item, FaqRecord):
            yield item._replace(source=source.at(line), category=" > ".join(filter(None, [category, item.category])))
        else:
            yield item._replace(line=line)


def _address(article: dict[str, Any]) -> str:
    return web_address(text_of(article.get("html_url") or article.get("url")))


def _updated(article: dict[str, Any]) -> str:
    """When its text was changed last; Zendesk's `updated_at` moves with votes and labels too."""
    value = article.get("edited_at") or article.get("updated_at")
    moment = epoch_time(value) if isinstance(value, int | float) else None
    return moment.date().isoformat() if moment else iso_day(text_of(value))
