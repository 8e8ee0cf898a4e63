"""Line numbers, delimiters and broken rows of CSV and JSON lines."""

import pytest

from data_tools.tables import find_column, read_csv, read_json
from frontdesk.errors import UserError


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_the_delimiter_is_found(source, mark):
    header, rows = read_csv(source(f"question{mark}answer\nhow, so; why?{mark}thus\n".replace("how, so; why?", '"how, so; why?"')))

    assert header == ["question", "answer"]
    assert rows[0].values == {"question": "how, so; why?", "answer": "thus"}


def test_lines_count_through_quoted_line_ends_and_blank_lines(source):
    _, rows = read_csv(source('a,b\r\n"one\r\ntwo",x\r\n\r\nthree,y\r\n'))

    assert [(row.line, row.values["a"]) for row in rows] == [(2, "one\ntwo"), (5, "three")]


def test_an_open_quote_names_the_line_where_it_begins(source):
    with pytest.raises(UserError, match=r"input\.txt:3: broken CSV row .*expected quotes that close; end the quoted cell"):
        read_csv(source('a,b\n1,2\n"open,3\n4,5\n'))


def test_too_many_cells_name_the_line(source):
    with pytest.raises(UserError, match=r"input\.txt:2: found 3 cells; expected 2 as in the header; put a cell"):
        read_csv(source("question,answer\nwhen, where,there\n"))


def test_short_rows_lack_their_last_values(source):
    assert read_csv(source("a,b,c\n1,2\n"))[1][0].values == {"a": "1", "b": "2", "c": ""}


def test_a_broken_json_line_is_named(source):
    with pytest.raises(UserError, match=r"input\.txt:3: not valid JSON .*expected one JSON object a line; mend or remove"):
        read_json(source('{"a": 1}\n\n{"a": \n{"a": 2}\n'))


def test_a_line_that_is_no_object_is_named(source):
    with pytest.raises(UserError, match=r"input\.txt:2: found a str; expected a JSON object"):
        read_json(source('{"a": 1}\n"text"\n'))


def test_a_broken_document_names_the_line_inside(source):
    with pytest.raises(UserError, match=r"input\.txt:3: not valid JSON"):
        read_json(source('{\n"a": 1,\n"b": ?\n}\n'))


def test_columns_are_found_whatever_their_case_and_punctuation():
    assert find_column(["Nr", "Conversation ID", "Text"], ("conversationid",)) == "Conversation ID"
    assert find_column(["x", "y"], ("conversationid",)) is None
