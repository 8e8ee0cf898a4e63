"""A replay in sentences, in English and Korean, and as a table for a terminal."""

from collections.abc import Mapping
from typing import Any

from frontdesk.reports.numbers import counted, percent, span, span_ko, tight

Said = tuple[str, str]
"""A sentence in English and in Korean."""
OUTCOMES: dict[str, Said] = {
    "answered": ("answered", "답변"),
    "small talk": ("small talk", "인사말"),
    "asked back": ("asked back", "되물음"),
    "handed over": ("handed over", "이관"),
}
COMPARISONS: dict[str, dict[str, Said]] = {
    "answered": {
        "agrees": ("the agent states the same", "상담원 답과 같음"),
        "differs": ("the agent states something else", "상담원 답과 다름"),
        "silent": ("the agent states nothing to compare", "비교할 상담원 답 없음"),
    },
    "small talk": {
        "agrees": ("the agent had nothing to state either", "상담원도 인사만 함"),
        "differs": ("the agent stated something", "상담원은 답을 함"),
        "silent": ("the agent asked or arranged something", "상담원은 묻거나 처리함"),
    },
    "asked back": {
        "agrees": ("the agent's answer is among those asked about", "상담원 답이 되물은 항목 안에 있음"),
        "differs": ("the agent's answer is not among them", "상담원 답이 그 안에 없음"),
        "silent": ("the agent states nothing to compare", "비교할 상담원 답 없음"),
    },
    "handed over": {
        "agrees": ("rightly: no entry has what the agent said or did", "옳은 이관: FAQ에 없는 답이나 처리"),
        "differs": ("needlessly: an entry has what the agent said", "불필요한 이관: 답이 FAQ에 있음"),
        "silent": ("the agent only greeted or thanked", "상담원은 인사만 함"),
    },
}
"""What a comparison means, by what the desk does."""
FROM: dict[str, Said] = {
    "given": ("as given on the command line", "명령줄에서 정한 값"),
    "measured": ("measured on {of} replies", "답변 {of}개에서 측정"),
    "assumed": ("an assumption, since the logs have no times", "기록에 시각이 없어 가정한 값"),
}
"""Where the seconds of a reply come from."""


def sentences(summary: Mapping[str, Any]) -> list[Said]:
    """What the replay found, the most important first."""
    found = [_outcomes(summary)]
    if summary["all"]:
        found.append(
            (
                "Beware: the desk learned from most of these conversations, so that its figures may be better than with new customers.",
                "주의: 데스크가 이미 학습한 대화가 대부분이어서 새 고객에게는 결과가 이보다 나쁠 수 있습니다.",
            )
        )
    return [
        *found,
        _agreement(summary["agreement"]),
        *_rightly(summary["rightly"]),
        _no_person(summary["no_person"]),
        *_time(summary["time"]),
    ]


def _outcomes(summary: Mapping[str, Any]) -> Said:
    shares = {kind: score["value"] for kind, score in summary["outcomes"].items()}
    first = summary["outcomes"]["answered"]
    all_of, all_ko = ("", "") if summary["all"] else ("held-out ", "평가용 ")
    turns, talks = counted(summary["turns"], "customer turn"), counted(summary["conversations"], f"{all_of}conversation")
    rest = f"asked back in {percent(shares['asked back'])} and handed over {percent(shares['handed over'])}"
    return (
        f"Of {turns} in {talks}, the desk would have answered {percent(first['value'])} ({span(first)}), {rest}.",
        f"{all_ko}대화 {summary['conversations']:,}건의 고객 발화 {summary['turns']:,}개 가운데 {ko(first)}에 답하고, "
        f"{tight(percent(shares['asked back']))}는 되묻고, {tight(percent(shares['handed over']))}는 상담원에게 넘겼을 것입니다.",
    )


