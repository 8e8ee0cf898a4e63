"""A line for each fact, and after a problem what mends it."""

from dataclasses import replace

import pytest

from frontdesk.models.gpu import Gpus
from tests.frontdesk.models import outputs
from tests.frontdesk.models.outputs import Output
from tests.train.doctor.machines import LAPTOP, server
from train.doctor.findings import Finding, gpu_findings, machine_findings, packages
from train.doctor.machine import Machine


def of_gpus(machine: Machine) -> list[str]:
    return [str(one) for one in gpu_findings(machine.gpus, machine.cuda, machine.engine)]


def test_a_machine_without_a_gpu_is_all_right_with_the_packages_for_a_cpu() -> None:
    assert [str(one) for one in machine_findings(LAPTOP)] == [
        "ok    system: Linux x86_64, Python 3.11.9",
        "ok    CPU: AMD EPYC 9R14, 2 cores, bf16",
        "ok    memory: 20.0 GiB free of 24.0 GiB",
        "note  GPU: none",
        "ok    packages: extra cpu, torch 2.13.0+cpu; 240 versions are those of configs/constraints-cpu.txt",
    ]
    old = replace(LAPTOP, bf16=False)
    assert "ok    CPU: AMD EPYC 9R14, 2 cores, no bf16" in map(str, machine_findings(old))


def test_packages_for_a_gpu_need_one() -> None:
    assert of_gpus(replace(LAPTOP, engine="gpu")) == ["fail  GPU: none → rm -r .venv && make setup EXTRA=cpu"]


def test_several_gpus_and_the_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    assert of_gpus(server(monkeypatch, outputs.SEVERAL)) == [
        "ok    driver: 580.95.05, CUDA 13.0; torch is built for CUDA 13.0",
        "ok    GPU 0: NVIDIA H100 80GB HBM3, 79.2 GiB free of 79.6 GiB, compute capability 9.0, bf16",
        "ok    GPU 1: NVIDIA H100 80GB HBM3, 11.7 GiB free of 79.6 GiB, compute capability 9.0, bf16",
        "ok    GPU 2: Tesla T4, 14.6 GiB free of 15.0 GiB, compute capability 7.5, no bf16",
    ]


def test_a_gpu_that_the_packages_do_not_use_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = replace(server(monkeypatch, outputs.ONE), engine="cpu", cuda=None)
    assert of_gpus(machine) == [
        "ok    driver: 580.95.05, CUDA 13.0; torch is built for a CPU",
        "ok    GPU 0: NVIDIA GeForce RTX 4090, 23.5 GiB free of 24.0 GiB, compute capability 8.9, bf16",
        "note  GPU: not used: the packages are those for a CPU → rm -r .venv && make setup EXTRA=gpu",
    ]


INSTALL = "install NVIDIA's newest driver (on Ubuntu: sudo ubuntu-drivers install), then: sudo reboot"


@pytest.mark.parametrize(
    ("output", "cuda", "version", "needed"),
    [
        (outputs.OLD, "13.0", "550.163.01, CUDA 12.4", "driver 580 or newer"),
        (outputs.VERY_OLD, "12.8", "470.57.02, CUDA 11.4", "driver 525 or newer"),
        (outputs.ONE, "14.1", "580.95.05, CUDA 13.0", "a newer driver"),
    ],
)
def test_a_driver_that_is_too_old_is_one_line_with_the_one_that_is_needed(
    monkeypatch: pytest.MonkeyPatch, output: Output, cuda: str, version: str, needed: str
) -> None:
    line = f"{version}: too old; torch is built for CUDA {cuda}, which needs {needed} → {INSTALL}"
    assert of_gpus(server(monkeypatch, output, cuda))[0] == f"fail  driver: {line}"


def test_within_a_major_version_of_cuda_an_older_driver_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    assert of_gpus(server(monkeypatch, outputs.OLD, "12.8"))[0] == "ok    driver: 550.163.01, CUDA 12.4; torch is built for CUDA 12.8"
    assert of_gpus(server(monkeypatch, outputs.NO_CUDA))[0] == "ok    driver: 580.95.05, CUDA unknown; torch is built for CUDA 13.0"


@pytest.mark.parametrize("output", [outputs.MISMATCH, outputs.NOT_LOADED, outputs.NO_DEVICE, outputs.UNKNOWN, outputs.UNDIVIDED])
def test_a_gpu_that_cannot_be_used_stops_only_who_needs_one(monkeypatch: pytest.MonkeyPatch, output: Output) -> None:
    machine = server(monkeypatch, output)
    *_, needed = gpu_findings(machine.gpus, "13.0", "gpu")
    *_, unused = gpu_findings(machine.gpus, None, "cpu")
    assert needed == Finding("fail", "GPU", machine.gpus.problem or "", machine.gpus.mend)
    assert unused == needed._replace(mark="note")


def test_a_card_without_a_driver_is_one_line() -> None:
    gpus = Gpus(problem="the machine has one of NVIDIA's, but no driver", mend=INSTALL)
    assert [str(one) for one in gpu_findings(gpus, None, "cpu")] == [f"note  GPU: {gpus.problem} → {INSTALL}"]


def test_a_gpu_that_torch_has_no_kernels_for(monkeypatch: pytest.MonkeyPatch) -> None:
    line = "NVIDIA GeForce GTX 1080, 7.8 GiB free of 8.0 GiB, compute capability 6.1: too old; torch and vLLM need 7.5"
    assert of_gpus(server(monkeypatch, outputs.PASCAL))[1] == f"fail  GPU 0: {line} → rm -r .venv && make setup EXTRA=cpu"
    beside = outputs.ONE._replace(query=(0, outputs.ONE.query[1] + outputs.PASCAL.query[1]))
    assert of_gpus(server(monkeypatch, beside))[2].startswith("note  GPU 1: NVIDIA GeForce GTX 1080")


def test_a_gpu_may_share_the_machines_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (
        of_gpus(server(monkeypatch, outputs.SHARED))[1] == "ok    GPU 0: NVIDIA GB10, the machine's memory, compute capability 12.1, bf16"
    )


def test_versions_that_differ_from_the_constraints_are_named() -> None:
    wrong = ("peft 0.20.0 (0.21.2)", "trl 1.0 (1.16.0)", "torch 2.12.0 (2.13.0)", "yarl 1 (2)")
    assert packages(replace(LAPTOP, differing=wrong)) == Finding(
        "note",
        "packages",
        "extra cpu, torch 2.13.0+cpu; 4 of 240 versions are not those of configs/constraints-cpu.txt: "
        "peft 0.20.0 (0.21.2), trl 1.0 (1.16.0), torch 2.12.0 (2.13.0), …",
        "rm -r .venv && make setup EXTRA=cpu",
    )
    assert str(packages(replace(LAPTOP, engine=None))) == "fail  packages: no vllm: neither extra, cpu or gpu, is installed → make setup"


def test_a_torch_for_cpus_beside_an_engine_for_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    mixed = replace(server(monkeypatch, outputs.ONE), cuda=None)
    line = "fail  packages: extra gpu, and a torch that is built for a CPU → rm -r .venv && make setup EXTRA=gpu"
    assert line in map(str, machine_findings(mixed))


def test_what_only_tests_need_does_not_stop_a_run() -> None:
    *_, tests = machine_findings(replace(LAPTOP, for_tests=("chromium", "npm")))
    assert str(tests) == "note  for tests: not here: chromium npm → sudo apt-get install chromium npm"
