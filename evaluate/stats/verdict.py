"""The scorecard in sentences, in English and Korean: may the desk talk to customers, is its model better than
none, and does tuning pay?"""

from typing import Any

from evaluate.stats.metrics import METRICS
from evaluate.stats.summary import READER, beside_quote, difference, side
from frontdesk.reports.numbers import percent, points, span, span_ko, tight

Said = tuple[str, str]
"""A sentence in English and in Korean."""
QUOTING = ("quoting the nearest FAQ entry", "가장 가까운 FAQ 답을 그대로 인용하는 것")
SIDES = {
    ("facts_right", 1): ("more often right", "정답률이 더 높"),
    ("facts_right", -1): ("less often right", "정답률이 더 낮"),
    ("facts_wrong", 1): ("less often wrong", "오답률이 더 낮"),
    ("facts_wrong", -1): ("more often wrong", "오답률이 더 높"),
}
"""How a system differs from quoting, by metric and side."""


def verdict(summary: dict[str, Any], gate: dict[str, Any]) -> Said:
    """The gate's decision, with the limits that are missed or, where all are kept, with the facts right."""
    missed = [check for check in gate["checks"] if not check["passed"]]
    if not gate["checks"]:
        return "Nothing was decided: the config sets no limits.", "설정에 기준이 없어 판정하지 않았습니다."
    if missed:
        misses, misses_ko = zip(*map(_miss, missed), strict=True)
        return f"The desk may not talk to customers yet: {'; '.join(misses)}.", f"아직 고객을 응대할 수 없습니다: {'; '.join(misses_ko)}."
    count = sum(not check["against"] for check in gate["checks"])
    kept = {0: "the config sets no limits", 1: "the one limit is kept"}.get(count, f"all {count} limits are kept")
    kept_ko = f"기준 {count}개를 모두 지켰습니다." if count else "설정한 기준은 없습니다."
    right, asked = (summary["systems"][summary["served"]].get(metric) for metric in ("facts_right", "asked_right"))
    after, after_ko = (f", asking back first in {percent(asked['value'])}", f", 먼저 되물은 질문 {_ko(asked)}") if asked else ("", "")
    english = f"; it states the facts in {percent(right['value'])} ({span(right)}) of questions{after}" if right else ""
    korean = f" 정답률은 {_ko(right)}({span_ko(right)}{after_ko})입니다." if right else ""
    return f"The desk may talk to customers: {kept}{english}.", f"고객을 응대해도 됩니다: {kept_ko}{korean}"


def _miss(check: dict[str, Any]) -> Said:
    if check["against"]:
        words, stem = SIDES[check["metric"], -1]
        return f"it is {words} than {QUOTING[0]}", f"{QUOTING[1]}보다 {stem}음"
    metric = METRICS[check["metric"]]
    ends = ("at most", "is allowed", "이하") if metric.lower else ("at least", "is required", "이상")
    if check["value"] is None:
        limit = percent(check["limit"])
        return (
            f"“{metric.english}” was not measured, and {ends[0]} {limit} {ends[1]}",
            f"‘{metric.korean}’ 항목을 측정하지 않음(기준 {tight(limit)} {ends[2]})",
        )
    value, limit = apart(check["value"], check["limit"])
    return (
        f"it {metric.said} {value} ({span(check)}) of {metric.of}, where {ends[0]} {limit} {ends[1]}",
        f"{metric.said_ko} {tight(value)}({span_ko(check)}), 기준 {tight(limit)} {ends[2]}",
    )


def _ko(score: dict[str, Any]) -> str:
    return tight(percent(score["value"]))


def apart(value: float, limit: float) -> Said:
    """Value and limit in percent, with digits that tell them apart: 59.7 % is not to read as 60 %."""
    digits = [(percent(value, places), percent(limit, places)) for places in (1, 2, 3, 4)]
    choices = [(percent(value), percent(limit)), *digits]
    return next((pair for pair in choices if pair[0] != pair[1] or value == limit), choices[0])


