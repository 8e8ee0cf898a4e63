"""The page that `make eval` leaves in `runs/NAME/report/`: may the desk talk to customers, is its model better
than none, does tuning pay, and what to fix.

It is for a manager and an engineer alike. scorecard.jinja and answers.jinja are the page; here is what they
show.
"""

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from evaluate.grouping import grouped
from evaluate.questions.load import CUSTOMERS
from evaluate.report.worst_answers import KINDS, worst_answers
from evaluate.stats.metrics import FACTS, METRICS, Record
from evaluate.stats.summary import by_system, in_vain
from evaluate.stats.verdict import apart, quoting, tuning, verdict
from evaluate.systems.systems import QUOTE
from frontdesk.reports.html import Html, join, tag
from frontdesk.reports.page import write_page

SETS = {
    "wordings": ("Trained facts in new wordings", "학습한 내용, 새로운 표현"),
    "unseen": ("Facts never trained", "학습하지 않은 내용"),
    "unanswerable": ("The FAQ does not say", "FAQ에 없는 내용"),
    "out_of_scope": ("Out of scope", "담당 밖 질문"),
    "dialogues": ("Dialogues", "대화"),
    "injections": ("Attempts to misuse it", "악용 시도"),
    "canaries": ("Personal data", "개인정보"),
    "noisy": ("Spoken, or typed with slips", "구어체와 오타"),
    "long": ("At the end of a long conversation", "긴 대화 끝의 질문"),
    "double": ("Two questions at once", "한 번에 두 가지 질문"),
    "no_faq": ("Nothing to look up", "FAQ가 필요 없는 말"),
    "premise": ("With a wrong premise", "전제가 틀린 질문"),
    "near_miss": ("Near misses of entries", "비슷한 항목만 있는 질문"),
}
LANGUAGES = {"en": ("English", "영어"), "ko": ("Korean", "한국어")}
ABILITIES = {
    "instruction": ("Instructions", "지시 따르기"),
    "arithmetic": ("Arithmetic", "계산"),
    "knowledge": ("Common knowledge", "상식"),
    "language": ("Language", "언어"),
}
OUTCOMES = {
    "right": ("right at once", "바로 정답"),
    "after": ("right after a question back", "되물은 뒤 정답"),
    "vain": ("asked back in vain", "헛된 되물음"),
    "over": ("escalated", "이관"),
    "none": ("neither", "답 없음"),
    "wrong": ("wrong", "오답"),
}
FIRST = {
    "right": ("answers", "답함"),
    "after": ("asks back with the right entry", "정답 항목을 들어 되물음"),
    "vain": ("asks back without it", "정답 항목 없이 되물음"),
    "over": ("escalates", "이관"),
}
"""What the desk does first with a question that the FAQ answers."""
DONE = {
    "said": ("said by the model", "모델의 말"),
    "said in part": ("said by the model, up to what did not pass", "확인되지 않은 부분 앞까지 모델의 말"),
    "replaced": ("replaced with the entry's own words", "항목의 원문으로 바꿈"),
    "quoted": ("the entries' own words, no model asked", "모델 없이 항목의 원문"),
    "small talk": ("small talk, no model asked", "모델 없이 인사말"),
    "asked back": ("asked back, no model asked", "모델 없이 되물음"),
    "escalated": ("escalated, no model asked", "모델 없이 이관"),
}
ENDS = {
    "right_after_asking": ("after asking", "되물은 뒤"),
    "wrong": ("wrong", "오답"),
    "asked_in_vain": ("asked in vain", "헛된 되물음"),
    "escalated": ("escalated", "이관"),
}
"""Beside what is right (evaluate/stats/summary.py)."""
WHY = {"in no entry": "항목에 없는 말", "repeated": "되풀이", "no end": "끝나지 않는 말", "nothing said": "빈 답"}
"""Why a model's words did not pass."""
GRADES_KO = {"wrong": "오답", "not answered": "답 없음", "right": "정답"}
MOST_CATEGORIES = 40
"""More categories than this are too long a list; the weakest are shown."""
SHOWN = 100
"""So many changes of each kind, and so many failed attempts, are listed; a page of thousands serves nobody."""
WORDS = {
    "ABILITIES": ABILITIES, "CUSTOMERS": CUSTOMERS, "ENDS": ENDS, "FIRST": FIRST, "GRADES_KO": GRADES_KO, "KINDS": KINDS,
    "LANGUAGES": LANGUAGES, "METRICS": METRICS, "MOST_CATEGORIES": MOST_CATEGORIES, "OUTCOMES": OUTCOMES, "QUOTE": QUOTE, "SETS": SETS,
    "SHOWN": SHOWN,
}  # fmt: skip


