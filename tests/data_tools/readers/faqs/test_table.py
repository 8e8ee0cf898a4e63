"""The FAQ as a table: columns, optional values, workbooks, and mistakes."""

import openpyxl
import pytest

from data_tools.readers import faq_format
from data_tools.readers.faqs import table as faq_table
from data_tools.readers.records import FaqRecord
from data_tools.sources.json_stream import Broken
from data_tools.sources.tables import plain_name
from data_tools.sources.text import read_source
from frontdesk.errors import UserError


def pairs(records):
    return [(record.questions, record.answers, record.source) for record in records if isinstance(record, FaqRecord)]


@pytest.mark.parametrize(
    "header", ["question,answer", "Q,A", "질문,답변", "문의,답", "Question ,ANSWER", "제목,내용", "title;body", "질문 내용\t답변 내용"]
)
def test_columns_are_found_by_name(source, header):
    mark = next(letter for letter in ",;\t" if letter in header)
    opened = source(f"extra{mark}{header}\nx{mark}When?{mark}At nine.\n")

    assert faq_table.looks_like(opened)
    assert pairs(faq_table.read(opened)) == [(("When?",), ("At nine.",), "input.txt:2")]


def test_names_are_as_columns_are_compared():
    names = [name for column in faq_table.COLUMNS.values() for name in column.split()]

    assert [plain_name(name) for name in names] == names
    assert len(set(names)) == len(names)


def test_optional_columns(source):
    [record] = faq_table.read(source('번호;분류;대상;질문;답변;facts\nq1;배송;서울;언제?;내일.;"내일; 1일|하루; "\n'))

    assert record == FaqRecord("input.txt:2", "q1", "배송", "서울", ("언제?",), ("내일.",), ("내일", "1일|하루"))


def test_a_blank_cell_is_no_question_and_no_answer(source):
    assert pairs(faq_table.read(source("question,answer,id\nWhen?, ,a\n,At nine.,a\n"))) == [
        (("When?",), (), "input.txt:2"),
        ((), ("At nine.",), "input.txt:3"),
    ]


def test_a_workbook_is_read_like_a_csv(tmp_path):
    book = openpyxl.Workbook()
    for row in (["Our questions"], ["No", "Question", "Answer"], [1, "When?", "At nine,\nor ten."], [2, "Why?", None]):
        book.active.append(row)
    book.save(tmp_path / "faq.xlsx")
    opened = read_source(tmp_path / "faq.xlsx", "faq.xlsx")

    assert faq_table.looks_like(opened)
    assert pairs(faq_table.read(opened)) == [(("When?",), ("At nine,\nor ten.",), "faq.xlsx:3"), (("Why?",), (), "faq.xlsx:4")]


def test_the_config_names_columns(source):
    text = "Frage,question,Antwort\nWann?,x,Um neun.\n"

    assert pairs(faq_table.read(source(text), {"question": "Frage", "answer": "antwort", "text": "Nachricht"})) == [
        (("Wann?",), ("Um neun.",), "input.txt:2")
    ]
    with pytest.raises(UserError, match=r"input\.txt:1: found the columns Frage, question, Antwort; expected 'Thema' for the category"):
        list(faq_table.read(source(text), {"answer": "Antwort", "category": "Thema"}))


def test_a_broken_row_leaves_the_others(source):
    records = list(faq_table.read(source('question,answer\n"When,x\nWhy, so,So.\nHow?,Thus.\n')))

    assert [record.line for record in records if isinstance(record, Broken)] == [2, 3]
    assert pairs(records) == [(("How?",), ("Thus.",), "input.txt:4")]


@pytest.mark.parametrize(("header", "lacking"), [("ask,answer", "question"), ("question,told", "answer"), ("x,y", "question.*the answer")])
def test_a_missing_column_lists_the_header(source, header, lacking):
    with pytest.raises(
        UserError, match=rf"input\.txt:1: found the columns {header.replace(',', ', ')}; expected one for the {lacking}, .*rename"
    ):
        list(faq_table.read(source(f"{header}\na,b\n")))


@pytest.mark.parametrize(("text", "line"), [("question,answer\n", 1), ("", 1), ('question,answer\n"a,b\n', 2)])
def test_a_table_without_a_row_is_refused(source, text, line):
    with pytest.raises(UserError, match=rf"input\.txt:{line}: found "):
        list(faq_table.read(source(text)))


@pytest.mark.parametrize(
    "text",
    ["Q: Well, when?\nA: Soon, I hope.\n", "**Well, when?**\nSoon, I hope.\n", '{"question": "a", "answer": "b"}\n', "<p>a, b</p>", ""],
)
def test_other_formats_are_left_alone(source, text):
    assert not faq_table.looks_like(source(text))


def test_marks_of_a_page_in_the_answers_do_not_make_a_table_a_page(source):
    assert faq_table.looks_like(source('question,answer\nWhen?,"# Times\n**Nine**\nQ: ok?"\n'))


@pytest.mark.parametrize("mark", ["\t", ";", ","])
def test_a_public_table_with_pages_of_html_in_its_cells(source, mark):
    header = "question answer answer_html link name source category country region city lang last_update"
    html = "\n".join(f'<p class=""a"">Part {part}; of it,</p>' for part in range(60))
    rows = [
        [
            f"Where is desk {row}?",
            f"On floor {row}.",
            html,
            f"https://desk.example/{row}",
            *f"Desks Office places UK . . {lang} 2020/04/16".split(),
        ]
        for row, lang in enumerate(("en", "ko", "de"))
    ]
    made = source("\n".join(mark.join(f'"{cell}"' for cell in row) for row in [header.split(), *rows]))

    assert faq_format(made) is faq_table
    found = list(faq_table.read(made))
    assert [(record.questions, record.answers) for record in found] == [((row[0],), (row[1],)) for row in rows]
    assert [record.origin.url for record in found] == [row[3] for row in rows]
    assert {(one.category, one.subject, one.origin.title, one.origin.updated) for one in found} == {("places", "", "Desks", "2020-04-16")}


def test_a_name_without_a_link_is_the_subject(source):
    [record] = faq_table.read(source("place,question,answer,reviewed,expires\nLeith,When?,At nine.,2026-01-02,31.12.2026\n"))
    assert (record.subject, record.origin.reviewed, record.origin.expires) == ("Leith", "2026-01-02", "2026-12-31")
    [record] = faq_table.read(source("이름,질문,답변\n서울점,언제?,아홉 시.\n"))
    assert record.subject == "서울점"
