"""The scorecard on a terminal, and what stands at the foot of its page."""

from typing import Any

from evaluate.stats.metrics import METRICS


def table(summary: dict[str, Any]) -> str:
    """The scores of all systems, for a terminal."""
    shown = [name for name in METRICS if any(name in scores for scores in summary["systems"].values())]
    width = max(len(system) for system in summary["systems"])
    heads = [name.replace("_", " ") for name in shown]
    lines = ["  ".join([" " * width, *heads])]
    for system, scores in summary["systems"].items():
        cells = [_cell(name, scores.get(name)).rjust(len(head)) for name, head in zip(shown, heads, strict=True)]
        lines.append("  ".join([system.ljust(width), *cells]))
    return "\n".join(lines)


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
