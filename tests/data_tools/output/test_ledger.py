"""One line for each message, without its text, and counts that add up."""

import json

import pytest

from data_tools.conversations.turns import KEPT, MERGED, Disposition
from data_tools.output.ledger import Ledger

DISPOSITIONS = [
    KEPT,
    MERGED,
    Disposition("dropped", "bot"),
    KEPT,
    Disposition("capped", "stock sentence"),
    Disposition("set aside", "contradicts the FAQ"),
]
MASKS = [(), ("PHONE", "PHONE", "NAME"), (), ("EMAIL",), (), ()]
PLACES = [f"log.txt:{number}" for number in range(len(DISPOSITIONS))]


@pytest.fixture
def written(tmp_path):
    """The ledger after some conversations, and its lines."""

    def write(*conversations):
        with Ledger(tmp_path / "ledger.jsonl") as ledger:
            for conversation in conversations:
                ledger.write(*conversation)
        return ledger, [json.loads(line) for line in (tmp_path / "ledger.jsonl").read_text(encoding="utf-8").split("\n")[:-1]]

    return write


def test_each_message_has_a_line(written):
    _, lines = written(("대화-1", PLACES, DISPOSITIONS, MASKS), ("b", PLACES[:1], DISPOSITIONS[2:3], MASKS[:1]))

    assert [line["source"] for line in lines] == [*PLACES, "log.txt:0"]
    assert [line["conversation"] for line in lines] == ["대화-1"] * 6 + ["b"]
    assert [Disposition(line["fate"], line.get("reason", "")) for line in lines] == [*DISPOSITIONS, DISPOSITIONS[2]]
    assert [line.get("masked") for line in lines] == [None, {"PHONE": 2, "NAME": 1}, None, {"EMAIL": 1}, None, None, None]
    assert all(set(line) <= {"source", "conversation", "fate", "reason", "masked"} for line in lines)


def test_lines_are_those_of_json_whatever_the_names(written):
    name, place = 'a "b" \\ \n\x1f\u2028 가', '\\"x\t".csv:1'
    _, (line,) = written((name, [place], [Disposition("dropped", '"why" 가')], [("NAME", "NAME")]))

    assert line == {"source": place, "conversation": name, "fate": "dropped", "reason": '"why" 가', "masked": {"NAME": 2}}


def test_counts_add_up(written):
    ledger, lines = written(
        ("a", PLACES, DISPOSITIONS, MASKS),
        ("b", PLACES[:3], [Disposition("dropped", "bot"), Disposition("dropped", "system"), KEPT], MASKS[:3]),
    )
    counts = ledger.counts()

    assert counts == {
        "read": 9, "kept": 3, "merged": 1, "capped": 1, "set aside": 1, "dropped": {"bot": 2, "system": 1}, "masked": 3,
    }  # fmt: skip
    assert counts["read"] == len(lines)


def test_an_empty_ledger_counts_nothing(written):
    ledger, lines = written(("a", [], [], []))

    assert lines == []
    assert ledger.counts() == {"read": 0, "kept": 0, "merged": 0, "capped": 0, "set aside": 0, "dropped": {}, "masked": 0}


def test_a_message_without_a_fate_is_a_defect(written):
    with pytest.raises(ValueError, match="shorter"):
        written(("a", PLACES, DISPOSITIONS[:2], MASKS))
