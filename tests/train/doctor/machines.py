"""Machines that are not here, as facts."""

from dataclasses import replace

import pytest

from frontdesk.models.gpu import Gpus, read_gpus
from tests.frontdesk.models.outputs import NEW, Output, Said
from train.doctor.machine import Machine, Place

GIB = 2**30
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
    compiler=True,
    token=False,
    places=(Place("runs/", 1, 100 * GIB), Place("the hub's cache", 1, 100 * GIB)),
)


def server(monkeypatch: pytest.MonkeyPatch, rows: str, plain: Said = NEW, cuda: str = "13.0") -> Machine:
    """A machine with the packages for a GPU and with these GPUs."""
    Output(plain, (0, rows)).stand_in(monkeypatch)
    return replace(LAPTOP, gpus=read_gpus(), engine="gpu", cuda=cuda, versions={"torch": "2.13.0"})
