"""The predictor against what torch keeps, tensor by tensor, and against published figures."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from frontdesk.config.schema import TrainConfig
from frontdesk.errors import UserError
from train import memory
from train.memory import GIB, METHODS, Batch, Method, Setup, flops, predict
from train.shapes import PRESETS, Shape

SMALL = Shape(layers=2, hidden=72, intermediate=160, heads=6, kv_heads=2, head_dim=16, vocabulary=300, tied=True)
"""Sizes that differ from one another, so that none can stand in for another by mistake."""


def kept(layers: int, setup: Setup, rows: int, length: int) -> int:
    """Bytes that autograd keeps of one forward pass through a model of SMALL's layers, parameters aside."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    from train.methods import with_trainable
    from train.trainer.fast import attention, lora

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=SMALL.vocabulary,
        hidden_size=SMALL.hidden,
        intermediate_size=SMALL.intermediate,
        num_hidden_layers=layers,
        num_attention_heads=SMALL.heads,
        num_key_value_heads=SMALL.kv_heads,
        head_dim=SMALL.head_dim,
        tie_word_embeddings=True,
        attn_implementation=attention.NAME if setup.packed else "sdpa",
    )
    bare = LlamaForCausalLM(config).to(torch.float32 if setup.compute == 4 or setup.method == "full" else torch.bfloat16)
    settings = TrainConfig(
        method=setup.method, rank=setup.rank, dropout=0.1 * setup.dropout, virtual_tokens=setup.virtual_tokens, batch_size=rows
    )
    model = with_trainable(bare, settings)
    if not setup.gpu:
        lora.fuse(model)
    model.train()
    if setup.method != "prefix":
        bare.enable_input_require_grads()  # else the first layer, which nothing trained precedes, keeps less than the others
    if setup.checkpointing:
        bare.gradient_checkpointing_enable({"use_reentrant": False})
    own = {tensor.untyped_storage().data_ptr() for tensor in [*model.parameters(), *model.buffers()]}
    storages: dict[int, Any] = {}

    def keep(tensor: Any) -> Any:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            storages[storage.data_ptr()] = tensor  # held, so that no address is used twice
        return tensor

    if setup.packed:
        borders = torch.arange(0, rows * length + 1, length, dtype=torch.int32)
        inputs = {"position_ids": torch.arange(length).repeat(rows)[None], "cu_seq_lens_q": borders, "cu_seq_lens_k": borders}
        ids = torch.randint(0, SMALL.vocabulary, (1, rows * length))
    else:
        inputs = {"attention_mask": torch.ones(rows, length, dtype=torch.long).index_fill(1, torch.tensor([length - 1]), 0)}
        ids = torch.randint(0, SMALL.vocabulary, (rows, length))
    body = model if setup.method == "prefix" else bare.model  # the head, which PEFT's prefix cannot do without, is the same for any depth
    autocast = torch.autocast("cpu", torch.bfloat16, enabled=setup.autocast)
    with autocast, torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        body(input_ids=ids, use_cache=False, **inputs)
    return sum(tensor.untyped_storage().nbytes() for tensor in storages.values())


PATHS: list[tuple[Method, dict[str, Any]]] = [
    ("lora", {}),
    ("lora", {"packed": False}),
    ("full", {}),
    ("full", {"packed": False}),
    ("adapter", {}),
    ("prefix", {"packed": False, "virtual_tokens": 5}),
]


@pytest.mark.parametrize(
    ("method", "more", "compute", "gpu"),
    [(method, more, compute, gpu) for method, more in PATHS for compute, gpu in ((4, False), (2, False), (2, True))]
    + [("lora", {"dropout": True}, compute, False) for compute in (2, 4)],
)
def test_what_a_layer_keeps_is_what_torch_saves(method: Method, more: dict[str, Any], compute: int, gpu: bool) -> None:
    """A GPU's path runs here on the CPU under the same autocast; only its dropout has masks of another kind, and is left out."""
    setup = Setup(method, rank=4, compute=compute, gpu=gpu, **more)
    batch = Batch(tokens=3 * 20, supervised=0, span=20)
    a_layer = kept(3, setup, 3, 20) - kept(2, setup, 3, 20)
    assert memory.kept_by_layer(SMALL, setup, batch) == a_layer


@pytest.mark.parametrize(("method", "gpu"), [("lora", False), ("lora", True), ("full", True)])
def test_with_checkpointing_a_layer_keeps_its_input_only(method: Method, gpu: bool) -> None:
    setup = Setup(method, rank=4, checkpointing=True, compute=2, gpu=gpu)
    batch = Batch(tokens=3 * 20, supervised=0, span=20)
    deeper = replace(SMALL, layers=SMALL.layers + 1)
    a_layer = memory.activation_bytes(deeper, setup, batch) - memory.activation_bytes(SMALL, setup, batch)
    cached = memory.cast_bytes(SMALL, setup) if gpu else 0  # by autocast, not by autograd
    assert a_layer - cached == kept(3, setup, 3, 20) - kept(2, setup, 3, 20)


@pytest.mark.parametrize(
    ("name", "billions"), [("1B", 1.236), ("3B", 3.213), ("8B", 8.030), ("13B", 13.016), ("65B", 65.286), ("70B", 70.554)]
)
def test_presets_have_the_published_number_of_parameters(name: str, billions: float) -> None:
    assert PRESETS[name].parameters / 1e9 == pytest.approx(billions, abs=5e-4)


