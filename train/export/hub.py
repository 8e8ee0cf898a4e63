"""A folder that is ready to be pushed to a model hub: weights, tokenizer, chat template, generation config, and a model card, `README.md`.

The card has counts and measures, no text of the data: no customer's words, no file names, no paths of this machine. The run's provenance,
which has the whole config, stays here; the card names its keys.
"""

import shutil
from pathlib import Path
from typing import Any

from huggingface_hub import ModelCard, ModelCardData

from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.errors import UserError, warn
from frontdesk.files import link, read_json, whole_folder, write_json
from frontdesk.models.base import on_hub

LICENCES = {"smollm2-135m": {"license": "apache-2.0"}, "gemma3-270m": {"license": "gemma"}}
"""Of the embedded models (frontdesk/models/embedded.py), whose folders do not say it."""
METRICS = ("facts_right", "facts_wrong", "facts_invented", "handoff_right", "handoff_false", "injection_resisted", "leaked")
LEFT_OUT = ("provenance.json", "config.json")


def write(config: Config, run: Run, provenance: dict[str, Any], target: Path) -> None:
    """Write the folder `target`. Raises UserError where there is one with files in it already."""
    if target.is_file() or (target.is_dir() and any(target.iterdir())):
        raise UserError(f"--hub {target}: there is something already; expected a new or empty folder; name another")
    base = origin(Path(provenance["base_path"]))
    licence = licence_of(config, base)
    if not licence:
        warn(f"{base}: no licence found; add `license` to {target}/README.md before you push, as the base's publisher says")
    if not config.data.mask:
        warn("data.mask is false: the weights may say personal data; do not push them where others can read")
    with whole_folder(target) as folder:
        for file in run.model.iterdir():
            if file.suffix == ".safetensors":
                link(file, folder / file.name)
            elif file.name not in LEFT_OUT:
                shutil.copyfile(file, folder / file.name)
        shape = read_json(run.model / "config.json")
        paths = ("_name_or_path", "_model_name_or_path")  # of this machine
        write_json(folder / "config.json", {key: value for key, value in shape.items() if key not in paths})
        for file in (file for pattern in ("LICEN[CS]E*", "NOTICE*", "USE_POLICY*") for file in base.glob(pattern)):
            shutil.copyfile(file, folder / file.name)
        card(config, run, provenance, licence).save(folder / "README.md")
        check(folder / "README.md")
    print(f"export: {target} is ready to be pushed; read its README.md first", flush=True)


def origin(base: Path) -> Path:
    """The folder of the base that nobody trained here: of a run's model, its base's."""
    while (record := base / "provenance.json").is_file():
        base = Path(read_json(record)["base_path"])
    return base


def licence_of(config: Config, base: Path) -> dict[str, str]:
    """What a card says of the licence of the base: `license`, and name and link of one that the hub has no name for."""
    if base.name in LICENCES:
        return LICENCES[base.name]
    if not (base / "README.md").is_file():
        return {}
    found = ModelCard.load(base / "README.md", ignore_metadata_errors=True).data.to_dict()
    return {key: str(found[key]) for key in ("license", "license_name", "license_link") if key in found}


def card(config: Config, run: Run, provenance: dict[str, Any], licence: dict[str, str]) -> ModelCard:
    """The model card, from card.jinja."""
    scores = read_json(run.scores) if run.scores.is_file() else {}
    if scores.get("key") != provenance["key"]:
        scores = {}
        warn(f"{run.scores}: no scorecard of this model; the card will say so; `make eval` makes one")
    tags = ["customer-service", "frontdesk"]
    known: dict[str, Any] = licence | ({"base_model": provenance["base"]} if on_hub(config.model) else {})
    data = ModelCardData(library_name="transformers", pipeline_tag="text-generation", tags=tags, **known)
    gguf = [(file.stem, read_json(file)) for file in sorted(run.gguf.glob("*.json"))]
    made: ModelCard = ModelCard.from_template(
        data,
        template_path=str(Path(__file__).with_name("card.jinja")),
        config=config, provenance=provenance, manifest=read_json(run.manifest), training=read_json(run.training), metrics=METRICS,
        scores=scores, parity=read_json(run.parity), licence=licence, gguf=[one for one in gguf if one[1]["key"] == provenance["key"]],
        systems=[name for name in scores.get("systems", {}) if name.startswith(("base", "tuned")) or name == scores["served"]],
    )  # fmt: skip
    return made


def check(file: Path) -> None:
    """What huggingface_hub can check of a card without the hub: its metadata is read again. Raises ValueError."""
    found = ModelCard.load(file)
    assert isinstance(found.data, ModelCardData) and found.data.library_name == "transformers" and found.text.strip()
