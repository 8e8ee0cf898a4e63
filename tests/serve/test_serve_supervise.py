"""Children are watched, restarted, and ended by a signal."""

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

import httpx
import psutil
import pytest

from frontdesk.engine import processes
from frontdesk.engine.processes import Child, stop
from frontdesk.errors import StartFailed
from serve import supervise as supervision
from serve.supervise import backoff, keep, supervise, until_stopped
from tests.frontdesk.children import PARENT, child, supervising, wait_for


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
    """A real web server."""

    async def there() -> bool:
        return await answers(port)

    command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
    return Child(name, command, dict(os.environ), tmp_path / f"{name}.log", there, alive=there)


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
    tmp_path: Path,
    free_ports: tuple[int, int],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    fault: signal.Signals,
    told: str,
) -> None:
    """One of two servers is killed, or stopped so that it takes connections and says nothing; the other is never touched."""
    monkeypatch.setattr(supervision, "LOOK", 1.0)
    monkeypatch.setattr(supervision, "SILENT", 3)

    async def scenario() -> None:
        announced = asyncio.Event()
        task = asyncio.create_task(supervise([first, second], announced.set))
        await asyncio.wait_for(announced.wait(), 30)
        assert first.process is not None and second.process is not None
        old, other = first.process.pid, second.process.pid
        os.kill(old, fault)
        async with asyncio.timeout(60):
            while first.process.pid == old or not await answers(free_ports[0]):
                await asyncio.sleep(0.1)
        assert other == second.process.pid and not second.ended()
        await asyncio.sleep(1)
        task.cancel()
        await asyncio.wait((task,))
        await stop([first, second])

    first, second = server(tmp_path, "engine", free_ports[0]), server(tmp_path, "page", free_ports[1])
    asyncio.run(scenario())
    assert first.ended() and second.ended()
    text = capsys.readouterr().out
    assert f"the engine {told}; starting it again in 1 s" in text and "answers again" in text
    assert "the page" not in text.split("the page is ready")[1]


def test_a_child_that_hangs_while_it_starts_again_is_started_once_more(
    tmp_path: Path, free_ports: tuple[int, int], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its second start does nothing, as one that waits for a disk that is away."""
    monkeypatch.setattr(supervision, "LONGEST", 2.0)
    monkeypatch.setattr(supervision, "TIMES", 0)
    one = server(tmp_path, "engine", free_ports[0])
    serving, hanging = one.command, [sys.executable, "-c", "import time; time.sleep(600)"]

    async def scenario() -> None:
        announced = asyncio.Event()
        task = asyncio.create_task(supervise([one], announced.set))
        await asyncio.wait_for(announced.wait(), 30)
        assert one.process is not None
        first, one.command = one.process.pid, hanging
        os.kill(first, signal.SIGKILL)
        async with asyncio.timeout(60):
            while one.process.pid == first:
                await asyncio.sleep(0.05)
            second, one.command = one.process.pid, serving
            while one.process.pid == second or not await answers(free_ports[0]):
                await asyncio.sleep(0.05)
        assert not psutil.pid_exists(second) or psutil.Process(second).status() == psutil.STATUS_ZOMBIE
        task.cancel()
        await asyncio.wait((task,))
        await stop([one])

    asyncio.run(scenario())
    assert "the engine did not answer within 2 s of its start; starting it again in 2 s" in capsys.readouterr().out


def test_a_child_that_refuses_questions_is_started_again_and_ends_nothing(
    tmp_path: Path, free_ports: tuple[int, int], capsys: pytest.CaptureFixture[str]
) -> None:
    one, refusals = server(tmp_path, "engine", free_ports[0]), [True]
    ready = one.ready

    async def refused_once() -> bool:
        if await ready() and refusals:
            refusals.pop()
            raise StartFailed("the engine refuses its first question (HTTP 404): no such model")
        return await ready()

    async def scenario() -> None:
        one.start()
        task = asyncio.create_task(keep(one))
        while not await answers(free_ports[0]):
            await asyncio.sleep(0.05)
        assert one.process is not None
        one.ready = refused_once
        os.kill(one.process.pid, signal.SIGKILL)
        async with asyncio.timeout(60):
            while refusals or not await answers(free_ports[0]):
                await asyncio.sleep(0.05)
        await asyncio.sleep(1)
        task.cancel()
        await asyncio.wait((task,))
        await stop([one])

    asyncio.run(scenario())
    text = capsys.readouterr().out
    assert "the engine did not start: the engine refuses its first question (HTTP 404): no such model; starting it again in 2 s" in text
    assert text.count("answers again") == 1


def test_pauses_grow_while_a_child_keeps_ending(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def scenario() -> None:
        one.start()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(keep(one), 5)
        await stop([one])

    one = child(tmp_path, "raise SystemExit(3)")
    asyncio.run(scenario())
    pauses = [line.split("again in ")[1].split(" ")[0] for line in capsys.readouterr().out.splitlines() if "again in" in line]
    assert pauses[:3] == ["1", "2", "4"]


def test_logs_are_kept_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "LOOK", 0.1)
    monkeypatch.setattr(processes, "LOG_BYTES", 2000)

    async def scenario() -> None:
        task = asyncio.create_task(supervise([one], lambda: None))
        async with asyncio.timeout(30):
            while not (tmp_path / "page.log.1").exists():
                await asyncio.sleep(0.05)
        task.cancel()
        await asyncio.wait((task,))
        await stop([one])

    one = child(tmp_path, "import time\nwhile True:\n    print('word ' * 100, flush=True)\n    time.sleep(0.01)")
    asyncio.run(scenario())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_everything_and_more_signals_change_nothing(tmp_path: Path, number: signal.Signals) -> None:
    code = (
        "import asyncio, os, sys\nfrom pathlib import Path\nfrom frontdesk.engine.processes import Child\n"
        "from serve.supervise import until_stopped\n"
        "async def ready(): return True\n"
        f"c = Child('engine', [sys.executable, '-c', {PARENT!r}], dict(os.environ), Path({str(tmp_path)!r}) / 'c.log', ready)\n"
        "asyncio.run(until_stopped([c], lambda: print('ready', c.process.pid, flush=True)))"
    )
    supervisor = supervising(code)
    assert supervisor.stdout is not None
    line = next(line for line in supervisor.stdout if line.startswith("ready"))
    group = int(line.split()[1])
    wait_for(lambda: "up" in (tmp_path / "c.log").read_text())
    for _ in range(3):
        supervisor.send_signal(number)
        time.sleep(0.2)
    assert supervisor.wait(30) == 0
    running = [pid for pid in psutil.pids() if psutil.pid_exists(pid) and _group(pid) == group]
    assert [pid for pid in running if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE] == []


def _group(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return -1
