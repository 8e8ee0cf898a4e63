"""Rows that are made for the training beside those of the input: other wordings of its questions, and questions off its topics."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from data_tools.faq.entries import FaqEntry
from data_tools.rows.off_topic import off_topic_questions
from data_tools.rows.paraphrases import derive
from data_tools.rows.rows import Candidate, Row, message
from frontdesk.config.schema import DataConfig
from frontdesk.facts.language import language
from frontdesk.terminal import track

DRAFTED = "drafted"  # how the wording of a row was made that data_tools/writer wrote
TOPIC = "topics:"  # begins the source of a row that was made for another company's topic


def added_rows(
    candidates: Sequence[Candidate], splits: Sequence[str], rows: Sequence[Row], faq: Sequence[FaqEntry], data: DataConfig
) -> list[Row]:
    """The drafted rows, the derived ones, then the off-topic ones. `rows` are those of the first candidates, which come from the FAQ and
    the refusals."""
    trained = [row for row, split in zip(rows, splits, strict=False) if split == "train" and row.kind == "faq"]
    entries = track(faq, "other wordings", len(faq), "entries")
    derived = [*drafted_rows(faq, trained), *derived_rows(entries, trained, data)]
    kinds = Counter(candidate.kind for candidate, split in zip(candidates, splits, strict=True) if split == "train")
    answered = kinds["faq"] + kinds["chat"] + len(derived)
    missing = round(answered * data.refusal_share / (1 - data.refusal_share)) - kinds["refusal"]
    return derived + off_topic_rows(missing, rows, faq, data)


def derived_rows(entries: Iterable[FaqEntry], trained: Iterable[Row], data: DataConfig) -> Iterator[Row]:
    """Other wordings for the trained FAQ entries that have fewer than `data.min_paraphrases`, made by rules from those that they have."""
    rows_of: dict[str, list[Row]] = {}
    for row in trained:
        rows_of.setdefault(row.owner, []).append(row)
    for entry in entries:
        rows = rows_of.get(entry.id, [])
        missing = data.min_paraphrases - len(entry.questions) - len(entry.drafted)
        for i, row in enumerate(rows):
            share = missing // len(rows) + (i < missing % len(rows))
            for n, (text, how) in enumerate(derive(row.question, max(0, share), data.seed, row.id), 1):
                yield Row(f"{row.id}.{n}", [message("user", text), row.messages[1]], "faq", row.source, entry.id, how)


def drafted_rows(entries: Iterable[FaqEntry], trained: Iterable[Row]) -> Iterator[Row]:
    """The questions drafted for trained FAQ entries (data_tools/writer)."""
    first = {row.owner: row for row in reversed(list(trained))}
    for entry in entries:
        if row := first.get(entry.id):
            for n, text in enumerate(entry.drafted, 1):
                yield Row(f"{row.id}.draft{n}", [message("user", text), row.messages[1]], "faq", row.source, entry.id, DRAFTED)


def keep_trained(entries: Iterable[FaqEntry], rows: Iterable[Row], added: Iterable[Row]) -> None:
    """Take the drafts out of trained entries that are not trained, as near copies of a wording held out: `rows` with one
    for each trained entry, `added` those that stayed."""
    stayed = {(row.owner, row.question) for row in added if row.derived == DRAFTED}
    trained = {row.owner for row in rows}
    for entry in entries:
        if entry.id in trained:
            entry.drafted = [text for text in entry.drafted if (entry.id, text) in stayed]


def off_topic_rows(number: int, rows: Iterable[Row], faq: Iterable[FaqEntry], data: DataConfig) -> list[Row]:
    """`number` questions for other companies, in the languages of `rows`, with the handoff as their answer."""
    if number <= 0:
        return []
    languages = Counter(language(row.question) for row in rows)
    known = (text for entry in faq for text in entry.texts)
    made = []
    for one in off_topic_questions(number, known, languages, data.seed):
        turns = [message("user", one.question), message("assistant", data.handoff[one.language])]
        made.append(Row(f"other:{one.id}", turns, "refusal", f"{TOPIC}{one.topic}", f"other:{one.id}"))
    return made
