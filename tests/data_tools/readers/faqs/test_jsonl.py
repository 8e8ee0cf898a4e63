"""The FAQ as JSON lines and as one document: keys, optional values, and mistakes."""

import json

import pytest

from data_tools.readers.faqs import jsonl as faq_jsonl
from data_tools.readers.records import FaqRecord
from data_tools.sources.json_stream import Broken


def pairs(records):
    return [(record.questions, record.answers, record.source) for record in records if isinstance(record, FaqRecord)]


ONE = {"question": "Why?", "answer": "So."}


def test_lines_take_one_or_many(source):
    many = {"id": "a", "category": "c", "questions": ["When?", " "], "answers": ["Nine.", "At 9."], "facts": ["nine|9"]}
    opened = source(json.dumps(many) + "\n\n" + json.dumps(ONE | {"subject": None, "id": 7}) + "\n")

    assert faq_jsonl.looks_like(opened)
    assert list(faq_jsonl.read(opened)) == [
        FaqRecord("input.txt:1", "a", "c", "", ("When?",), ("Nine.", "At 9."), ("nine|9",)),
        FaqRecord("input.txt:3", "7", "", "", ("Why?",), ("So.",), ()),
    ]


@pytest.mark.parametrize("key", ["faq", "faqs", "items", "questions", "data"])
@pytest.mark.parametrize("indent", [None, 1])
def test_a_document_holds_a_list(source, key, indent):
    text = json.dumps({"version": 1, key: [ONE, {"질문": "언제?", "답변": "내일."}], "at": "2026"}, ensure_ascii=False, indent=indent)
    opened = source(text)
    lines = [text[: text.index(word)].count("\n") for word in ("Why", "언제")]

    assert faq_jsonl.looks_like(opened)
    assert pairs(faq_jsonl.read(opened)) == [
        (("Why?",), ("So.",), f"input.txt:{max(1, lines[0])}"),
        (("언제?",), ("내일.",), f"input.txt:{max(1, lines[1])}"),
    ]


@pytest.mark.parametrize("text", ["[%s, %s]", "[\n%s,\n%s\n]", "%s\n%s\n"])
def test_lists_and_lines_are_the_same(source, text):
    opened = source(text % (json.dumps(ONE), json.dumps(ONE)))

    assert faq_jsonl.looks_like(opened)
    assert [questions for questions, _, _ in pairs(faq_jsonl.read(opened))] == [("Why?",)] * 2


def test_one_of_question_and_answer_will_do(source):
    opened = source('{"id": "a", "question": "Why?"}\n{"id": "a", "answers": ["So."]}\n{"id": "a", "question": null, "answer": ""}\n')

    assert [(questions, answers) for questions, answers, _ in pairs(faq_jsonl.read(opened))] == [(("Why?",), ()), ((), ("So.",)), ((), ())]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"questions": ["a" b]}', "found no valid JSON"),
        ('{"ask": "a", "told": "b"}', "found the keys ask, told; expected 'questions' and 'answers'; rename the keys"),
        ('{"question": "a", "answers": [1]}', "found 1 in 'answers'; expected text in quotes; correct that line"),
        ('{"question": {"text": "a"}, "answer": "b"}', "found {'text': 'a'} in 'question'; expected text in quotes"),
        ('{"question": "a", "answer": "b", "category": ["c"]}', "found ['c'] in 'category'; expected text in quotes"),
        ('{"question": "a", "answer": "b", "facts": [true]}', "found True in 'facts'; expected text in quotes"),
        ('"text"', "found a str; expected a JSON object"),
    ],
)
def test_a_broken_line_leaves_the_others(source, line, message):
    records = list(faq_jsonl.read(source(f"{json.dumps(ONE)}\n{line}\n{json.dumps(ONE)}\n")))

    assert [place for _, _, place in pairs(records)] == ["input.txt:1", "input.txt:3"]
    [broken] = [record for record in records if isinstance(record, Broken)]
    assert broken.line == 2 and broken.why.startswith(message)


def test_a_list_that_was_cut_off_keeps_what_it_has(source):
    records = list(faq_jsonl.read(source(json.dumps({"faq": [ONE, ONE]})[:-20])))

    assert len(pairs(records)) == 1
    assert isinstance(records[-1], Broken)


@pytest.mark.parametrize("text", ["[link](page) and text\n# Why?\n", "question,answer\n", "<html></html>", ""])
def test_other_formats_are_left_alone(source, text):
    assert not faq_jsonl.looks_like(source(text))


def test_a_value_without_a_name_is_nobodys(source):
    [record] = faq_jsonl.read(source('{"": ["Why?"], "answers": ["Because."]}\n'))

    assert (record.id, record.questions, record.answers) == ("", (), ("Because.",))


def test_links_and_dates(source):
    [record] = faq_jsonl.read(
        source('{"question": "When?", "answer": "At nine.", "url": "https://a.example", "updated": "2026-03-04", "expires": null}')
    )
    assert (record.origin.url, record.origin.updated, record.origin.expires) == ("https://a.example", "2026-03-04", "")
