"""Columns of chat tables: by name, by contents, and as the config gives them."""

import pytest

from data_tools.readers.generic.columns import COLUMNS, MEANING, WORDS, find_columns, who
from data_tools.sources.tables import plain_name
from frontdesk.errors import UserError

LONG = "a text that is longer than the other cells of the table"


def found(source, header, *rows, **given):
    opened = source(",".join(header) + "\n")
    return find_columns(opened, [dict(zip(header, row, strict=True)) for row in rows], given)


def test_names_are_as_columns_are_compared():
    for names in (*COLUMNS.values(), *WORDS.values()):
        assert [plain_name(name) for name in names.split()] == names.split()
    names = [name for column in COLUMNS.values() for name in column.split()]
    assert len(names) == len(set(names))
    assert len(MEANING) == sum(len(words.split()) for words in WORDS.values())


@pytest.mark.parametrize(
    ("header", "row", "expected"),
    [
        (["Ticket ID", "Role", "Message"], ["1", "agent", "x"], {"conversation": "Ticket ID", "role": "Role", "text": "Message"}),
        (["상담 번호", "작성자", "상담 내용"], ["1", "별빛", "x"], {"conversation": "상담 번호", "name": "작성자", "text": "상담 내용"}),
        (["session", "speaker", "text"], ["1", "user", "x"], {"conversation": "session", "role": "speaker", "text": "text"}),
        (["session", "구분", "text"], ["1", "별빛", "x"], {"conversation": "session", "name": "구분", "text": "text"}),
        (
            ["chat id", "date", "time", "from", "text"],
            ["1", "2026-01-01", "10:00", "Ann", "x"],
            {"conversation": "chat id", "date": "date", "time": "time", "name": "from", "text": "text"},
        ),
    ],
)
def test_columns_are_found_by_name(source, header, row, expected):
    assert found(source, header, row) == expected


def test_columns_are_told_by_what_they_hold(source):
    header = ["session", "a", "b", "c", "d"]
    rows = [["1", "customer", "2026-01-01 10:00", LONG, "web"], ["1", "Agent", "2026-01-01 10:01", LONG, "app"]]

    assert found(source, header, *rows) == {"conversation": "session", "role": "a", "time": "b", "text": "c"}


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        ([["1", "agent", LONG, LONG], ["1", "customer", LONG, LONG]], "the text"),
        ([["1", "agent", "x", LONG], ["1", "agent", "x", LONG]], "who speaks"),
        ([["1", "agent", "agent", LONG], ["1", "customer", "customer", LONG]], "who speaks"),
        ([["1", "agent", "x", LONG], ["1", "owner", "x", LONG]], "who speaks"),
    ],
)
def test_what_two_columns_may_be_is_not_guessed(source, rows, what):
    with pytest.raises(UserError, match=f"input.txt:1: found the columns session, a, b, c; expected one for .*{what}"):
        found(source, ["session", "a", "b", "c"], *rows)


def test_the_config_comes_before_names_and_contents(source):
    header = ["session", "Fall", "text", "Nachricht", "name", "Wer"]
    row = ["1", "F7", LONG, "Hallo", "agent", "owner"]
    given = {"conversation": "Fall", "text": "nachricht", "role": "Wer"}

    assert found(source, header, row, **given) == {"conversation": "Fall", "text": "Nachricht", "role": "Wer", "name": "name"}
    with pytest.raises(UserError, match=r"found the columns session, .*; expected 'Zeit' for the time; fix data\.columns\.time"):
        found(source, header, row, **given, time="Zeit")


def test_columns_of_an_faq_in_the_config_do_not_matter(source):
    assert found(source, ["session", "role", "text"], ["1", "agent", "x"], question="Frage")["text"] == "text"


def test_question_and_answer_are_an_exchange_unless_roles_and_texts_stand_beside(source):
    pair = {"question": "question", "answer": "answer"}

    assert found(source, ["question", "answer"], ["a", "b"]) == pair
    assert found(source, ["name", "created", "question", "answer"], ["Ann", "", "a", "b"]) == {"name": "name", "time": "created"} | pair
    assert "answer" not in found(source, ["session", "role", "text", "question", "answer"], ["1", "agent", "x", "a", "b"])


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("Customer", ("customer", None)),
        ("end-user", ("customer", None)),
        ("상담사 2", ("agent", None)),
        ("챗봇", (None, "bot")),
        ("SYSTEM", (None, "system")),
        ("owner", (None, None)),
        ("", (None, None)),
        ("12", (None, None)),
    ],
)
def test_words_for_roles(word, expected):
    assert who(word) == expected
