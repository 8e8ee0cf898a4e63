"""Knowledge bases of Zendesk Guide and Intercom: places, dates, languages, and what customers must not see."""

import json

import pytest

from data_tools.readers import document_format
from data_tools.readers.documents import articles
from data_tools.readers.records import FaqRecord, LeftOut
from data_tools.sources.json_stream import Broken

GUIDE = {"draft": False, "section_id": 20, "locale": "en-us", "user_segment_id": None, "updated_at": "2026-05-02T10:00:00Z"}


def guide(number, title, body, **more):
    return {"id": number, **GUIDE, "html_url": f"https://pine.example/hc/{number}", "title": title, "body": body, **more}


def read(source, document):
    made = source(json.dumps(document, indent=1))
    assert document_format(made) is articles
    return list(articles.read(made))


def test_guide(source):
    listed = [
        guide(1, "How do I send something back?", "<p>Use the label.</p>", edited_at="2026-04-02T10:00:00Z"),
        guide(2, "Care of down", "<p>Wash it at 30 degrees.</p><h2>Drying</h2><p>Dry it with two tennis balls.</p>"),
        guide(3, "Prices of next year", "<p>Nobody knows them yet.</p>", draft=True),
        guide(4, "For agents", "<p>Give 10 percent to whoever complains.</p>", user_segment_id=77),
    ]
    more = {"sections": [{"id": 20, "name": "Returns", "category_id": 5}], "categories": [{"id": 5, "name": "Shop"}], "next_page": None}
    entry, first, second, *left_out = read(source, {"articles": listed, **more})

    assert (entry.questions, entry.answers, entry.category) == (("How do I send something back?",), ("Use the label.",), "Shop > Returns")
    assert (entry.origin.url, entry.origin.updated, entry.passage) == ("https://pine.example/hc/1", "2026-04-02", False)
    assert [first.id, second.id] == ["article-2-en-us#1", "article-2-en-us#2"]
    assert second.questions == ("Care of down: Drying",) and second.origin.updated == "2026-05-02"
    assert left_out == [LeftOut("draft", 1), LeftOut("article that not everybody may read", 1)]


def test_intercom_with_another_language(source):
    korean = {"title": "반품 안내", "body": "<p>7일 안에 반품할 수 있습니다. 라벨은 상자에 있습니다.</p>", "state": "published"}
    article = {
        **{"id": "9", "type": "article", "title": "Returns", "description": "", "body": "<p>You have 30 days from delivery.</p>"},
        **{"state": "published", "url": "https://help.pine.example/9", "updated_at": 1772582400, "default_locale": "en"},
        "translated_content": {"type": "article_translated_content", "en": korean, "ko": korean},
    }
    found = read(source, {"type": "list", "data": [article, {**article, "state": "draft", "translated_content": None}]})

    assert [(record.id, record.questions[0]) for record in found[:-1]] == [("article-9", "Returns"), ("article-9-ko", "반품 안내")]
    assert (found[0].origin.url, found[0].origin.updated) == ("https://help.pine.example/9", "2026-03-04")
    assert found[-1] == LeftOut("draft", 1)


@pytest.mark.parametrize("broken", [{"title": 5}, {"body": ["text"]}])
def test_an_article_that_is_broken_costs_itself(source, broken):
    found = read(
        source, {"articles": [guide(1, "One", "<p>text</p>") | broken, guide(2, "Two", "<p>Dry the tent before you store it.</p>")]}
    )

    assert [type(item) for item in found] == [Broken, FaqRecord]


def test_conversations_are_no_articles(source):
    talk = {"type": "conversation", "title": None, "source": {"body": "<p>Hi</p>"}, "state": "open", "conversation_parts": {}}
    assert not articles.looks_like(source(json.dumps({"conversations": [talk]})))
