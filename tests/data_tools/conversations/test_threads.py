"""Messages become conversations, by thread or by time, whatever their order and number."""

import random
import unicodedata

import pytest

from data_tools.conversations.conversation import Turn
from data_tools.conversations.speakers import Speakers
from data_tools.conversations.threads import Placed, conversations, in_order
from data_tools.readers.records import ExportMessage, Person


def at(minute):
    return f"2026-03-{2 + minute // 1440:02}T{minute // 60 % 24:02}:{minute % 60:02}:00"


def said(line, thread, minute, name="Ann", text="", role=None, skipped=None, path="log.txt"):
    return Placed(path, ExportMessage(line, thread, None if minute is None else at(minute), name, role, text or f"text {line}", skipped))


def talks(placed, layout="mixed", agents=("Shop",), name="log"):
    return list(conversations(iter(placed), layout, Speakers(agents), name))


def shape(found):
    """Each conversation's id with the lines of its turns."""
    return [(one.id, [int(turn.source.rsplit(":", 1)[1]) for turn in one.turns]) for one in found]


def test_threads_one_after_the_other():
    placed = [said(1, "a", 0), said(2, "a", 1), said(3, "b", 0), said(4, "a", 9)]

    assert shape(talks(placed, "threads")) == [("a", [1, 2]), ("b", [3]), ("a", [4])]
    assert talks([], "threads") == []


@pytest.mark.parametrize("layout", ["mixed", "folder"])
def test_interleaved_threads_are_put_together(layout):
    placed = [said(1, "a", 0), said(2, "b", 0), said(3, "a", 2), said(4, "c", 0), said(5, "b", 1), said(6, "a", 1)]

    assert shape(talks(placed, layout)) == [("a", [1, 6, 3]), ("b", [2, 5]), ("c", [4])]


def test_a_thread_goes_on_in_another_file():
    placed = [said(1, "a", 0, path="d/1.json"), said(2, None, 1, path="d/1.json"), said(1, "a", 2000, path="d/2.json")]
    found = talks(placed, "folder", name="d")

    assert [(one.id, [turn.source for turn in one.turns]) for one in found] == [
        ("a", ["d/1.json:1", "d/2.json:1"]),
        ("d-1", ["d/1.json:2"]),
    ]
    assert found[0].source == "d/1.json:1"


def test_a_room_is_parted_by_time_and_numbered():
    placed = [said(1, None, 0), said(2, None, 1, "Shop"), said(3, None, 500), said(4, None, 501, "Shop"), said(5, None, 2000)]

    for layout in ("room", "mixed"):
        assert shape(talks(placed, layout, name="kakao")) == [("kakao-1", [1, 2]), ("kakao-2", [3, 4]), ("kakao-3", [5])]
    assert shape(talks(placed[::-1], "mixed")) == [("log-1", [1, 2]), ("log-2", [3, 4]), ("log-3", [5])]


def test_rooms_one_after_the_other_are_apart_whatever_their_times():
    placed = [said(1, "77", 0), said(2, "77", 1, "Shop"), said(3, "78", 2), said(4, "78", 3, "Shop"), said(5, "78", 900)]

    assert shape(talks(placed, "room")) == [("log-1", [1, 2]), ("log-2", [3, 4]), ("log-3", [5])]


def many(number):
    """Messages of many interleaved threads and of a room, in random order of time within a thread."""
    rng = random.Random(number)
    threads = [*(f"t{i}" for i in range(12)), "", "스레드", None]
    return [said(line, rng.choice(threads), None if rng.random() < 0.1 else rng.randrange(3000)) for line in range(number)]


@pytest.mark.parametrize("number", [0, 4, 5, 6, 23, 200])
def test_no_message_is_lost_or_changed(number):
    placed = many(number)
    turns = {turn.source: turn for one in talks(placed) for turn in one.turns}

    assert len(turns) == number
    assert all((turns[f"log.txt:{one.line}"].text, turns[f"log.txt:{one.line}"].at) == (one.text, one.at) for _, one in placed)


def test_threads_come_in_the_order_of_their_first_messages():
    placed = many(200)
    named = list(dict.fromkeys(item.message.thread for item in placed if item.message.thread is not None))

    assert [one.id for one in talks(placed) if not one.id.startswith("log-")] == named


def turns(*minutes):
    return [Turn("customer", str(place), None if minute is None else at(minute), f"x:{place}") for place, minute in enumerate(minutes)]


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        ((0, 0, 60, 120), [0, 1, 2, 3]),
        ((120, 60, 0, 0), [3, 2, 1, 0]),
        ((60, 0, 120, 0), [1, 3, 0, 2]),
        ((5, 5, 5), [0, 1, 2]),
        ((9, None, 3), [0, 1, 2]),
        ((None, None), [0, 1]),
        ((), []),
    ],
)
def test_turns_are_put_in_the_order_spoken(minutes, expected):
    assert [int(turn.text) for turn in in_order(turns(*minutes))] == expected


@pytest.mark.parametrize("order", [1, -1])
def test_what_is_no_turn_keeps_its_place(order):
    placed = [said(1, "a", 0), said(2, "a", 1, skipped="internal note"), said(3, "a", 1), said(4, "a", 2, skipped="bot")][::order]
    for layout in ("mixed", "threads"):
        (found,) = talks(placed, layout)
        assert [(turn.source, turn.skipped) for turn in found.turns] == [
            ("log.txt:1", None), ("log.txt:2", "internal note"), ("log.txt:3", None), ("log.txt:4", "bot"),
        ]  # fmt: skip


def test_the_export_says_who_is_an_agent_else_the_config_does():
    placed = [said(1, "a", 0, "Shop"), said(2, "a", 1, "Ann", role="agent"), said(3, "a", 2, "Shop", role="customer"), said(4, "a", 3)]
    (found,) = talks(placed)

    assert [turn.role for turn in found.turns] == ["agent", "agent", "customer", "customer"]


def test_a_person_whom_the_export_lists_is_found_by_another_name():
    speakers = Speakers(["ann@shop.example"], [Person(("Ann", "ann@shop.example"))])
    (found,) = conversations([said(1, "a", 0, "Ann"), said(2, "a", 1, "Bo")], "mixed", speakers, "log")

    assert [turn.role for turn in found.turns] == ["agent", "customer"]


def test_only_those_who_speak_are_counted_as_speakers():
    speakers = Speakers(["Shop"])
    placed = [
        said(1, "a", 0),
        said(2, "a", 1, "Shop", skipped="bot"),
        said(3, "a", 1, "Bo", skipped="attachment"),
        said(4, "a", 2, role="agent"),
    ]
    list(conversations(placed, "mixed", speakers, "log"))

    assert speakers.counts == {"Ann": 1, "Bo": 1}


def test_texts_are_trimmed_and_names_fixed():
    apart = unicodedata.normalize("NFD", "상담원")
    (found,) = talks([said(1, "a", 0, apart, "  배송은 언제?\n")], agents=["상담원"])

    assert (found.turns[0].role, found.turns[0].name, found.turns[0].text) == ("agent", "상담원", "배송은 언제?")


def test_blank_texts_are_no_turns():
    placed = [said(1, "a", 0, text="  \n"), said(2, "a", 1, text=" ", skipped="attachment"), said(3, "a", 2)]

    assert [turn.skipped for turn in talks(placed)[0].turns] == ["empty", "attachment", None]