def _agreement(score: Mapping[str, Any] | None) -> Said:
    if score is None:
        return "No answer of the desk can be compared with what an agent stated.", "상담원 답과 비교할 수 있는 답변이 없습니다."
    answers = counted(score["of"], "answer")
    return (
        f"Of {answers} that can be compared with what the agent stated, {percent(score['value'])} ({span(score)}) agree.",
        f"상담원 답과 비교할 수 있는 답변 {score['of']:,}개 가운데 {ko(score)}가 같은 내용입니다.",
    )


def _rightly(score: Mapping[str, Any] | None) -> list[Said]:
    if score is None:
        return []
    right = f"{percent(score['value'])} ({span(score)}) were right: no entry has what the agent said or did"
    korean = f"이관 {score['of']:,}건 가운데 {ko(score)}는 FAQ에 없는 답이나 처리가 필요한 옳은 이관입니다."
    return [(f"Of {counted(score['of'], 'handover')} that can be judged, {right}.", korean)]


def _no_person(scores: Mapping[str, Mapping[str, Any]]) -> Said:
    least, most = scores["surely"], scores["perhaps"]
    return (
        f"No person was needed in {percent(least['value'])} ({span(least)}) of the conversations, at most in {percent(most['value'])} "
        f"({span(most)}).",
        f"대화의 {ko(least)}는 상담원 없이 끝났을 것이며, 많게는 {ko(most)}입니다.",
    )


def _time(time: Mapping[str, Any]) -> list[Said]:
    low, high = minutes(time["minutes"]["low"]), minutes(time["minutes"]["high"])
    range_en, range_ko = (high, high) if low == high else (f"{low} to {high}", f"{low}~{high}")
    source, source_ko = (text.format(of=f"{time['of']:,}") for text in FROM[time["from"]])
    of_each = f"at {lasting(time['seconds'])} a reply ({source})"
    of_each_ko = f"(답변 하나에 {lasting_ko(time['seconds'])}, {source_ko})"
    found = [
        (
            f"In 100 conversations it would have saved agents {range_en} minutes, {of_each}.",
            f"대화 100건당 상담원 시간 {range_ko}분을 아꼈을 것입니다{of_each_ko}.",
        )
        if time["minutes"]["high"]["value"]
        else ("It would have saved agents no time.", "상담원 시간을 아끼지 못했을 것입니다.")
    ]
    if (wait := time["first_wait"]) is not None:
        english = f"Half of the customers waited {lasting(wait)} or longer for the first reply; the desk replies at once."
        korean = f"고객 절반은 첫 답변까지 {lasting_ko(wait)} 이상 기다렸습니다. 데스크는 바로 답합니다."
        found.append((english, korean))
    return found


def table(summary: Mapping[str, Any]) -> str:
    """What would have become of the turns, and how that compares with the agents, for a terminal."""
    lines = []
    for kind, score in summary["outcomes"].items():
        counts = summary["comparisons"][kind]
        shares = f"{percent(score['value'])} ({span(score)})"
        compared = ", ".join(f"{counts[name]} {text[0]}" for name, text in COMPARISONS[kind].items() if name in counts)
        lines.append(f"{kind:12} {sum(counts.values()):6,}  {shares:18}  {compared}".rstrip())
    return "\n".join(lines)


def minutes(score: Mapping[str, Any]) -> str:
    """Minutes, with a decimal where they are few."""
    return f"{score['value']:,.0f}" if score["value"] >= 10 or score["value"] == 0 else f"{score['value']:.1f}"


def lasting(seconds: float) -> str:
    """Seconds as people say them: 45 s, 3 min 20 s."""
    whole, rest = divmod(round(seconds), 60)
    return " ".join([f"{whole:,} min"] * bool(whole) + [f"{rest} s"] * bool(rest or not whole))


def lasting_ko(seconds: float) -> str:
    """The same in Korean: 45초, 3분 20초."""
    return lasting(seconds).replace(" min", "분").replace(" s", "초")


def ko(score: Mapping[str, Any]) -> str:
    """A share with its interval as Korean writes them."""
    return f"{tight(percent(score['value']))}({span_ko(score)})"
