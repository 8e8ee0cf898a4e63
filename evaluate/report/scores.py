"""The report's numbers: limits, systems side by side, intervals, differences, categories, forgetting."""

from typing import Any

from evaluate.report.charts import figure, interval, percent, points, span, stacked, table
from evaluate.stats.metrics import FACTS, METRICS, Record
from evaluate.stats.summary import by_system
from evaluate.stats.verdict import apart
from frontdesk.reports.html import Html, both, join, tag

SETS = {
    "wordings": ("Trained facts in new wordings", "학습한 내용, 새로운 표현"),
    "unseen": ("Facts never trained", "학습하지 않은 내용"),
    "unanswerable": ("The FAQ does not say", "FAQ에 없는 내용"),
    "out_of_scope": ("Out of scope", "담당 밖 질문"),
    "dialogues": ("Dialogues", "대화"),
    "injections": ("Attempts to misuse it", "악용 시도"),
    "canaries": ("Personal data", "개인정보"),
}
LANGUAGES = {"en": ("English", "영어"), "ko": ("Korean", "한국어")}
ABILITIES = {
    "instruction": ("Instructions", "지시 따르기"),
    "arithmetic": ("Arithmetic", "계산"),
    "knowledge": ("Common knowledge", "상식"),
    "language": ("Language", "언어"),
}
OUTCOMES = (
    ("right", "right", "정답"),
    ("over", "handed over", "이관"),
    ("none", "neither", "답 없음"),
    ("wrong", "wrong", "오답"),
)
JUDGED = {
    "wins": ("better", "우세"),
    "losses": ("worse", "열세"),
    "ties": ("ties", "무승부"),
    "inconsistent": ("of those by the order", "순서에 따라 바뀜"),
    "unparsable": ("no verdict", "판정 없음"),
}
COMPARED = ("facts_right", "facts_wrong", "facts_invented", "handoff_right", "dialogues_right")
MOST_PARTS = 40
"""More categories than this are too long a list; the weakest are shown."""


def term(names: dict[str, tuple[str, str]], name: str) -> Html:
    """A name of ours in both languages; another one as it stands."""
    return both(*names[name]) if name in names else join([name])


def order(summary: dict[str, Any]) -> list[str]:
    """The served system, then the others."""
    return [summary["served"], *(name for name in summary["systems"] if name != summary["served"])]


def shown(metric: str, score: dict[str, Any]) -> Html:
    """A score and its interval."""
    if METRICS[metric].diagnostic:
        return join([f"{score['value']:.3g}", tag("small", f"{score['low']:.3g} to {score['high']:.3g}")])
    return join([percent(score["value"]), tag("small", span(score, ""))])


def limits(gate: dict[str, Any]) -> Html:
    """Each limit, what was measured, and whether it is kept."""
    rows = []
    for check in gate["checks"]:
        metric, word = METRICS[check["metric"]], both(*(("kept", "통과") if check["passed"] else ("missed", "미달")))
        sign = "≤" if metric.lower else "≥"
        known = check["value"] is not None
        value, limit = apart(check["value"], check["limit"]) if known else ("not measured", percent(check["limit"]))
        strip = interval(check, check["limit"]) if known else ""
        measured = join([value, tag("small", span(check, ""))]) if known else value
        rows.append(
            [
                both(metric.english, metric.korean),
                strip,
                measured,
                f"{sign} {limit}",
                tag("b", word, class_="" if check["passed"] else "bad"),
            ]
        )
    heads = [both("Limit", "기준"), "", both("Measured", "측정값"), both("Required", "요구값"), both("Result", "결과")]
    return figure(
        "The point decides; the line is its 95 % interval, the dashed line the limit from the config.",
        "점이 판정 기준이고, 가로선은 95 % 신뢰구간, 점선은 설정한 기준입니다.",
        table(heads, rows, "limits"),
    )


def systems(summary: dict[str, Any]) -> Html:
    """Metrics by system; the served one stands first."""
    names = order(summary)
    heads = [both("Metric", "지표"), *(join([name, both(" · served", "서비스 중") if name == summary["served"] else ""]) for name in names)]
    rows = []
    for metric, words in METRICS.items():
        scores = [summary["systems"][name].get(metric) for name in names]
        if any(scores):
            of = next(score for score in scores if score)
            better = "" if words.diagnostic else "\u00a0↓" if words.lower else "\u00a0↑"
            counts = f"{of['of']:,} in {of['clusters']:,}" if of["clusters"] < of["of"] else f"{of['of']:,}"
            korean = tag("span", words.korean, lang="ko") if words.korean != words.english else ""
            name = join([words.english, better, tag("small", korean, " " if korean else "", counts)])
            rows.append([name, *(shown(metric, score) if score else "–" for score in scores)])
    return figure(
        "Every score with its 95 % interval; ↑ higher is better, ↓ lower is better. "
        "Under a metric: how many answers, in how many FAQ entries or dialogues.",
        "모든 점수와 95 % 신뢰구간입니다. ↑ 높을수록, ↓ 낮을수록 좋습니다. 지표 아래 숫자는 답변 수와 FAQ 항목(대화) 수입니다.",
        table(heads, rows, "systems"),
    )


