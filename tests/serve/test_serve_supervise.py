"""Children are watched, restarted, and ended by a signal."""

import asyncio
import os
import signal
import sys
from functools import partial
from pathlib import Path

import httpx
import psutil
import pytest

from frontdesk.engine import processes
from frontdesk.engine.processes import Child, stop
from frontdesk.errors import StartFailed
from serve import supervise as supervision
from serve.supervise import backoff, keep, supervise, until_stopped
from tests.frontdesk.children import PARENT, child, supervising
from tests.waits import CEILING, until, wait_for


@pytest.fixture(autouse=True)
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long the supervision sleeps each time, in seconds. It does not: every pause is a moment."""
    asked: list[float] = []
    sleep = asyncio.sleep

    async def moment(seconds: float) -> None:
        asked.append(seconds)
        await sleep(min(seconds, 0.05))

    monkeypatch.setattr(asyncio, "sleep", moment)
    return asked


def test_backoff() -> None:
    assert [backoff(failures) for failures in range(1, 8)] == [1, 2, 4, 8, 16, 30, 30]
    assert backoff(10_000) == 30


def test_a_child_that_ends_before_it_is_ready_fails_the_start_with_its_reason(tmp_path: Path) -> None:
    async def never() -> bool:
        return False

    bad = child(tmp_path, "raise ValueError('no such model')", "engine")
    good = child(tmp_path, "import time; time.sleep(600)")
    bad.ready = never
    with pytest.raises(StartFailed, match=r"engine did not start \(exit code 1\):\n  ValueError: no such model\n"):
        asyncio.run(until_stopped([bad, good], lambda: pytest.fail("announced")))
    assert bad.ended() and good.ended()


def server(tmp_path: Path, name: str, port: int) -> Child:
    """A real web server. It counts as alive while it runs, so that no busy machine makes it one that hangs."""

    async def there() -> bool:
        return await answers(port)

    command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
    return Child(name, command, dict(os.environ), tmp_path / f"{name}.log", there)


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the supervision says."""
    said: list[str] = []
    monkeypatch.setattr(supervision, "say", said.append)
    return said


async def ends(task: "asyncio.Task[None]", *children: Child) -> None:
    """End the supervision, and the children."""
    task.cancel()
    await asyncio.wait((task,))
    await stop(children)


async def answers(port: int) -> bool:
    async with httpx.AsyncClient(trust_env=False) as client:
        try:
            return (await client.get(f"http://127.0.0.1:{port}/")).status_code == 200
        except httpx.TransportError:
            return False


@pytest.mark.parametrize(
    ("fault", "told"),
    [(signal.SIGKILL, "ended (signal SIGKILL)"), (signal.SIGSTOP, "has not answered 3 times in a row")],
    ids=["it ends", "it hangs"],
)
def test_whoever_is_lost_is_started_again_while_the_other_stays(
    tmp_path: Path, free_ports: tuple[int, int], lines: list[str], monkeypatch: pytest.MonkeyPatch, fault: signal.Signals, told: str
) -> None:
    """One of two servers is killed, or stopped so that it takes connections and says nothing; the other is never touched."""
    monkeypatch.setattr(supervision, "LOOK", 0.3)
    monkeypatch.setattr(supervision, "SILENT", 3)
    monkeypatch.setattr(supervision, "stop", partial(stop, grace=0.2))  # what is stopped hears no request to end
    first, second = server(tmp_path, "engine", free_ports[0]), server(tmp_path, "page", free_ports[1])
    if fault == signal.SIGSTOP:
        first.alive = first.ready

    async def scenario() -> None:
        announced = asyncio.Event()
        task = asyncio.create_task(supervise([first, second], announced.set))
        await until(announced.is_set)
        assert first.process is not None and second.process is not None
        old, other = first.process.pid, second.process.pid
        os.kill(old, fault)
        await until(lambda: any("answers again" in line for line in lines))
        assert first.process.pid != old and other == second.process.pid and not second.ended()
        await ends(task, first, second)

    asyncio.run(scenario())
    assert first.ended() and second.ended()
    assert f"the engine {told}; starting it again in 1 s" in lines[0] and not any("the page" in line for line in lines)


