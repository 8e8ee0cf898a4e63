"""Where losses and learning rate go besides the terminal: the trackers of `train.report_to`, none by default.

TensorBoard and Trackio keep them in files of the run; nothing leaves the machine.

    .venv/bin/tensorboard --logdir runs/demo/tracking/tensorboard
    TRACKIO_DIR=runs/demo/tracking/trackio .venv/bin/trackio show
"""

import importlib.util
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from frontdesk.errors import UserError

TENSORBOARD = "TENSORBOARD_LOGGING_DIR"


def prepare(trackers: Sequence[str], run: Path) -> None:
    """Have them write into the run's folder. To be called before TRL is imported, which imports them. Raises
    UserError for one that is not installed."""
    for name in trackers:
        if importlib.util.find_spec(name) is None:
            advice = f"run `.venv/bin/pip install {name}`, or take it out of the config"
            raise UserError(f"key 'train.report_to': {name} is not installed; {advice}")
    os.environ.setdefault(TENSORBOARD, str((run / "tracking/tensorboard").absolute()))
    os.environ.setdefault("TRACKIO_DIR", str((run / "tracking/trackio").absolute()))


def options(trackers: Sequence[str], run: str, stage: str = "") -> dict[str, Any]:
    """What transformers' trainer must know of them. A later `stage` has a name and folder of its own."""
    if stage and trackers:
        os.environ[TENSORBOARD] = str(Path(os.environ[TENSORBOARD]) / stage)
    name = f"{run}-{stage}" if stage else run
    return {"report_to": list(trackers), "run_name": name, "project": "frontdesk", "trackio_static_space_id": False}
