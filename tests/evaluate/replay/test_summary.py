"""Shares, conversations without a person, and what is saved: at least and at most."""

import pytest

from evaluate.replay.conversations import Conversation
from evaluate.replay.summary import SECONDS, summarize
from evaluate.replay.turns import Turn
from tests.evaluate.replay.desk import turn

ANSWERED, TALKED = turn(), turn("small talk")
TALKS = [
    [TALKED, ANSWERED, ANSWERED],  # surely needs no person
    [ANSWERED, turn("answered", "silent")],  # perhaps
    [ANSWERED, turn("handed over")],
    [turn("answered", "differs"), turn("asked back")],  # differs: a person
    [TALKED, TALKED],
]


def replayed(talks: list[list[Turn]]) -> list[Turn]:
    return [one._replace(conversation=number) for number, talk in enumerate(talks, 1) for one in talk]


def conversation(*seconds: list[int]) -> Conversation:
    return Conversation(1, [], list(seconds))


def test_shares_are_of_all_turns_and_agreement_is_of_those_that_can_be_compared() -> None:
    found = summarize(replayed(TALKS), [], None)

    assert (found["conversations"], found["turns"]) == (5, 11)
    assert {kind: round(11 * score["value"]) for kind, score in found["outcomes"].items()} == {
        "answered": 6,
        "small talk": 3,
        "asked back": 1,
        "handed over": 1,
    }
    assert found["comparisons"]["answered"] == {"agrees": 4, "silent": 1, "differs": 1}
    assert (found["agreement"]["value"], found["agreement"]["of"], found["agreement"]["clusters"]) == (0.8, 5, 4)
    assert (found["rightly"]["value"], found["rightly"]["of"]) == (1.0, 1)
    assert all(score["low"] <= score["value"] <= score["high"] for score in found["outcomes"].values())


def test_a_conversation_needs_no_person_if_all_is_borne_out_or_perhaps_if_nothing_speaks_against_it() -> None:
    found = summarize(replayed(TALKS), [], None)["no_person"]
    asking = summarize(replayed([[turn("asked back")], [turn("asked back", "differs")], [turn("asked back", "silent")]]), [], None)[
        "no_person"
    ]

    assert (found["surely"]["value"], found["perhaps"]["value"]) == (0.2, 0.4)
    assert (asking["surely"]["value"], round(3 * asking["perhaps"]["value"])) == (0, 1)


def test_saved_are_the_replies_of_conversations_without_a_person_or_at_most_all_that_are_borne_out() -> None:
    found = summarize(replayed(TALKS), [], 30)["time"]

    assert (found["seconds"], found["from"]) == (30, "given")
    assert [round(11 * found["replies"][end]["value"]) for end in ("low", "high")] == [2, 5]
    assert [found["minutes"][end]["value"] for end in ("low", "high")] == [pytest.approx(20), pytest.approx(50)]  # 2 and 5 replies in 5


def test_the_time_of_a_reply_is_measured_where_there_are_times_and_else_assumed() -> None:
    timed = [conversation([0, 0], [10, 20], [30, 30], [50, 70]), conversation([0, 0], [90, 90]), conversation()]

    measured, assumed = summarize(replayed(TALKS), timed, None)["time"], summarize(replayed(TALKS), [conversation()], None)["time"]
    assert (measured["seconds"], measured["from"], measured["of"], measured["first_wait"]) == (50, "measured", 3, 50)
    assert (assumed["seconds"], assumed["from"], assumed["of"], assumed["first_wait"]) == (SECONDS, "assumed", 0, None)


def test_where_nothing_can_be_compared_there_is_no_score() -> None:
    found = summarize(replayed([[turn("answered", "silent")]]), [], None)

    assert found["agreement"] is None and found["rightly"] is None
    assert found["time"]["minutes"]["high"]["value"] == 0
