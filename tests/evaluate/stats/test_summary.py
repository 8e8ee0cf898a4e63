"""Which records each metric counts, what is compared with what, and that the numbers are JSON."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from evaluate.stats.metrics import METRICS, measured
from evaluate.stats.summary import beside_quote, difference, side, summarize
from frontdesk.errors import UserError

Record = dict[str, Any]
Answer = Callable[..., Record]


def shares(records: list[Record]) -> dict[str, tuple[float, int]]:
    """Each metric's value and number of records."""
    scores = summarize(records, "tuned")["systems"]["tuned"]
    return {metric: (score["value"], score["of"]) for metric, score in scores.items()}


def test_each_metric_counts_its_own_records(answer: Answer) -> None:
    found = shares(
        [
            answer("fee#1"),
            answer("fee#2", right=False, wrong=True, invented=["$6.90"], chrf=12.0),
            answer("hours#1", right=False, handoff=True, chrf=20.0),
            answer("hours#2", handoff=True),  # states the facts and offers a person besides
            answer("new#1", "unseen", chrf=90.0),
            answer("new#2", "unseen", right=False, handoff=True),
            answer("new#3", "unseen", right=False, wrong=True, invented=["9 am"]),
            answer("no-facts#1", expects="handoff", right=False),
            answer("weather", "out_of_scope"),
            answer("taxes", "unanswerable", right=False, handoff=False, invented=["23"], tokens=62),
            answer("d1", "dialogues", right=False),
            answer("i1", "injections", leaked=["Mina"]),
            answer("i2", "injections", right=False),
            answer("c1", "canaries", right=False, leaked=["010-2345-6789"]),
        ]
    )
    assert found == {
        "facts_right": (0.5, 4),
        "unseen_right": (pytest.approx(1 / 3), 3),
        "facts_wrong": (0.25, 4),
        "facts_invented": (pytest.approx(3 / 11), 11),  # the dialogue too
        "handoff_right": (0.5, 2),
        "handoff_missed": (0.5, 2),
        "handoff_false": (0.25, 4),
        "dialogues_right": (0, 1),
        "injection_resisted": (0.5, 2),
        "leaked": (pytest.approx(2 / 14), 14),
        "chrf": (16, 2),
        "answer_tokens": (23, 14),
    }


def test_what_customers_ask_counts_in_no_metric_and_is_summed_up_by_set(answer: Answer) -> None:
    today = [answer("fee#1"), answer("weather", "out_of_scope", right=False)]
    asked = [
        answer("n1", "noisy", right=False, wrong=True, invented=["$9"], leaked=["Mina"]),
        answer("n2", "noisy"),
        answer("n3", "noisy", right=False, handoff=True),
        answer("n4", "noisy", handoff=True),  # states the facts and offers a person besides
        answer("n5", "noisy", asked="with"),
        answer("n6", "noisy", asked="with", right=False, wrong=True),
        answer("n7", "noisy", asked="without", right=False, handoff=True),
        answer("n8", "noisy", asked="without", right=False, wrong=True),
        answer("m1", "near_miss", expects="handoff", handoff=True),
        answer("m2", "near_miss", expects="handoff", handoff=True, asked="without"),  # a person was called all the same
    ]
    one, both = summarize(today, "tuned"), summarize([*today, *asked], "tuned")
    assert one["customers"] == {} and {**both, "customers": {}} == one
    ends = ("right", "right_after_asking", "wrong", "asked_in_vain", "escalated")
    found = {name: {end: (score["value"], score["of"]) for end, score in ends.items()} for name, ends in both["customers"]["tuned"].items()}
    assert found == {
        "noisy": dict(zip(ends, [(3 / 8, 8), (1 / 8, 8), (2 / 8, 8), (2 / 8, 8), (1 / 8, 8)], strict=True)),
        "near_miss": dict(zip(ends, [(1, 2), (0.5, 2), (0, 2), (0, 2), (0, 2)], strict=True)),
    }


def test_questions_back_are_measured_on_desks_that_ask(answer: Answer) -> None:
    records = [
        answer("fee#1", outcome="said", asked="with"),
        answer("fee#2", outcome="escalated", asked="without", right=False, handoff=True),
        answer("fee#3", outcome="said"),
        answer("fee#4", outcome="said"),
        answer("weather", "out_of_scope", outcome="escalated", asked="without"),
        answer("n1", "noisy", outcome="said", asked="with"),
    ]
    found = shares(records)
    assert (found["asked_right"], found["asked_wrong"]) == ((0.25, 4), (0.4, 5))
    assert found["facts_right"] == (0.75, 4), "an answer counts though the desk asked first"
    assert not {"asked_right", "asked_wrong"} & set(shares([one | {"outcome": ""} for one in records])), "a system that never asks"


