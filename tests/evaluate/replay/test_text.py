"""Sentences and the table say what was found; times are said as people say them."""

import pytest

from evaluate.replay.summary import summarize
from evaluate.replay.text import lasting, lasting_ko, sentences, table
from tests.evaluate.replay.desk import turn

TURNS = [turn(conversation=1), turn("answered", "differs", 2), turn("handed over", conversation=3), turn("asked back", conversation=4)]


@pytest.mark.parametrize(
    ("seconds", "english", "korean"), [(0, "0 s", "0초"), (45.4, "45 s", "45초"), (60, "1 min", "1분"), (200, "3 min 20 s", "3분 20초")]
)
def test_times(seconds: float, english: str, korean: str) -> None:
    assert (lasting(seconds), lasting_ko(seconds)) == (english, korean)


def test_the_sentences_have_the_numbers_in_both_languages() -> None:
    said = sentences({"all": False, **summarize(TURNS, [], 30)})

    assert said[0][0].startswith("Of 4 customer turns in 4 held-out conversations, the desk would have answered 50 % (")
    assert "asked back in 25 % and handed over 25 %" in said[0][0] and "25%는 되묻고" in said[0][1]
    assert said[1][0].startswith("Of 2 answers that can be compared with what the agent stated, 50 % (") and "50%(" in said[1][1]
    assert said[2][0].startswith("Of 1 handover that can be judged, 100 % (")
    assert (
        said[-1][0] == "In 100 conversations it would have saved agents 12 to 25 minutes, at 30 s a reply (as given on the command line)."
    )


def test_a_replay_of_everything_says_so_at_once() -> None:
    said = sentences({"all": True, **summarize(TURNS, [], None)})

    assert "held-out" not in said[0][0] and said[1][0].startswith("Beware") and said[1][1].startswith("주의")
    assert "an assumption" in said[-1][0]


def test_where_nothing_is_compared_the_sentences_say_that() -> None:
    said = sentences({"all": False, **summarize([turn("small talk")], [], None)})

    assert "No answer of the desk can be compared" in said[1][0]


def test_the_table_counts_every_turn_once() -> None:
    lines = table(summarize(TURNS, [], None)).splitlines()

    assert [line.split()[:2] for line in lines[::2]] == [["answered", "2"], ["asked", "back"]]
    assert "1 the agent states the same, 1 the agent states something else" in lines[0]
    assert "1 rightly: no entry has" in lines[3]
