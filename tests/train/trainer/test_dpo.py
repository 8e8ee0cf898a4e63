"""Preference pairs: tokenized as rows are, compared with what the rows taught, learned, and no more than that changed."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel

from frontdesk.config.run import Run
from frontdesk.config.schema import Config, DpoConfig
from frontdesk.errors import UserError
from frontdesk.files import read_json, write_json, write_jsonl
from frontdesk.models.base import load_tokenizer
from frontdesk.prompt.render import encode, encode_prompt
from tests.train.conftest import conversation
from train.__main__ import check_pairs, run_key, without_dpo
from train.rows import token_rows
from train.trainer import dpo
from train.trainer.base_model import load
from train.trainer.build import build as build_rows
from train.trainer.held_out import mean_loss

QUESTIONS = ["what does it cost", "who are you", "when do you open", "do you sell lamps", "where is my parcel", "can I return it"]
PAIRS = [
    {
        "prompt": [{"role": "system", "content": "Q: x\nA: y"}, {"role": "user", "content": question}],
        "chosen": [{"role": "assistant", "content": f"answer to {question}"}],
        "rejected": [{"role": "assistant", "content": f"no idea about {question}, sorry"}],
        "group": question,
        "source": f"feedback:{number}",
    }
    for number, question in enumerate(QUESTIONS)
]
"""As many as a desk has at first."""


def settings_of(base: Path) -> Config:
    train = {
        "rank": 4, "epochs": 8, "batch_size": 4, "learning_rate": 1e-2, "precision": "fp32", "dropout": 0.0, "neftune": 0.0,
        "dpo": {"epochs": 12, "learning_rate": 5e-3},
    }  # fmt: skip
    return Config(
        name="t", company="c", system_prompt="s", grounding="none", data={"faq": ()}, train=train,
        model={"base": str(base), "template": "llama3"},
    )  # fmt: skip


@pytest.fixture
def config(tiny_llama3: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.chdir(tmp_path)
    return settings_of(tiny_llama3)


@pytest.fixture
def run(config: Config, learned: Run) -> Run:
    """A run whose adapter has learned a few rows, others than the pairs' and held out alike, and whose data has the pairs."""
    run = Run("t")
    shutil.copytree(learned.root, run.root)
    return run


