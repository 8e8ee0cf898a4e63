"""A snapshot of the weights and config that were checked, so that exactly these are served.

`make train` beside an open desk writes its new model to `runs/NAME/model` before it is proven. Engine,
gateway and page therefore start and restart on `runs/NAME/serve/model`: hard links, which take no space until
then. The next `make serve` checks the new model and replaces the snapshot. A restarted gateway reads
`runs/NAME/serve/config.yaml`, not a config edited since: the weights were not trained with another system
prompt.
"""

from pathlib import Path

import yaml

from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.engine.vllm import served_weights
from frontdesk.errors import UserError
from frontdesk.files import link, read_json, whole_folder, write_text


def snapshot_weights(config: Config, run: Run, key: str) -> Path:
    """Make `runs/NAME/serve/model` of the weights with this key; UserError if they were replaced."""
    source, last = served_weights(config, run), run.provenance.name
    try:
        with whole_folder(run.served) as folder:
            # The provenance last: if it is still the one that was checked, so is all that was linked before.
            for name in sorted((file.name for file in source.iterdir()), key=lambda name: name == last):
                link(source / name, folder / name)
            if str(read_json(folder / last).get("key")) != key:
                raise FileNotFoundError
    except FileNotFoundError:
        raise UserError(f"{source}: replaced while it was checked; let `make train` end, then run `make serve` again") from None
    return run.served


def snapshot_config(config: Config, run: Run) -> str:
    """Write the config as it was read. Returns the file's path."""
    path = run.root / "serve/config.yaml"
    write_text(path, yaml.safe_dump(config.model_dump(mode="json", exclude_unset=True), allow_unicode=True, sort_keys=False))
    return str(path)
