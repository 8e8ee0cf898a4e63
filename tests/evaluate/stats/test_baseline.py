"""Changes question by question: only the same question counts, and the intervals are of the same questions."""

from collections.abc import Callable
from typing import Any

import pytest

from evaluate.stats.baseline import compare
from frontdesk.errors import UserError

Answer = Callable[..., dict[str, Any]]


def test_question_by_question(answer: Answer) -> None:
    wrong, silent = {"right": False, "wrong": True, "answer": "It is $9."}, {"right": False, "answer": "Please ask a colleague."}
    old = [answer("a", **wrong), answer("b"), answer("c", **wrong), answer("d", **silent), answer("e"), answer("gone")]
    new = [answer("a"), answer("b", **wrong), answer("c", **silent), answer("d", **wrong), answer("e"), answer("fresh")]
    found = compare(new, old, "tuned", "tuned")
    assert [(one["id"], one["was"], one["is"]) for one in found["improved"]] == [("a", "wrong", "right"), ("c", "wrong", "not answered")]
    assert [(one["id"], one["was"], one["is"]) for one in found["regressed"]] == [("b", "right", "wrong"), ("d", "not answered", "wrong")]
    assert (found["same"], found["only_here"], found["only_there"]) == (1, 1, 1)
    first = found["improved"][0]
    assert (first["question"], first["before"], first["after"]) == ("Tell me about a", "It is $9.", "Standard shipping costs $4.90.")


def test_a_rewritten_question_is_no_improvement(answer: Answer) -> None:
    asked = [{"role": "user", "content": "A much easier question"}]
    found = compare([answer("a", messages=asked), answer("b")], [answer("a", right=False), answer("b")], "tuned", "tuned")
    assert (found["improved"], found["same"], found["only_here"], found["only_there"]) == ([], 1, 1, 1)
    assert found["differences"]["facts_right"]["pairs"] == 1


def test_a_dialogue_stays_the_same_whatever_the_desk_said(answer: Answer) -> None:
    def held(said: str, right: bool) -> dict[str, Any]:
        turns = [("user", "how much"), ("assistant", said), ("user", "and express?"), ("assistant", said)]
        return answer("d", "dialogues", messages=[{"role": role, "content": text} for role, text in turns], right=right, answer=said)

    found = compare([held("$12", True)], [held("no idea", False)], "tuned", "tuned")
    assert [one["question"] for one in found["improved"]] == ["how much\nand express?"]


def test_a_question_stays_the_same_though_the_desk_asked_back(answer: Answer) -> None:
    """And a desk that asks back is compared with one of before, whose records know nothing of that."""
    back = [("user", "shipping?"), ("assistant", "Do you mean “Fee?” or “Express?”?"), ("user", "Fee?"), ("assistant", "$4.90")]
    asked = [{"role": role, "content": text} for role, text in back]
    new = answer("a", messages=asked, outcome="said", outcomes=["asked back", "said"], asked="with", probability=0.5)
    old = answer("a", messages=[asked[0], {"role": "assistant", "content": "$9"}], right=False, wrong=True)
    old = {key: old[key] for key in old if key not in ("outcome", "outcomes", "asked", "probability", "first_right")}
    found = compare([new], [old], "tuned", "tuned")
    assert [(one["question"], one["was"], one["is"]) for one in found["improved"]] == [("shipping?", "wrong", "right")]
    assert found["differences"]["facts_right"]["pairs"] == 1 and "asked_right" not in found["differences"]


def test_passes_at_temperature_are_listed_once_and_measured_in_full(answer: Answer) -> None:
    def held(*flags: bool) -> list[dict[str, Any]]:
        return [answer("d", "dialogues", right=right, **{"pass": i}) for i, right in enumerate(flags)]

    found = compare(held(True, True, True), held(False, True, False), "tuned", "tuned")
    assert ([one["id"] for one in found["improved"]], found["same"]) == (["d"], 0)
    assert found["differences"]["dialogues_pass3"]["value"] == 1


def test_differences_are_this_run_minus_the_other(answer: Answer) -> None:
    old = [answer(f"e{i}#1", right=False) for i in range(30)]
    new = [answer(f"e{i}#1", right=i < 20) for i in range(30)]
    found = compare(new, old, "tuned", "tuned")["differences"]["facts_right"]
    assert found["value"] == pytest.approx(2 / 3)
    assert found["low"] > 0.4


def test_only_the_named_system_is_compared(answer: Answer) -> None:
    found = compare([answer("a"), answer("a", system="base")], [answer("a"), answer("a", system="base", right=False)], "tuned", "tuned")
    assert (found["improved"], found["same"]) == ([], 1)


def test_a_system_that_the_other_run_lacks_is_told(answer: Answer) -> None:
    with pytest.raises(UserError, match=r"no answers of 'tuned'.*'base'"):
        compare([answer()], [answer(system="base")], "tuned", "tuned")
