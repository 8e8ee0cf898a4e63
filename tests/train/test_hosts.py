"""One training on two machines, which are network namespaces of this one, and what is told where they do not fit together."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple

import pytest
from accelerate.commands.launch import launch_command_parser

from frontdesk.errors import UserError
from tests.stages import Stage, started
from tests.train.test_distributed import NAME, ROOT, assert_same, one, project
from train.hosts import Host, meet, this_host, use_interface
from train.trainer import processes
from train.trainer.checkpoints import is_whole

__all__ = ["one"]
FACTS = {"frontdesk": "1.0", "torch": "2.13", "config": "c0ffee", "data": "da7a"}
SECOND_GROUP = 54321
"""Whose files are those that the second machine has written."""


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def host(port: int, rank: int, machines: int = 2, **changes: float) -> Host:
    return Host(rank, machines, machines, "127.0.0.1", port, 60)._replace(**changes)  # type: ignore[arg-type]


def met(folder: Path, *hosts: Host, other: dict[str, str] | None = None, elsewhere: Path | None = None) -> list[str]:
    """What each machine says; the last one knows `other` facts, or has a folder `elsewhere`."""

    def go(one: Host) -> str:
        changed = one is hosts[-1]
        try:
            meet(one, elsewhere if changed and elsewhere else folder, FACTS | (other or {} if changed else {}))
        except UserError as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(len(hosts)) as pool:
        return list(pool.map(go, hosts))


def test_machines_that_agree_go_on_and_the_port_is_free(tmp_path: Path, port: int) -> None:
    assert met(tmp_path, *(host(port, rank, 3) for rank in range(3))) == ["", "", ""]
    socket.create_server(("127.0.0.1", port)).close()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("fact", FACTS)
def test_what_differs_is_one_line_on_both_machines(fact: str, tmp_path: Path, port: int) -> None:
    lines = met(tmp_path, host(port, 0), host(port, 1), other={fact: "other"})
    assert lines[0] == lines[1]
    assert (
        f"machine 1 ({socket.gethostname()}) has other, machine 0 ({socket.gethostname()}) has {FACTS[fact]}; expected the same" in lines[0]
    )
    assert fact in lines[0]


@pytest.mark.parametrize("changes", [{"machines": 3}, {"processes": 4}, {"machines": 3, "rank": 2}], ids=str)
def test_other_numbers_are_one_line_on_both_machines(changes: dict[str, int], tmp_path: Path, port: int) -> None:
    lines = met(tmp_path, host(port, 0), host(port, 1, **changes))
    assert lines[0] == lines[1]
    assert lines[0].startswith(
        "--num_machines: machine" if "machines" in changes else "--num_processes, which counts those of all machines: "
    )


def test_one_rank_twice_is_one_line_on_all_machines(tmp_path: Path, port: int) -> None:
    lines = met(tmp_path, host(port, 0, 3), host(port, 1, 3), host(port, 1, 3))
    assert len(set(lines)) == 1
    assert "both have 1; expected 0 to 2, one each" in lines[0]


def test_a_folder_that_is_not_shared_is_one_line_on_both_machines(tmp_path: Path, port: int) -> None:
    (tmp_path / "own").mkdir()
    lines = met(tmp_path, host(port, 0), host(port, 1), other={"data": "none"}, elsewhere=tmp_path / "own")
    assert lines[0] == lines[1]
    assert "machine 1" in lines[0]
    assert "does not see the files of machine 0 in it; expected one shared folder" in lines[0]


def test_who_has_not_come_is_told_to_those_who_have(tmp_path: Path, port: int) -> None:
    lines = met(tmp_path, host(port, 0, 3, patience=0.5), host(port, 2, 3))
    assert lines[0] == lines[1]
    assert f"machine 1 of 3 has not come to 127.0.0.1:{port} within 0 s; start it" in lines[0]


def test_where_nobody_answers_it_says_so(tmp_path: Path, port: int) -> None:
    [line] = met(tmp_path, host(port, 1, patience=0.5))
    assert f"127.0.0.1:{port}: nobody answered within 0 s; expected machine 0 there; start machine 0, open the port" in line


def test_a_port_in_use_or_another_machines_address_is_one_line(tmp_path: Path, port: int) -> None:
    with socket.create_server(("127.0.0.1", port)):
        assert f"--main_process_port: {port} is in use on this machine" in met(tmp_path, host(port, 0))[0]
    assert "expected an address of this machine, as it has --machine_rank 0" in met(tmp_path, host(port, 0)._replace(ip="192.0.2.1"))[0]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("--machine_rank", "2"), "--machine_rank: found 2; expected 0 to 1, one each"),
        (("--machine_rank", "-1"), "--machine_rank: found -1; expected 0 to 1"),
        ((), "--machine_rank: not given"),
        (("--machine_rank", "1", "--num_processes", "3"), "--num_processes: found 3; expected a multiple of --num_machines 2"),
    ],
)
def test_a_wrong_place_is_one_line(words: Sequence[str], line: str) -> None:
    with pytest.raises(UserError, match=line):
        this_host(launch_command_parser().parse_args([*launched("10.0.0.1", 29500), *words, "train", "a.yaml"]))


def test_the_place_is_that_of_accelerates_options() -> None:
    words = [*launched("10.0.0.1", 4711), "--machine_rank", "1", "--rdzv_conf", "timeout=30", "-m", "train", "a.yaml"]
    assert this_host(launch_command_parser().parse_args(words)) == Host(1, 2, 2, "10.0.0.1", 4711, 30)


def test_the_network_is_the_one_that_leads_to_machine_0(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    for variable in ("GLOO_SOCKET_IFNAME", "NCCL_SOCKET_IFNAME"):
        monkeypatch.setenv(variable, "")
        monkeypatch.delenv(variable)
    use_interface(host(port, 1))
    assert os.environ["GLOO_SOCKET_IFNAME"] == os.environ["NCCL_SOCKET_IFNAME"] == "lo"
    with pytest.raises(UserError, match=r"--main_process_ip: no way leads to nowhere\.invalid"):
        use_interface(host(port, 1)._replace(ip="nowhere.invalid"))


def test_a_defect_of_ours_is_not_taken_for_a_lost_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(RuntimeError, match="ours"), processes.loss_in_one_line():
        raise RuntimeError("ours")


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
