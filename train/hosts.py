"""Train one run on several machines: `accelerate launch`, once they have met and agree.

    python -m train.hosts --config_file configs/accelerate-hosts.yaml --main_process_ip 10.0.0.1 --machine_rank 0 -m train configs/mine.yaml

The options are those of `accelerate launch`; each machine is given the same ones, but its own --machine_rank.
First the machines meet at the port of machine 0, which compares what they are about to do and whether they
share the folder of the run. What is wrong, each of them says in one line, and nothing is started. After the
training machine 0 merges and proves alone. docs/how-to/several-hosts.md
"""

import argparse
import contextlib
import importlib.metadata
import json
import os
import socket
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, TextIO

import psutil

from frontdesk.config.run import Run
from frontdesk.config.schema import load_config
from frontdesk.errors import UserError, run_command
from frontdesk.files import read_json
from train.__main__ import run_key
from train.trainer.processes import alone

PATIENCE = 600
"""Seconds in which all machines must have come, where --rdzv_conf has no timeout."""
SECONDS_TO_ANSWER = 10
"""In which a machine that is there says who it is."""
COMPARED = {
    "num_machines": "--num_machines",
    "num_processes": "--num_processes, which counts those of all machines",
    "frontdesk": "the version of frontdesk",
    "torch": "the version of torch",
    "config": "the config, as a digest",
    "data": "the data of `make data`, as a digest",
}
"""What must be the same on all machines, as a person is told of it."""


class Host(NamedTuple):
    """This machine among those that train together."""

    rank: int
    machines: int
    processes: int
    ip: str
    port: int
    patience: float

    @property
    def meeting(self) -> str:
        """Where machine 0 waits for the others."""
        return f"{self.ip}:{self.port}"


def main() -> None:
    """Meet, compare, launch; on machine 0 also merge and prove."""
    from accelerate.commands.launch import launch_command, launch_command_parser
    from torch.distributed.elastic.multiprocessing.api import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError

    options = launch_command_parser().parse_args()
    host = this_host(options)
    use_interface(host)
    config = load_config(options.training_script_args[-1])
    run = Run(config.name)
    if host.rank == 0 and not run.manifest.is_file():
        raise UserError(f"{run.manifest}: no data; training needs it; run `make data` with this config on this machine first")
    data = read_json(run.manifest)["data_hash"] if run.manifest.is_file() else "none"
    versions = {name: importlib.metadata.version(name) for name in ("frontdesk", "torch")}
    meet(host, run.root, versions | {"config": run_key(config, ""), "data": data})
    try:
        launch_command(options)
    except ChildFailedError as error:  # the process has said why; one that was killed cannot
        sys.exit(max(error.get_first_failure()[1].exitcode, 1))
    except SignalException:
        raise KeyboardInterrupt from None
    if host.rank == 0:
        os.execve(sys.executable, [sys.executable, "-m", "train", options.training_script_args[-1]], alone(options.use_fsdp))


def this_host(options: argparse.Namespace) -> Host:
    """This machine's place by accelerate's options and its config file. Raises UserError where there is none."""
    from accelerate.commands.config.config_args import load_config_from_file

    file = load_config_from_file(options.config_file) if options.config_file else None
    names = ("machine_rank", "num_machines", "num_processes", "main_process_ip", "main_process_port")
    given: dict[str, Any] = {name: getattr(options, name) for name in names}
    for name, value in given.items():
        if value is None and (value := getattr(file, name, None)) is None:
            raise UserError(f"--{name}: not given, nor in --config_file; several machines need it; add it")
        given[name] = value
    rank, machines, processes, port = (int(given[name]) for name in (*names[:3], "main_process_port"))
    if not 0 <= rank < machines:
        raise UserError(f"--machine_rank: found {rank}; expected 0 to {machines - 1}, one each, as --num_machines is {machines}")
    if processes % machines or processes < machines:
        raise UserError(f"--num_processes: found {processes}; expected a multiple of --num_machines {machines}, as it counts those of all")
    times = dict(pair.split("=", 1) for pair in options.rdzv_conf.split(",") if "=" in pair)
    return Host(rank, machines, processes, given["main_process_ip"], port, float(times.get("timeout", PATIENCE)))


