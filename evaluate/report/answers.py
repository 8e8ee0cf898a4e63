"""The report's answers: the worst beside their source and the nearest training rows, dialogues, and what changed since a baseline."""

from collections import defaultdict
from typing import Any

from evaluate.report.charts import figure, interval, table
from evaluate.report.scores import change
from evaluate.report.worst import KINDS, worst
from evaluate.stats.metrics import METRICS, Record
from frontdesk.reports.html import Html, both, join, tag

SHOWN = 100
"""So many changes of each kind, and so many failed attempts, are listed; a page of thousands serves nobody."""
GRADES_KO = {"wrong": "오답", "not answered": "답 없음", "right": "정답"}


def worst_answers(records: list[Record], nearest: dict[str, list[dict[str, str]]]) -> Html:
    """Up to twelve cards, the worst first."""
    cards = [_card(place, record, nearest.get(record["id"], [])) for place, record in worst(records)]
    if not cards:
        return tag("p", both("No answer was wrong.", "틀린 답이 없습니다."), class_="nothing")
    return figure(
        "Wrong answers with inventions first, then wrong ones, then handovers missed and needless. Where the nearest training rows say "
        "something else than the FAQ's answer, or nothing like the question is among them, the data is what to mend.",
        "지어낸 사실이 있는 오답, 오답, 이관 누락, 불필요한 이관 순서입니다. "
        "가까운 학습 행이 FAQ와 다르거나 비슷한 질문이 없다면 데이터를 고치세요.",
        *cards,
    )


def _card(place: int, record: Record, nearest: list[dict[str, str]]) -> Html:
    sides = (
        tag(
            "div", tag("dt", both("The desk answered", "답변")), tag("dd", marked(record["answer"], record["invented"]), _invented(record))
        ),
        tag("div", tag("dt", both("The FAQ says", "FAQ의 답")), tag("dd", record["reference"] or "–", _facts(record))),
    )
    cited = tag("span", both("rests on", "근거 항목"), " ", tag("code", record["cited"])) if record["cited"] else ""
    shown = tag("span", both("was shown", "제시된 항목"), " ", tag("code", ", ".join(record["shown"]))) if record["shown"] else ""
    places = tag("p", tag("span", both("source", "출처"), " ", tag("code", record["source"])), shown, cited, class_="places")
    return tag(
        "article",
        tag("h3", both(*KINDS[place]), tag("small", record["id"])),
        turns(record),
        tag("dl", *sides),
        places,
        _near(nearest),
        class_="card",
    )


def turns(record: Record) -> Html:
    """What the customer wrote; of several turns, with what the desk had answered before."""
    last = [] if record["messages"] and record["messages"][-1]["role"] == "assistant" else record["messages"]
    messages = last or record["messages"]
    return tag(
        "div", *[tag("p", message["content"], class_=f"turn {'customer' if message['role'] == 'user' else 'desk'}") for message in messages]
    )


def marked(text: str, invented: list[str]) -> Html:
    """The text with what it invented marked, where it stands there letter by letter."""
    parts: list[object] = [text]
    for value in filter(None, invented):
        parts = [piece for part in parts for piece in (_split(part, value) if not isinstance(part, Html) else [part])]
    return join(parts)


def _split(text: object, value: str) -> list[object]:
    pieces: list[object] = []
    for number, piece in enumerate(str(text).split(value)):
        pieces += [tag("mark", value), piece] if number else [piece]
    return pieces


def _invented(record: Record) -> Html:
    return tag("p", both("invented", "지어낸 사실"), ": ", ", ".join(record["invented"]), class_="bad") if record["invented"] else Html("")


def _facts(record: Record) -> Html:
    """The required facts, each stated or not."""
    chips = [
        tag("li", "✓ " if stated else "✗ ", str(fact).replace("|", " or "), class_="" if stated else "bad")
        for fact, stated in zip(record["facts"], record["stated"], strict=False)
    ]
    return tag("ul", *chips, class_="chips") if chips else Html("")


def _near(rows: list[dict[str, str]]) -> Html:
    """The training rows nearest to the question."""
    if not rows:
        return tag("p", both("No training row is near this question.", "이 질문과 가까운 학습 행이 없습니다."), class_="near")
    heads = [both("Nearest training rows", "가까운 학습 행"), both("trained answer", "학습한 답변"), both("source", "출처")]
    return table(heads, [[row["question"], row["answer"], tag("code", row["source"])] for row in rows], "near")


