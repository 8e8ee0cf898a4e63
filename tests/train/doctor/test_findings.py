"""A line for each fact, and after a problem what mends it."""

from dataclasses import replace

import pytest

from frontdesk.models.gpu import INSTALL, Gpus, read_gpus
from tests.frontdesk.models.outputs import GB10, GTX_1080, H100S, NEW, NO_DEVICE, RTX_4090, T4, Said, header
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
        "ok    packages: extra cpu, torch 2.13.0+cpu; all versions are those of configs/constraints-cpu.txt",
    ]
    old = replace(LAPTOP, bf16=False)
    assert "ok    CPU: AMD EPYC 9R14, 2 cores, no bf16" in map(str, machine_findings(old))


def test_packages_for_a_gpu_need_one() -> None:
    assert of_gpus(replace(LAPTOP, engine="gpu")) == ["fail  GPU: none → rm -r .venv && make setup EXTRA=cpu"]


@pytest.mark.parametrize(
    ("rows", "lines"),
    [
        (
            H100S + T4,
            [
                "ok    GPU 0: NVIDIA H100 80GB HBM3, 79.2 GiB free of 79.6 GiB, compute capability 9.0, bf16",
                "ok    GPU 1: NVIDIA H100 80GB HBM3, 11.7 GiB free of 79.6 GiB, compute capability 9.0, bf16",
                "ok    GPU 2: Tesla T4, 14.6 GiB free of 15.0 GiB, compute capability 7.5, no bf16",
            ],
        ),
        (GB10, ["ok    GPU 0: NVIDIA GB10, the machine's memory, compute capability 12.1, bf16"]),
        (
            RTX_4090.replace("[N/A]", "Enabled"),
            [
                "ok    GPU 0: NVIDIA GeForce RTX 4090, 23.5 GiB free of 24.0 GiB, compute capability 8.9, "
                "divided by MIG: an instance has less, bf16"
            ],
        ),
        (
            GTX_1080 * 2,
            [
                f"{mark}  GPU {number}: NVIDIA GeForce GTX 1080, 7.8 GiB free of 8.0 GiB, compute capability 6.1: too old; "
                "torch and vLLM need 7.5 → rm -r .venv && make setup EXTRA=cpu"
                for number, mark in enumerate(("fail", "note"))
            ],
        ),
    ],
)
def test_a_line_for_each_gpu(monkeypatch: pytest.MonkeyPatch, rows: str, lines: list[str]) -> None:
    machine = server(monkeypatch, rows)
    assert of_gpus(machine) == ["ok    driver: 580.95.05, CUDA 13.0; torch is built for CUDA 13.0", *lines]


def test_a_gpu_that_the_packages_do_not_use_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    first, _, last = of_gpus(replace(server(monkeypatch, RTX_4090), engine="cpu", cuda=None))
    assert first == "ok    driver: 580.95.05, CUDA 13.0; torch is built for a CPU"
    assert last == "note  GPU: not used: the packages are those for a CPU → rm -r .venv && make setup EXTRA=gpu"


@pytest.mark.parametrize(
    ("said", "cuda", "version", "needed"),
    [
        (header("550.163.01", "12.4"), "13.0", "550.163.01, CUDA 12.4", "driver 580 or newer"),
        (header("470.57.02", "11.4"), "12.8", "470.57.02, CUDA 11.4", "driver 525 or newer"),
        (NEW, "14.1", "580.95.05, CUDA 13.0", "a newer driver"),
    ],
)
def test_a_driver_that_is_too_old_is_one_line_with_the_one_that_is_needed(
    monkeypatch: pytest.MonkeyPatch, said: Said, cuda: str, version: str, needed: str
) -> None:
    line = f"{version}: too old; torch is built for CUDA {cuda}, which needs {needed} → {INSTALL}"
    assert of_gpus(server(monkeypatch, RTX_4090, said, cuda))[0] == f"fail  driver: {line}"


def test_a_gpu_that_cannot_be_used_stops_only_who_needs_one(monkeypatch: pytest.MonkeyPatch) -> None:
    NO_DEVICE.stand_in(monkeypatch)
    gpus = read_gpus()
    (needed,), (unused,) = gpu_findings(gpus, "13.0", "gpu"), gpu_findings(gpus, None, "cpu")
    assert needed == Finding("fail", "GPU", "No devices were found", gpus.mend) and unused == needed._replace(mark="note")
    absent = Gpus(problem="the machine has one of NVIDIA's, but no driver", mend=INSTALL)
    assert [str(one) for one in gpu_findings(absent, None, "cpu")] == [f"note  GPU: {absent.problem} → {INSTALL}"]


def test_versions_that_differ_from_the_constraints_are_named() -> None:
    wrong = ("peft 0.20.0 (0.21.2)", "trl 1.0 (1.16.0)", "torch 2.12.0 (2.13.0)", "yarl 1 (2)")
    assert packages(replace(LAPTOP, differing=wrong)) == Finding(
        "note",
        "packages",
        "extra cpu, torch 2.13.0+cpu; 4 not of the version in configs/constraints-cpu.txt: "
        "peft 0.20.0 (0.21.2), trl 1.0 (1.16.0), torch 2.12.0 (2.13.0), …",
        "rm .venv/.ready-* && make setup EXTRA=cpu",
    )
    assert str(packages(replace(LAPTOP, engine=None))) == "fail  packages: no vllm: neither extra, cpu or gpu, is installed → make setup"


def test_a_torch_for_cpus_beside_an_engine_for_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    mixed = replace(server(monkeypatch, RTX_4090), cuda=None)
    line = "fail  packages: extra gpu, and a torch that is built for a CPU → rm -r .venv && make setup EXTRA=gpu"
    assert line in map(str, machine_findings(mixed))