def outcomes(records: list[Record], summary: dict[str, Any]) -> Html:
    """What becomes of a question that the FAQ answers, by system."""
    every, rows = by_system(records), []
    for name in order(summary):
        mine = [record for record in every.get(name, []) if record["set"] in FACTS and record["expects"] == "facts" and record["pass"] == 0]
        if mine:
            names = [outcome(record) for record in mine]
            shares = [(key, names.count(key) / len(mine)) for key, *_ in OUTCOMES]
            said = " · ".join(f"{words[1]} {percent(share)}" for words, (_, share) in zip(OUTCOMES, shares, strict=True))
            rows.append(tag("div", tag("span", name, class_="name"), stacked(shares), tag("small", said), class_="row"))
    legend = tag("p", *[tag("span", tag("i", class_=key), both(english, korean)) for key, english, korean in OUTCOMES], class_="legend")
    return figure(
        "Of the questions that the FAQ answers, how many are answered right, handed over, not answered, and answered wrong.",
        "FAQ에 답이 있는 질문이 어떻게 처리되었는지 보여 줍니다.",
        legend,
        tag("div", *rows, class_="rows"),
    )


def outcome(record: Record) -> str:
    """An answer's class in `OUTCOMES`; each has one."""
    if record["right"]:
        return "right"
    return "wrong" if record["wrong"] else "over" if record["handoff"] else "none"


def intervals(summary: dict[str, Any], gate: dict[str, Any]) -> Html:
    """A panel for each metric: all systems' points on their intervals."""
    bounds = {check["metric"]: check["limit"] for check in gate["checks"]}
    panels = []
    for metric, words in METRICS.items():
        found = [(name, summary["systems"][name][metric]) for name in order(summary) if metric in summary["systems"][name]]
        if found and not words.diagnostic:
            rows = [_point(name, score, bounds.get(metric), name == summary["served"]) for name, score in found]
            head = both(f"{words.english} {'↓' if words.lower else '↑'}", words.korean)
            axis = tag("div", tag("span", "0"), tag("span", "100 %"), class_="ends")
            panels.append(tag("div", tag("h3", head), *rows, axis, class_="panel"))
    return figure(
        "The same scores drawn: where intervals lie far apart, the difference is more than chance.",
        "같은 점수를 그린 것입니다. 구간이 멀리 떨어져 있으면 우연을 넘는 차이입니다.",
        tag("div", *panels, class_="panels"),
    )


def _point(name: str, score: dict[str, Any], limit: float | None = None, served: bool = False) -> Html:
    parts = (tag("span", name, class_="name"), interval(score, limit), tag("span", percent(score["value"]), class_="n"))
    return tag("div", *parts, class_="row served" if served else "row")


def differences(summary: dict[str, Any]) -> Html:
    """Paired differences, where each question is its own control, and how many questions would show that of facts right."""
    found = {(one["system"], one["against"], one["metric"]): one for one in summary["differences"]}
    pairs = [(system, against) for system, against, metric in found if metric == "facts_right"]
    if not pairs:
        return tag("p", both("No two systems were compared.", "비교한 시스템이 없습니다."), class_="nothing")
    rows = []
    for system, against in pairs:
        right, *others = (found.get((system, against, metric)) for metric in COMPARED)
        assert right is not None
        needs = join(["–" if right["needed"] is None else right["needed"], tag("small", f"of {right['pairs']:,}")])
        rows.append(
            [join([system, tag("small", f"against {against}")]), interval(right, low=-1.0), change(right), needs, *map(change, others)]
        )
    first, *heads = (both(METRICS[metric].english, METRICS[metric].korean) for metric in COMPARED)
    return figure(
        "In percentage points, on the same questions; an interval that holds 0 may be chance. Needed: so many questions would show such a "
        "difference of facts right in four of five evaluations; beneath, how many were asked.",
        "같은 질문에서의 차이(%p)입니다. 구간에 0이 들어 있으면 우연일 수 있습니다. "
        "‘필요 수’는 정답률의 차이를 다섯 번 중 네 번 확인하는 데 필요한 질문 수이며, 그 아래는 실제 질문 수입니다.",
        table([both("System", "시스템"), "", first, both("Needed", "필요 수"), *heads], rows, "differences"),
    )


def change(found: dict[str, Any] | None) -> Html:
    """A difference and its interval, in percentage points."""
    if found is None:
        return Html("–")
    return join([points(found["value"]), tag("small", f"{points(found['low'])} to {points(found['high'])}")])


