"""One training on two machines, which are network namespaces of this one."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.stages import Stage, started
from tests.train.test_distributed import NAME, ROOT, assert_same, one, project
from train.trainer.checkpoints import is_whole

__all__ = ["one"]
SECOND_GROUP = 54321
"""Whose files are those that the second machine has written."""


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def launched(ip: str, port: int) -> tuple[str, ...]:
    return ("--config_file", str(ROOT / "configs/accelerate-hosts.yaml"), "--main_process_ip", ip, "--main_process_port", str(port))


class Machines(NamedTuple):
    """Two network namespaces with a cable between them, or "-" where none can be made: then two processes of this machine."""

    names: tuple[str, str]
    ip: str

    def start(self, rank: int, folder: Path, what: str, *words: str, **environment: str) -> AbstractContextManager[Stage]:
        group = str(SECOND_GROUP if rank else os.getegid())
        more = {"PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"} | environment
        return started(folder, "tests.train.host", self.names[rank], group, what, *words, **more)

    def pull_the_cable(self) -> None:
        ip("-n", self.names[1], "link", "set", "cable", "down")


def ip(*words: str) -> bool:
    return subprocess.run(["ip", *words], capture_output=True, check=False).returncode == 0


@pytest.fixture
def machines() -> Iterator[Machines]:
    names = (f"fd{os.getpid()}a", f"fd{os.getpid()}b")
    made = bool(shutil.which("ip")) and all(ip("netns", "add", name) for name in names)
    made = made and ip("link", "add", "cable", "netns", names[0], "type", "veth", "peer", "name", "cable", "netns", names[1])
    try:
        if not made:
            yield Machines(("-", "-"), "127.0.0.1")
            return
        for number, name in enumerate(names, 1):
            assert ip("-n", name, "addr", "add", f"10.77.0.{number}/24", "dev", "cable")
            assert ip("-n", name, "link", "set", "cable", "up")
            assert ip("-n", name, "link", "set", "lo", "up")
        yield Machines(names, "10.77.0.1")
    finally:
        for name in names:
            ip("netns", "del", name)


def written_by_the_second(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.stat().st_gid == SECOND_GROUP}


@pytest.mark.slow
def test_a_machine_dies_and_the_same_command_ends_as_one_process_does(
    one: Path, tmp_path: Path, tiny_llama3: Path, machines: Machines, port: int
) -> None:
    folder = project(tmp_path / "two", tiny_llama3)
    common = ("hosts", *launched(machines.ip, port), "--machine_rank")
    dying = ("-m", "tests.train.stopped", "saved", "SIGKILL", f"{NAME}.yaml")
    with (
        machines.start(0, folder, *common, "0", "-m", "train", f"{NAME}.yaml") as first,
        machines.start(1, folder, *common, "1", *dying, STOPPED_RANK="1") as second,
    ):
        assert second.wait().returncode == 1
        result = first.wait()
    assert result.returncode == 2, result.stderr
    [line] = [line for line in result.stderr.splitlines() if line.startswith("error:")]
    assert "error: process 0 has lost the others (" in line
    assert "Traceback" not in result.stderr
    checkpoints = list((folder / f"runs/{NAME}/checkpoints").glob("checkpoint-*"))
    assert any(map(is_whole, checkpoints))
    assert "alone:" not in result.stdout
    if machines.names[0] != "-":
        assert written_by_the_second(folder) <= {"rng_state_1.pth", *(path.name for path in checkpoints)}
    train = ("-m", "train", f"{NAME}.yaml")
    with machines.start(0, folder, *common, "0", *train) as first, machines.start(1, folder, *common, "1", *train) as second:
        assert second.wait().returncode == 0, second.stderr
        result = first.wait()
    assert result.returncode == 0, result.stderr
    assert "resuming from" in result.stdout
    assert f"alone: -m train {NAME}.yaml" in result.stdout
    assert_same(one, folder, 1e-5)
    if machines.names[0] != "-":
        assert not written_by_the_second(folder)


@pytest.mark.slow
def test_a_machine_that_loses_its_network_is_given_up(tmp_path: Path, machines: Machines, port: int) -> None:
    if machines.names[0] == "-":
        pytest.skip("no network namespace can be made here (it takes root and `ip`), so there is no cable to pull")
    place = {"WORLD_SIZE": "2", "LOCAL_RANK": "0", "MASTER_ADDR": machines.ip, "MASTER_PORT": str(port), "GLOO_SOCKET_IFNAME": "cable"}
    with (
        machines.start(0, tmp_path, "silent", RANK="0", **place) as first,
        machines.start(1, tmp_path, "silent", RANK="1", **place) as second,
    ):
        for stage in (first, second):
            stage.wait_for(lambda stage=stage: "met" in stage.stdout)
        machines.pull_the_cable()
        (tmp_path / "cut").touch()
        results = [first.wait(), second.wait()]
    for rank, result in enumerate(results):
        assert result.returncode == 2, result.stderr
        assert f"error: process {rank} has lost the others (" in result.stderr
        assert "Traceback" not in result.stderr
