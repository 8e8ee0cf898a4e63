"""Rows alternate and end with an agent; each message has exactly one fate."""

import itertools
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_tools.conversations.turns import ATTACHMENT, KEPT, MERGED, PLACEHOLDER, Fate, clean
from data_tools.readers.messages import Turn

ROLES = {"c": "customer", "a": "agent"}


def turns(pattern, texts=None):
    """Turns by letters: customer, agent; a capital letter is an attachment, a point an internal note."""
    return [
        Turn(
            ROLES.get(letter.lower(), "agent"),
            (texts or {}).get(place, "" if letter.isupper() else f"{letter}{place}"),
            None,
            f"x:{place}",
            aside="internal note" if letter == "." else "attachment" if letter.isupper() else None,
        )
        for place, letter in enumerate(pattern)
    ]


def written(turn):
    """The text of a turn in a row."""
    return ATTACHMENT if turn.aside or PLACEHOLDER.fullmatch(turn.text) else turn.text


def checked(given_turns):
    """What `clean` gives, after what must hold for any turns."""
    said, fates = clean(given_turns)
    assert [one.role for one in said] == ["customer", "agent"] * (len(said) // 2)
    assert len(fates) == len(given_turns)
    places = [part for one in said for part in one.parts]
    assert places == sorted(set(places))
    assert places == [place for place, fate in enumerate(fates) if fate.fate != "dropped"]
    for one in said:
        assert {given_turns[part].role for part in one.parts} == {one.role}
        assert fates[one.parts[0]].fate == "kept"
        assert all(fates[part] == MERGED for part in one.parts[1:])
        assert one.text == "\n".join(written(given_turns[part]) for part in one.parts)
    for turn, fate in zip(given_turns, fates, strict=True):
        assert (fate.fate == "dropped") <= bool(fate.reason)
        if turn.aside not in (None, "attachment"):
            assert fate == Fate("dropped", turn.aside)
    return said, fates


@pytest.mark.parametrize("length", range(7))
def test_every_message_has_one_fate(length):
    for letters in itertools.product("ca", repeat=length):
        pattern = "".join(letters)
        said, fates = checked(turns(pattern))
        assert bool(said) == ("ca" in pattern)
        first = pattern.find("c") if "c" in pattern else length
        assert [fate.reason for fate in fates[:first]] == ["leading agent"] * first
        words = [line for one in said for line in one.text.split("\n")]
        assert words == [f"{letter}{place}" for place, letter in enumerate(pattern)][first:][: len(words)]


@given(st.text("caCA.", max_size=14), st.dictionaries(st.integers(0, 13), st.sampled_from(["사진", "Photo", "[image]", "파일: a.pdf"])))
def test_every_message_has_one_fate_with_attachments_and_notes_between(pattern, placeholders):
    checked(turns(pattern, placeholders))


def test_trims_are_told_apart():
    said, fates = checked(turns("aaccaccac"))

    assert [one.text for one in said] == ["c2\nc3", "a4", "c5\nc6", "a7"]
    assert Counter(fates) == {Fate("dropped", "leading agent"): 2, KEPT: 4, MERGED: 2, Fate("dropped", "trailing customer"): 1}


def test_what_stands_between_does_not_part_what_one_side_says():
    said, fates = checked(turns("c.ca.a"))

    assert [one.text for one in said] == ["c0\nc2", "a3\na5"]
    assert [fates[place] for place in (1, 4)] == [Fate("dropped", "internal note")] * 2


def test_attachments_beside_words_go():
    said, fates = checked(turns("cCaA"))

    assert [one.text for one in said] == ["c0", "a2"]
    assert [fates[place] for place in (1, 3)] == [Fate("dropped", "attachment")] * 2


def test_a_customers_lone_attachments_are_one_placeholder():
    said, fates = checked(turns("caCCa"))

    assert [one.text for one in said] == ["c0", "a1", ATTACHMENT, "a4"]
    assert fates[2:4] == [Fate("kept", "as a placeholder"), Fate("dropped", "attachment")]


def test_an_agents_lone_attachment_goes_and_what_it_parted_is_joined():
    said, fates = checked(turns("cAca"))

    assert [one.text for one in said] == ["c0\nc2", "a3"]
    assert fates[1:3] == [Fate("dropped", "attachment"), MERGED]


def test_an_answer_to_nothing_but_attachments_still_has_its_question():
    said, fates = checked(turns("CAca"))

    assert [one.text for one in said] == [f"{ATTACHMENT}\nc2", "a3"]
    assert fates[0] == Fate("kept", "as a placeholder")


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
    said, fates = checked(turns("cca", {1: text}))
    assert ([one.text for one in said], fates[1]) == (["c0", "a2"], Fate("dropped", "placeholder"))
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
