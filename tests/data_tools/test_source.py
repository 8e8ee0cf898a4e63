"""Encodings, line ends, folders, and files that are no text."""

import unicodedata
from pathlib import Path

import pytest

from data_tools.source import find_files, read_source
from frontdesk.errors import UserError

KOREAN = "질문,답변\n배송은 얼마나 걸리나요?,2일 안에 도착합니다.\n"


@pytest.mark.parametrize(
    ("encoding", "named"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("cp949", "cp949"),
    ],
)
def test_korean_is_read_in_each_encoding(source, encoding, named):
    read = source(KOREAN, encoding=encoding)

    assert read.text == KOREAN
    assert read.encoding == named


def test_western_text_of_windows_is_not_taken_for_korean(source):
    text = "question,answer\nWhere’s the menu?,It’s here.\n"

    assert source(text, encoding="cp1252").text == text


def test_line_ends_and_letters_are_unified(source):
    read = source(unicodedata.normalize("NFD", "가\r\n나\r다"))

    assert read.text == "가\n나\n다"


def test_a_workbook_is_refused_with_what_to_do(write):
    path = write("faq.xlsx", "")
    path.write_bytes(b"PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0\xb5\x9d\x81\x8d\x90")

    with pytest.raises(UserError, match=r"faq\.xlsx: found an Excel workbook.*expected text in UTF-8.*save it as CSV"):
        read_source(path)


def test_a_folder_stands_for_its_files_sorted_and_each_once(write):
    for name in ("chats/b.txt", "chats/a.txt", "chats/.hidden"):
        write(name, "x")

    assert find_files(["chats", "chats/a.txt"], "data.chats") == [Path("chats/a.txt"), Path("chats/b.txt")]


def test_missing_file_and_empty_folder_name_the_key(write, tmp_path):
    write("x", "x")
    (tmp_path / "empty").mkdir()

    with pytest.raises(UserError, match=r"faq\.csv: no such file.*data\.faq.*mend the path"):
        find_files(["faq.csv"], "data.faq")
    with pytest.raises(UserError, match=r"empty: found an empty folder.*data\.chats"):
        find_files(["empty"], "data.chats")
