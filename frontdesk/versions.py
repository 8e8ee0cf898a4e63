"""A run's versions: every model whose training was proven, with what it was made of.

`runs/NAME/versions/ID/` (ID: the first 12 characters of the provenance's key) has `model/`, and `model-w8a8/` where there is one, as
hard links, which take no space while the run's own model is the same; `config.yaml`; the data's `manifest.json`; `parity.json` without
its texts; `scores.json` once `make eval` has made it; and, written last, `version.json`:

    {"id", "key", "made": seconds since 1970, "data_hash", "base", "base_path", "method", "grounding", "files": {path: bytes},
     "conversations": those of the desk whose words were trained, "withdraw_by": day after which it is not served}

`withdraw_by` is there only where somebody's words in it are to be forgotten (serve/forget.py).
"""

import csv
import io
import shutil
import time
from collections.abc import Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from frontdesk.config.hours import today
from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.errors import UserError
from frontdesk.files import delimiter, link, read_json, read_jsonl, whole_folder, write_json, write_text
from frontdesk.models.reader import is_trained

LENGTH = 12  # of an id


@dataclass(frozen=True)
class Version:
    """What `version.json` says; see the module."""

    id: str
    key: str
    made: float
    data_hash: str
    base: str
    base_path: str
    method: str
    grounding: str
    files: dict[str, int] = field(repr=False)
    conversations: list[str] = field(repr=False)
    withdraw_by: str | None = None


def make(config: Config, run: Run) -> Version:
    """The version of the run's model, made where there is none yet."""
    provenance = read_json(run.provenance)
    id = provenance["key"][:LENGTH]
    if (found := find(run, id)) is None:
        with whole_folder(run.versions / id) as folder:
            files = _link_models(run, folder)
            text = yaml.safe_dump(config.model_dump(mode="json", exclude_unset=True), allow_unicode=True, sort_keys=False)
            write_text(folder / "config.yaml", text)
            link(run.manifest, folder / "manifest.json")
            if config.train.parity_prompts and run.parity.is_file() and (parity := read_json(run.parity)).get("key") == provenance["key"]:
                write_json(folder / "parity.json", {name: value for name, value in parity.items() if name != "answers"})
            same = {name: provenance.get(name, "") for name in ("key", "data_hash", "base", "base_path", "method")}
            trained = {"grounding": config.grounding, "conversations": sorted(_conversations(run)), "files": files}
            write_json(folder / "version.json", {"id": id, "made": time.time(), **same, **trained})
        found = find(run, id)
        assert found
    add_scores(run)
    return found


def _link_models(run: Run, folder: Path) -> dict[str, int]:
    """Link the served weights. Returns the size of each file."""
    for model in (run.model, *([run.int8] if run.int8_provenance.is_file() else [])):
        if str(read_json(model / run.provenance.name)["key"]).startswith(read_json(run.provenance)["key"]):
            (folder / model.name).mkdir()
            for file in model.iterdir():
                link(file, folder / model.name / file.name)
    return {f"{path.parent.name}/{path.name}": path.stat().st_size for path in folder.glob("*/*")}


def _conversations(run: Run) -> set[str]:
    """The desk's conversations whose words are in the run's data: reviewed answers, and entries that people accepted."""
    reviewed = run.data / "feedback.jsonl"
    found = {row["conversation"] for row in read_jsonl(reviewed) if row["split"]} if reviewed.is_file() else set()
    if run.additions.is_file():
        text = run.additions.read_bytes().decode("utf-8-sig", "replace")
        lines = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter(text))
        found |= {line["conversation"] for line in lines if line.get("conversation")}
    return found


def add_scores(run: Run) -> None:
    """Give the run's scorecard to the version that it is about, if it is about one."""
    if run.scores.is_file() and is_trained(run) and (version := find(run, read_json(run.scores)["key"][:LENGTH])):
        text = run.scores.read_text(encoding="utf-8")
        write_text(run.versions / version.id / "scores.json", text)


def find(run: Run, id: str) -> Version | None:
    """The version with this id; None where there is none, or it is not complete."""
    try:
        return Version(**read_json(run.versions / id / "version.json"))
    except (OSError, ValueError, TypeError):
        return None


