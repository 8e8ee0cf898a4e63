"""Tables: delimiters, headers, line numbers, broken rows, and workbooks."""

import datetime
import re
import zipfile
from pathlib import Path

import openpyxl
import pytest

from data_tools.sources import tables
from data_tools.sources.json_stream import Broken
from data_tools.sources.tables import Row, column_names, delimiter, find_column, given_columns, looks_like_csv, read_csv, read_xlsx
from data_tools.sources.text import read_source
from frontdesk.errors import UserError


def rows_of(items):
    return [(item.line, list(item.values.values())) for item in items if isinstance(item, Row)]


def broken_in(items):
    return [(item.line, item.why) for item in items if isinstance(item, Broken)]


@pytest.fixture
def workbook(tmp_path):
    """A source with the given sheets, each a title and its rows."""

    def make(*sheets, hidden=()):
        book = openpyxl.Workbook()
        book.remove(book.active)
        for title, rows in sheets:
            sheet = book.create_sheet(title)
            sheet.sheet_state = "hidden" if title in hidden else "visible"
            for row in rows:
                sheet.append(row)
        book.save(tmp_path / "book.xlsx")
        return read_source(tmp_path / "book.xlsx", "book.xlsx")

    return make


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(source, mark):
    rows = list(read_csv(source(f'question{mark}answer\n"how, so; why|or\tnot?"{mark}thus\n')))

    assert rows == [Row(2, {"question": "how, so; why|or\tnot?", "answer": "thus"})]


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("id;question, or title;answer\n1;a, b;c\n", ";"),
        ("id,question (short; plain),answer\n1,a,b\n2,c,d\n", ","),
        ("sep=;\na;b, c\n1;2\n", ";"),
        ("a\tb, c, d\n1\t2, 3\n2\t4\n", "\t"),
    ],
)
def test_rows_that_agree_tell_the_delimiter_more_than_the_header(text, mark):
    assert delimiter(text.split("\n")) == mark


def test_lines_count_through_quoted_line_ends_and_blank_lines(source):
    text = 'a,b\r\n"one\r\ntwo ""2"", and","x"\r\n\r\n,,\r\nthree,y\r\n'

    assert rows_of(read_csv(source(text))) == [(2, ['one\ntwo "2", and', "x"]), (6, ["three", "y"])]


@pytest.mark.parametrize("above", ["", "\n\n", "Our questions\n\n", "sep=,\n", "Our questions,\n,\n"])
def test_the_header_is_the_first_line_with_several_cells(source, above):
    rows = list(read_csv(source(f"{above}a,b\n1,2\n")))

    assert rows == [Row(above.count("\n") + 2, {"a": "1", "b": "2"})]


def test_short_rows_lack_their_last_values_and_blank_cells_too_many_do_not_count(source):
    assert rows_of(read_csv(source("a,b,c\n1,2\n1,2,3,, \n"))) == [(2, ["1", "2", ""]), (3, ["1", "2", "3"])]


def test_too_many_cells_break_their_row_alone(source):
    items = list(read_csv(source("question,answer\nwhen, where,there\nwhy,so\n")))

    assert broken_in(items) == [(2, "found 3 cells; expected 2 as in the header; put a cell that holds the delimiter in quotes")]
    assert rows_of(items) == [(3, ["why", "so"])]


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ('"open,3', "found a quote that never closes; expected quotes that close; end the quoted cell"),
        ('"shut"x,3', "found a broken row .*; expected quotes that close; end the quoted cell"),
        ('1,"open', "found a quote that never closes"),
    ],
)
def test_a_broken_quote_costs_its_line_only(source, row, found):
    items = list(read_csv(source(f"a,b\n1,2\n{row}\n4,5\n6,7\n")))

    assert rows_of(items) == [(2, ["1", "2"]), (4, ["4", "5"]), (5, ["6", "7"])]
    [(line, why)] = broken_in(items)
    assert line == 3 and re.match(found, why)


def test_a_quote_that_another_row_closes_too_early_costs_its_line_only(source):
    items = list(read_csv(source('a,b\n1,"open\n2,"shut"\n3,x\n')))

    assert [line for line, _ in broken_in(items)] == [2]
    assert rows_of(items) == [(3, ["2", "shut"]), (4, ["3", "x"])]


def test_a_row_of_several_lines_with_too_many_cells_costs_its_first_line_only(source):
    items = list(read_csv(source('a,b\n1,"open\nshut",x,y\n3,"y\nz",\n')))

    assert [line for line, _ in broken_in(items)] == [2, 3]
    assert rows_of(items) == [(4, ["3", "y\nz"])]


def test_a_row_has_at_most_so_many_lines(source):
    whole = '1,"' + "x\n" * 1000 + '"\n'
    endless = '2,"' + "x\n" * 3000 + '"\n'
    items = list(read_csv(source("a,b\n" + whole + endless + "3,z\n")))

    assert rows_of(items)[0] == (2, ["1", "x\n" * 1000])
    assert broken_in(items)[0][0] == 1003 and "within 2000 lines" in broken_in(items)[0][1]
    assert rows_of(items)[-1] == (4004, ["3", "z"])


