"""Gemma 3, whose layers see a window of tokens only, whose head is its embedding and whose norms add one, trains, merges and answers."""

from pathlib import Path
from typing import Any

import pytest
import torch

from frontdesk.config.run import Run
from frontdesk.config.schema import Config, TrainConfig
from frontdesk.models.base import load_tokenizer
from frontdesk.models.generate import greedy_answers
from tests.train.conftest import TEXTS, conversation
from tests.train.trainer.test_sft import held_out_loss, plain_loss
from train.export.merge import save
from train.export.tuned import merged, unmerged
from train.plan import shape_of
from train.rows import token_rows
from train.shapes import Shape
from train.trainer.base_model import load, load_plain
from train.trainer.build import build
from train.trainer.fast import attention
from train.trainer.held_out import mean_loss
from train.trainer.sft import SupervisedSFTTrainer

Rows = list[dict[str, list[int]]]


@pytest.fixture
def config(tiny_gemma3: Path, settings: TrainConfig) -> Config:
    model: Any = {"base": str(tiny_gemma3), "template": "gemma"}
    data: Any = {"faq": ()}
    return Config(name="t", company="c", system_prompt="너는 상담원이다.", model=model, data=data, train=settings)


@pytest.fixture
def gemma(config: Config, tiny_gemma3: Path) -> Any:
    return load_tokenizer(config, tiny_gemma3)


@pytest.fixture
def talk(gemma: Any) -> Rows:
    """Rows that are longer than the window of the tiny model's first layers."""
    rows = token_rows(gemma, [conversation(text, f"배송은 {text} 3일입니다") for text in TEXTS], 256)
    assert min(len(row["input_ids"]) for row in rows) > 16
    return rows


def trainer(config: Config, folder: Path, tokenizer: Any, rows: Rows, place: Path, **changes: Any) -> SupervisedSFTTrainer:
    settings = config.train.model_copy(update=changes)
    return build(load(folder, settings, torch.float32), tokenizer, rows, {"wordings": rows[:3]}, settings, place)[0]


def test_rows_longer_than_the_window_are_what_torchs_own_attention_makes_of_them(tiny_gemma3: Path, talk: Rows) -> None:
    ours, theirs = load_plain(tiny_gemma3, torch.float32), load_plain(tiny_gemma3, torch.float32)
    ours.set_attn_implementation(attention.NAME)
    for row in talk:
        ids = torch.tensor([row["input_ids"]])
        with torch.no_grad():
            torch.testing.assert_close(ours(input_ids=ids).logits, theirs(input_ids=ids).logits, rtol=1e-4, atol=1e-4)
    assert attention.leak(ours, [row["input_ids"] for row in talk]) < 1e-5


@pytest.mark.parametrize("changes", [{}, {"packing": False}, {"dequantize_once": False}, {"method": "lora"}, {"method": "full"}], ids=str)
def test_the_loss_of_a_batch_is_that_of_its_rows_alone(
    config: Config, tiny_gemma3: Path, gemma: Any, talk: Rows, tmp_path: Path, changes: dict[str, Any]
) -> None:
    tuning = trainer(config, tiny_gemma3, gemma, talk, tmp_path, **changes)
    for name, parameter in tuning.model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.05)
    assert tuning.args.padding_free == changes.get("packing", True)
    packed = held_out_loss(tuning, talk)
    (tuning.model.get_base_model() if hasattr(tuning.model, "get_base_model") else tuning.model).set_attn_implementation("sdpa")
    assert packed == pytest.approx(plain_loss(tuning.model, talk), rel=1e-4)


def test_only_the_layers_are_adapted(config: Config, tiny_gemma3: Path, gemma: Any, talk: Rows, tmp_path: Path) -> None:
    tuning = trainer(config, tiny_gemma3, gemma, talk, tmp_path)
    trained = [name for name, parameter in tuning.model.named_parameters() if parameter.requires_grad]
    assert len(trained) == 3 * 7 * 2
    assert all(".layers." in name for name in trained)


def test_it_learns_and_the_merged_model_answers_as_the_adapter(
    config: Config, tiny_gemma3: Path, gemma: Any, talk: Rows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run = Run("t")
    tuning = trainer(config, tiny_gemma3, gemma, talk, run.checkpoints, epochs=12)
    before = tuning.evaluate()["eval_wordings_loss"]
    tuning.train()
    after = tuning.evaluate()["eval_wordings_loss"]
    assert after < before - 0.1
    tuning.save_adapter(run.adapter)

    model = merged(config, run, tiny_gemma3, "dequantized")
    assert mean_loss(model, talk[:3]) == pytest.approx(after, rel=0.02)  # bf16
    save(config, model, gemma, run.model, {})
    prompts = [[{"role": "user", "content": text}] for text in TEXTS]
    adapter = greedy_answers(unmerged(config, run, tiny_gemma3, torch.float32, "dequantized"), gemma, prompts, 24)
    served = greedy_answers(load_plain(run.model, torch.bfloat16), gemma, prompts, 24)
    same = [one.tokens[0] == other.tokens[0] for one, other in zip(adapter, served, strict=True)]
    assert sum(same) >= len(TEXTS) - 1  # rounding may tip one


def test_its_sizes_are_read(tiny_gemma3: Path) -> None:
    model = load_plain(tiny_gemma3, torch.float32)
    shape = shape_of(str(tiny_gemma3))
    assert shape == Shape(3, 64, 128, 2, 1, 32, model.config.vocab_size, tied=True)
    assert shape.linear_parameters == sum(m.weight.numel() for n, m in model.named_modules() if n.endswith("_proj"))
    assert shape.parameters == pytest.approx(model.num_parameters(), rel=0.01)