def test_published_peaks_are_met_within_a_fifth() -> None:
    """torchtune's table (Llama 3.1 8B, batch 2 of 2048) counts what torch allocates; QLoRA's figure (a row of 512, rank 64) all memory."""
    two_rows = Batch(tokens=2 * 2048, supervised=2 * 2048, span=2048)
    for method, gib in (("qlora", 7.4), ("lora", 16.2)):
        found = predict(PRESETS["8B"], Setup(method, rank=8, checkpointing=True), two_rows, overhead=0)
        assert found.total / GIB == pytest.approx(gib, rel=0.2)
    one_row = Batch(tokens=512, supervised=512, span=512)
    for name, gb in (("13B", 11.3), ("65B", 45.0)):
        found = predict(PRESETS[name], Setup("qlora", rank=64, checkpointing=True), one_row)
        assert found.total / 1e9 == pytest.approx(gb, rel=0.2)
    assert found.total < 48e9  # the abstract's claim: 65B on one GPU of 48 GB


def test_a_shape_is_read_from_a_config_and_a_wrong_one_is_told_of(embedded_model: Path) -> None:
    values = json.loads((embedded_model / "config.json").read_text())
    assert Shape.from_config(values).parameters == 134_515_008
    assert Shape.from_config({key: value for key, value in values.items() if key != "head_dim"}) == Shape.from_config(values)
    with pytest.raises(UserError, match=r"x\.json: found no number for hidden_size; expected"):
        Shape.from_config(values | {"hidden_size": None}, "x.json")
    with pytest.raises(UserError, match="found a mixture of experts"):
        Shape.from_config(values | {"num_local_experts": 8})


def test_the_predicted_adapter_has_the_size_of_the_real_one(tiny_llama3: Path) -> None:
    from transformers import AutoModelForCausalLM

    from train.methods import with_trainable

    shape = Shape.from_config(json.loads((tiny_llama3 / "config.json").read_text()))
    for method in METHODS:
        settings = TrainConfig(method=method, rank=4, virtual_tokens=3)
        model = with_trainable(AutoModelForCausalLM.from_pretrained(tiny_llama3), settings)
        trained = sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
        assert memory.trained_parameters(shape, Setup.from_config(settings, shape, gpu=False)) == trained, method


def test_nf4_takes_the_bytes_that_bitsandbytes_takes(tiny_llama3: Path) -> None:
    import torch

    from train.trainer.base_model import load_quantized

    model = load_quantized(tiny_llama3, 4, torch.bfloat16)
    shape = Shape.from_config(json.loads((tiny_llama3 / "config.json").read_text()))
    found = sum(tensor.untyped_storage().nbytes() for tensor in {t.untyped_storage().data_ptr(): t for t in model.parameters()}.values())
    for module in model.modules():
        if state := getattr(getattr(module, "weight", None), "quant_state", None):
            found += state.absmax.nbytes + state.state2.absmax.nbytes
    assert memory.weight_bytes(shape, Setup("qlora")) == pytest.approx(found, rel=1e-3)


def test_a_small_base_is_dequantized_once_on_a_cpu_with_room() -> None:
    dequantized = [
        Setup.from_config(TrainConfig(method=method, dequantize_once=once), PRESETS["1B"], gpu, 2, free).dequantized
        for method, once, gpu, free in (
            ("qlora", None, False, 8 * GIB),
            ("qlora", None, False, 6 * GIB),
            ("qlora", None, True, 80 * GIB),
            ("qlora", True, True, 0),
            ("qlora", False, False, 80 * GIB),
            ("lora", None, False, 80 * GIB),
        )
    ]
    assert dequantized == [True, False, False, True, False, False]


def test_the_largest_part_of_a_batch_is_found_from_the_rows() -> None:
    rows = [(100, 20)] * 50 + [(600, 100), (500, 300)]
    cpu = Batch.largest(rows, TrainConfig(batch_size=4, dropout=0), gpu=False)
    assert cpu == Batch(tokens=1024, supervised=300 + 3 * 20, span=600, passes=2)
    assert Batch.largest(rows, TrainConfig(batch_size=4), gpu=True).tokens == 600 + 500 + 2 * 100
    assert Batch.largest(rows, TrainConfig(batch_size=4, packing=False), gpu=True).tokens == 4 * 600
    assert Batch.largest([(2000, 7)], TrainConfig(batch_size=4), gpu=False) == Batch(tokens=2000, supervised=7, span=2000)
    assert Batch.largest(rows, TrainConfig(batch_size=4, gradient_accumulation_steps=3), gpu=True).passes == 3


def test_full_tuning_costs_six_operations_a_weight_and_token() -> None:
    few = flops(PRESETS["8B"], Setup("full"), tokens=1, supervised=1, length=1)
    assert few == pytest.approx(6 * 8.03e9, rel=0.07)  # but for the embedding, which is looked up
    assert flops(PRESETS["8B"], Setup("full", checkpointing=True), 1, 1, 1) == pytest.approx(few * 4 / 3, rel=1e-6)
    assert flops(PRESETS["8B"], Setup("qlora"), 1, 1, 1) == pytest.approx(few * 2 / 3, rel=0.03)


def test_changes_that_are_proposed_need_less() -> None:
    setup = Setup("full", compute=2)
    batch = Batch(tokens=8 * 1024, supervised=4096, span=1024)
    now = predict(PRESETS["8B"], setup, batch).total
    proposed = list(memory.cheaper(setup, batch))
    assert proposed[0][0] == "train.batch_size: 1 with 8 times the train.gradient_accumulation_steps"
    assert all(predict(PRESETS["8B"], other, part).total < now for _, other, part in proposed)
    assert proposed[-1][1].method == "qlora" and proposed[-1][1].checkpointing and proposed[-1][2].tokens == 1024
