"""What `python -m ui` says before it serves."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from frontdesk.config.schema import Config, load_config
from frontdesk.engine.vllm import free_port
from frontdesk.prompt.render import chat_template
from frontdesk.store.keys import create
from frontdesk.store.store import open_store
from tests.tokenizers import byte_tokenizer
from tests.waits import CEILING, wait_for
from ui.__main__ import has_console

ROOT = Path(__file__).parents[2]
MODEL = "company: Shop\nsystem_prompt: Help.\nmodel: {{base: none, template: llama3}}\n"
YAML = MODEL + "data: {{faq: [faq.csv]}}\nserve: {{{serve}}}\nui: {{{ui}}}\n"


def start(folder: Path, serve: str, *, model: bool, ui: str = "") -> subprocess.CompletedProcess[str]:
    (folder / "shop.yaml").write_text(YAML.format(serve=serve, ui=ui))
    if model:
        (folder / "runs/shop/model").mkdir(parents=True)
        (folder / "runs/shop/model/provenance.json").write_text("{}")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-m", "ui", "shop.yaml"], cwd=folder, env=environment, capture_output=True, text=True, check=False
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


def test_a_logo_that_is_not_there_is_named(tmp_path: Path) -> None:
    line = the_only_line(start(tmp_path, "ui_port: 17861", model=True, ui="logo: none.svg"))
    assert "ui.logo" in line and "none.svg" in line


@pytest.mark.parametrize(("host", "key", "there"), [("127.0.0.1", False, True), ("0.0.0.0", False, False), ("0.0.0.0", True, True)])
def test_there_is_no_console_for_strangers(tmp_path: Path, capsys: pytest.CaptureFixture[str], host: str, key: bool, there: bool) -> None:
    database = {"database": f"sqlite:///{tmp_path}/store.db"}
    config = Config(
        name="shop",
        company="Shop",
        system_prompt="Help.",
        model={"base": "none", "template": "chatml"},
        data={"faq": ["f"]},
        serve={"host": host},
        desk=database,
    )
    store = open_store(config)
    if key:
        create(store, "anna", "agent")
    assert has_console(config, store) is there
    assert ("serve.keys create" in capsys.readouterr().out) is not there
    store.close()


def test_it_serves_page_api_and_console_until_a_signal(tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "shop.yaml").write_text(YAML.format(serve=f"ui_port: {port}", ui=""))
    config = load_config(tmp_path / "shop.yaml")
    byte_tokenizer(chat_template(config)).save_pretrained(tmp_path / "runs/shop/model")
    (tmp_path / "runs/shop/model/provenance.json").write_text("{}")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "ui", "shop.yaml"], cwd=tmp_path, env=environment, stdout=log, stderr=log)
    try:
        with httpx.Client(base_url=f"http://localhost:{port}", trust_env=False, timeout=CEILING) as client:
            wait_for(lambda: reached(client), process)
            assert "<title>Shop · AI</title>" in client.get("/").text
            assert client.get("/api/chat").status_code == 401
            assert client.post("/api/customers", json={}).status_code == 201
            assert client.get("/desk/").status_code == 200, "nobody has a key, and only this machine comes here"
            assert (tmp_path / "runs/shop/desk/store.db").is_file()
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(b"my secret\r\n\r\n")
            assert b" 400 " in connection.recv(1000)
        process.terminate()
        assert process.wait(CEILING) in (0, -signal.SIGTERM)
    finally:
        process.kill()
    lines = [line for line in (tmp_path / "log").read_text().splitlines() if not line.startswith("ui: ")]
    logged = [json.loads(line) for line in lines]
    assert {line["logger"] for line in logged} == {"uvicorn.error"} and "secret" not in str(logged), "uvicorn warns of what is no request"


def reached(client: httpx.Client) -> bool:
    try:
        return client.get("/").status_code == 200
    except httpx.TransportError:
        return False