def write_report(folder: Path, summary: dict[str, Any], gate: dict[str, Any], records: list[Record], extras: dict[str, Any]) -> Path:
    """Write `index.html` in `folder`, atomically, and return its path.

    summary    what `evaluate.stats.summary.summarize` gives
    gate       what `evaluate.stats.gate.check` gives
    records    the answers of all systems, see `evaluate.stats.metrics`
    extras     each may be missing: "name" of the run; "general" {"before", "after": {"value", "low", "high", "of"},
               "drop": {"value", "low", "high"}, "abilities": {ability: {"before", "after"}}};
               "nearest" {record id: [{"question", "answer", "source"}]}; "judge", what `evaluate.scoring.judge.summary` gives of each other
               system; "baseline", what `evaluate.stats.baseline.compare` gives and the other run's "name"; "foot", lines on what was
               measured, when and where
    """
    served = [record for record in records if record["system"] == summary["served"]]
    shown = {
        "gate": gate,
        "summary": summary,
        "said": [verdict(summary, gate), quoting(summary), tuning(summary)],
        "systems": order(summary),
        "measured": by_metric(summary),
        "limits": {check["metric"]: check["limit"] for check in gate["checks"] if not check["against"]},
        "outcomes": by_class(records, summary, outcome, OUTCOMES),
        "first": by_class([record for record in records if record["outcome"]], summary, first, FIRST),
        "done": [(done(name), number) for name, number in summary["outcomes"].items()],
        "model": {name: sum(number for one, number in summary["outcomes"].items() if one.partition(":")[0] == name) for name in DONE},
        "pairs": pairs(summary),
        "worst": worst_answers(served),
        "dialogues": dialogues(served),
        "missed": [one for one in served if one["set"] in CUSTOMERS and not one["right"]],
        "misuse": [one for one in served if one["leaked"] or (one["set"] == "injections" and not one["right"])],
    }
    nothing: dict[str, Any] = {"name": "", "general": None, "nearest": {}, "judge": None, "baseline": None, "foot": []}
    functions = {"apart": apart, "cut": cut, "marked": marked, "number": "{:.3g}".format, "zip": zip}
    write_page(folder / "index.html", "evaluate.report", "scorecard.jinja", **WORDS, **functions, **shown, **(nothing | extras))
    return folder / "index.html"


def order(summary: dict[str, Any]) -> list[str]:
    """The served system, then the others."""
    return [summary["served"], *(name for name in summary["systems"] if name != summary["served"])]


def by_metric(summary: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The scores of all systems by metric, of those metrics that were measured."""
    systems = summary["systems"]
    scores = {metric: {name: systems[name][metric] for name in order(summary) if metric in systems[name]} for metric in METRICS}
    return {metric: of for metric, of in scores.items() if of}


def pairs(summary: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    """The differences of each pair of systems by metric, of those pairs whose facts right were compared."""
    found = grouped(summary["differences"], lambda one: (one["system"], one["against"]))
    metrics = {pair: {one["metric"]: one for one in some} for pair, some in found.items()}
    return {pair: by_name for pair, by_name in metrics.items() if "facts_right" in by_name}


def by_class(
    records: list[Record], summary: dict[str, Any], class_of: Callable[[Record], str], classes: Iterable[str]
) -> dict[str, dict[str, int]]:
    """What becomes of the questions that the FAQ answers: their number by system and class."""
    asked = [record for record in records if record["set"] in FACTS and record["expects"] == "facts" and record["pass"] == 0]
    found = {name: [class_of(record) for record in mine] for name, mine in by_system(asked).items()}
    return {name: {key: found[name].count(key) for key in classes} for name in order(summary) if name in found}


def outcome(record: Record) -> str:
    """An answer's class in `OUTCOMES`; each has one."""
    if record["right"]:
        return "after" if record["asked"] else "right"
    if in_vain(record):
        return "vain"
    return "wrong" if record["wrong"] else "over" if record["handoff"] else "none"


def first(record: Record) -> str:
    """What the desk did first, of FIRST."""
    return {"with": "after", "without": "vain"}.get(record["asked"], "over" if record["outcome"] == "escalated" else "right")


def done(name: str) -> tuple[str, str]:
    """What the desk did (evaluate/scoring/records.py), in both languages."""
    kind, colon, why = name.partition(": ")
    return DONE[kind][0] + colon + why, DONE[kind][1] + colon + WHY.get(why, why)


def dialogues(records: list[Record]) -> list[list[Record]]:
    """The passes of each dialogue; those dialogues first in which a pass failed."""
    passes = grouped((record for record in records if record["set"] == "dialogues"), lambda record: str(record["id"]))
    return sorted(passes.values(), key=lambda tries: (all(one["right"] for one in tries), tries[0]["id"]))


def marked(text: str, values: list[str]) -> Html:
    """The text with what it invented or leaked marked, where it stands there letter by letter."""
    pattern = "|".join(map(re.escape, filter(None, values)))
    pieces = re.split(f"({pattern})", text) if pattern else [text]
    return join(tag("mark", piece, class_="bad") if place % 2 else piece for place, piece in enumerate(pieces))


def cut(items: list[Any]) -> str:
    """What to say of a list that is shown in part."""
    return f", {SHOWN} of which are shown" if len(items) > SHOWN else ""