def use_interface(host: Host) -> None:
    """Have gloo and NCCL use the network that leads to machine 0. By itself gloo takes the address that this machine's
    own name has, which is often 127.0.0.1. Raises UserError where no network leads there."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect((host.ip, host.port))  # sends nothing
            own = probe.getsockname()[0]
    except OSError as error:
        raise UserError(f"--main_process_ip: no way leads to {host.ip} ({error}); expected the address of machine 0") from None
    names = [name for name, addresses in psutil.net_if_addrs().items() if own in {address.address for address in addresses}]
    for variable in ("GLOO_SOCKET_IFNAME", "NCCL_SOCKET_IFNAME"):
        os.environ.setdefault(variable, names[0])


def meet(host: Host, folder: Path, facts: dict[str, str]) -> None:
    """Return when all machines have come and agree on `facts` and on what lies in `folder`. Raises UserError on each that
    has come if not, and where there is nobody to meet."""
    mine = facts | {"rank": host.rank, "name": socket.gethostname(), "num_machines": host.machines, "num_processes": host.processes}
    if problem := follow(host, folder, mine) if host.rank else lead(host, folder, mine):
        raise UserError(problem)


def lead(host: Host, folder: Path, mine: dict[str, Any]) -> str:
    """Machine 0: wait for the others, compare, and tell all what is wrong: "" if nothing is."""
    deadline = time.monotonic() + host.patience
    names, problem, streams = {0: mine["name"]}, "", list[TextIO]()
    with contextlib.ExitStack() as guests:
        with listener(host) as server, shown(folder) as token:
            while not problem and len(names) < host.machines:
                server.settimeout(max(0.01, deadline - time.monotonic()))
                try:
                    guest = guests.enter_context(server.accept()[0])
                except TimeoutError:
                    ranks = ", ".join(str(rank) for rank in range(host.machines) if rank not in names)
                    advice = f"within {host.patience:g} s; start it with that --machine_rank, or correct --num_machines"
                    problem = f"machine {ranks} of {host.machines} has not come to {host.meeting} {advice}"
                    break
                guest.settimeout(SECONDS_TO_ANSWER)
                stream: TextIO = guests.enter_context(guest.makefile("rw"))
                with contextlib.suppress(OSError, ValueError):  # a stranger, or one that is gone again
                    send(stream, token.name)
                    other = json.loads(stream.readline())
                    streams.append(stream)
                    problem = difference(host, mine, other, names)
                    names[other["rank"]] = other["name"]
        for stream in streams:  # the port is free again, which they will look for
            with contextlib.suppress(OSError):
                send(stream, problem)
    return problem


def difference(host: Host, mine: dict[str, Any], other: dict[str, Any], names: dict[int, str]) -> str:
    """What is wrong with a machine that has come, beside machine 0 and those in `names`, in one line; "" if nothing is."""
    who = f"machine {other['rank']} ({other['name']})"
    for name, words in COMPARED.items():
        if other[name] != mine[name] and (name != "data" or other["sees"]):
            return f"{words}: {who} has {other[name]}, machine 0 ({mine['name']}) has {mine[name]}; expected the same on all machines"
    if other["rank"] in names:
        both = f"{names[other['rank']]} and {other['name']} both have {other['rank']}"
        return f"--machine_rank: {both}; expected 0 to {host.machines - 1}, one each"
    if not other["sees"]:
        return f"runs/: {who} does not see the files of machine 0 in it; expected one shared folder; mount it in the same place on all"
    return ""


def follow(host: Host, folder: Path, mine: dict[str, Any]) -> str:
    """Any other machine: show itself to machine 0, and learn what is wrong: "" if nothing is."""
    with found(host) as connection, connection.makefile("rw") as stream:
        try:
            token = json.loads(stream.readline())
            send(stream, mine | {"sees": (folder / token).exists()})
            connection.settimeout(2 * host.patience)  # machine 0 may have begun to wait later
            return str(json.loads(stream.readline()))
        except (OSError, ValueError):
            advice = "look at what it says, and whether the port is that of the meeting"
            raise UserError(f"{host.meeting}: who answered there has gone, or is not machine 0; {advice}") from None


def send(stream: TextIO, value: Any) -> None:
    """One line of JSON."""
    stream.write(json.dumps(value) + "\n")
    stream.flush()


def listener(host: Host) -> socket.socket:
    """The port of machine 0. Raises UserError where it cannot be had."""
    try:
        return socket.create_server((host.ip, host.port))
    except OSError as error:
        expected = "expected a free port at an address of this machine, which has --machine_rank 0"
        said = str(error.strerror).split(" (")[0]
        raise UserError(f"{host.meeting}: {said}; {expected}; end what uses it, or correct the options") from None


def found(host: Host) -> socket.socket:
    """A connection to machine 0, which may start later. Raises UserError where there is none in time."""
    deadline = time.monotonic() + host.patience
    while True:
        try:
            return socket.create_connection((host.ip, host.port), timeout=SECONDS_TO_ANSWER)
        except OSError:
            if time.monotonic() > deadline:
                advice = "start machine 0, open the port in its firewall, or correct --main_process_ip and --main_process_port"
                line = f"{host.meeting}: nobody answered within {host.patience:g} s; expected machine 0 there; {advice}"
                raise UserError(line) from None
            time.sleep(0.1)


@contextlib.contextmanager
def shown(folder: Path) -> Iterator[Path]:
    """A new file, which all see who share the folder; a new name, since a network's file system remembers what was not there."""
    token = folder / f".meeting-{uuid.uuid4().hex}"
    token.touch()
    try:
        yield token
    finally:
        token.unlink()


if __name__ == "__main__":
    run_command(main)