def tuning(summary: dict[str, Any]) -> Said:
    """The tuned model (as it is served; or its reader, unverified) against the best prompt for the untuned base, by
    facts right."""
    right = {name: scores["facts_right"] for name, scores in summary["systems"].items() if "facts_right" in scores}
    tuned, prompts = ([name for name in right if name.startswith(kind)] for kind in ("tuned", "base"))
    if not tuned or not prompts:
        return (
            "Whether tuning pays was not measured: it takes a tuned system and a prompt for the untuned base.",
            "튜닝한 시스템과 튜닝하지 않은 시스템이 모두 있어야 튜닝의 효과를 알 수 있습니다.",
        )
    best = max(prompts, key=lambda name: float(right[name]["value"]))
    one = next((name for name in (summary["served"], READER) if name in tuned), tuned[0])
    found = difference(summary, one, best)
    if found is None:
        return f"{one} was not compared with {best}.", f"{one}와(과) {best}을(를) 비교하지 않았습니다."
    values = f"{percent(right[one]['value'])} against {percent(right[best]['value'])}"
    change = f"{points(found['value'])} points, {_ends(found, ' to ')}"
    korean = f"{one} {_ko(right[one])}, {best} {_ko(right[best])}, 차이 {points(found['value'])}%p({_ends(found, '~')})"
    if found["low"] > 0:
        return (
            f"Tuning pays: “{one}” states the facts more often than the best prompt alone, “{best}”: {values} ({change}).",
            f"튜닝은 효과가 있습니다: 정답률이 프롬프트만 쓴 가장 좋은 방법보다 높습니다({korean}).",
        )
    if found["high"] < 0:
        return (
            f"Tuning does not pay: the best prompt alone, “{best}”, states the facts more often than “{one}”: {values} ({change}).",
            f"튜닝은 효과가 없습니다: 프롬프트만 쓴 가장 좋은 방법의 정답률이 더 높습니다({korean}).",
        )
    more = f"; about {found['needed']:,} questions would show a difference like this" if found["needed"] else ""
    more_ko = f" 이만한 차이를 확인하려면 질문이 약 {found['needed']:,}개 필요합니다." if found["needed"] else ""
    return (
        f"That tuning pays is not shown: “{one}” and the best prompt alone, “{best}”, differ by no more than chance explains: "
        f"{values} ({change}){more}.",
        f"튜닝의 효과는 확인되지 않았습니다: 프롬프트만 쓴 가장 좋은 방법과 정답률에서 우연을 넘는 차이가 없습니다({korean}).{more_ko}",
    )


def quoting(summary: dict[str, Any]) -> Said:
    """The served system against the nearest FAQ entry, word for word: is its model better than none?"""
    compared, served = beside_quote(summary), summary["served"]
    if not compared:
        return f"“{served}” was not compared with quoting the FAQ.", f"{served}을(를) FAQ 인용과 비교하지 않았습니다."
    sides = [side(one) for one in compared]
    beside = [_beside(summary, one, any(sides) and not side(one)) for one in compared]
    figures, figures_ko = (", ".join(parts) for parts in zip(*beside, strict=True))
    if not any(sides):
        return (
            f"That the model earns its place is not shown: “{served}” and {QUOTING[0]} differ by no more than chance explains: {figures}.",
            f"모델이 제 몫을 하는지 확인되지 않았습니다: {QUOTING[1]}과 우연을 넘는 차이가 없습니다({figures_ko}).",
        )
    told, head, head_ko = -1, "The model does not earn its place", "모델이 제 몫을 못 합니다"
    if told not in sides:
        told, head, head_ko = 1, "The model earns its place", "모델은 제 몫을 합니다"
    words, stems = zip(*(SIDES[one["metric"], told] for one in compared if side(one) == told), strict=True)
    return (
        f"{head}: “{served}” is {' and '.join(words)} than {QUOTING[0]}: {figures}.",
        f"{head_ko}: {QUOTING[1]}보다 {'고 '.join(stems)}습니다({figures_ko}).",
    )


def _beside(summary: dict[str, Any], found: dict[str, Any], marked: bool) -> Said:
    """A metric of the served system and of quote, and their difference, `marked` as one that may be chance."""
    mine, theirs = (summary["systems"][found[which]][found["metric"]] for which in ("system", "against"))
    chance, chance_ko = (", may be chance", ", 우연일 수 있음") if marked else ("", "")
    return (
        f"{found['metric'].removeprefix('facts_')} {percent(mine['value'])} against {percent(theirs['value'])} "
        f"({points(found['value'])} points, {_ends(found, ' to ')}{chance})",
        f"{METRICS[found['metric']].korean} {_ko(mine)} 대 {_ko(theirs)}, 차이 {points(found['value'])}%p({_ends(found, '~')}){chance_ko}",
    )


def _ends(found: dict[str, Any], word: str) -> str:
    return f"{points(found['low'])}{word}{points(found['high'])}"
