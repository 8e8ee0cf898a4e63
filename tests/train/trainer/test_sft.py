"""The trainer: its loss is the plain one, whatever is packed, split or fused; and it stops where it should."""

from pathlib import Path
from typing import Any

import pytest
import torch

from frontdesk.config.schema import TrainConfig
from frontdesk.errors import UserError
from frontdesk.models.methods import METHODS
from tests.train.conftest import conversation
from train.rows import IGNORED, token_rows
from train.trainer.base_model import load
from train.trainer.build import build
from train.trainer.fast import attention, precision
from train.trainer.fast.batches import parts
from train.trainer.sft import SupervisedSFTTrainer

Rows = list[dict[str, list[int]]]


@pytest.fixture
def make(tiny_llama3: Path, tokenizer: Any, rows: Rows, settings: TrainConfig, tmp_path: Path) -> Any:
    def trainer(deciding: tuple[str, ...] = (), **changes: Any) -> SupervisedSFTTrainer:
        changed = settings.model_copy(update=changes)
        model, held_out = load(tiny_llama3, changed, torch.float32), {"wordings": rows[:3], "unseen": rows[3:]}
        return build(model, tokenizer, rows, held_out, changed, tmp_path / "checkpoints", deciding=deciding)[0]

    return trainer


def held_out_loss(trainer: SupervisedSFTTrainer, rows: Rows) -> float:
    """The loss of these rows as the trainer measures its held-out sets."""
    trainer.held_out, trainer.deciding = {"rows": rows}, ["rows"]
    return trainer.evaluate()["eval_rows_loss"]


def plain_loss(model: Any, rows: Rows) -> float:
    """Each row alone through the model's own forward; mean over all labelled tokens."""
    model.eval()
    total, count = 0.0, 0
    for row in rows:
        labels = torch.tensor(row["labels"])[1:]
        with torch.no_grad():
            logits = model(input_ids=torch.tensor([row["input_ids"]])).logits[0, :-1]
        total += float(torch.nn.functional.cross_entropy(logits, labels, ignore_index=IGNORED, reduction="sum"))
        count += int((labels != IGNORED).sum())
    return total / count


@pytest.mark.parametrize(
    "changes",
    [{}, {"packing": False}, {"dequantize_once": False}, {"dequantize_once": False, "packing": False}, {"bits": 8}]
    + [{"method": method} for method in METHODS if method != "qlora"],
    ids=str,
)
def test_the_loss_of_a_batch_is_that_of_its_rows_alone(make: Any, rows: Rows, changes: dict[str, Any]) -> None:
    trainer = make(**changes)
    for name, parameter in trainer.model.named_parameters():
        if "lora_B" in name or "miss_block" in name:  # zero at the start, which would hide the adapter
            torch.nn.init.normal_(parameter, std=0.05)
    expected = plain_loss(trainer.model, rows)

    assert trainer.args.padding_free == (changes.get("packing", True) and changes.get("method") != "prefix")
    assert trainer.compute_loss(trainer.model, trainer.data_collator(rows)).item() == pytest.approx(expected, rel=1e-4)
    assert held_out_loss(trainer, rows) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("packing", [True, False])
