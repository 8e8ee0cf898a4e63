"""Whether the base fits, and where it is loaded."""

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
import torch

from frontdesk.config.schema import TrainConfig
from frontdesk.errors import UserError
from train.memory import dequantizes
from train.trainer import base_model, processes


def test_too_little_disk_is_refused_before_loading(tiny_llama3: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base_model.check_disk(tiny_llama3, tmp_path, TrainConfig())
    monkeypatch.setattr(base_model, "weight_bytes", lambda folder: 2**50)
    with pytest.raises(UserError, match=r"need about .* GiB of disk, .* GiB are free"):
        base_model.check_disk(tiny_llama3, tmp_path, TrainConfig())


def test_full_tuning_needs_room_for_its_checkpoints(tiny_llama3: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=20 * 2**30))
    monkeypatch.setattr(base_model, "weight_bytes", lambda folder: 2**32)
    base_model.check_disk(tiny_llama3, tmp_path, TrainConfig())
    with pytest.raises(UserError, match="GiB of disk"):
        base_model.check_disk(tiny_llama3, tmp_path, TrainConfig(method="full"))


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read of a machine whose third GPU is this process's, with 20 of 24 GiB free."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (20 * 2**30, 24 * 2**30))
    monkeypatch.setattr(processes, "state", lambda: SimpleNamespace(local_process_index=2))


@pytest.mark.usefixtures("gpu")
def test_free_is_what_the_gpu_has_unless_its_part_is_not_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    assert base_model.free_memory() == 20 * 2**30
    monkeypatch.setattr(processes, "sharded", lambda: True)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=7))
    assert base_model.free_memory() == 7


@pytest.mark.usefixtures("gpu")
def test_a_model_is_loaded_to_this_processs_gpu(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """But to the machine's memory where it will be sharded, unless it is quantized, weight by weight, on the way."""
    asked: list[dict[str, Any]] = []

    def from_pretrained(folder: Path, **options: Any) -> torch.nn.Module:
        asked.append(options)
        return torch.nn.Module()

    monkeypatch.setattr(base_model.AutoModelForCausalLM, "from_pretrained", from_pretrained)
    for sharded in ("false", "true"):
        monkeypatch.setenv("ACCELERATE_USE_FSDP", sharded)
        base_model.load_plain(tmp_path, torch.bfloat16)
        base_model.load_quantized(tmp_path, 4, torch.bfloat16)
    assert [options.get("device_map") for options in asked] == [{"": 2}, {"": 2}, None, {"": 2}]
    assert all(options["attn_implementation"] == "sdpa" and options["dtype"] == torch.bfloat16 for options in asked)
    one, shard = asked[1]["quantization_config"], asked[3]["quantization_config"]
    assert (one.bnb_4bit_quant_storage, shard.bnb_4bit_quant_storage) == (torch.uint8, torch.bfloat16)
    assert (one.load_in_4bit, one.bnb_4bit_quant_type, one.bnb_4bit_use_double_quant) == (True, "nf4", True)


@pytest.mark.usefixtures("gpu")
def test_on_a_gpu_a_quantized_base_stays_so() -> None:
    assert not dequantizes(TrainConfig(), 1, torch.cuda.is_available(), base_model.free_memory())
    assert dequantizes(TrainConfig(dequantize_once=True), 2**40, torch.cuda.is_available(), base_model.free_memory())


def test_after_a_sharded_training_the_merge_sees_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose memory the merged model would not fit into; nor does it know of a launcher."""
    become: list[tuple[list[str], dict[str, str]]] = []
    monkeypatch.setattr(processes, "state", lambda: SimpleNamespace(destroy_process_group=lambda: None))
    monkeypatch.setattr(processes.os, "execve", lambda _, words, environment: become.append((words, environment)))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    for sharded in ("false", "true"):
        monkeypatch.setenv("ACCELERATE_USE_FSDP", sharded)
        processes.go_on_alone(["-m", "train"])
    assert [environment["CUDA_VISIBLE_DEVICES"] for _, environment in become] == ["0,1", ""]
    assert all(words[1:] == ["-m", "train"] and "WORLD_SIZE" not in environment for words, environment in become)
