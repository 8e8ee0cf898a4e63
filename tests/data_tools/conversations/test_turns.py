"""Rows alternate and end with an agent; each message has exactly one disposition."""

import itertools
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_tools.conversations.conversation import Turn
from data_tools.conversations.turns import ATTACHMENT, KEPT, MERGED, PLACEHOLDER, Disposition, clean, seconds

ROLES = {"c": "customer", "a": "agent"}


def turns(pattern, texts=None):
    """Turns by letters: customer, agent; a capital letter is an attachment, a point an internal note."""
    return [
        Turn(
            ROLES.get(letter.lower(), "agent"),
            (texts or {}).get(place, "" if letter.isupper() else f"{letter}{place}"),
            None,
            f"x:{place}",
            skipped="internal note" if letter == "." else "attachment" if letter.isupper() else None,
        )
        for place, letter in enumerate(pattern)
    ]


def written(turn):
    """The text of a turn in a row."""
    return ATTACHMENT if turn.skipped or PLACEHOLDER.fullmatch(turn.text) else turn.text


def checked(given_turns):
    """What `clean` gives, after what must hold for any turns."""
    said, dispositions = clean(given_turns)
    assert [one.role for one in said] == ["customer", "agent"] * (len(said) // 2)
    assert len(dispositions) == len(given_turns)
    places = [part for one in said for part in one.parts]
    assert places == sorted(set(places))
    assert places == [place for place, disposition in enumerate(dispositions) if disposition.outcome != "dropped"]
    for one in said:
        assert {given_turns[part].role for part in one.parts} == {one.role}
        assert dispositions[one.parts[0]].outcome == "kept"
        assert all(dispositions[part] == MERGED for part in one.parts[1:])
        assert one.text == "\n".join(written(given_turns[part]) for part in one.parts)
    for turn, disposition in zip(given_turns, dispositions, strict=True):
        assert (disposition.outcome == "dropped") <= bool(disposition.reason)
        if turn.skipped not in (None, "attachment"):
            assert disposition == Disposition("dropped", turn.skipped)
    return said, dispositions


@pytest.mark.parametrize("length", range(7))
def test_every_message_has_one_disposition(length):
    for letters in itertools.product("ca", repeat=length):
        pattern = "".join(letters)
        said, dispositions = checked(turns(pattern))
        assert bool(said) == ("ca" in pattern)
        first = pattern.find("c") if "c" in pattern else length
        assert [disposition.reason for disposition in dispositions[:first]] == ["leading agent"] * first
        words = [line for one in said for line in one.text.split("\n")]
        assert words == [f"{letter}{place}" for place, letter in enumerate(pattern)][first:][: len(words)]


@given(st.text("caCA.", max_size=14), st.dictionaries(st.integers(0, 13), st.sampled_from(["사진", "Photo", "[image]", "파일: a.pdf"])))
def test_every_message_has_one_disposition_with_attachments_and_notes_between(pattern, placeholders):
    checked(turns(pattern, placeholders))


def test_trims_are_told_apart():
    said, dispositions = checked(turns("aaccaccac"))

    assert [one.text for one in said] == ["c2\nc3", "a4", "c5\nc6", "a7"]
    assert Counter(dispositions) == {
        Disposition("dropped", "leading agent"): 2,
        KEPT: 4,
        MERGED: 2,
        Disposition("dropped", "trailing customer"): 1,
    }


def test_what_stands_between_does_not_part_what_one_side_says():
    said, dispositions = checked(turns("c.ca.a"))

    assert [one.text for one in said] == ["c0\nc2", "a3\na5"]
    assert [dispositions[place] for place in (1, 4)] == [Disposition("dropped", "internal note")] * 2


def test_attachments_beside_words_go():
    said, dispositions = checked(turns("cCaA"))

    assert [one.text for one in said] == ["c0", "a2"]
    assert [dispositions[place] for place in (1, 3)] == [Disposition("dropped", "attachment")] * 2


def test_a_customers_lone_attachments_are_one_placeholder():
    said, dispositions = checked(turns("caCCa"))

    assert [one.text for one in said] == ["c0", "a1", ATTACHMENT, "a4"]
    assert dispositions[2:4] == [Disposition("kept", "as a placeholder"), Disposition("dropped", "attachment")]


def test_an_agents_lone_attachment_goes_and_what_it_parted_is_joined():
    said, dispositions = checked(turns("cAca"))

    assert [one.text for one in said] == ["c0\nc2", "a3"]
    assert dispositions[1:3] == [Disposition("dropped", "attachment"), MERGED]


def test_an_answer_to_nothing_but_attachments_still_has_its_question():
    said, dispositions = checked(turns("CAca"))

    assert [one.text for one in said] == [f"{ATTACHMENT}\nc2", "a3"]
    assert dispositions[0] == Disposition("kept", "as a placeholder")


@pytest.mark.parametrize(
    "text",
    [
        "사진",
        "사진 3장",
        "이모티콘",
        "파일: 영수증.pdf",
        "삭제된 메시지입니다.",
        "Photo",
        "3 photos",
        "File: bill.pdf",
        "[Image]",
        "[사진]",
    ],
)
def test_a_messengers_words_for_what_is_no_text_are_placeholders(text):
    said, dispositions = checked(turns("cca", {1: text}))
    assert ([one.text for one in said], dispositions[1]) == (["c0", "a2"], Disposition("dropped", "placeholder"))
    assert [one.text for one in checked(turns("ca", {0: text}))[0]] == [ATTACHMENT, "a1"]
    assert checked(turns("ca", {1: text}))[0] == []


@pytest.mark.parametrize(
    "text", ["사진 보내 주세요", "video", "photo", "My file: bill.pdf please", "File: bill", "[image] broken", "사진?"]
)
def test_words_about_pictures_are_words(text):
    assert checked(turns("ca", {0: text}))[0][0].text == text


def test_nothing_is_nothing():
    assert clean([]) == ([], [])
    assert checked(turns("cc.CC"))[0] == checked(turns("aA"))[0] == []


def at(*times):
    """Two customer's turns, then an agent's and so on, at these times of a day or so."""
    return [turn._replace(at=time and f"2026-02-0{time}") for turn, time in zip(turns("ccaca"), times, strict=True)]


def test_times_are_seconds_since_the_first_message():
    given = at("3T23:59:50", "3T23:59:55", "4T00:00:10", "4T00:01:00", "4T00:03:20")

    assert seconds(given, clean(given)[0]) == [(0, 5), (20, 20), (70, 70), (210, 210)]


@pytest.mark.parametrize("times", [["3T00:00:00"] * 4 + ["4T00:00:00"], ["3T10:00:00"] * 4 + [None]])
def test_an_export_without_times_of_day_has_none(times):
    given = at(*times)

    assert seconds(given, clean(given)[0]) == []
    assert seconds([], []) == []
