"""Weights and config that were checked are put aside, so that what is served stays what was checked.

`make train` beside an open desk puts its new model into `runs/NAME/model` before anything has proven it; engine, gateway and page are
started, and started again, on `runs/NAME/serve/model`: hard links, which take no room until then. The next `make serve` checks the new one
and puts it into the old one's place. A gateway that is started again reads `runs/NAME/serve/config.yaml`, and not what was edited since:
another system prompt is nothing that these weights were trained with.
"""

import os
import shutil
from pathlib import Path

import yaml

from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.engine.vllm import served_weights
from frontdesk.errors import UserError
from frontdesk.files import read_json, whole_folder, write_text


def snapshot_weights(config: Config, run: Run, key: str) -> Path:
    """Make `runs/NAME/serve/model` of the weights with this key. Raises UserError where others have come into their place meanwhile."""
    source, last = served_weights(config, run), run.provenance.name
    try:
        with whole_folder(run.served) as folder:
            # The provenance last: while it is the one that was checked, so is what was linked before.
            for name in sorted((file.name for file in source.iterdir()), key=lambda name: name == last):
                _link(source / name, folder / name)
            if str(read_json(folder / last).get("key")) != key:
                raise FileNotFoundError
    except FileNotFoundError:
        raise UserError(f"{source}: replaced while it was checked; let `make train` end, then run `make serve` again") from None
    return run.served


def snapshot_config(config: Config, run: Run) -> str:
    """The path of a file that holds the config as it was read."""
    path = run.root / "serve/config.yaml"
    write_text(path, yaml.safe_dump(config.model_dump(mode="json", exclude_unset=True), allow_unicode=True, sort_keys=False))
    return str(path)


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source.resolve(), target)
    except FileNotFoundError:
        raise
    except OSError:  # a file system without hard links, or the file is another user's
        shutil.copyfile(source, target)
