"""What the steps of one build share, in the order in which they find it."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from data_tools.conversations.boilerplate import Boilerplate
from data_tools.conversations.workers import NoRow
from data_tools.faq.entries import FaqEntry
from data_tools.feedback.rows import ReviewedAnswer
from data_tools.rows.rows import Candidate, Row
from data_tools.sources.reading import Reading
from data_tools.splits.near_duplicates import Store
from frontdesk.config.schema import Config


@dataclass
class BuildState:
    """The state of a build."""

    config: Config
    folder: Path
    reading: Reading
    store: Store  # the n-grams of each candidate
    boilerplate: Boilerplate
    trains: bool = True  # False: a reader serves the run, and the rows with FAQ entries wait until it is trained
    faq: list[FaqEntry] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)  # of the FAQ, by reason
    drafts_dropped: Counter[str] = field(default_factory=Counter)  # of the questions that `data.writer` drafted, by reason
    rows: list[Row] = field(default_factory=list)  # of the FAQ and the refusals
    candidates: list[Candidate] = field(default_factory=list)  # one for each of `rows`, then one for each conversation with a row
    reviewed: list[ReviewedAnswer] = field(default_factory=list)
    left_out: list[NoRow | None] = field(default_factory=list)  # for each conversation read: why it has no row, None where it has one
    contradictions: list[dict[str, Any]] = field(default_factory=list)  # lines of `conflicts.jsonl`
    masked: Counter[str] = field(default_factory=Counter)  # by kind