@pytest.mark.parametrize("block", ['a","b\n', '"abc\n', 'x,"\n', '1,"x""\n', 'a","b\n' * 1999 + 'c"\n', '1,"x\n' + "y\n" * 30])
def test_no_text_is_looked_at_again_for_each_quote_that_breaks(source, monkeypatch, block):
    text = "a,b\n" + block * (200_000 // len(block))
    parsed, parse = [], tables._cells
    monkeypatch.setattr(tables, "_cells", lambda part, mark: (parsed.append(len(part)), parse(part, mark))[1])
    items = list(read_csv(source(text)))

    assert broken_in(items) or rows_of(items)
    assert sum(parsed) < 8 * len(text)


@pytest.mark.parametrize("quote", ['"', ""])
def test_a_huge_cell_ends_with_its_line(source, quote):
    items = list(read_csv(source(f"a,b\n1,{quote}{'x' * 5_000_000}{quote}\n2,y\n")))

    assert [item.line for item in items] == [2, 3]
    assert items[1] == Row(3, {"a": "2", "b": "y"})


def test_a_broken_header_is_the_mistake_of_the_whole_file(source):
    with pytest.raises(UserError, match=r"input\.txt:1: found a quote that never closes; expected quotes that close; end"):
        list(read_csv(source('"a,b\n1,2\n')))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp949"])
def test_encodings_are_those_of_the_source(source, encoding):
    assert rows_of(read_csv(source("질문,답변\n언제 와요?,내일 도착합니다\n", encoding=encoding))) == [
        (2, ["언제 와요?", "내일 도착합니다"])
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a,b\n1,2\n", True),
        ("a;b\n", True),
        ("#,question,answer\n1,2,3\n", True),
        ("only one column\nhere\n", False),
        ("Well, this is a letter.\nIt goes on\nand on\nand on.\n", False),
        ("# Heading, of a page\n\ntext, more\n", False),
        ('{"a": 1, "b": 2}\n', False),
        ("<p>a, b</p>\n", False),
        ("", False),
    ],
)
def test_a_csv_is_told_by_rows_that_agree(source, text, expected):
    assert looks_like_csv(source(text)) is expected


def test_header_cells_are_named_once():
    assert column_names([" a ", "", "a", "two\nlines"]) == ["a", "column 2", "a (3)", "two lines"]


def test_columns_are_found_whatever_their_case_and_punctuation():
    assert find_column(["Nr", "Conversation ID", "Text"], ("conversationid",)) == "Conversation ID"
    assert find_column(["x", "y"], ("conversationid",)) is None


def test_given_columns_must_be_there(source):
    opened = source("\nWer,Nachricht\na,b\n")

    assert given_columns(opened, ["Wer", "Nachricht"], {"text": "nachricht"}, "data.columns") == {"text": "Nachricht"}
    with pytest.raises(UserError, match=r"input\.txt:2: found the columns Wer, Nachricht; expected 'Text' for the text; fix data\.columns"):
        given_columns(opened, ["Wer", "Nachricht"], {"text": "Text"}, "data.columns")


def test_a_workbook_gives_texts_with_row_numbers(workbook):
    rows = [["FAQ of 2026"], [], ["id", "asked", "share", "note"], [7, datetime.datetime(2026, 3, 2, 15, 4), 0.1 + 0.2, None], [],
            ["b", datetime.time(9, 5), True, "한글\n줄"]]  # fmt: skip

    assert rows_of(read_xlsx(workbook(("faq", rows)))) == [
        (4, ["7", "2026-03-02 15:04:00", "0.3", ""]),
        (6, ["b", "09:05:00", "True", "한글\n줄"]),
    ]


def test_too_many_cells_break_their_row_of_a_workbook(workbook):
    items = list(read_xlsx(workbook(("faq", [["a", "b"], ["1", "2", "3"], ["4", "5"]]))))

    assert [line for line, _ in broken_in(items)] == [2]
    assert rows_of(items) == [(3, ["4", "5"])]


def test_the_first_visible_sheet_with_a_header_is_read(workbook, capsys):
    table = [["a", "b"], ["1", "2"]]
    book = workbook(("cover", [["Welcome"]]), ("secret", [["x", "y"], ["8", "9"]]), ("faq", table), ("more", table), hidden=["secret"])

    assert rows_of(read_xlsx(book)) == [(2, ["1", "2"])]
    assert "book.xlsx: found the sheets 'more' beside 'faq'; only the first is read" in capsys.readouterr().err


def test_a_workbook_without_a_header_is_refused(workbook):
    with pytest.raises(UserError, match=r"book\.xlsx:1: found no sheet with a header; expected a row of column names; add it"):
        list(read_xlsx(workbook(("cover", [["Welcome"]]), ("empty", []))))


def test_a_broken_workbook_is_one_line(workbook, tmp_path):
    workbook(("faq", [["a", "b"]]))
    with zipfile.ZipFile(tmp_path / "book.xlsx") as whole, zipfile.ZipFile(tmp_path / "torn.xlsx", "w") as torn:
        for part in whole.namelist():
            torn.writestr(part, whole.read(part)[:60] if part.endswith("sheet1.xml") else whole.read(part))

    with pytest.raises(
        UserError, match=r"torn\.xlsx:1: found a workbook that cannot be read \(.*\); expected one without a password"
    ) as told:
        list(read_xlsx(read_source(tmp_path / "torn.xlsx")))
    assert "\n" not in str(told.value)


def test_a_workbook_that_unpacks_to_too_much_is_not_opened(workbook, monkeypatch):
    book = workbook(("faq", [["a", "b"], ["1", "2"]]))
    monkeypatch.setattr(tables, "UNPACKED", 1000)
    monkeypatch.setattr(tables, "_workbook", lambda source: pytest.fail("opened"))

    with pytest.raises(UserError, match=r"book\.xlsx:1: found a document that unpacks to .*save it as CSV"):
        list(read_xlsx(book))


def test_a_workbook_with_a_password_is_refused(tmp_path: Path):
    path = tmp_path / "locked.xlsx"
    path.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504) + "EncryptedPackage".encode("utf-16-le") + bytes(2000))

    with pytest.raises(UserError, match=r"locked\.xlsx: found bytes that are no text"):
        read_source(path, "locked.xlsx")
