"""`make lock` and what `make check` says of it, on a project of two extras and an index in a folder."""

import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from frontdesk.engine.vllm import free_port

ROOT = Path(__file__).parents[1]
PROJECT = """
[project]
name = "desk"
version = "1"
requires-python = ">=3.11,<3.13"
dependencies = ["page==1"]

[project.optional-dependencies]
cpu = ["engine-cpu==1"]
gpu = ["engine==1"]
tracking = []
export = []
test = []
docs = []
"""

Make = Callable[..., subprocess.CompletedProcess[str]]


def wheel(folder: Path, name: str, version: str, *needs: str) -> None:
    """A package of nothing but its metadata."""
    stem = f"{name.replace('-', '_')}-{version}"
    with zipfile.ZipFile(folder / f"{stem}-py3-none-any.whl", "w") as file:
        lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {need}" for need in needs)]
        file.writestr(f"{stem}.dist-info/METADATA", "\n".join(lines))
        file.writestr(f"{stem}.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{stem}.dist-info/RECORD", "")


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Runs the project's Makefile in a folder with PROJECT, whose pins are written. Nothing is installed there: uv is at hand."""
    monkeypatch.chdir(tmp_path)
    index = Path("index")
    index.mkdir()
    wheel(index, "page", "1", "image<13")
    wheel(index, "engine-cpu", "1", "image")
    wheel(index, "engine", "1", "image", "driver")
    wheel(index, "engine", "2", "image>=13")
    for name, version in [("image", "12"), ("image", "13"), ("driver", "1")]:
        wheel(index, name, version)
    Path("pyproject.toml").write_text(PROJECT)
    Path("configs").mkdir()
    for extra in ("cpu", "gpu"):
        Path(f"configs/constraints-{extra}.txt").touch()
    offline = {"UV_NO_INDEX": "1", "UV_FIND_LINKS": str(index), "UV_CACHE_DIR": str(tmp_path / "cache"), "CI": ""}

    def run(target: str, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        command = ["make", "--no-print-directory", "-f", str(ROOT / "Makefile"), "EXTRA=cpu"]
        command += [f"BIN={Path(sys.executable).parent}", target, *words]
        return subprocess.run(command, env=os.environ | offline | variables, capture_output=True, text=True, check=False)

    assert run("lock").returncode == 0
    return run


def pins(extra: str) -> list[str]:
    return [line for line in Path(f"configs/constraints-{extra}.txt").read_text().splitlines() if not line.startswith("#")]


def replace(old: str, new: str) -> None:
    Path("pyproject.toml").write_text(PROJECT.replace(old, new))


def refused(result: subprocess.CompletedProcess[str]) -> str:
    """The one line of what is wrong."""
    assert result.returncode == 2
    (line,) = result.stdout.splitlines()
    return line


def test_both_extras_are_pinned_and_the_pins_pass(make: Make) -> None:
    assert pins("cpu") == ["engine-cpu==1", "image==12", "page==1"]
    assert pins("gpu") == ["driver==1", "engine==1", "image==12", "page==1"]
    result = make("locked")
    assert (result.returncode, result.stdout) == (0, "")


def test_a_pin_moves_when_asked_and_both_extras_move_together(make: Make) -> None:
    for name in ("image", "driver"):
        wheel(Path("index"), name, "12.5")
    assert make("locked").returncode == make("lock").returncode == 0
    assert "image==12" in pins("cpu") and "image==12" in pins("gpu")
    assert make("lock", "UPGRADE=1").returncode == 0
    assert "image==12.5" in pins("cpu") and {"image==12.5", "driver==12.5"} <= set(pins("gpu"))


def test_an_extra_without_a_solution_is_one_line(make: Make) -> None:
    replace("engine==1", "engine==2")
    for target in ("locked", "lock"):
        line = refused(make(target))
        assert line.startswith("error: extra 'gpu' of pyproject.toml, Python 3.11 or 3.12: No solution found")
        assert "depends on image>=13" in line and "depends on image<13" in line
    assert "engine==1" in pins("gpu")


@pytest.mark.parametrize("version", ["3.11", "3.12"])
def test_it_must_do_for_every_supported_python(make: Make, version: str) -> None:
    replace('"engine-cpu==1"', f'"engine-cpu==1", "absent==1; python_version == \'{version}\'"')
    assert "absent" in refused(make("locked"))


def test_constraints_that_do_not_fit_any_more_are_one_line(make: Make) -> None:
    replace('"page==1"', '"page==1", "driver"')
    assert refused(make("locked")) == "error: configs/constraints-cpu.txt is not what pyproject.toml resolves to; run: make lock"
    assert make("lock").returncode == make("locked").returncode == 0
    assert "driver==1" in pins("cpu")


def test_without_an_index_a_check_goes_on_but_not_in_ci(make: Make) -> None:
    nowhere = {"UV_NO_INDEX": "", "UV_FIND_LINKS": "", "UV_DEFAULT_INDEX": f"http://127.0.0.1:{free_port()}", "UV_HTTP_RETRIES": "0"}
    result = make("locked", **nowhere)
    said = "check: no package index in reach; not checked: whether the extras cpu and gpu resolve\n"
    assert (result.returncode, result.stdout) == (0, said)
    assert "Failed to fetch" in refused(make("locked", CI="true", **nowhere))
    assert "Failed to fetch" in refused(make("lock", **nowhere))