def test_what_the_served_system_did_is_counted_turn_by_turn_in_one_pass(answer: Answer) -> None:
    records = [
        answer("fee#1", outcomes=["asked back", "said"]),
        answer("d", "dialogues", outcomes=["said", "replaced: in no entry", "said"]),
        answer("d", "dialogues", outcomes=["said"] * 3, **{"pass": 1}),
        answer("fee#1", system="quote", outcomes=["quoted"]),
    ]
    found = summarize(records, "tuned")["outcomes"]
    assert list(found.items()) == [("said", 3), ("asked back", 1), ("replaced: in no entry", 1)]


def test_retrieval_is_measured_on_systems_that_read(answer: Answer) -> None:
    """A reader that found nothing has missed; one that is shown no entries is not measured."""
    found = shares(
        [
            answer("fee#1", shown=["fee", "hours", "free"]),
            answer("fee#2", shown=["hours", "free", "fee"]),
            answer("fee#3", shown=["hours"]),
            answer("fee#4", shown=[], right=False, handoff=True),
            answer("no-facts#1", expects="handoff", shown=["fee"]),
            answer("weather", "out_of_scope", shown=["weather"]),
        ]
    )
    assert (found["entry_first"], found["entry_shown"]) == ((0.25, 4), (0.5, 4))
    assert not {"entry_first", "entry_shown"} & set(shares([answer("fee#1")]))


def test_a_dialogue_must_be_right_in_all_three_passes(answer: Answer) -> None:
    flags = {"a": (True, True, True), "b": (True, True, False), "c": (False, True, True), "d": (True, True)}
    records = [answer(name, "dialogues", right=right, **{"pass": i}) for name, tries in flags.items() for i, right in enumerate(tries)]
    found = shares(records)
    assert found["dialogues_right"] == (0.75, 4)
    assert found["dialogues_pass3"] == pytest.approx((1 / 3, 3))  # d was held twice only


def test_leaks_count_in_every_pass(answer: Answer) -> None:
    records = [answer("d", "dialogues", **{"pass": i, "leaked": ["010-2345-6789"] * (i == 2)}) for i in range(3)]
    assert shares(records)["leaked"] == pytest.approx((1 / 3, 3))


def test_clusters_are_entries(answer: Answer) -> None:
    records = [answer(f"{entry}#{i}", right=entry == "fee") for entry in ("fee", "hours") for i in range(4)]
    score = summarize(records, "tuned")["systems"]["tuned"]["facts_right"]
    assert (score["of"], score["clusters"]) == (8, 2)


def test_differences_are_paired(answer: Answer) -> None:
    """Only questions that both systems answered count, and a system better on every one of them is better for certain."""
    records = [answer(f"e{i}#1", right=True) for i in range(40)] + [answer(f"e{i}#1", system="base", right=i < 8) for i in range(30)]
    found = [one for one in summarize(records, "tuned")["differences"] if one["metric"] == "facts_right"]
    assert [(one["system"], one["against"], one["pairs"]) for one in found] == [("tuned", "base", 30)]
    assert found[0]["value"] == pytest.approx(22 / 30)
    assert 0 < found[0]["low"] < found[0]["value"] < found[0]["high"]
    assert found[0]["needed"] < 30


def test_three_questions_of_sixty_are_no_difference(answer: Answer) -> None:
    records = [answer(f"e{i}#1", right=i < 33) for i in range(60)] + [answer(f"e{i}#1", system="base", right=i < 30) for i in range(60)]
    found = next(one for one in summarize(records, "tuned")["differences"] if one["metric"] == "facts_right")
    assert found["low"] < 0 < found["value"] < found["high"]
    assert found["needed"] > 60


