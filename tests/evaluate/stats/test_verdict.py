"""Whether the served model is better than none is said plainly, in both languages."""

from collections.abc import Callable
from typing import Any

import pytest

from evaluate.stats.gate import check
from evaluate.stats.summary import beside_quote, summarize
from evaluate.stats.verdict import quoting, tuning, verdict

Answer = Callable[..., dict[str, Any]]


def summary_of(answer: Answer, tuned: tuple[int, int], quote: tuple[int, int]) -> dict[str, Any]:
    """Of 100 entries, so many of which are answered right and so many wrong; whose differs from system to system."""
    records = []
    for name, (right, wrong), stride in (("tuned", tuned, 37), ("quote", quote, 59)):
        places = {i: i * stride % 100 for i in range(100)}
        records += [
            answer(f"e{i}#1", system=name, right=place < right, wrong=place >= 100 - wrong, handoff=right <= place < 100 - wrong)
            for i, place in places.items()
        ]
    return summarize(records, "tuned")


@pytest.mark.parametrize(
    ("tuned", "quote", "english", "korean"),
    [
        ((80, 2), (50, 30), "more often right and less often wrong", "정답률이 더 높고 오답률이 더 낮습니다"),
        ((80, 10), (50, 10), "more often right", "정답률이 더 높습니다"),
        ((50, 30), (80, 2), "less often right and more often wrong", "정답률이 더 낮고 오답률이 더 높습니다"),
        ((80, 20), (50, 2), "more often wrong", "오답률이 더 높습니다"),  # what is better does not make up for it
    ],
)
def test_better_or_worse(answer: Answer, tuned: tuple[int, int], quote: tuple[int, int], english: str, korean: str) -> None:
    better = tuned[1] <= quote[1]
    heads = (
        ("The model earns its place", "모델은 제 몫을 합니다")
        if better
        else ("The model does not earn its place", "모델이 제 몫을 못 합니다")
    )
    told = quoting(summary_of(answer, tuned, quote))
    figures = f"right {tuned[0]} % against {quote[0]} % ({'+' if tuned > quote else '−'}30 points, "
    assert told[0].startswith(f"{heads[0]}: “tuned” is {english} than quoting the nearest FAQ entry: {figures}")
    figures = f"정답률 {tuned[0]}% 대 {quote[0]}%, 차이 {'+' if tuned > quote else '−'}30%p("
    assert told[1].startswith(f"{heads[1]}: 가장 가까운 FAQ 답을 그대로 인용하는 것보다 {korean}({figures}")


def test_not_told_apart(answer: Answer) -> None:
    english, korean = quoting(summary_of(answer, (51, 10), (50, 10)))
    assert "may be chance" not in english and "우연일" not in korean, "that was said of all"
    begins = (
        "That the model earns its place is not shown: “tuned” and quoting the nearest FAQ entry differ by no more than chance explains: "
    )
    assert english.startswith(f"{begins}right 51 % against 50 % (+1 points, ")
    assert korean.startswith(
        "모델이 제 몫을 하는지 확인되지 않았습니다: 가장 가까운 FAQ 답을 그대로 인용하는 것과 우연을 넘는 차이가 없습니다(정답률 51% 대 "
    )


def test_a_difference_that_may_be_chance_is_marked_beside_one_that_is_not() -> None:
    wrong = {"metric": "facts_wrong", "system": "tuned", "against": "quote", "value": 0.01, "low": -0.02, "high": 0.04}
    right = wrong | {"metric": "facts_right", "value": 0.1, "low": 0.02, "high": 0.18}
    systems = {"tuned": {"facts_right": {"value": 0.8}, "facts_wrong": {"value": 0.05}}}
    systems["quote"] = {"facts_right": {"value": 0.7}, "facts_wrong": {"value": 0.04}}
    english, korean = quoting({"served": "tuned", "systems": systems, "differences": [right, wrong]})
    assert english.endswith("right 80 % against 70 % (+10 points, +2 to +18), wrong 5 % against 4 % (+1 points, −2 to +4, may be chance).")
    assert korean.endswith("(정답률 80% 대 70%, 차이 +10%p(+2~+18), 오답률 5% 대 4%, 차이 +1%p(−2~+4), 우연일 수 있음).")


def test_without_quote_nothing_is_claimed(answer: Answer) -> None:
    english, korean = quoting(summarize([answer()], "tuned"))
    assert english == "“tuned” was not compared with quoting the FAQ." and "비교하지 않았습니다" in korean


def test_the_headline_says_how_often_the_desk_asked_back_first(answer: Answer) -> None:
    def headline(outcome: str) -> tuple[str, str]:
        records = [answer(f"e{i}#1", right=i < 45, outcome=outcome, asked="with" if i < 6 else None) for i in range(50)]
        summary = summarize(records, "tuned")
        return verdict(summary, check(summary["systems"]["tuned"], {"facts_right": 0.6}))

    assert headline("said")[0].endswith(" of questions, asking back first in 12 %.") and ", 먼저 되물은 질문 12%)" in headline("said")[1]
    assert headline("")[0].endswith(" of questions.") and "되물" not in headline("")[1]


def test_where_a_desk_is_served_its_reader_tells_whether_tuning_pays(answer: Answer) -> None:
    """The desk's words are the FAQ's own, whatever the model."""
    shares = {"desk": 95, "tuned + FAQ in prompt": 80, "tuned": 10, "base few-shot": 30, "base + FAQ in prompt": 20}
    records = [answer(f"e{i}#1", system=name, right=i < share) for name, share in shares.items() for i in range(100)]
    english, _ = tuning(summarize(records, "desk"))
    assert english.startswith(
        "Tuning pays: “tuned + FAQ in prompt” states the facts more often than the best prompt alone, “base few-shot”"
    )


def test_the_verdict_names_what_quoting_does_better(answer: Answer) -> None:
    """After the limits that are missed; where nothing is worse, limits are counted without it."""

    def said(tuned: tuple[int, int], quote: tuple[int, int], **thresholds: float) -> tuple[str, str]:
        summary = summary_of(answer, tuned, quote)
        return verdict(summary, check(summary["systems"]["tuned"], thresholds, beside_quote(summary)))

    english, korean = said((50, 30), (80, 2), facts_wrong=0.05)
    assert english.startswith("The desk may not talk to customers yet: it states wrong facts in 30 % (")
    worse = "where at most 5 % is allowed; it is less often right than quoting the nearest FAQ entry; it is more often wrong than quoting"
    assert f"{worse} the nearest FAQ entry." in english
    worse_ko = "가장 가까운 FAQ 답을 그대로 인용하는 것보다"
    assert korean.endswith(f"기준 5% 이하; {worse_ko} 정답률이 더 낮음; {worse_ko} 오답률이 더 높음.")
    assert said((80, 2), (50, 30), facts_wrong=0.05)[0].startswith("The desk may talk to customers: the one limit is kept; it states ")
    english, korean = said((80, 2), (50, 30))
    assert english.startswith("The desk may talk to customers: the config sets no limits; it states the facts in 80 % (")
    assert korean.startswith("고객을 응대해도 됩니다: 설정한 기준은 없습니다. 정답률은 80%(")