def versions(run: Run) -> list[Version]:
    """All, the newest first."""
    found = [version for folder in run.versions.glob("[!.]*") if (version := find(run, folder.name))]
    return sorted(found, key=lambda version: (-version.made, version.id))


def run_of(run: Run, id: str) -> Run:
    """The run as if this version were its model: its files, and the same snapshot."""
    version = Run(run.name, run.versions / id)
    version.served, version.scores, version.manifest = run.served, version.root / "scores.json", version.root / "manifest.json"
    return version


def weights(config: Config, run: Run, id: str) -> Path:
    """The folder of a version's served weights."""
    version = run_of(run, id)
    return version.int8 if config.serve.quantization else version.model


def check(config: Config, run: Run, id: str) -> Version:
    """The version, if it may be served. Raises UserError that says why not."""
    known = ", ".join(version.id for version in versions(run)) or "none: run `make train`"
    version, again = find(run, id), f"take another version; there are {known}"
    if version is None:
        raise UserError(f"version '{id}' of {run.name} is not there; expected one of {known}")
    if what := lacks(config, run, version):
        raise UserError(f"{run.versions / id}: {what}, so it cannot be served; {again}")
    if withdrawn(config, version):
        raise UserError(
            f"version {id} was withdrawn on {version.withdraw_by}: it was trained on words that are to be forgotten; {again}, "
            "or `frontdesk retrain CONFIG --because forgotten`"
        )
    if version.grounding != config.grounding:
        raise UserError(f"version {id} was trained with grounding: {version.grounding}, the config says {config.grounding}; {again}")
    if (failed := failures(run, id)) and not config.serve.ignore_gate:
        raise UserError(f"version {id}: {failed}; {again}, or set serve.ignore_gate to true")
    return version


def lacks(config: Config, run: Run, version: Version) -> str:
    """What is missing of a version's weights, in words; "" where nothing is."""
    folder, model = run.versions / version.id, weights(config, run, version.id).name
    broken = [name for name, size in version.files.items() if not (folder / name).is_file() or (folder / name).stat().st_size != size]
    if broken:
        return f"{broken[0]} is gone or not whole"
    return "" if any(name.startswith(f"{model}/") for name in version.files) else f"it has no {model}"


def withdrawn(config: Config, version: Version) -> bool:
    """Whether its day has passed."""
    return version.withdraw_by is not None and today(config.desk) > version.withdraw_by


def failures(run: Run, id: str) -> str:
    """What its proof or its scorecard missed, in words; "" where nothing was, or none was made."""
    parity, scores = ({} if not path.is_file() else read_json(path) for path in (run_of(run, id).parity, run_of(run, id).scores))
    missed = [one["metric"] for one in scores.get("gate", {}).get("checks", []) if not one["passed"]]
    proof = [] if parity.get("passed", True) else ["its proof failed"]
    return "; ".join(proof + ([f"its scorecard missed {', '.join(missed)}"] if missed else []))


def withdraw(run: Run, conversations: Set[str], day: str) -> list[str]:
    """Have every version that was trained on these conversations withdrawn after a day, or earlier if that was said before. Returns
    their ids."""
    found = [version for version in versions(run) if not conversations.isdisjoint(version.conversations)]
    for version in found:
        withdraw_one(run, version, day)
    return [version.id for version in found]


def withdraw_one(run: Run, version: Version, day: str) -> None:
    """Have a version withdrawn after a day, or earlier if that was said before."""
    path = run.versions / version.id / "version.json"
    record: dict[str, Any] = read_json(path)
    write_json(path, record | {"withdraw_by": min(day, version.withdraw_by or day)})


def prune(run: Run, number: int, kept: Set[str], day: str) -> list[str]:
    """Remove all but the newest `number` and those that are `kept`, and those withdrawn before this day that are not kept. Returns
    their ids."""
    old = [version for version in versions(run) if version.id not in kept]
    gone = [version.id for i, version in enumerate(old) if i >= number or (version.withdraw_by or day) < day]
    for id in gone:
        (run.versions / id / "version.json").unlink()  # first: what is half removed is no version
        shutil.rmtree(run.versions / id)
    return gone