def test_a_batch_in_parts_has_the_same_loss_and_gradients(make: Any, rows: Rows, packing: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = make(packing=packing)
    batch = trainer.data_collator(rows)
    items = (batch["labels"][:, 1:] != IGNORED).sum()

    def step() -> tuple[float, dict[str, torch.Tensor]]:
        trainer.model.zero_grad()
        loss = trainer.training_step(trainer.model, dict(batch), items)
        return loss.item(), {name: p.grad.clone() for name, p in trainer.model.named_parameters() if p.grad is not None}

    trainer.create_optimizer()
    whole, gradients = step()
    longest = max(len(row["input_ids"]) for row in rows)
    monkeypatch.setattr("train.trainer.sft.PART_TOKENS", 2 * longest)
    assert len(parts(batch, 2 * longest)) > 1
    in_parts, gradients_of_parts = step()
    assert in_parts == pytest.approx(whole, rel=1e-5)
    assert gradients
    for name, gradient in gradients.items():
        torch.testing.assert_close(gradients_of_parts[name], gradient, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("limit", [1, 40, 60, 90, 10_000])
def test_parts_are_all_of_the_batch_in_whole_rows(make: Any, rows: Rows, limit: int) -> None:
    pieces = parts(make().data_collator(rows), limit)
    lengths = [length for piece in pieces for length in piece["cu_seq_lens_q"].diff().tolist()]

    assert lengths == [len(row["input_ids"]) for row in rows]
    assert torch.cat([piece["input_ids"][0] for piece in pieces]).tolist() == [token for row in rows for token in row["input_ids"]]
    assert all(piece["position_ids"][0, 0] == 0 for piece in pieces)
    assert all(piece["input_ids"].shape[1] <= max(limit, *lengths) for piece in pieces)


@pytest.mark.parametrize("once", [True, False])
def test_only_the_adapter_of_all_linear_layers_is_trained_on_nf4_weights(make: Any, tiny_llama3: Path, once: bool) -> None:
    import bitsandbytes
    from transformers import AutoModelForCausalLM

    trainer = make(dequantize_once=once)
    trained = {name: parameter for name, parameter in trainer.model.named_parameters() if parameter.requires_grad}
    assert all("lora_" in name and parameter.dtype == torch.float32 for name, parameter in trained.items())
    for layer in ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"):
        assert any(f"layers.1.{part}.{layer}.lora_A" in name for name in trained for part in ("self_attn", "mlp")), layer
    quantized = [module for module in trainer.model.modules() if isinstance(module, bitsandbytes.nn.Linear4bit)]
    assert len(quantized) == (0 if once else 14)
    assert {(module.weight.quant_type, module.weight.compress_statistics) for module in quantized} <= {("nf4", True)}
    if once:  # the numbers are NF4's nevertheless: at most 16 in a block of 64
        weight = trainer.model.get_base_model().model.layers[0].mlp.up_proj.base_layer.weight.flatten()[:64]
        pristine = AutoModelForCausalLM.from_pretrained(tiny_llama3).model.layers[0].mlp.up_proj.weight.flatten()[:64]
        assert len(weight.unique()) <= 16 < len(pristine.unique())


@pytest.mark.parametrize("method", METHODS)
def test_each_method_learns(make: Any, method: str, capsys: pytest.CaptureFixture[str]) -> None:
    trainer = make(method=method, learning_rate=1e-2 * max(1, METHODS[method].rate), epochs=6)
    trainer.train()
    losses = [entry["eval_wordings_loss"] for entry in trainer.state.log_history if "eval_wordings_loss" in entry]
    assert min(losses) < losses[0] - 0.02
    assert trainer.state.best_metric == min(losses[1:])
    assert "held-out loss: wordings" in capsys.readouterr().out


def test_the_sets_that_decide_count_by_their_tokens(make: Any, rows: Rows) -> None:
    trainer = make(deciding=("wordings", "unseen"))
    assert trainer.evaluate()["eval_deciding"] == pytest.approx(plain_loss(trainer.model, rows), rel=1e-4)
    first = make().evaluate()
    assert first["eval_deciding"] == first["eval_wordings_loss"] != first["eval_unseen_loss"]


@pytest.mark.parametrize("once", [True, False])
def test_gradients_are_the_same_after_an_evaluation(make: Any, rows: Rows, once: bool) -> None:
    trainer = make(dequantize_once=once)
    batch = trainer.data_collator(rows)
    for name, parameter in trainer.model.named_parameters():
        if "lora_B" in name:
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


def test_neftune_noise_has_the_size_of_each_rows_own_length(make: Any, rows: Rows) -> None:
    """Uniform in ±alpha / sqrt(length × hidden size), Jain et al. 2023; packed rows do not share one length."""
    trainer = make(neftune=5.0)
    embedding = trainer.model.get_base_model().get_input_embeddings()
    batch = trainer.data_collator(rows)
    ids, lengths = batch["input_ids"], batch["cu_seq_lens_q"].diff().tolist()
    trainer._row_lengths = batch["cu_seq_lens_q"].diff()
    embedding.train()
    noise = (embedding(ids) - torch.nn.functional.embedding(ids, embedding.weight))[0]
    for part, length in zip(noise.split(lengths), lengths, strict=True):
        bound = 5.0 / (length * part.shape[1]) ** 0.5
        assert 0.9 * bound < part.abs().max() <= bound * 1.001
    embedding.eval()
    assert torch.equal(embedding(ids), torch.nn.functional.embedding(ids, embedding.weight))


def test_two_runs_with_one_seed_give_the_same_adapter(make: Any) -> None:
    def trained() -> dict[str, torch.Tensor]:
        trainer = make(dropout=0.1, neftune=5.0)
        trainer.train()
        return {name: p.detach().clone() for name, p in trainer.model.named_parameters() if p.requires_grad}

    one, other = trained(), trained()
    assert all(torch.equal(parameter, other[name]) for name, parameter in one.items())


def test_rows_that_do_not_stay_apart_are_padded_and_it_is_said(
    make: Any, rows: Rows, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(attention, "leak", lambda model, rows: 0.31)
    trainer = make()
    assert not trainer.args.padding_free
    assert "packing is off: rows in one sequence change each other's logits by 31.0%" in capsys.readouterr().out
    assert held_out_loss(trainer, rows) == pytest.approx(plain_loss(trainer.model, rows), rel=1e-4)


def test_a_diverging_training_ends_in_one_line(make: Any) -> None:
    trainer = make(learning_rate=1e30, epochs=20)
    trainer.args.max_grad_norm = 0
    with pytest.raises(UserError, match=r"^step \d+: the loss is (nan|inf), training diverged; lower train.learning_rate 1e\+30"):
        trainer.train()


def test_early_stopping_ends_a_training_that_gets_worse(
    tiny_llama3: Path, tokenizer: Any, rows: Rows, settings: TrainConfig, tmp_path: Path
) -> None:
    held_out = token_rows(tokenizer, [conversation("a", "ZQX JKW VVV 93")], 256)
    changed = settings.model_copy(update={"epochs": 80, "batch_size": 6, "learning_rate": 5e-2, "evaluations": 40, "rank": 16})
    trainer, _ = build(load(tiny_llama3, changed, torch.float32), tokenizer, rows, {"wordings": held_out}, changed, tmp_path)
    trainer.train()
    assert trainer.state.global_step < trainer.state.max_steps


def test_of_losses_that_tie_the_latest_is_kept(make: Any) -> None:
    """But not one a little worse after another: the lowest counts, not the one before."""
    trainer, best = make(), []
    for step, loss in enumerate((1.0, 0.5, 0.505, 0.509, 0.515, 0.6, 0.49, 0.51), start=1):
        trainer.state.global_step = step
        trainer.state.log_history.append({"eval_deciding": loss, "step": step})
        trainer._determine_best_metric({"eval_deciding": loss}, None)
        best.append(trainer.state.best_global_step)
    assert best == [1, 2, 3, 4, 4, 4, 7, 7]


@pytest.mark.parametrize(("setting", "dtype"), [("bf16", torch.bfloat16), ("fp32", torch.float32)])
def test_a_set_precision_is_obeyed(setting: str, dtype: torch.dtype) -> None:
    assert precision.choose(setting) == (dtype, "set in the config")


@pytest.mark.parametrize(("bf16_seconds", "dtype"), [(0.5, torch.bfloat16), (0.9, torch.float32), (2.0, torch.float32)])
def test_auto_takes_bf16_only_where_it_is_clearly_faster(monkeypatch: pytest.MonkeyPatch, bf16_seconds: float, dtype: torch.dtype) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(precision, "_probe", lambda kind: 1.0 if kind is torch.float32 else bf16_seconds)
    assert precision.choose("auto")[0] is dtype


@pytest.mark.parametrize(("supported", "dtype"), [(True, torch.bfloat16), (False, torch.float32)])
def test_auto_takes_bf16_on_a_gpu_that_has_it(monkeypatch: pytest.MonkeyPatch, supported: bool, dtype: torch.dtype) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: supported and not including_emulation)
    assert precision.choose("auto")[0] is dtype
    assert [precision.autocasts(method, dtype) for method in ("qlora", "full")] == [supported, supported]
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert [precision.autocasts(method, dtype) for method in ("qlora", "full")] == [False, supported]


def test_the_probe_measures(monkeypatch: pytest.MonkeyPatch) -> None:
    assert precision._probe(torch.float32) > 0