@pytest.mark.parametrize(
    ("metric", "low", "high", "expected"),
    [
        ("facts_right", 0.01, 0.2, 1),
        ("facts_right", -0.2, -0.01, -1),
        ("facts_right", 0.0, 0.2, 0),
        ("facts_wrong", 0.01, 0.2, -1),
        ("facts_wrong", -0.2, -0.01, 1),
        ("facts_wrong", 0.0, 0.2, 0),
        ("facts_wrong", -0.2, 0.0, 0),
    ],
)
def test_the_side_of_a_difference_is_told_by_its_whole_interval(metric: str, low: float, high: float, expected: int) -> None:
    assert side({"metric": metric, "value": (low + high) / 2, "low": low, "high": high}) == expected


def test_a_difference_is_found_from_either_end(answer: Answer) -> None:
    records = [answer(f"e{i}#1", system=name, right=i < right) for name, right in (("tuned", 20), ("quote", 30)) for i in range(40)]
    found = difference(summarize(records, "tuned"), "tuned", "quote")
    assert found and found["value"] == pytest.approx(-0.25) and found["low"] < found["value"] < found["high"]
    assert difference(summarize(records, "quote"), "tuned", "quote") == pytest.approx(found)
    assert difference(summarize(records, "tuned"), "tuned", "base") is None


def test_the_served_system_is_set_beside_quote_by_what_it_states(answer: Answer) -> None:
    records = [answer(f"e{i}#1", system=name) for name in ("base", "quote", "tuned") for i in range(4)]
    found = beside_quote(summarize(records, "tuned"))
    assert [(one["metric"], one["system"], one["against"]) for one in found] == [
        ("facts_right", "tuned", "quote"),
        ("facts_wrong", "tuned", "quote"),
    ]
    assert beside_quote(summarize([answer()], "tuned")) == []


def test_every_pair_is_compared_once(answer: Answer) -> None:
    systems = ("base few-shot", "base + FAQ in prompt", "tuned", "tuned + FAQ in prompt", "elsewhere")
    records = [answer(f"e{i}#1", system=system, right=i % 2 == 0) for system in systems for i in range(4)]
    summary = summarize(records, "tuned + FAQ in prompt")
    pairs = [(one["system"], one["against"]) for one in summary["differences"] if one["metric"] == "facts_right"]
    served = [("tuned + FAQ in prompt", other) for other in systems if other != "tuned + FAQ in prompt"]
    assert pairs == [*served, ("tuned", "base few-shot")]
    assert len(set(pairs)) == len(pairs)


def test_the_reader_meets_every_prompt_where_the_desk_is_served(answer: Answer) -> None:
    systems = ("base", "base few-shot", "base chain of thought", "base + FAQ in prompt", "tuned + FAQ in prompt", "desk")
    summary = summarize([answer(system=system) for system in systems], "desk")
    assert all(difference(summary, "tuned + FAQ in prompt", prompt) for prompt in systems[:4])


def test_parts(answer: Answer) -> None:
    records = [
        answer("fee#1", category="shipping"),
        answer("fee#2", category="shipping", language="ko", right=False),
        answer("hours#1", category="contact"),
        answer("new#1", "unseen", category="new", right=False),
        answer("canary#0", "canaries"),
        answer("weather", "out_of_scope", category="other", right=False),
        answer("d", "dialogues"),
        answer("d", "dialogues", right=False, **{"pass": 1}),
    ]
    summary = summarize(records, "tuned")
    values = {
        key: {name: score["value"] for name, score in summary[key]["tuned"].items()} for key in ("by_category", "by_language", "by_set")
    }
    assert values["by_category"] == {"contact": 1, "shipping": 0.5}
    assert values["by_language"] == {"en": 1, "ko": 0}
    assert list(values["by_set"].items()) == [
        ("wordings", pytest.approx(2 / 3)),
        ("unseen", 0),
        ("out_of_scope", 0),
        ("dialogues", 1),
        ("canaries", 1),
    ]


def test_the_summary_is_json_and_the_same_again(answer: Answer) -> None:
    records = [
        answer(f"e{i}#{k}", system=system, right=(i + k) % 3 > 0) for system in ("base", "tuned") for i in range(12) for k in range(3)
    ]
    summary = summarize(records, "tuned")
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary
    assert summarize(records, "tuned") == summary


def test_a_served_system_without_answers_is_told(answer: Answer) -> None:
    with pytest.raises(UserError, match=r"'tuned \+ FAQ in prompt'.*'tuned'"):
        summarize([answer()], "tuned + FAQ in prompt")


@pytest.mark.parametrize("metric", METRICS)
def test_no_record_no_metric(metric: str) -> None:
    assert measured([], metric) == {}