def parts(summary: dict[str, Any]) -> Html:
    """The served system's facts right by category and language, and what is right by set."""
    served = summary["served"]
    categories = summary["by_category"].get(served, {})
    weakest = dict(sorted(categories.items(), key=lambda item: item[1]["value"])[:MOST_PARTS])
    panels: tuple[tuple[Html, dict[str, tuple[str, str]], dict[str, Any], int], ...] = (
        (both("Facts right by category", "분류별 정답률"), {}, weakest, len(categories) - len(weakest)),
        (both("Facts right by language", "언어별 정답률"), LANGUAGES, summary["by_language"].get(served, {}), 0),
        (both("Right by kind of question", "질문 종류별 정답률"), SETS, summary["by_set"].get(served, {}), 0),
    )
    by_category, *others = (_panel(*panel) if panel[2] else "" for panel in panels)
    return figure(
        f"{served}: the weakest category first, with the number of questions. Wide intervals mean few questions.",
        "점수가 낮은 분류부터 보여 주며, 숫자는 질문 수입니다. 구간이 넓으면 질문이 적은 것입니다.",
        tag("div", by_category, tag("div", *others), class_="panels"),
    )


def _panel(head: Html, names: dict[str, tuple[str, str]], scores: dict[str, Any], left_out: int) -> Html:
    rows = [
        tag(
            "div",
            tag("span", term(names, name), tag("small", score["of"]), class_="name"),
            interval(score),
            tag("span", percent(score["value"]), tag("small", span(score, "")), class_="n"),
            class_="row",
        )
        for name, score in scores.items()
    ]
    more = tag("p", f"and {left_out:,} better ones") if left_out else ""
    return tag("div", tag("h3", head), *rows, more, class_="panel")


def forgetting(general: dict[str, Any]) -> Html:
    """General ability before and after tuning; the drop with its interval."""
    before, after, drop = (general[key] for key in ("before", "after", "drop"))
    english, korean = (
        ("more than chance explains", "우연을 넘는 하락입니다")
        if drop["low"] > 0
        else ("no more than chance explains", "우연으로 설명되는 범위입니다")
        if drop["high"] >= 0
        else ("a gain", "오히려 올랐습니다")
    )
    values = f"{percent(before['value'])} to {percent(after['value'])}"
    moved = f"{points(-drop['value'])} points ({points(-drop['high'])} to {points(-drop['low'])})"
    rows = [_point("before", before), _point("after", after)]
    abilities = [
        [term(ABILITIES, name), percent(one["before"]), percent(one["after"])] for name, one in general.get("abilities", {}).items()
    ]
    heads = [both("Ability", "능력"), both("before", "튜닝 전"), both("after", "튜닝 후")]
    return figure(
        f"Right answers to {before['of']:,} general questions went from {values}: {moved}, {english}.",
        f"일반 질문 {before['of']:,}개의 정답률 변화는 {points(-drop['value'])}%p이며, {korean}.",
        tag("div", *rows, class_="rows"),
        table(heads, abilities, "abilities") if abilities else "",
    )


def judge(verdicts: dict[str, dict[str, Any]], served: str) -> Html:
    """How often a judge model prefers the served system's answer to another system's, each pair read in both orders."""
    heads = [both("Against", "상대 시스템"), *(both(*words) for words in JUDGED.values())]
    rows = [[system, *(found[key] for key in JUDGED)] for system, found in verdicts.items()]
    return figure(
        f"Another model was asked whether {served} or the other system answers better; a verdict that turns with the order is a tie.",
        "다른 모델이 두 답변을 순서를 바꾸어 두 번 비교했습니다. 순서에 따라 판정이 바뀌면 무승부입니다.",
        table(heads, rows, "judge"),
    )


def methods(summary: dict[str, Any]) -> Html:
    """How each number that stands on the page is computed."""
    measured = [words for metric, words in METRICS.items() if any(metric in scores for scores in summary["systems"].values())]
    items = [tag("div", tag("dt", both(words.english, words.korean)), tag("dd", both(words.how, words.how_ko))) for words in measured]
    sure = (
        "95 %: percentiles of 2,000 resamples in which whole FAQ entries (or dialogues) are drawn with replacement, since wordings of "
        "one entry stand and fall together; Wilson's interval where nearly all answers are alike or entries are fewer than 10. "
        "Differences are paired by question.",
        "FAQ 항목(또는 대화)을 통째로 다시 뽑은 표본 2,000개의 백분위 구간입니다. "
        "거의 모든 답이 같거나 항목이 10개보다 적으면 윌슨 구간을 씁니다. 차이는 같은 질문끼리 비교합니다.",
    )
    return tag("dl", *items, tag("div", tag("dt", both("Intervals", "신뢰구간")), tag("dd", both(*sure))), class_="methods")
