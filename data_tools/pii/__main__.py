"""Recall and precision of the masker on labelled texts: `python -m data_tools.pii [LABELLED.jsonl] [--errors]`.

A line is `{"id", "lang": "ko" or "en", "names": [participants], "before": the agent's text before, "text"}`, where
`[[KIND:value]]` marks personal data. Exit code 1 where recall is under 0.98 or precision under 0.95.
"""

import json
import re
import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from data_tools.pii import KINDS, Masker, Span
from frontdesk.commands import arguments
from frontdesk.errors import UserError, run_command

LABELLED = Path(__file__).parent / "labelled.jsonl"
MARK = re.compile(rf"\[\[({'|'.join(KINDS)}):(.*?)\]\]", re.DOTALL)
RECALL, PRECISION = 0.98, 0.95


class Example(NamedTuple):
    """A labelled text: its marks are taken out and stand in `gold`."""

    id: str
    lang: str
    names: list[str]
    before: str
    text: str
    gold: list[Span]


def main() -> None:
    """Print the figures; leave with 1 where they are too low."""
    options = arguments("pii")
    scores, errors = score(read_examples(options.labelled or LABELLED))
    if options.errors:
        print("\n".join(errors))
    print(table(scores))
    total = scores["total"]
    if ratio(total["covered"], total["gold"]) < RECALL or ratio(total["right"], total["found"]) < PRECISION:
        sys.exit(1)


def read_examples(path: Path) -> list[Example]:
    """The labelled texts of a file. Raises UserError."""
    if not path.is_file():
        raise UserError(f"{path}: found no file; expected labelled texts as JSON lines; give their path")
    lines = enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
    return [_example(line, f"{path}:{number}") for number, line in lines if line.strip()]


def _example(line: str, where: str) -> Example:
    try:
        row = json.loads(line)
        text, gold = unmark(row["text"])
        return Example(row["id"], row["lang"], row.get("names", []), row.get("before", ""), text, gold)
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{where}: found {error}; expected a JSON object with id, lang and text; fix the line") from None


def unmark(marked: str) -> tuple[str, list[Span]]:
    """The text without `[[KIND:value]]` marks, and the spans they marked."""
    parts, spans, size, at = [], [], 0, 0
    for match in MARK.finditer(marked):
        size += match.start() - at
        spans.append(Span(size, size + len(match[2]), match[1]))
        parts += [marked[at : match.start()], match[2]]
        size, at = size + len(match[2]), match.end()
    return "".join(parts) + marked[at:], spans


def score(examples: list[Example]) -> tuple[dict[str, Counter[str]], list[str]]:
    """Counts (gold, covered, any, found, right) by kind, by language and in total, and one line for each error."""
    scores: dict[str, Counter[str]] = {"total": Counter()}
    errors = []
    masker = Masker()
    for example in examples:
        texts = [example.before, example.text] if example.before else [example.text]
        found = masker.mask(texts, example.names, ["agent", "customer"][-len(texts) :])[-1].spans
        for gold in example.gold:
            covered = any(span.kind == gold.kind and span.start <= gold.start and gold.end <= span.end for span in found)
            anyhow = all(any(span.start <= at < span.end for span in found) for at in range(gold.start, gold.end))
            _count(scores, example, gold.kind, gold=1, covered=covered, any=anyhow)
            errors += [] if covered else [f"miss   {example.id}  {gold.kind} {example.text[gold.start : gold.end]!r}  in  {example.text!r}"]
        for span in found:
            right = any(span.kind == gold.kind and span.start < gold.end and gold.start < span.end for gold in example.gold)
            _count(scores, example, span.kind, found=1, right=right)
            errors += [] if right else [f"false  {example.id}  {span.kind} {example.text[span.start : span.end]!r}  in  {example.text!r}"]
    return scores, errors


def _count(scores: dict[str, Counter[str]], example: Example, kind: str, **counts: int) -> None:
    for name in (f"{kind} {example.lang}", example.lang, kind, "total"):
        scores.setdefault(name, Counter()).update({key: int(value) for key, value in counts.items()})


def ratio(part: int, whole: int) -> float:
    """Part of a whole; 1 where there is nothing."""
    return part / whole if whole else 1.0


def table(scores: dict[str, Counter[str]]) -> str:
    """The figures as a table."""
    lines = [f"{'':20} {'marks':>6} {'recall':>7} {'by any kind':>12} {'found':>6} {'precision':>10}"]
    for name in sorted(scores, key=lambda name: (name == "total", name in {"en", "ko"}, name)):
        n = scores[name]
        recall, anyhow, precision = ratio(n["covered"], n["gold"]), ratio(n["any"], n["gold"]), ratio(n["right"], n["found"])
        lines.append(f"{name:20} {n['gold']:6} {recall:7.3f} {anyhow:12.3f} {n['found']:6} {precision:10.3f}")
    return "\n".join(lines)


if __name__ == "__main__":
    run_command(main)