@pytest.fixture(scope="module")
def learned(tiny_llama3: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The same, trained once for all tests, in a folder that none of them changes."""
    config, run = settings_of(tiny_llama3), Run("t", tmp_path_factory.mktemp("learned"))
    tokenizer = load_tokenizer(config, tiny_llama3)
    rows = [conversation(text, f"we say {text}") for text in ("red", "green", "blue", "yellow", "white", "black")]
    write_jsonl(run.data / "valid_wordings.jsonl", rows)
    write_jsonl(run.data / "preferences.jsonl", PAIRS)
    tokens = token_rows(tokenizer, rows, 256)
    model = load(tiny_llama3, config.train, torch.float32)
    trainer = build_rows(model, tokenizer, tokens, {"wordings": tokens}, config.train, run.checkpoints)[0]
    trainer.train()
    trainer.save_adapter(run.adapter)
    write_json(run.training, {"key": "rows"})
    return run


def learn(config: Config, run: Run, base: Path, key: str = "all", rows_key: str = "rows") -> dict[str, Any]:
    dpo.learn_preferences(config, run, base, torch.float32, key, rows_key)
    record = run.root / "dpo.json"
    return read_json(record) if record.is_file() else {}


def likelihoods(config: Config, base: Path, adapter: Path, tokenizer: Any) -> list[tuple[float, float]]:
    """Mean losses of the chosen and of the rejected answer of each pair."""
    model = PeftModel.from_pretrained(load(base, config.train, torch.float32), adapter).get_base_model()
    out = []
    for pair in PAIRS:
        rows = [{"messages": [*pair["prompt"], *pair[name]], "source": "x:1"} for name in ("chosen", "rejected")]  # type: ignore[misc]
        chosen, rejected = (mean_loss(model, token_rows(tokenizer, [row], 256)) for row in rows)
        out.append((chosen, rejected))
    return out


def content(folder: Path) -> bytes:
    return (folder / "adapter_model.safetensors").read_bytes()


def test_a_pair_is_the_tokens_of_a_row_and_its_prompt_what_the_engine_gets(tokenizer: Any) -> None:
    turns = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}, {"role": "user", "content": "and?"}]
    pairs = [*PAIRS, {"prompt": turns, "chosen": PAIRS[0]["chosen"], "rejected": PAIRS[0]["rejected"], "source": "x"}]
    for pair, ids in zip(pairs, dpo.token_pairs(tokenizer, pairs), strict=True):
        assert ids["prompt_ids"] == encode_prompt(tokenizer, pair["prompt"])  # type: ignore[arg-type]
        context = [turn | {"weight": 0} if turn["role"] == "assistant" else turn for turn in pair["prompt"]]  # type: ignore[operator, attr-defined]
        for name in ("chosen", "rejected"):
            whole, mask = encode(tokenizer, [*context, *pair[name]])
            trained = ids["prompt_ids"] + ids[f"{name}_ids"]
            assert trained == whole[: len(trained)] and sum(mask) == len(ids[f"{name}_ids"])
            assert trained[-1] == tokenizer.eos_token_id


@pytest.mark.parametrize("changes", [{}, {"dequantize_once": False}, {"bits": 8, "dequantize_once": False}, {"method": "lora"}], ids=str)
def test_it_starts_from_the_rows_adapter_as_its_own_reference(
    config: Config, run: Run, tokenizer: Any, tiny_llama3: Path, changes: dict[str, Any]
) -> None:
    few = config.train.dpo.model_copy(update={"epochs": 4})
    config = config.model_copy(update={"train": config.train.model_copy(update={"dpo": few})})
    dpo._keep(run, "rows")
    settings = config.train.model_copy(update=changes)
    model = PeftModel.from_pretrained(load(tiny_llama3, settings, torch.float32), dpo.kept(run), is_trainable=True)
    trainer = dpo.build(config, model, tokenizer, dpo.token_pairs(tokenizer, PAIRS), run.checkpoints)
    metrics = trainer.evaluate(trainer.train_dataset)
    assert metrics["eval_rewards/margins"] == pytest.approx(0, abs=1e-5), "the reference is what the rows taught, not the bare base"
    reference = {name: value.clone() for name, value in model.state_dict().items() if ".ref." in name}
    trainer.train()
    assert all(torch.equal(value, model.state_dict()[name]) for name, value in reference.items()) and reference
    assert trainer.evaluate(trainer.train_dataset)["eval_rewards/margins"] > 0


def test_the_chosen_answers_beat_the_rejected_ones_and_the_rows_are_kept(
    config: Config, run: Run, tokenizer: Any, tiny_llama3: Path
) -> None:
    before = likelihoods(config, tiny_llama3, run.adapter, tokenizer)
    rows = content(run.adapter)
    record = learn(config, run, tiny_llama3)
    after = likelihoods(config, tiny_llama3, run.adapter, tokenizer)

    assert record["loss"][1] < record["loss"][0] and record["accuracy"] == 1 and record["margin"] > 0
    assert (record["pairs"], record["steps"]) == (6, 12 * 3)
    for (chosen, rejected), (chosen_after, rejected_after) in zip(before, after, strict=True):
        assert chosen_after < chosen, "the chosen answer itself became likelier"
        assert chosen_after < rejected_after and rejected_after - chosen_after > rejected - chosen
    assert record["held_out"]["after"] < 1.5 * record["held_out"]["before"], record
    assert content(dpo.kept(run)) == rows != content(run.adapter)
    assert sorted(path.name for path in run.adapter.iterdir() if path.is_dir()) == [], "the frozen copy is not saved"


@pytest.mark.slow
def test_what_is_finished_is_not_repeated_and_what_was_cut_off_begins_from_the_rows(
    config: Config, run: Run, tiny_llama3: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = content(run.adapter)
    first = learn(config, run, tiny_llama3)
    result = content(run.adapter)
    assert learn(config, run, tiny_llama3) == first and content(run.adapter) == result
    assert "already" in capsys.readouterr().out

    (run.root / "dpo.json").write_text(json.dumps({"key": None}))  # killed after the adapter was written
    second = learn(config, run, tiny_llama3)
    assert content(run.adapter) == result and second["held_out"] == first["held_out"], "it began from the rows again, not from the result"

    (run.root / "dpo.json").write_text(json.dumps({"key": None}))
    off = config.model_copy(update={"train": config.train.model_copy(update={"dpo": DpoConfig()})})
    assert learn(off, run, tiny_llama3, key="rows") == {}
    assert content(run.adapter) == rows, "turned off, the rows' adapter is back"

    write_json(run.training, {"key": "new rows"})  # trained anew: what is kept is of former rows
    learn(config, run, tiny_llama3, key="new", rows_key="new rows")
    assert read_json(dpo.kept(run) / "training.json")["key"] == "new rows"


def test_without_pairs_it_says_so_and_changes_nothing(
    config: Config, run: Run, tiny_llama3: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (run.data / "preferences.jsonl").unlink()
    rows = content(run.adapter)
    assert learn(config, run, tiny_llama3) == {}
    assert content(run.adapter) == rows and "no preference pairs" in capsys.readouterr().out


@pytest.mark.parametrize("method", ["full", "adapter", "prefix"])
def test_other_methods_are_told(config: Config, method: str) -> None:
    other = config.model_copy(update={"train": config.train.model_copy(update={"method": method})})
    with pytest.raises(UserError, match=f"train.method {method}; expected qlora or lora"):
        check_pairs(other)


def test_keys(config: Config) -> None:
    """Other settings for pairs repeat no training on rows; without them nothing has another key than before there were any."""
    off = without_dpo(config)
    assert run_key(config, "d") != run_key(off, "d")
    more = config.model_copy(update={"train": config.train.model_copy(update={"dpo": DpoConfig(epochs=3)})})
    assert run_key(without_dpo(more), "d") == run_key(off, "d") and run_key(more, "d") != run_key(config, "d")
    desk = config.model_copy(update={"desk": config.desk.model_copy(update={"replies": ("Hello.",)})})
    assert run_key(desk, "d") == run_key(config, "d")
