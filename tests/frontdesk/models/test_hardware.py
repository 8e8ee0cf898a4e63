"""What the hardware says of itself."""

from pathlib import Path

import pytest
import torch

from frontdesk.models import hardware


def test_a_container_limit_counts(tmp_path: Path) -> None:
    (tmp_path / "memory.max").write_text("3000\n")
    (tmp_path / "memory.current").write_text("2500\n")
    (tmp_path / "memory.stat").write_text("anon 1500\ninactive_file 400\n")
    assert hardware.free_memory(tmp_path) == 900
    (tmp_path / "memory.max").write_text("max\n")
    assert hardware.free_memory(tmp_path) > 10_000_000


def test_a_processor_says_its_name_and_whether_it_multiplies_bf16(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware, "CPUINFO", tmp_path / "cpuinfo")
    assert hardware.processor() and not hardware.multiplies_bf16()  # a system that has no such file
    hardware.CPUINFO.write_text("model name\t: AMD EPYC 9R14\nflags\t\t: fpu avx2 avx512_bf16\n")
    assert (hardware.processor(), hardware.multiplies_bf16()) == ("AMD EPYC 9R14", True)
    hardware.CPUINFO.write_text("Features\t: fp asimd\n")
    assert not hardware.multiplies_bf16()


def test_the_hardware_in_words_ends_with_its_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    without = hardware.describe_hardware()
    assert without.endswith("GiB of memory") and f"{hardware.cores()} cores" in without
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda number: f"NVIDIA H100, number {number}")
    assert hardware.describe_hardware() == f"{without}, NVIDIA H100, number 0"
