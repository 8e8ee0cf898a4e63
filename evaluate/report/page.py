"""The page that `make eval` leaves in `runs/NAME/report/`: may the desk talk to customers, does tuning pay, and what to mend.

It is for a manager and an engineer alike, with headings in English and Korean. It needs no network and no script: charts are inline SVG,
and its policy forbids the browser to load or run anything. What customers and models write is escaped.
"""

from importlib import resources
from pathlib import Path
from typing import Any

from evaluate.report import answers as report_answers
from evaluate.report import scores as report_scores
from evaluate.stats.metrics import Record
from evaluate.stats.verdict import tuning, verdict
from frontdesk.files import write_text
from frontdesk.reports.html import Html, both, tag

Section = tuple[str, str, str, Html]
"""Its id, its heading in English and Korean, and what stands under it."""


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
    parts = sections(summary, gate, records, extras)
    nav = tag("nav", *[tag("a", both(english, korean), href=f"#{name}") for name, english, korean, _ in parts])
    body = [tag("section", tag("h2", both(english, korean)), content, id=name) for name, english, korean, content in parts]
    foot = tag("footer", *[tag("p", line) for line in extras.get("foot", [])])
    style = resources.files("evaluate.report").joinpath("report.css").read_text(encoding="utf-8")
    title = f"{extras.get('name') or 'Frontdesk'} – scorecard"
    write_text(
        folder / "index.html",
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"{tag('title', title)}\n<style>\n{style}</style>\n</head>\n"
        f"<body>\n{tag('main', header(summary, gate, extras.get('name', '')), nav, *body, foot)}\n</body>\n</html>\n",
    )
    return folder / "index.html"


def header(summary: dict[str, Any], gate: dict[str, Any], name: str) -> Html:
    """The verdict in one sentence, and whether tuning pays."""
    said, paid = ([text.replace(" %", "\u00a0%") for text in pair] for pair in (verdict(summary, gate), tuning(summary)))
    state = ("good" if gate["passed"] else "bad") if gate["checks"] else ""
    return tag(
        "header",
        tag("p", both("Verdict", "· 판정"), f" · {name}" if name else "", class_="eyebrow"),
        tag("h1", said[0], class_=state),
        tag("p", said[1], class_="lead", lang="ko"),
        tag("p", paid[0], class_="lead paid"),
        tag("p", paid[1], class_="lead", lang="ko"),
    )


def sections(summary: dict[str, Any], gate: dict[str, Any], records: list[Record], extras: dict[str, Any]) -> list[Section]:
    """What there is to show, in order."""
    served = [record for record in records if record["system"] == summary["served"]]
    parts: list[Section | None] = [
        ("limits", "Limits", "기준", report_scores.limits(gate)) if gate["checks"] else None,
        ("systems", "Systems side by side", "시스템 비교", report_scores.systems(summary)),
        ("answers", "What becomes of a question", "질문의 처리 결과", report_scores.outcomes(records, summary)),
        ("intervals", "Scores with intervals", "점수와 신뢰구간", report_scores.intervals(summary, gate)),
        ("differences", "Differences", "차이", report_scores.differences(summary)),
        ("categories", "Strong and weak", "강점과 약점", report_scores.parts(summary)),
        ("worst", "Worst answers", "가장 나쁜 답변", report_answers.worst_answers(served, extras.get("nearest", {}))),
        ("dialogues", "Dialogues", "대화", report_answers.dialogues(served)),
        ("misuse", "Misuse", "악용 시도", report_answers.injections(served)),
        ("forgetting", "Forgetting", "망각", report_scores.forgetting(extras["general"])) if extras.get("general") else None,
        ("judge", "A judge model", "판정 모델", report_scores.judge(extras["judge"], summary["served"])) if extras.get("judge") else None,
        ("baseline", "Since the baseline", "이전 결과와 비교", report_answers.baseline(extras["baseline"]))
        if extras.get("baseline")
        else None,
        ("methods", "How each number is computed", "계산 방법", report_scores.methods(summary)),
    ]
    return [part for part in parts if part]
