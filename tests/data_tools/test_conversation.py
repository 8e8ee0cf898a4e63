"""Cleaning keeps account of every message; speakers become roles."""

import itertools
from collections import Counter

import pytest

from data_tools.conversation import Turn, clean, in_order, roles_by_name
from frontdesk.errors import UserError


def turns(pattern):
    return [Turn("customer" if letter == "c" else "agent", f"{letter}{i}", None, f"x:{i}") for i, letter in enumerate(pattern)]


@pytest.mark.parametrize("pattern", ["".join(letters) for n in range(7) for letters in itertools.product("ca", repeat=n)])
def test_every_message_is_kept_merged_or_dropped(pattern):
    dropped = Counter()
    kept, merged = clean(turns(pattern), dropped)

    lost = sum(n for reason, n in dropped.items() if reason.startswith("message: "))
    assert len(pattern) == len(kept) + merged + lost
    assert [turn.role for turn in kept] == ["customer", "agent"] * (len(kept) // 2)
    assert bool(kept) == ("ca" in pattern)
    assert dropped["conversation: no answered question"] == (not kept)
    words = "\n".join(turn.text for turn in kept).split("\n") if kept else []
    assert words == [turn.text for turn in turns(pattern)][dropped["message: leading agent"] :][: len(words)]


def test_trims_are_told_apart():
    dropped = Counter()
    kept, merged = clean(turns("aaccaccac"), dropped)

    assert [turn.text for turn in kept] == ["c2\nc3", "a4", "c5\nc6", "a7"]
    assert merged == 2
    assert dropped == Counter({"message: leading agent": 2, "message: trailing customer": 1})


def test_turns_are_put_in_the_order_spoken():
    times = ["2026-01-01T10:00", "2026-01-01T10:00", "2026-01-01T11:00", "2026-01-01T12:00"]
    spoken = [turn._replace(at=at) for turn, at in zip(turns("caca"), times, strict=True)]

    assert in_order(spoken) == spoken
    assert in_order(list(reversed(spoken))) == spoken  # an export with the newest first
    assert in_order([spoken[2], spoken[0], spoken[3], spoken[1]]) == spoken
    assert in_order(turns("ca")) == turns("ca")


def test_agents_are_those_named():
    assert roles_by_name(Counter(Ann=3, Shop=2), ("Shop",), "room.txt") == {"Ann": "customer", "Shop": "agent"}
    assert roles_by_name(Counter(Ann=3), ("Shop",), "room.txt") == {"Ann": "customer"}


@pytest.mark.parametrize("agents", [(), ("Store",)])
def test_unnamed_agents_are_an_error_that_lists_the_speakers(agents):
    with pytest.raises(UserError, match=r"room\.txt: found the speakers 'Ann' \(3 messages\), 'Shop' \(2 messages\).*set data\.agents"):
        roles_by_name(Counter(Ann=3, Shop=2), agents, "room.txt")
