import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from frontdesk import terminal
from frontdesk.terminal import Bar, bar, hide_bars, track

ROOT = Path(__file__).parent.parent.parent
WORK = """
import time
from frontdesk import terminal
from frontdesk.errors import run_command
terminal.REFRESH = 0
terminal.LOG = {log}
def main():
    with terminal.bar("reading", 4, "rows") as outer:
        for row in terminal.track(range(2), "encoding", 2, "texts"):
            outer.advance(2)
            print("a line of its own", flush=True)
            {last}
run_command(main)
"""


def on_a_terminal(code: str, term: str = "xterm") -> str:
    """What a pseudo-terminal of 100 columns gets of a program, control characters included."""
    child, screen = pty.fork()
    if child == 0:
        os.chdir(ROOT)
        os.execvpe(sys.executable, [sys.executable, "-c", code], os.environ | {"TERM": term, "COLUMNS": "100", "PYTHONPATH": str(ROOT)})
    shown = b""
    try:
        while part := os.read(screen, 65536):
            shown += part
    except OSError:  # Linux: the program has ended
        pass
    os.waitpid(child, 0)
    os.close(screen)
    return shown.decode()


def test_a_terminal_gets_bars_with_figures_and_lines_go_above_them() -> None:
    shown = on_a_terminal(WORK.format(log=15, last="pass"))
    assert "\u2501" in shown and "2 of 4 rows" in shown and "1 of 2 texts" in shown and "s left" in shown
    assert shown.count("a line of its own\r\n") == 2
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l"), "the cursor is back"
    assert "\u2501" not in shown[shown.rindex("\x1b[2K") :], "the bars are gone"


@pytest.mark.parametrize("last", ["raise KeyboardInterrupt", "raise SystemExit(3)", "1 / 0"])
def test_what_ends_early_leaves_no_bar_and_gives_the_cursor_back(last: str) -> None:
    shown = on_a_terminal(WORK.format(log=15, last=last))
    assert "\u2501" in shown and shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l")


@pytest.mark.parametrize("term", ["dumb", None])
def test_elsewhere_there_are_plain_lines_only(term: str | None) -> None:
    code = WORK.format(log=0, last="pass")
    if term:
        lines = on_a_terminal(code, term).replace("\r\n", "\n")
    else:
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
        assert done.stdout == "a line of its own\n" * 2, "what a program prints does not move to where the bars are"
        lines = done.stderr
    assert "  reading: 2 of 4 rows, " in lines and "  encoding: 1 of 2 texts, " in lines
    assert not any(character in lines for character in "\x1b\r\u2501")


def test_short_work_leaves_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(track("abc", "reading", 3, "letters")) == ["a", "b", "c"]
    assert capsys.readouterr() == ("", "")


def test_a_log_gets_a_line_every_fifteen_seconds(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 10_000, 5))
    monkeypatch.setattr("frontdesk.terminal.time.monotonic", lambda: float(next(clock)))
    with bar("reading", 1_000, "rows") as shown:
        for _ in range(20):
            shown.advance(50)
    lines = capsys.readouterr().err.splitlines()
    assert 4 <= len(lines) <= 8 and all(line.startswith("  reading: ") and " of 1,000 rows" in line for line in lines)


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (Bar("a", 200, "rows", timed=True), "50 of 200 rows, now, 30 s left"),
        (Bar("a", 1, "", timed=True), "25%, now, 30 s left"),
        (Bar("a", 200, "rows", timed=False), "50 of 200 rows, now"),
        (Bar("a", None, "", timed=True), "10 s, now"),
    ],
)
def test_figures(one: Bar, expected: str) -> None:
    one.started, one.shown, one.done, one.detail = 100.0, 110.0, (one.total or 0) / 4, "now"
    assert one.text() == expected


def test_the_time_left_is_told_in_minutes_where_there_are_some_and_not_of_the_first_hundredth() -> None:
    one = Bar("a", 100, "rows", timed=True)
    one.started, one.shown = 0.0, 60.0
    assert (one.left(0.005), one.left(0.25), one.left(0.75)) == ("", "3.0 min left", "20 s left")


def test_a_process_for_which_another_speaks_shows_nothing(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "LOG", 0.0)
    monkeypatch.setattr(terminal, "_hidden", False)
    hide_bars()
    assert list(track("ab", "reading", 2, "letters")) == ["a", "b"]
    assert capsys.readouterr().err == ""
