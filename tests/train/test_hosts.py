"""Machines that meet before a training, and what is told where they do not fit together."""

import argparse
import os
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from frontdesk.errors import UserError
from train.hosts import Host, found, meet, this_host, use_interface
from train.trainer import processes

ROOT = Path(__file__).parents[2]
FACTS = {"frontdesk": "1.0", "torch": "2.13", "config": "c0ffee", "data": "da7a"}


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
    lines = met(tmp_path, host(port, 0), host(port, 1)._replace(**changes))  # type: ignore[arg-type]
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
    assert f"machine 1 of 3 has not come to 127.0.0.1:{port} within 0.5 s; start it" in lines[0]


def test_where_nobody_answers_it_says_so(tmp_path: Path, port: int) -> None:
    [line] = met(tmp_path, host(port, 1, patience=0.5))
    assert f"127.0.0.1:{port}: nobody answered within 0.5 s; expected machine 0 there; start machine 0, open the port" in line


def test_a_port_in_use_or_another_machines_address_is_one_line(tmp_path: Path, port: int) -> None:
    with socket.create_server(("127.0.0.1", port)):
        line = met(tmp_path, host(port, 0))[0]
        assert f"127.0.0.1:{port}: Address already in use; expected a free port at an address of this machine" in line
    line = met(tmp_path, host(port, 0)._replace(ip="192.0.2.1"))[0]
    assert f"192.0.2.1:{port}: Cannot assign requested address; expected a free port at an address of this machine" in line


def options(**given: object) -> argparse.Namespace:
    """What accelerate's parser makes of the options that are given."""
    names = ("machine_rank", "num_machines", "num_processes", "main_process_ip", "main_process_port")
    file = str(ROOT / "configs/accelerate-hosts.yaml")
    return argparse.Namespace(**dict.fromkeys(names) | {"config_file": file, "rdzv_conf": "", "main_process_ip": "10.0.0.1"} | given)


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"machine_rank": 2}, "--machine_rank: found 2; expected 0 to 1, one each"),
        ({"machine_rank": -1}, "--machine_rank: found -1; expected 0 to 1"),
        ({"machine_rank": 1, "main_process_ip": None}, "--main_process_ip: not given, nor in --config_file"),
        ({"machine_rank": 1, "num_processes": 3}, "--num_processes: found 3; expected a multiple of --num_machines 2"),
    ],
)
def test_a_wrong_place_is_one_line(given: dict[str, object], line: str) -> None:
    with pytest.raises(UserError, match=line):
        this_host(options(**given))


def test_the_place_is_that_of_accelerates_options() -> None:
    place = this_host(options(machine_rank=1, main_process_port=4711, rdzv_conf="timeout=30"))
    assert place == Host(1, 2, 2, "10.0.0.1", 4711, 30)
    assert this_host(options()).rank == 0, "as accelerate has it; anywhere but on machine 0 the address is then refused"


def test_the_network_is_the_one_that_leads_to_machine_0(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    for variable in ("GLOO_SOCKET_IFNAME", "NCCL_SOCKET_IFNAME"):
        monkeypatch.setenv(variable, "")
        monkeypatch.delenv(variable)
    use_interface(host(port, 1))
    assert os.environ["GLOO_SOCKET_IFNAME"] == os.environ["NCCL_SOCKET_IFNAME"] == "lo"
    with pytest.raises(UserError, match=r"--main_process_ip: no way leads to nowhere\.invalid"):
        use_interface(host(port, 1)._replace(ip="nowhere.invalid"))


def test_strangers_at_the_port_are_sent_away(tmp_path: Path, port: int) -> None:
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(met, tmp_path, host(port, 0))
        with found(host(port, 1)) as stranger:
            stranger.sendall(b"GET / HTTP/1.1\r\n\r\n")
            assert stranger.makefile().readline().startswith('".meeting-')
        assert met(tmp_path, host(port, 1)) == first.result() == [""]


def test_another_service_at_the_port_is_one_line(tmp_path: Path, port: int) -> None:
    with socket.create_server(("127.0.0.1", port)) as other, ThreadPoolExecutor(1) as pool:
        lines = pool.submit(met, tmp_path, host(port, 1))
        with other.accept()[0] as connection:
            connection.sendall(b"SSH-2.0-OpenSSH\r\n")
        assert f"127.0.0.1:{port}: who answered there has gone, or is not machine 0; look at what it says" in lines.result()[0]


def test_a_defect_of_ours_is_not_taken_for_a_lost_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(RuntimeError, match="ours"), processes.loss_in_one_line():
        raise RuntimeError("ours")
