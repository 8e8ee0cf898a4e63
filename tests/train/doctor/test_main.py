"""The command: its lines, its paragraph, its JSON and its exit code."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from frontdesk.models.gpu import Gpus
from tests.frontdesk.models.outputs import H100S, RTX_4090, header
from tests.train.doctor.machines import GIB, LAPTOP, server
from train.doctor import __main__ as doctor
from train.doctor.findings import Finding
from train.doctor.machine import read_machine

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The laptop, with free ports."""
    monkeypatch.setattr(doctor, "read_machine", lambda: LAPTOP)
    monkeypatch.setattr("train.doctor.fit.check_port", lambda *_: None)


def said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    monkeypatch.setattr(sys, "argv", ["doctor", *words])
    try:
        doctor.main()
    except SystemExit as end:
        return int(end.code or 0), capsys.readouterr().out
    return 0, capsys.readouterr().out


@pytest.mark.usefixtures("embedded_model")
def test_a_line_for_each_fact_and_the_verdict(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = said(monkeypatch, capsys)
    *lines, empty, verdict = text.splitlines()
    assert (code, empty, verdict) == (0, "", "configs/demo.yaml can run here")
    assert all(line.startswith(("ok    ", "note  ")) for line in lines)
    monkeypatch.setattr(doctor, "read_machine", lambda: replace(LAPTOP, free=GIB))
    code, text = said(monkeypatch, capsys, "configs/demo.yaml")
    assert code == 1 and "\nfail  training: needs " in text and text.endswith("\nconfigs/demo.yaml cannot run here\n")


@pytest.mark.usefixtures("embedded_model")
def test_the_summary_is_a_paragraph(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = said(monkeypatch, capsys, "--summary")
    assert code == 0 and text.count("\n") == 1
    assert text.startswith("doctor: 2 cores, 20.0 GiB of memory free, no GPU in use. configs/demo.yaml can run here. training: NF4 QLoRA")
    assert text.endswith(" More: .venv/bin/frontdesk doctor configs/demo.yaml\n")
    monkeypatch.setattr(doctor, "read_machine", lambda: server(monkeypatch, RTX_4090, header("550.163.01", "12.4")))
    code, text = said(monkeypatch, capsys, "--summary")
    assert code == 1 and text.count("\n") == 1
    assert (
        "NVIDIA GeForce RTX 4090. configs/demo.yaml cannot run here. driver: 550.163.01, CUDA 12.4: too old; torch is built for CUDA 13.0"
        in text
    )


@pytest.mark.usefixtures("embedded_model")
def test_the_report_has_the_same_facts_as_data(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(doctor, "read_machine", lambda: server(monkeypatch, H100S))
    _, text = said(monkeypatch, capsys)
    code, report = said(monkeypatch, capsys, "--json")
    data: dict[str, Any] = json.loads(report)
    assert [str(Finding(**one)) for one in data["findings"]] == text.splitlines()[:-2]
    assert (data["config"], data["runs_here"], code) == ("demo", True, 0)
    assert data["machine"]["gpus"]["devices"][1] == {
        "name": "NVIDIA H100 80GB HBM3", "capability": 9.0, "memory": 81559 * 2**20, "free": 12004 * 2**20, "divided": False,
    }  # fmt: skip
    assert data["machine"]["memory"] == 24 * GIB and "GPU-" not in report


def test_a_report_has_no_token_and_no_home(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(doctor, "read_machine", lambda: replace(read_machine(), gpus=Gpus()))
    text = (ROOT / "configs/demo.yaml").read_text(encoding="utf-8").replace("base: smollm2-135m", "base: ~/models/llama")
    config = tmp_path / "mine.yaml"
    config.write_text(text, encoding="utf-8")
    code, report = said(monkeypatch, capsys, "--json", str(config))
    assert code == 1 and "~/models/llama: no model found" in report
    assert "hf_secret" not in report and str(tmp_path) not in report


def test_neither_torch_nor_transformers_is_imported() -> None:
    code = (
        "import atexit, json, runpy, sys\n"
        "atexit.register(lambda: print(json.dumps(sorted(sys.modules)), file=sys.stderr))\n"
        "sys.argv = ['doctor', '--summary', '--offline']\n"
        "runpy.run_module('train.doctor', run_name='__main__', alter_sys=True)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("doctor: ") and done.returncode in (0, 1)
    assert not {"torch", "transformers", "numpy"} & set(json.loads(done.stderr))
