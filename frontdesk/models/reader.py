"""An instant desk: a run that is not trained answers from its FAQ with a model that another run trained.

That model is a reader: it has learned to answer from the FAQ entries in its prompt, and can do so with entries
that it never saw (docs/explanation/reading.md). It becomes `runs/NAME/model` by hard links, which take no
space. Two of its files are not taken: the chat template, which has another company's system prompt, and the
provenance, which then names the reader. `make train` puts a model of the run's own in its place.
"""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.errors import UserError
from frontdesk.files import link, read_json, whole_folder, write_json, write_text
from frontdesk.models.adapters import read_record
from frontdesk.prompt.render import chat_template, template_hash

OWN = ("chat_template.jinja", "provenance.json")
"""The files of a model that are not the reader's. The provenance is the last to be written."""
BROKEN = "expected the record of a training"


def reader(config: Config) -> dict[str, Any] | None:
    """The provenance of the reader in the folder `model.base`; None where no run trained that to read."""
    path = Path(config.model.base).expanduser() / OWN[1]
    record = read_record(path, BROKEN) if path.is_file() else {}
    return record if record.get("config", {}).get("grounding") == "faq" else None


def is_trained(run: Run) -> bool:
    """Whether the run has a model of its own."""
    return run.provenance.is_file() and "reader" not in read_record(run.provenance, BROKEN)


def with_reader(config: Config, run: Run, stage: str) -> Config:
    """The config with the reader's family in the place of `auto`, and the reader as the run's model; `stage` then says so.

    Nothing changes where the run is trained, or where there is no reader. Raises UserError where the run has no data, or names
    another family than the reader's.
    """
    if is_trained(run):
        return config
    found = reader(config) if config.grounding == "faq" and not config.serve.adapters else None
    own = read_json(run.provenance) if run.provenance.is_file() else None
    if found is None:
        if own:  # from when the config named a reader
            shutil.rmtree(run.model)
        return config
    config = _with_family(config, found["config"]["model"]["template"])
    lent = _provenance(config, run, found)
    if own != lent:
        _lend(config, run, lent)
    print(
        f"{stage}: this run is not trained; {config.model.base} reads its FAQ; to train it: make train CONFIG=configs/{config.name}.yaml",
        flush=True,
    )
    return config


def _with_family(config: Config, family: str) -> Config:
    if config.model.template not in ("auto", family):
        raise UserError(f"key 'model.template': found {config.model.template}; {config.model.base} was trained with {family}; leave it out")
    return config.model_copy(update={"model": config.model.model_copy(update={"template": family})})


def _provenance(config: Config, run: Run, found: dict[str, Any]) -> dict[str, Any]:
    """The reader's provenance, but for what is the run's own."""
    if not run.manifest.is_file():
        raise UserError(f"{run.manifest}: no data; expected an FAQ to read; run `make data CONFIG=configs/{config.name}.yaml` first")
    own = {"data_hash": read_json(run.manifest)["data_hash"], "template_hash": template_hash(config)}
    key = hashlib.sha256(json.dumps([found["key"], own]).encode()).hexdigest()[:16]
    return found | own | {"name": config.name, "key": key, "config": config.model_dump(mode="json"), "reader": config.model.base}


def _lend(config: Config, run: Run, provenance: dict[str, Any]) -> None:
    with whole_folder(run.model) as folder:
        for file in Path(config.model.base).expanduser().iterdir():
            if file.name not in OWN:
                link(file, folder / file.name)
        write_text(folder / OWN[0], chat_template(config))
        write_json(folder / OWN[1], provenance)
