"""Children are started, and always ended with everything they started."""

import asyncio
import os
import signal
from pathlib import Path

import psutil
import pytest

from frontdesk.engine import processes
from frontdesk.engine.processes import stop
from tests.frontdesk.children import PARENT, child, supervising
from tests.waits import wait_for


def test_stop_ends_the_whole_group_even_what_ignores_sigterm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[int] = []
    send = os.killpg
    monkeypatch.setattr(os, "killpg", lambda group, number: (sent.append(number), send(group, number)))
    one = child(tmp_path, PARENT)
    one.start()
    wait_for(lambda: "up" in one.output())
    members = one.members()
    assert len(members) == 2
    asyncio.run(stop([one], grace=0.2))
    assert sent[0] == signal.SIGTERM and set(sent[1:]) == {signal.SIGKILL}, "the polite request came first"
    assert one.members() == [] and one.ended()
    assert not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE for pid in members)


def test_stop_without_a_start_does_nothing(tmp_path: Path) -> None:
    asyncio.run(stop([child(tmp_path, "")]))


def test_a_child_leads_its_own_session(tmp_path: Path) -> None:
    one = child(tmp_path, "import time; time.sleep(600)")
    one.start()
    assert one.process is not None
    assert one.process.pid == os.getsid(one.process.pid) == os.getpgid(one.process.pid)
    asyncio.run(stop([one]))
    assert one.how_it_ended() == "signal SIGTERM"


def test_a_restart_appends_to_the_log_and_reads_only_its_own_part(tmp_path: Path) -> None:
    one = child(tmp_path, "import os; print(os.getpid())")
    one.start()
    wait_for(one.ended)
    first = one.output()
    one.start()
    wait_for(one.ended)
    assert first != one.output() and first + one.output() == one.log.read_text()


def test_a_new_supervisor_keeps_what_the_last_one_logged(tmp_path: Path) -> None:
    for text in ("first", "second"):
        one = child(tmp_path, f"print('{text}')")
        one.start()
        wait_for(one.ended)
        assert one.output() == f"{text}\n"
    assert one.log.read_text() == "first\nsecond\n"


# Each line is one write, where print would write the line's end apart.
WRITER = "import os, time\nfor n in range(10**6):\n    os.write(1, b'line %d\\n' % n)\n    time.sleep(0.001)"


def test_a_log_is_kept_small_while_its_process_writes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "LOG_BYTES", 2000)
    one, older = child(tmp_path, WRITER), tmp_path / "page.log.1"
    one.start()
    one.bound()
    assert not older.exists()
    for _ in range(2):
        wait_for(lambda: one.log.stat().st_size > 2000)
        one.bound()
        assert 2000 < older.stat().st_size < 100_000
        wait_for(lambda: one.log.stat().st_size > 0)
        assert one.log.read_bytes().startswith(b"line "), "no hole where the old lines were"
        assert one.output().startswith("line ")
    asyncio.run(stop([one]))


def test_a_log_that_cannot_be_copied_is_emptied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(processes, "LOG_BYTES", 2000)
    monkeypatch.setattr(processes.shutil, "copyfile", full)
    one = child(tmp_path, "print('new')")
    one.log.write_text("old" * 1000)
    one.start()
    wait_for(one.ended)
    assert one.log.read_text() == "new\n"


def test_children_end_with_a_killed_supervisor(tmp_path: Path) -> None:
    code = (
        "import os, sys, time\nfrom pathlib import Path\nfrom frontdesk.engine.processes import Child\n"
        "sleep = [sys.executable, '-c', 'import time; time.sleep(600)']\n"
        f"c = Child('c', sleep, dict(os.environ), Path({str(tmp_path)!r}) / 'c.log', None)\n"
        "c.start()\nprint(c.process.pid, flush=True)\ntime.sleep(600)"
    )
    supervisor = supervising(code)
    assert supervisor.stdout is not None
    pid = int(supervisor.stdout.readline())
    assert psutil.Process(pid).is_running()
    supervisor.kill()
    supervisor.wait()
    wait_for(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