def test_a_child_that_hangs_while_it_starts_again_is_started_once_more(
    tmp_path: Path, free_ports: tuple[int, int], lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its second start does nothing, as one that waits for a disk that is away; its time is over when the test says so."""
    patience: list[asyncio.Timeout] = []
    timeout = asyncio.timeout

    def endless(seconds: float | None) -> asyncio.Timeout:
        if seconds != LONGEST:
            return timeout(seconds)
        patience.append(timeout(None))
        return patience[-1]

    monkeypatch.setattr(supervision, "LONGEST", LONGEST := 301.0)
    monkeypatch.setattr(asyncio, "timeout", endless)
    one = server(tmp_path, "engine", free_ports[0])
    serving, hanging = one.command, [sys.executable, "-c", "import time; time.sleep(600)"]

    async def scenario() -> None:
        announced = asyncio.Event()
        task = asyncio.create_task(supervise([one], announced.set))
        await until(announced.is_set)
        assert one.process is not None
        one.command = hanging
        os.kill(one.process.pid, signal.SIGKILL)
        await until(lambda: len(patience) == 1)
        second, one.command = one.process.pid, serving
        patience[0].reschedule(asyncio.get_running_loop().time())
        await until(lambda: any("answers again" in line for line in lines))
        assert one.process.pid != second and await answers(free_ports[0])
        assert not psutil.pid_exists(second) or psutil.Process(second).status() == psutil.STATUS_ZOMBIE
        await ends(task, one)

    asyncio.run(scenario())
    assert "the engine did not answer within 301 s of its start; starting it again in 2 s" in lines[1]


def test_a_child_that_refuses_questions_is_started_again_and_ends_nothing(
    tmp_path: Path, free_ports: tuple[int, int], lines: list[str]
) -> None:
    one, refusals = server(tmp_path, "engine", free_ports[0]), [True]
    ready = one.ready

    async def refused_once() -> bool:
        there = await ready()  # asked once: it may begin to answer between two looks
        if there and refusals:
            refusals.pop()
            raise StartFailed("the engine refuses its first question (HTTP 404): no such model")
        return there

    async def scenario() -> None:
        one.start()
        task = asyncio.create_task(keep(one))
        while not await answers(free_ports[0]):
            await asyncio.sleep(0.05)
        assert one.process is not None
        one.ready = refused_once
        os.kill(one.process.pid, signal.SIGKILL)
        await until(lambda: any("answers again" in line for line in lines))
        assert not task.done()
        await ends(task, one)

    asyncio.run(scenario())
    refused = "the engine did not start: the engine refuses its first question (HTTP 404): no such model; starting it again in "
    assert [sum(words in line for line in lines) for words in (refused, "answers again")] == [1, 1], lines


def test_pauses_grow_while_a_child_keeps_ending(tmp_path: Path, lines: list[str], slept: list[float]) -> None:
    async def scenario() -> None:
        one.start()
        task = asyncio.create_task(keep(one))
        await until(lambda: len(pauses()) == 4)
        await ends(task, one)

    def pauses() -> list[str]:
        return [line.split("again in ")[1].split(" ")[0] for line in lines if "again in" in line]

    one = child(tmp_path, "raise SystemExit(3)")
    asyncio.run(scenario())
    assert pauses() == ["1", "2", "4", "8"]
    assert [seconds for seconds in slept if seconds in (1, 2, 4)] == [1, 2, 4]


def test_logs_are_kept_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "LOOK", 0.1)
    monkeypatch.setattr(processes, "LOG_BYTES", 2000)

    async def scenario() -> None:
        task = asyncio.create_task(supervise([one], lambda: None))
        await until((tmp_path / "page.log.1").exists)
        await ends(task, one)

    one = child(tmp_path, "import time\nwhile True:\n    print('word ' * 100, flush=True)\n    time.sleep(0.01)")
    asyncio.run(scenario())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_everything_and_more_signals_change_nothing(tmp_path: Path, number: signal.Signals) -> None:
    code = (
        "import asyncio, os, sys\nfrom pathlib import Path\nfrom frontdesk.engine.processes import Child\n"
        "from serve.supervise import until_stopped\n"
        "async def ready(): return True\n"
        f"c = Child('engine', [sys.executable, '-c', {PARENT!r}], dict(os.environ), Path({str(tmp_path)!r}) / 'c.log', ready)\n"
        "asyncio.run(until_stopped([c], lambda: print('ready', c.process.pid, flush=True), c, 0.5))"
    )
    supervisor = supervising(code)
    assert supervisor.stdout is not None
    line = next(line for line in supervisor.stdout if line.startswith("ready"))
    group = int(line.split()[1])
    wait_for(lambda: "up" in (tmp_path / "c.log").read_text())
    supervisor.send_signal(number)
    assert "stopping" in supervisor.stdout.readline()
    supervisor.send_signal(number)
    assert supervisor.wait(CEILING) == 0
    running = [pid for pid in psutil.pids() if psutil.pid_exists(pid) and _group(pid) == group]
    assert [pid for pid in running if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE] == []


def _group(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return -1
