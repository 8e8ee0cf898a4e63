"""Machines that are not here, as facts."""

from dataclasses import replace

import pytest

from frontdesk.models.gpu import GIB, Gpus, read_gpus
from tests.frontdesk.models.outputs import Output
from train.doctor.machine import Machine, Place

LAPTOP = Machine(
    system="Linux x86_64",
    python="3.11.9",
    cpu="AMD EPYC 9R14",
    cores=2,
    bf16=True,
    memory=24 * GIB,
    free=20 * GIB,
    gpus=Gpus(),
    engine="cpu",
    cuda=None,
    versions={"torch": "2.13.0+cpu"},
    differing=(),
    pinned=240,
    compiler=True,
    token=False,
    for_tests=(),
    places=(Place("runs/", 1, 100 * GIB), Place("the hub's cache", 1, 100 * GIB)),
)


def server(monkeypatch: pytest.MonkeyPatch, output: Output, cuda: str = "13.0") -> Machine:
    """A machine with the packages for a GPU, whose `nvidia-smi` says this."""
    output.stand_in(monkeypatch)
    return replace(LAPTOP, gpus=read_gpus(), engine="gpu", cuda=cuda, versions={"torch": "2.13.0"})
