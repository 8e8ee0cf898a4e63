"""How far the scorer agrees with hand-labelled answers, and where it does not.

    python -m evaluate.agreement

prints both, for the answers in `evaluate/labelled.jsonl`. A row:

    {"id", "split": "seen" | "unseen", "language", "question", "expects": "facts" | "handoff", "facts", "sources", "said", "handoffs",
     "answer", "right", "handoff", "invented"}

The scorer was tuned on `seen` rows; `unseen` ones were labelled afterwards. `said` are the turns before the
question.
"""

import operator
import time
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from typing import Any

from evaluate.grouping import grouped
from evaluate.scoring.scorer import Score, score
from frontdesk.facts.sources import company
from frontdesk.facts.statements import holding, read
from frontdesk.facts.yes_no import says
from frontdesk.files import read_jsonl

LABELLED = Path(__file__).with_name("labelled.jsonl")
JUDGED: dict[str, Callable[[Any], Hashable]] = {"right": bool, "handoff": bool, "invented": lambda strings: tuple(sorted(strings))}


def scored(row: dict[str, Any]) -> Score:
    """The score of a labelled row."""
    texts, said = tuple(row["sources"]), [*row["said"], row["question"]]
    references = holding(tuple(row["facts"]), texts)
    return score(row["answer"], row["expects"], row["facts"], company(texts), said, row["handoffs"], references)


def kappa(labels: Sequence[Hashable], found: Sequence[Hashable]) -> float:
    """Cohen's kappa (1960): agreement beyond that of chance; 1 where both make one judgement only."""
    n, shares, others = len(labels), Counter(labels), Counter(found)
    chance = sum(shares[one] * others[one] for one in shares) / n**2
    agreed = sum(map(operator.eq, labels, found)) / n
    return 1.0 if chance == 1 else (agreed - chance) / (1 - chance)


def agreement(rows: Sequence[dict[str, Any]]) -> dict[str, tuple[float, float]]:
    """For right, handoff and invented: the share of rows where score and label agree, and Cohen's kappa."""
    result, scores = {}, [scored(row) for row in rows]
    for name, of in JUDGED.items():
        labels, found = [of(row[name]) for row in rows], [of(getattr(score, name)) for score in scores]
        result[name] = (sum(map(operator.eq, labels, found)) / len(rows), kappa(labels, found))
    return result


def main() -> None:
    """Print agreement, disagreements and speed."""
    rows = read_jsonl(LABELLED)
    for (split, language), some in sorted(grouped(rows, lambda row: (row["split"], row["language"])).items()):
        figures = "  ".join(f"{name} {share:.3f} (kappa {k:.2f})" for name, (share, k) in agreement(some).items())
        print(f"{split:6} {language}  {len(some):3} answers  {figures}")
    for row in rows:
        result = scored(row)
        for name, of in JUDGED.items():
            if of(row[name]) != of(getattr(result, name)):
                print(f"{row['id']}  {name}: labelled {row[name]}, scored {getattr(result, name)}: {row['answer']!r}, facts {row['facts']}")
    print(f"{speed(rows):,.0f} answers/s")


def speed(rows: Sequence[dict[str, Any]]) -> float:
    """Answers scored per second of one core, none of which was read before."""
    for row in rows:  # the first time, libraries are loaded
        scored(row)
    read.cache_clear()
    says.cache_clear()
    started = time.process_time()
    for row in rows:
        scored(row)
    return len(rows) / (time.process_time() - started)


if __name__ == "__main__":
    main()
