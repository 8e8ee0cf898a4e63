"""The FAQ as CSV and as JSON lines: columns, optional values, and mistakes."""

import json

import pytest

from data_tools.readers import read_faq
from frontdesk.errors import UserError


@pytest.mark.parametrize("header", ["question,answer", "Q,A", "질문,답변", "문의,답", "Question ,ANSWER"])
def test_csv_columns_are_found_by_name(source, header):
    name, records = read_faq(source(f"extra,{header}\nx,When?,At nine.\n"))

    assert name == "FAQ CSV"
    assert [(record.questions, record.answers, record.source) for record in records] == [(("When?",), ("At nine.",), "input.txt:2")]


def test_csv_optional_columns(source):
    _, records = read_faq(source('번호;분류;대상;질문;답변;facts\nq1;배송;서울;언제?;내일.;"내일; 1일|하루"\n'))

    assert records[0]._asdict() == {
        "source": "input.txt:2", "id": "q1", "category": "배송", "subject": "서울", "questions": ("언제?",), "answers": ("내일.",),
        "facts": ("내일", "1일|하루"),
    }  # fmt: skip


@pytest.mark.parametrize(("header", "lacking"), [("topic,answer", "question"), ("question,reply", "answer")])
def test_a_missing_column_lists_the_header(source, header, lacking):
    with pytest.raises(
        UserError, match=rf"input\.txt:1: found the columns {header.replace(',', ', ')}; expected one for the {lacking}, called .*rename"
    ):
        read_faq(source(f"{header}\na,b\n"))


def test_jsonl_takes_one_or_many(source):
    many = {"id": "a", "category": "c", "questions": ["When?", " "], "answers": ["Nine.", "At 9."], "facts": ["nine|9"]}
    name, records = read_faq(source(json.dumps(many) + "\n\n" + json.dumps({"question": "Why?", "answer": "So."}) + "\n"))

    assert name == "FAQ JSONL"
    assert [(record.id, record.questions, record.answers, record.facts, record.source) for record in records] == [
        ("a", ("When?",), ("Nine.", "At 9."), ("nine|9",), "input.txt:1"),
        ("", ("Why?",), ("So.",), (), "input.txt:3"),
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"questions": ["a"', r"input\.txt:2: not valid JSON .*expected one JSON object a line"),
        ('{"ask": "a", "answer": "b"}', r"input\.txt:2: found the keys ask, answer; expected 'questions' and 'answers'; rename"),
        ('{"question": "a", "answers": [1]}', r"input\.txt:2: found 1 in 'answers'; expected text in quotes; correct"),
    ],
)
def test_jsonl_mistakes_name_the_line(source, line, message):
    with pytest.raises(UserError, match=message):
        read_faq(source('{"question": "a", "answer": "b"}\n' + line + "\n"))


@pytest.mark.parametrize("text", ["<html><body>FAQ</body></html>", "\n \n"])
def test_what_is_no_faq_is_refused(source, text):
    with pytest.raises(UserError, match=r"input\.txt:1: found .*expected a FAQ as FAQ JSONL or FAQ CSV"):
        read_faq(source(text))
