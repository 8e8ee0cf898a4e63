"""What is served is what was checked, whatever is trained beside it."""

import asyncio
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from frontdesk.config.run import Run
from frontdesk.config.schema import Config, load_config
from frontdesk.engine import vllm as engine
from frontdesk.engine.processes import Child
from frontdesk.errors import UserError
from frontdesk.files import read_json, whole_folder, write_json, write_text
from frontdesk.prompt.render import chat_template
from serve import __main__ as serving
from serve.checks import check
from serve.gateway.prompts import PromptBuilder
from serve.snapshot import snapshot_weights
from tests.tokenizers import byte_tokenizer

RUN = Run("shop")


def train(key: str, target: Path = RUN.model) -> None:
    """`make train` puts another model into the place of the last one, as train/export/merge.py does."""
    old = {file.name: file.read_bytes() for file in RUN.model.iterdir()}
    with whole_folder(target) as folder:
        for name, content in old.items():
            (folder / name).write_bytes(content)
        (folder / "model.safetensors").write_text(key)
        write_json(folder / "provenance.json", json.loads(old["provenance.json"]) | {"key": key})


def test_a_model_trained_beside_the_desk_is_not_served_before_the_next_serve(config: Config) -> None:
    train("one")
    assert snapshot_weights(config, RUN, "one") == RUN.served
    train("two")
    write_text(RUN.served.parent / "engine.log", "kept")
    assert (RUN.served / "model.safetensors").read_text() == "one" == read_json(RUN.served / "provenance.json")["key"]
    snapshot_weights(config, RUN, "two")
    assert (RUN.served / "model.safetensors").read_text() == "two" == read_json(RUN.served / "provenance.json")["key"]
    assert {file.name for file in RUN.served.parent.iterdir()} == {"engine.log", "model"}, "the old one takes no room"
    assert {file.name for file in RUN.served.iterdir()} == {file.name for file in RUN.model.iterdir()}


def test_it_takes_no_room_where_files_can_be_linked(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    train("one")
    kept = RUN.model / "model.safetensors"
    kept.rename("elsewhere")
    kept.symlink_to(Path("elsewhere").resolve())
    snapshot_weights(config, RUN, "one")
    assert (RUN.served / "model.safetensors").samefile("elsewhere") and not (RUN.served / "model.safetensors").is_symlink()

    def never(*_: object) -> None:
        raise OSError("no links here")

    monkeypatch.setattr(os, "link", never)
    snapshot_weights(config, RUN, "one")
    assert (RUN.served / "model.safetensors").read_text() == "one" and not (RUN.served / "model.safetensors").samefile("elsewhere")


def test_a_model_that_was_replaced_after_the_check_is_refused(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    train("one")
    snapshot_weights(config, RUN, "one")
    train("two")
    with pytest.raises(UserError, match="runs/shop/model: replaced while it was checked; let `make train` end"):
        snapshot_weights(config, RUN, "one")
    link = os.link

    def replaced(source: Path, target: Path) -> None:
        (RUN.model / "config.json").unlink(missing_ok=True)  # it goes file by file
        link(source, target)

    monkeypatch.setattr(os, "link", replaced)
    with pytest.raises(UserError, match="replaced while it was checked"):
        snapshot_weights(config, RUN, "two")
    assert read_json(RUN.served / "provenance.json")["key"] == "one", "what was served is still there"


def test_int8_weights_are_put_aside_with_their_own_key(config: Config) -> None:
    train("one")
    train("one-w8a8", RUN.int8)
    int8 = config.model_copy(update={"serve": config.serve.model_copy(update={"quantization": "w8a8"})})
    key = check(int8, RUN, "cpu")
    assert key == "one-w8a8"
    snapshot_weights(int8, RUN, key)
    assert (RUN.served / "model.safetensors").read_text() == "one-w8a8" == read_json(RUN.served / "provenance.json")["key"]


def test_engine_gateway_and_page_are_started_on_what_was_put_aside(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Child] = []

    async def until_stopped(children: Sequence[Child], *_: Any) -> None:
        started.extend(children)

    monkeypatch.setattr(serving, "until_stopped", until_stopped)
    monkeypatch.setattr("sys.argv", ["serve", "shop.yaml"])
    train("one")
    serving.main()
    model, gateway, page = started
    assert model.command[model.command.index("--model") + 1] == "runs/shop/serve/model"
    assert model.command[model.command.index("--chat-template") + 1] == "runs/shop/serve/model/chat_template.jinja"
    for child in (gateway, page):
        assert child.environment[engine.SERVED] == "runs/shop/serve/model"
        assert load_config(child.command[-1]) == load_config("shop.yaml"), "and stays so, whatever is edited"
        assert child.command[-1] != "shop.yaml"
    assert read_json(RUN.served / "provenance.json")["key"] == "one"


def test_a_run_that_is_not_trained_is_served_by_the_reader_that_it_names(
    config: Config, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With its own prompt, also after a restart of the gateway, which reads the config that was put aside."""
    started: list[Child] = []

    async def until_stopped(children: Sequence[Child], *_: Any) -> None:
        started.extend(children)

    monkeypatch.setattr(serving, "until_stopped", until_stopped)
    monkeypatch.setattr("sys.argv", ["serve", "mine.yaml"])
    train("one")
    write_json(RUN.provenance, read_json(RUN.provenance) | {"config": config.model_dump(mode="json")})
    changes = {"system_prompt": "You are Alder Lane's.", "model": {"base": "runs/shop/model"}}
    write_text(Path("mine.yaml"), yaml.safe_dump(yaml.safe_load(Path("shop.yaml").read_text()) | changes))
    write_json(Run("mine").manifest, {"data_hash": "d1"})
    serving.main()
    printed, model, served = capsys.readouterr(), started[0], Run("mine").served
    assert "serve: this run is not trained; runs/shop/model reads its FAQ; to train it: make train CONFIG=configs/mine.yaml" in printed.out
    assert model.command[model.command.index("--model") + 1] == str(served) and printed.err == ""
    assert (served / "model.safetensors").samefile(RUN.model / "model.safetensors")
    assert "You are Alder Lane's." in (served / "chat_template.jinja").read_text()
    assert config.system_prompt not in (served / "chat_template.jinja").read_text()
    kept = load_config(started[1].command[-1])
    assert (kept.model.template, kept.system_prompt) == ("chatml", "You are Alder Lane's.")


def test_gateway_and_page_take_the_folder_that_they_are_told_or_else_the_runs(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    assert engine.served_model(config, RUN) == RUN.model
    byte_tokenizer(chat_template(config)).save_pretrained(RUN.served)
    monkeypatch.setenv(engine.SERVED, str(RUN.served))
    assert engine.served_model(config, RUN) == RUN.served
    product = PromptBuilder(config.model_copy(update={"grounding": "none"}), RUN)  # the run's own tokenizer cannot be read
    assert asyncio.run(product.prepare([{"role": "user", "content": "Hi"}], 10)).messages[-1]["content"] == "Hi"
