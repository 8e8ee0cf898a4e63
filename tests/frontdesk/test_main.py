"""The command `frontdesk`, run as a process."""

import json
import os
import pty
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from frontdesk.commands import SHELLS

ROOT = Path(__file__).parent.parent.parent
HEAVY = ("torch", "transformers", "pydantic", "yaml", "numpy", "rich", "fastapi", "sqlalchemy")
STAGES = ("data_tools", "train", "evaluate", "serve", "ui")


def frontdesk(*words: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-m", "frontdesk", *words], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("words", [("--help",), ("data", "--help"), ("keys", "create", "--help"), ("completion", "bash")])
def test_help_and_completion_import_nothing_heavy_and_no_stage(words: tuple[str, ...]) -> None:
    code = (
        "import sys, json, atexit\n"
        "atexit.register(lambda: print(json.dumps(sorted(sys.modules)), file=sys.stderr))\n"
        f"sys.argv = ['frontdesk', *{words!r}]\n"
        "from frontdesk.__main__ import main\nmain()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    imported = {name.partition(".")[0] for name in json.loads(done.stderr)}
    assert "frontdesk" in imported and not imported & {*HEAVY, *STAGES}
    assert done.stdout


def test_a_commands_help_is_its_own() -> None:
    said = frontdesk("plan", "--help").stdout
    assert said.startswith("usage: frontdesk plan ") and "frontdesk plan --memory 24GiB" in said and "--gradient-accumulation-steps" in said


def test_the_version_is_that_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert frontdesk("--version").stdout == f"frontdesk {project['version']}\n"
    assert project["scripts"] == {"frontdesk": "frontdesk.__main__:main"}


def test_exit_codes_are_those_of_the_stages(tmp_path: Path) -> None:
    done = frontdesk("plan", "--model", "8B", "--method", "qlora")
    assert (done.returncode, done.stderr) == (0, "") and "QLoRA of rank" in done.stdout
    mistake = frontdesk("data", "none.yaml", cwd=tmp_path)
    assert (mistake.returncode, mistake.stderr.count("\n")) == (2, 1) and "error: none.yaml: no such config" in mistake.stderr
    assert frontdesk().returncode == frontdesk("date").returncode == frontdesk("data").returncode == 2
    (tmp_path / "hard.jsonl").write_text('{"id": "a", "lang": "en", "text": "plain [[PHONE:words]]"}\n', encoding="utf-8")
    assert frontdesk("pii", "hard.jsonl", cwd=tmp_path).returncode == 1


@pytest.fixture
def shell(tmp_path: Path) -> Path:
    """A folder with a config, and on the PATH a `frontdesk`."""
    (tmp_path / "configs").mkdir()
    for name in ("shop.yaml", "notes.txt"):
        (tmp_path / "configs" / name).touch()
    script = tmp_path / "bin/frontdesk"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m frontdesk "$@"\n', encoding="utf-8")
    script.chmod(0o755)
    return tmp_path


def offered(folder: Path, *words: str) -> list[str]:
    """What bash's completion finds for the last of the words."""
    line = " ".join(words)
    code = (
        f'source <(frontdesk completion bash); COMP_WORDS=({line}); [[ "{line}" == *" " ]] && COMP_WORDS+=("")\n'
        f'COMP_LINE="{line}" COMP_POINT={len(line)} COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)) COMP_TYPE=9\n'
        '_python_argcomplete frontdesk; printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    environment = os.environ | {"PATH": f"{folder}/bin:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", code], cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return [word.strip() for word in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("frontdesk", "da"), ["data"]),
        (("frontdesk", "f"), ["feedback", "forget"]),
        (("frontdesk", "data", "conf"), ["configs/"]),
        (("frontdesk", "serve", "configs/"), ["configs/shop.yaml"]),
        (("frontdesk", "keys", "list", "--config", "configs/"), ["configs/shop.yaml"]),
        (("frontdesk", "data", "--st"), ["--strict"]),
        (("frontdesk", "plan", "--method", "ql"), ["qlora"]),
        (("frontdesk", "completion", "f"), ["fish"]),
    ],
)
def test_bash_completes_commands_configs_options_and_choices(shell: Path, words: tuple[str, ...], expected: list[str]) -> None:
    assert offered(shell, *words) == expected


def test_a_tab_in_a_terminal_completes(shell: Path) -> None:
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(shell)
        os.environ["PATH"] = f"{shell}/bin:{os.environ['PATH']}"
        os.execvp("bash", ["bash", "--norc", "--noprofile", "-i"])
    try:
        os.write(terminal, b"source <(frontdesk completion bash); echo $((40 + 2)) ready\n")
        read_until(terminal, b"42 ready")
        os.write(terminal, b"frontdesk eva\t")
        read_until(terminal, b"frontdesk eval ")
        os.write(terminal, b"configs/s\t")
        read_until(terminal, b"configs/shop.yaml ")
    finally:
        os.close(terminal)  # bash gets a hangup
        os.waitpid(child, 0)


def read_until(terminal: int, expected: bytes) -> None:
    """Read what the terminal shows until it shows this; faulthandler_timeout ends a test that waits in vain."""
    shown = b""
    while expected not in shown:
        shown += os.read(terminal, 1024)


@pytest.mark.parametrize("shell_name", SHELLS)
def test_each_shell_gets_a_script_of_its_own(shell_name: str) -> None:
    script = frontdesk("completion", shell_name).stdout
    assert {"bash": "complete -o", "zsh": "#compdef frontdesk", "fish": "complete --command frontdesk"}[shell_name] in script
