"""The page that `make replay` leaves in `runs/NAME/replay/`: what a desk would do, for who decides whether it goes
live. replay.jinja is the page; here is what it shows."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from evaluate.grouping import grouped
from evaluate.replay.text import COMPARISONS, OUTCOMES, minutes, sentences
from evaluate.replay.turns import Turn
from frontdesk.reports.page import write_page

SHOWN = 100
"""So many turns of a list, groups of questions and conversations are shown; all are in `replay.jsonl`."""
EXAMPLES = 5  # of a group of questions
CLASSES = {"answered": "", "small talk": "none", "asked back": "over", "handed over": "wrong"}
"""The colour of an outcome's bar."""
DID = {
    "courtesy": ("greets or thanks", "인사"),
    "faq": ("states what the FAQ has", "FAQ에 있는 답"),
    "states": ("states something else", "FAQ에 없는 답"),
    "acts": ("asks, looks up or arranges", "질문, 조회, 처리"),
}
WORDS: dict[str, Any] = {
    "CLASSES": CLASSES,
    "COMPARISONS": COMPARISONS,
    "DID": DID,
    "EXAMPLES": EXAMPLES,
    "OUTCOMES": OUTCOMES,
    "SHOWN": SHOWN,
}


def write_report(folder: Path, summary: dict[str, Any], turns: Sequence[Turn], groups: Sequence[Sequence[Turn]]) -> None:
    """Write `index.html` in `folder`. `groups` are the questions that no entry answers (evaluate/replay/gaps.py)."""
    talks = grouped(turns, lambda one: one.conversation).values()
    write_page(
        folder / "index.html",
        "evaluate.replay",
        "replay.jinja",
        **WORDS,
        summary=summary,
        said=sentences(summary),
        differing=[one for one in turns if one.outcome == "answered" and one.comparison == "differs"],
        unseen=[one for one in turns if one.outcome == "answered" and one.comparison == "silent"],
        needless=[one for one in turns if one.outcome == "handed over" and one.comparison == "differs"],
        talked=[one for one in turns if one.outcome == "small talk" and one.comparison == "differs"],
        groups=groups,
        did=[Counter(one.did for one in group) for group in groups],
        talks=sorted(talks, key=lambda talk: -sum(one.comparison == "differs" for one in talk)),
        whole_bar=[(CLASSES[kind], sum(counts.values())) for kind, counts in summary["comparisons"].items()],
        minutes=minutes,
        zip=zip,
    )
