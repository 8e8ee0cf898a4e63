from pathlib import Path
from typing import Any

import pytest
import torch

from frontdesk.base import load_tokenizer
from frontdesk.config import Config, TrainConfig
from train import precision
from train.base import load_nf4
from train.rows import token_rows
from train.trainer import build


def rows_of(tokenizer: Any) -> list[dict[str, list[int]]]:
    texts = ["a", "longer question about postage", "who are you", "what does it cost", "hello there my friend", "bye"]
    rows = [
        {"messages": [{"role": "user", "content": text}, {"role": "assistant", "content": f"answer to {text}"}], "source": "x:1"}
        for text in texts
    ]
    return token_rows(tokenizer, rows, 256)[0]


@pytest.fixture
def parts(tiny_llama3: Path, tmp_path: Path) -> tuple[Any, Any, Any]:
    config = Config(name="t", company="c", system_prompt="s", model={"base": "x", "template": "llama3"}, data={"faq": ()})  # type: ignore[arg-type]
    tokenizer = load_tokenizer(config, tiny_llama3)
    rows = rows_of(tokenizer)
    settings = TrainConfig(rank=4, epochs=2, batch_size=3, learning_rate=1e-2, precision="fp32", dropout=0.0)
    trainer, progress = build(
        load_nf4(tiny_llama3, torch.float32), tokenizer, rows, {"wordings": rows[:3], "unseen": rows[3:]}, settings, tmp_path
    )
    return trainer, progress, tokenizer


def test_the_loss_is_that_of_the_whole_vocabulary_on_supervised_positions(parts: tuple[Any, Any, Any]) -> None:
    trainer, _, tokenizer = parts
    batch = trainer.data_collator(rows_of(tokenizer))
    ours = trainer.compute_loss(trainer.model, batch)
    with torch.no_grad():
        logits = trainer.model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits[:, :-1]
    plain = torch.nn.functional.cross_entropy(logits.flatten(0, 1), batch["labels"][:, 1:].flatten(), ignore_index=-100)
    assert ours.item() == pytest.approx(plain.item(), rel=1e-5)


def test_only_the_adapter_of_all_linear_layers_is_trained_on_nf4_weights(parts: tuple[Any, Any, Any]) -> None:
    import bitsandbytes

    trainer = parts[0]
    trained = {name for name, parameter in trainer.model.named_parameters() if parameter.requires_grad}
    assert all("lora_" in name for name in trained)
    for layer in ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"):
        assert any(f"layers.1.{part}.{layer}.lora_A" in name for name in trained for part in ("self_attn", "mlp")), layer
    quantized = [module for module in trainer.model.modules() if isinstance(module, bitsandbytes.nn.Linear4bit)]
    assert len(quantized) == 14
    assert {(module.weight.quant_type, module.weight.compress_statistics) for module in quantized} == {("nf4", True)}


def test_a_batch_in_parts_has_the_same_loss_and_gradients(parts: tuple[Any, Any, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    trainer, _, tokenizer = parts
    batch = trainer.data_collator(rows_of(tokenizer))
    items = (batch["labels"][:, 1:] != -100).sum()

    def step() -> tuple[float, dict[str, torch.Tensor]]:
        trainer.model.zero_grad()
        loss = trainer.training_step(trainer.model, dict(batch), items)
        return loss.item(), {name: p.grad.clone() for name, p in trainer.model.named_parameters() if p.grad is not None}

    trainer.create_optimizer()
    whole, gradients = step()
    monkeypatch.setattr("train.trainer.MICRO_TOKENS", 2 * batch["input_ids"].shape[1])
    in_parts, gradients_of_parts = step()
    assert in_parts == pytest.approx(whole, rel=1e-5)
    for name, gradient in gradients.items():
        torch.testing.assert_close(gradients_of_parts[name], gradient, rtol=1e-3, atol=1e-6)


def test_gradients_are_the_same_after_an_evaluation(parts: tuple[Any, Any, Any]) -> None:
    trainer, _, tokenizer = parts
    batch = trainer.data_collator(rows_of(tokenizer))
    for name, parameter in trainer.model.named_parameters():
        if "lora_B" in name:  # zero at the start, which would hide the way through the adapter
            torch.nn.init.normal_(parameter, std=0.05)

    def gradients() -> dict[str, torch.Tensor]:
        trainer.model.train()
        trainer.model.zero_grad()
        trainer.compute_loss(trainer.model, batch).backward()
        return {name: p.grad.clone() for name, p in trainer.model.named_parameters() if p.grad is not None}

    before = gradients()
    trainer.evaluate()
    after = gradients()
    assert before.keys() == after.keys()
    for name, gradient in before.items():
        torch.testing.assert_close(after[name], gradient, rtol=1e-3, atol=1e-6)


def test_training_learns_keeps_the_best_checkpoint_and_reports(parts: tuple[Any, Any, Any], capsys: pytest.CaptureFixture[str]) -> None:
    trainer, progress, _ = parts
    trainer.train()
    losses = [entry["eval_wordings_loss"] for entry in trainer.state.log_history if "eval_wordings_loss" in entry]
    assert min(losses) < losses[0]
    assert trainer.state.best_metric == min(losses[1:])
    assert progress.speed() > 0
    assert "held-out loss (wordings)" in capsys.readouterr().out


def test_early_stopping_ends_a_training_that_gets_worse(tiny_llama3: Path, tmp_path: Path) -> None:
    config = Config(name="t", company="c", system_prompt="s", model={"base": "x", "template": "llama3"}, data={"faq": ()})  # type: ignore[arg-type]
    tokenizer = load_tokenizer(config, tiny_llama3)
    rows = rows_of(tokenizer)
    other = [{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "ZQX JKW VVV 93"}], "source": "x:1"}]
    held_out = token_rows(tokenizer, other, 256)[0]
    settings = TrainConfig(rank=16, epochs=80, batch_size=6, learning_rate=5e-2, precision="fp32", dropout=0.0, evaluations=40, patience=2)
    trainer, _ = build(load_nf4(tiny_llama3, torch.float32), tokenizer, rows, {"wordings": held_out}, settings, tmp_path)
    trainer.train()
    assert trainer.state.global_step < trainer.state.max_steps


@pytest.mark.parametrize(("setting", "dtype"), [("bf16", torch.bfloat16), ("fp32", torch.float32)])
def test_a_set_precision_is_obeyed(setting: str, dtype: torch.dtype) -> None:
    assert precision.choose(setting) == (dtype, "set in the config")


@pytest.mark.parametrize(("bf16_seconds", "dtype"), [(0.5, torch.bfloat16), (0.9, torch.float32), (2.0, torch.float32)])
def test_auto_takes_bf16_only_where_it_is_clearly_faster(monkeypatch: pytest.MonkeyPatch, bf16_seconds: float, dtype: torch.dtype) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(precision, "_probe", lambda kind: 1.0 if kind is torch.float32 else bf16_seconds)
    assert precision.choose("auto")[0] is dtype


def test_the_probe_measures(monkeypatch: pytest.MonkeyPatch) -> None:
    assert 0 < precision._probe(torch.float32) < 10
