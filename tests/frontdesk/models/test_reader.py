"""A run that is not trained gets the model of another, and nothing of the other's company."""

import json
from pathlib import Path
from typing import Any

import pytest

from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.errors import UserError
from frontdesk.files import read_json, write_json, write_text
from frontdesk.models.reader import reader, with_reader
from frontdesk.prompt.render import chat_template, template_hash

DEMO, MINE = Run("demo"), Run("mine")


def config(base: str = "runs/demo/model", name: str = "mine", **more: Any) -> Config:
    values = {"name": name, "company": "Alder Lane", "system_prompt": "You answer for Alder Lane.", "data": {"faq": ()}}
    return Config(**values | {"model": {"base": base}} | more)  # type: ignore[arg-type]


def train(run: Run, key: str = "k1", **more: Any) -> Config:
    """A trained model on paper, of a company of its own."""
    theirs = config("smollm2-135m", run.name, company="Pebble & Pine", system_prompt="You answer for Pebble & Pine.", **more)
    theirs = theirs.model_copy(update={"model": theirs.model.model_copy(update={"template": "chatml"})})
    for name in ("config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"):
        write_text(run.model / name, f"{name} of {key}")
    write_text(run.model / "chat_template.jinja", chat_template(theirs))
    record = {"name": run.name, "key": key, "base": "smollm2-135m", "base_path": ".cache/models/smollm2-135m"}
    write_json(run.provenance, record | {"config": theirs.model_dump(mode="json")})
    return theirs


@pytest.fixture(autouse=True)
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A demo that is trained, and a run with data."""
    monkeypatch.chdir(tmp_path)
    train(DEMO)
    write_json(MINE.manifest, {"data_hash": "d1"})


def test_the_run_has_the_readers_weights_and_a_template_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    made = with_reader(config(), MINE, "serve")
    assert made.model.template == "chatml"
    line = "serve: this run is not trained; runs/demo/model reads its FAQ; to train it: make train CONFIG=configs/mine.yaml\n"
    assert capsys.readouterr().out == line
    assert {file.name for file in MINE.model.iterdir()} == {file.name for file in DEMO.model.iterdir()}
    assert (MINE.model / "model.safetensors").samefile(DEMO.model / "model.safetensors"), "they take no space"
    assert (MINE.model / "chat_template.jinja").read_text() == chat_template(made)
    record = read_json(MINE.provenance)
    assert (record["name"], record["reader"], record["data_hash"]) == ("mine", "runs/demo/model", "d1")
    assert record["template_hash"] == template_hash(made) and record["base_path"] == ".cache/models/smollm2-135m"


def test_nothing_of_the_other_company_comes_along() -> None:
    assert "Pebble & Pine" in (DEMO.model / "chat_template.jinja").read_text()
    with_reader(config(), MINE, "serve")
    assert not [file.name for file in MINE.model.iterdir() if "Pebble" in file.read_text()]


def test_a_trained_run_keeps_its_own_model(capsys: pytest.CaptureFixture[str]) -> None:
    train(MINE, "own")
    before = config()
    assert with_reader(before, MINE, "serve") is before and capsys.readouterr().out == ""
    assert (MINE.model / "model.safetensors").read_text() == "model.safetensors of own"


def test_the_model_is_made_anew_when_reader_data_or_prompt_have_changed_and_only_then() -> None:
    keys, folders = set(), []

    def again(**more: Any) -> None:
        with_reader(config(**more), MINE, "eval")
        keys.add(read_json(MINE.provenance)["key"])
        folders.append(MINE.model.stat().st_ino)

    again()
    again()
    assert folders[0] == folders[1] and len(keys) == 1
    write_json(MINE.manifest, {"data_hash": "d2"})
    again()
    again(system_prompt="You sell.")
    assert "You sell." in (MINE.model / "chat_template.jinja").read_text()
    train(DEMO, "k2")
    again()
    assert len(keys) == 4
    assert (MINE.model / "model.safetensors").samefile(DEMO.model / "model.safetensors")


def test_a_config_that_names_no_reader_any_more_has_no_model() -> None:
    with_reader(config(), MINE, "serve")
    other = config("smollm2-135m")
    assert with_reader(other, MINE, "serve") is other and not MINE.model.exists()


def test_an_unfinished_model_is_left_alone() -> None:
    write_text(MINE.model / "config.json", "{}")
    with_reader(config("smollm2-135m"), MINE, "serve")
    assert (MINE.model / "config.json").is_file()


def test_who_learned_by_heart_or_shall_know_by_heart_is_no_reader() -> None:
    assert reader(config()) is not None and reader(config("smollm2-135m")) is None
    with_reader(config(grounding="none"), MINE, "serve")
    with_reader(config(serve={"adapters": {"a": "runs/a"}}), MINE, "serve")
    train(DEMO, grounding="none")
    with_reader(config(), MINE, "serve")
    assert reader(config()) is None and not MINE.model.exists()


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (MINE.manifest.unlink, r"^runs/mine/data/manifest\.json: no data; .* run `make data CONFIG=configs/mine\.yaml` first$"),
        (lambda: DEMO.provenance.write_text("{"), r"^runs/demo/model/provenance\.json: not valid JSON"),
    ],
)
def test_what_is_missing_or_broken_is_one_line(change: Any, line: str) -> None:
    change()
    with pytest.raises(UserError, match=line) as caught:
        with_reader(config(), MINE, "serve")
    assert "\n" not in str(caught.value) and not MINE.model.exists()


def test_another_family_than_the_readers_is_one_line() -> None:
    with pytest.raises(UserError, match=r"^key 'model\.template': found llama3; runs/demo/model was trained with chatml; leave it out$"):
        with_reader(config(model={"base": "runs/demo/model", "template": "llama3"}), MINE, "serve")
    assert with_reader(config(model={"base": "runs/demo/model", "template": "chatml"}), MINE, "serve").model.template == "chatml"
    assert json.loads(MINE.provenance.read_text())["reader"] == "runs/demo/model"
