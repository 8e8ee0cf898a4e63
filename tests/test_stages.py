"""What stands in for `python -m` in tests is a process as that starts it."""

import os
import signal
from pathlib import Path

import pytest

from tests.stages import PRELOADED, done, run, started

pytestmark = pytest.mark.xdist_group("training")  # one process imports what the stages need

TELLING = """
import json, os, sys
print(json.dumps([sys.argv[1:], os.getcwd(), os.environ["TOLD"], sys.modules.keys() >= set(%r), len(os.listdir("/proc/self/task"))]))
print("a message", file=sys.stderr)
sys.exit(3)
"""


def test_a_stage_has_its_own_arguments_folder_environment_output_and_exit_code(tmp_path: Path) -> None:
    (tmp_path / "telling.py").write_text(TELLING % PRELOADED)
    result = done(tmp_path, "telling", "a", "b", code=3, TOLD="yes")
    assert result.stdout == f'[["a", "b"], "{tmp_path}", "yes", true, 1]\n'
    assert result.stderr == "a message\n"
    assert Path.cwd() != tmp_path and "TOLD" not in os.environ


def test_a_defect_is_a_traceback_and_exit_code_1(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("raise ValueError('no such thing')")
    result = run(tmp_path, "broken")
    assert result.returncode == 1 and "ValueError: no such thing" in result.stderr


def test_a_stage_is_killed_and_none_outlives_its_block(tmp_path: Path) -> None:
    (tmp_path / "waiting.py").write_text("import signal; print('up', flush=True); signal.pause()")
    with started(tmp_path, "waiting") as stage:
        stage.wait_for(lambda: stage.stdout == "up\n")
        stage.send_signal(signal.SIGKILL)
        assert stage.wait().returncode == -signal.SIGKILL
    with started(tmp_path, "waiting") as stage:
        assert stage.poll() is None
    assert stage.poll() == -signal.SIGKILL
