"""The loss curve as a picture: training and held-out loss over steps."""

from pathlib import Path
from typing import Any


def draw(history: list[dict[str, Any]], name: str, target: Path) -> None:
    """Draw a Trainer's `log_history` to a PNG at `target`."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, 4.5), dpi=120)
    train = [(entry["step"], entry["loss"]) for entry in history if "loss" in entry]
    axes.plot(*zip(*train, strict=True), color="0.6", linewidth=1, label="training")
    for key in sorted({key for entry in history for key in entry if key.startswith("eval_") and key.endswith("_loss")}):
        held_out = [(entry["step"], entry[key]) for entry in history if key in entry]
        axes.plot(*zip(*held_out, strict=True), marker="o", markersize=4, label=f"held out: {key[5:-5]}")
    axes.set(xlabel="step", ylabel="loss per agent token (nats)", title=f"{name}: loss", ylim=(0, None))
    axes.grid(alpha=0.3)
    axes.legend()
    figure.tight_layout()
    figure.savefig(target)
    pyplot.close(figure)
