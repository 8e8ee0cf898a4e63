"""What `python -m ui` says before it serves, and how the page shows text."""

import html
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from ui.page import as_text

ROOT = Path(__file__).parents[2]
YAML = "company: Shop\nsystem_prompt: Help.\nmodel: {{base: none}}\ndata: {{faq: [faq.csv]}}\nserve: {{{serve}}}\n"


def start(folder: Path, serve: str, *, model: bool) -> subprocess.CompletedProcess[str]:
    (folder / "shop.yaml").write_text(YAML.format(serve=serve))
    if model:
        (folder / "runs/shop/model").mkdir(parents=True)
        (folder / "runs/shop/model/provenance.json").write_text("{}")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-m", "ui", "shop.yaml"], cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def the_only_line(result: subprocess.CompletedProcess[str]) -> str:
    assert result.returncode == 2, result.stderr
    assert result.stderr.count("\n") == 1, result.stderr
    return result.stderr


def test_without_a_model_it_says_to_train(tmp_path: Path) -> None:
    line = the_only_line(start(tmp_path, "", model=False))
    assert "runs/shop/model" in line
    assert "make train" in line


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        line = the_only_line(start(tmp_path, f"ui_port: {port}", model=True))
    assert "serve.ui_port" in line
    assert f"port {port} is in use" in line


@pytest.mark.parametrize("text", ["Pebble & Pine", "a < b && c > d", "<img src=x onerror=alert(1)>", "&lt;b> &copy=1 &#60;", "<!--"])
def test_text_is_shown_exactly_and_holds_no_tag(text: str) -> None:
    assert html.unescape(as_text(text)) == text
    assert not re.search("<", as_text(text))
