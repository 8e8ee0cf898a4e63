"""Which rows a run trains on, and which prompts prove that the served model is the trained one: with the FAQ in them, or plain ones."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.errors import UserError
from frontdesk.files import write_json, write_jsonl
from frontdesk.prompt.render import encode_prompt
from train.__main__ import check_base, make_rows, run_key
from train.adapter import deciding, load_rows
from train.export.parity import held_out_prompts
from train.rows import IGNORED

SETS = ("train", "valid", "valid_wordings", "test_wordings", "test")
CONTEXT = [{"role": "user", "content": "hello"}, {"role": "assistant", "content": "Hi.", "weight": 0}]


def config(grounding: str, base: str = "x", **more: Any) -> Config:
    model = {"base": base, "template": "llama3"}
    return Config(name="t", company="c", system_prompt="s", grounding=grounding, model=model, data={"faq": ()}, **more)  # type: ignore[arg-type]


def row(name: str, grounded: bool) -> dict[str, Any]:
    """One that says in its answer which file it is from."""
    turns = [{"role": "user", "content": f"question of {name}"}, {"role": "assistant", "content": f"{name} answers"}]
    system = [{"role": "system", "content": "s\n[1] It is $4.90."}]
    return {"id": f"{name}#0", "kind": "faq", "source": "faq.csv:2", "messages": [*system, *CONTEXT, *turns] if grounded else turns}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run with plain and grounded rows."""
    monkeypatch.chdir(tmp_path)
    for split in SETS:
        write_jsonl(Run("t").data / f"{split}.jsonl", [row(f"plain {split}", grounded=False)])
    for split in SETS[:3]:
        write_jsonl(Run("t").data / f"grounded/{split}.jsonl", [row(f"grounded {split}", grounded=True)])
    return Run("t")


def trained(tokenizer: Any, rows: list[dict[str, list[int]]]) -> list[str]:
    return [tokenizer.decode([label for label in one["labels"] if label != IGNORED], skip_special_tokens=True).strip() for one in rows]


@pytest.mark.parametrize(("grounding", "kind"), [("faq", "grounded"), ("none", "plain")])
def test_rows_are_those_of_the_grounding(run: Run, tokenizer: Any, grounding: str, kind: str) -> None:
    rows, held_out, windows = load_rows(config(grounding), run, tokenizer)
    assert trained(tokenizer, rows) == [f"{kind} train answers"], "what was said before is context"
    assert list(held_out) == ["wordings", "unseen", "general"]
    assert trained(tokenizer, held_out["wordings"]) == [f"{kind} valid_wordings answers"]
    assert trained(tokenizer, held_out["unseen"]) == [f"{kind} valid answers"]
    assert deciding(config(grounding), held_out) == ["wordings", "unseen"][: 2 if grounding == "faq" else 1]
    assert windows == 0
    assert ("[1] It is $4.90." in tokenizer.decode(rows[0]["input_ids"])) == (grounding == "faq")


def test_data_made_without_grounding_is_one_line(run: Run, tokenizer: Any) -> None:
    for file in (run.data / "grounded").iterdir():
        file.unlink()
    with pytest.raises(UserError, match=r"runs/t/data/grounded/train\.jsonl: cannot be read .*; make it anew"):
        load_rows(config("faq"), run, tokenizer)


def test_a_run_without_held_out_rows_is_refused(run: Run, tokenizer: Any) -> None:
    for name in ("valid", "valid_wordings"):
        write_jsonl(run.data / f"grounded/{name}.jsonl", [])
    with pytest.raises(UserError, match="no rows; early stopping needs some"):
        load_rows(config("faq"), run, tokenizer)


def test_the_proof_asks_whole_prompts_of_a_grounded_run(run: Run, tokenizer: Any) -> None:
    prompts = held_out_prompts(config("faq"), run, 9)
    assert [prompt[-1]["content"] for prompt in prompts] == ["question of grounded valid_wordings", "question of grounded valid"]
    for prompt in prompts:
        assert [set(message) for message in prompt] == [{"role", "content"}] * 4, "an API knows no weights"
        assert "[1] It is $4.90." in tokenizer.decode(encode_prompt(tokenizer, prompt))


def test_the_proof_asks_first_questions_of_a_run_without(run: Run) -> None:
    prompts = held_out_prompts(config("none"), run, 9)
    assert [[message["content"] for message in prompt] for prompt in prompts] == [
        [f"question of plain {split}"] for split in ("test_wordings", "test", "valid")
    ]
    assert len(held_out_prompts(config("none"), run, 2)) == 2


def test_another_grounding_is_another_model_and_another_encoder_is_not() -> None:
    """The encoder is in the rows, and so in the digest of the data."""
    key = run_key(config("faq"), "1")
    assert run_key(config("faq", encoder="y"), "1") == key
    assert run_key(config("faq", answers={"expired": "withhold", "ask_from": 0.15}), "1") == key
    assert len({key, run_key(config("none"), "1"), run_key(config("faq"), "2")}) == 3


def test_what_was_trained_on_a_reader_is_out_of_date_when_the_reader_is_trained_again(tmp_path: Path) -> None:
    on_it = config("faq", str(tmp_path))
    keys = [run_key(on_it, "1")]
    for number in ("k1", "k2"):
        write_json(tmp_path / "provenance.json", {"key": number, "config": {"grounding": "faq"}})
        keys.append(run_key(on_it, "1"))
    assert len(set(keys)) == 3


def test_rows_that_the_data_lacks_are_made_by_the_command_that_makes_them(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    commands: list[list[str]] = []
    codes = [0, 2]

    def command(words: list[str], check: bool) -> subprocess.CompletedProcess[bytes]:
        commands.append(words)
        return subprocess.CompletedProcess(words, codes.pop(0))

    monkeypatch.setattr(subprocess, "run", command)
    make_rows(config("faq"), run, "t.yaml")
    (run.data / "grounded/train.jsonl").unlink()
    make_rows(config("none"), run, "t.yaml")
    assert commands == [] and capsys.readouterr().out == ""
    make_rows(config("faq"), run, "t.yaml")
    assert commands == [[sys.executable, "-m", "data_tools", "t.yaml", "--rows"]]
    with pytest.raises(SystemExit, match="2"):
        make_rows(config("faq"), run, "t.yaml")
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(UserError, match=r"^runs/t/data/grounded/train\.jsonl: not there; .* `make data CONFIG=t\.yaml ARGS=--rows` first$"):
        make_rows(config("faq"), run, "t.yaml")


def test_a_run_is_not_trained_on_its_own_model(run: Run) -> None:
    with pytest.raises(UserError, match=r"^key 'model\.base': found runs/t/model, which this run makes; expected another model; give the"):
        check_base(config("faq", "runs/t/model"), run)
    check_base(config("faq", "runs/demo/model"), run)
