"""What a scorecard needs: a trained model with its data, and the other runs of the command line."""

from pathlib import Path
from typing import Any, NamedTuple

from frontdesk.config.run import Run
from frontdesk.errors import UserError
from frontdesk.files import read_json, read_jsonl


def trained(run: Run) -> dict[str, Any]:
    """The provenance of the run's model. Raises UserError where there is none, or no data."""
    if not run.provenance.is_file():
        raise UserError(f"{run.model}: no trained model; evaluation needs one; run `make train` with the same CONFIG first")
    if not run.manifest.is_file():
        raise UserError(f"{run.manifest}: no data; evaluation needs its test sets; run `make data` with the same CONFIG first")
    provenance: dict[str, Any] = read_json(run.provenance)
    data_hash = read_json(run.manifest)["data_hash"]
    if data_hash != provenance["data_hash"]:
        expected = f"that of the training, {provenance['data_hash']}, for what is asked must not have been trained"
        raise UserError(f"{run.data}: found data {data_hash}; expected {expected}; run `make train` with the same CONFIG")
    return provenance


class Baseline(NamedTuple):
    """An earlier scorecard: its name, all answers, and the system that its run serves."""

    name: str
    records: list[dict[str, Any]]
    served: str


def earlier(folder: str) -> Baseline:
    """The earlier scorecard in a folder."""
    for path in (Path(folder) / "report", Path(folder)):
        if (path / "answers.jsonl").is_file() and (path / "scores.json").is_file():
            return Baseline(Path(folder).name, read_jsonl(path / "answers.jsonl"), read_json(path / "scores.json")["served"])
    expected = "expected the folder of a run that was evaluated; run `make eval` with its CONFIG"
    raise UserError(f"{folder}: no report/answers.jsonl with scores.json; {expected}")


def other_run(folder: str) -> Run:
    """The run whose FAQ is asked about."""
    path = Path(folder)
    if path.parent != Path("runs") or not Run(path.name).manifest.is_file():
        raise UserError(f"{folder}: no data there; expected runs/NAME of a run with data; run `make data` with its CONFIG")
    return Run(path.name)