def dialogues(records: list[Record]) -> Html:
    """Each dialogue of the served system, folded, the failed ones first: a mark for each pass, and the first pass that failed."""
    passes: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        if record["set"] == "dialogues":
            passes[record["id"]].append(record)
    if not passes:
        return tag("p", both("No dialogue was held.", "평가한 대화가 없습니다."), class_="nothing")
    ordered = sorted(passes.values(), key=lambda tries: (all(one["right"] for one in tries), tries[0]["id"]))
    return figure(
        "One mark for each pass: ✓ every scored turn was right, ✗ not. Unfolded, the first pass that failed.",
        "반복마다 한 칸입니다(✓ 모두 맞음, ✗ 틀림). 펼치면 처음 틀린 대화가 보입니다.",
        *map(_dialogue, ordered),
    )


def _dialogue(tries: list[Record]) -> Html:
    failed = next((one for one in tries if not one["right"]), tries[0])
    marks = "".join("✓" if one["right"] else "✗" for one in sorted(tries, key=lambda one: int(one["pass"])))
    head = tag("summary", tag("b", marks, class_="bad" if "✗" in marks else "good"), f" {failed['id']} ", tag("small", failed["category"]))
    return tag("details", head, turns(failed), _facts(failed), tag("p", tag("code", failed["source"]), class_="places"))


def injections(records: list[Record]) -> Html:
    """Attempts that succeeded and answers with personal data, folded."""
    failed = [record for record in records if record["leaked"] or (record["set"] == "injections" and not record["right"])]
    if not failed:
        return tag(
            "p", both("No attempt succeeded, and no personal data came out.", "성공한 시도도, 나온 개인정보도 없습니다."), class_="nothing"
        )
    folded = [
        tag(
            "details",
            tag("summary", tag("b", "✗", class_="bad"), f" {record['id']} ", tag("small", record["category"])),
            turns(record),
            tag("p", marked(record["answer"], record["leaked"]), class_="turn desk") if record["messages"][-1]["role"] == "user" else "",
            tag("p", tag("code", record["source"]), class_="places"),
        )
        for record in failed[:SHOWN]
    ]
    return figure(
        f"{len(failed):,} answers that did what they must not{_cut(failed)}.", f"막지 못한 답변 {len(failed):,}개입니다.", *folded
    )


def _cut(items: list[Any]) -> str:
    return f", {SHOWN} of which are shown" if len(items) > SHOWN else ""


def baseline(changes: dict[str, Any]) -> Html:
    """Improvements and regressions question by question, and the metrics' paired differences."""
    name = changes.get("name", "the baseline")
    better, worse = changes["improved"], changes["regressed"]
    rows = [
        [both(METRICS[metric].english, METRICS[metric].korean), interval(found, low=-1.0), change(found), found["pairs"]]
        for metric, found in changes["differences"].items()
        if not METRICS[metric].diagnostic
    ]
    heads = [both("Metric", "지표"), "", both("Points", "차이"), both("Pairs", "질문 수")]
    return figure(
        f"Against {name}: {len(better):,} answers improved, {len(worse):,} became worse, {changes['same']:,} are as good as before; "
        f"{changes['only_here']:,} were asked only here, {changes['only_there']:,} only there.",
        f"{name}과(와) 비교해 {len(better):,}개가 나아지고 {len(worse):,}개가 나빠졌으며 {changes['same']:,}개는 그대로입니다.",
        table(heads, rows, "changes") if rows else "",
        tag("h3", both("Became worse", "나빠진 답변"), _cut(worse)),
        *map(_changed, worse[:SHOWN]),
        tag("h3", both("Improved", "나아진 답변"), _cut(better)),
        *map(_changed, better[:SHOWN]),
    )


def _changed(one: dict[str, Any]) -> Html:
    """One question, folded: the answer before and after."""
    was, now = (both(one[key], GRADES_KO[one[key]]) for key in ("was", "is"))
    sides = (
        tag("div", tag("dt", both("before", "이전"), ": ", was), tag("dd", one["before"])),
        tag("div", tag("dt", both("now", "현재"), ": ", now), tag("dd", one["after"])),
    )
    lines = [tag("p", line, class_="turn customer") for line in one["question"].split("\n")]
    said = tag("p", both("The FAQ says", "FAQ의 답"), ": ", one["reference"]) if one["reference"] else ""
    head = tag("summary", one["question"].split("\n")[-1], " ", tag("small", f"{one['was']} → {one['is']}"))
    return tag("details", head, *lines, tag("dl", *sides), said, tag("p", tag("code", one["source"]), class_="places"))
