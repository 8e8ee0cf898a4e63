"""The scorecard on a terminal, and what stands at the foot of its page."""

from typing import Any

from evaluate.questions.load import CUSTOMERS
from evaluate.stats.metrics import METRICS


def table(summary: dict[str, Any]) -> str:
    """The scores of all systems, for a terminal; beneath, what became of questions as customers put them."""
    shown = [name for name in METRICS if any(name in scores for scores in summary["systems"].values())]
    lines = _aligned(shown, {system: [_cell(name, scores.get(name)) for name in shown] for system, scores in summary["systems"].items()})
    asked = summary["customers"]
    if names := [name for name in CUSTOMERS if any(name in sets for sets in asked.values())]:
        ends = {system: [_ends(sets.get(name)) for name in names] for system, sets in asked.items()}
        lines += [
            "",
            "As customers put it, % right (after a question back) / wrong / asked back in vain / escalated:",
            *_aligned(names, ends),
        ]
    if done := summary["outcomes"]:
        counts = ", ".join(f"{number:,} {name}" for name, number in done.items())
        lines += ["", f"What {summary['served']} did with {sum(done.values()):,} turns: {counts}."]
    if found := summary["calibration"]:
        told = "" if found["auroc"] is None else f"; they tell what the FAQ answers with an AUROC of {found['auroc']:.3f}"
        lines += ["", f"Probabilities of {found['of']:,} questions: calibration error {found['ece']:.3f}{told}."]
    return "\n".join(lines)


def _aligned(names: list[str], rows: dict[str, list[str]]) -> list[str]:
    heads = [name.replace("_", " ") for name in names]
    widths = [max(map(len, column)) for column in zip(heads, *rows.values(), strict=True)]
    first = max(map(len, rows))
    return ["  ".join([name.ljust(first), *map(str.rjust, cells, widths)]) for name, cells in {"": heads, **rows}.items()]


def _ends(ends: dict[str, dict[str, Any]] | None) -> str:
    if not ends:
        return "-"
    right, after, *others = (f"{100 * score['value']:.0f}" for score in ends.values())
    return " / ".join([f"{right} ({after})", *others])


def _cell(metric: str, score: dict[str, Any] | None) -> str:
    return "-" if score is None else f"{score['value']:.1f}" if METRICS[metric].diagnostic else f"{score['value']:.0%}"


def foot(card: dict[str, Any]) -> list[str]:
    """What was measured, when and where."""
    counts = ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in card["questions"].items())
    losses = ", ".join(f"{name} {loss['after']:.3f} ({loss['before']:.3f} before)" for name, loss in (card["held_out"] or {}).items())
    return [
        f"Questions: {counts}. Greedy answers; dialogues at the temperature of serving. Intervals of 95 % by a bootstrap over FAQ entries.",
        *([f"Held-out loss after the training: {losses}."] if losses else []),
        f"python -m evaluate, {card['date'][:10]}, {card['machine']}, {card['seconds']} s. Model {card['key']}, data {card['data_hash']}.",
    ]
