"""The processes of compose.yaml side by side: its commands and environments as they stand there, on this machine instead of in
containers. In the engine's place is the stand-in of the benches; PostgreSQL is Debian's, on a Unix socket.
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
import yaml

from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.engine.vllm import free_port
from frontdesk.store.keys import create
from frontdesk.store.store import open_store
from tests.frontdesk.store.postgres import Cluster
from tests.serve.gateways import project, settings, write_run
from tests.waits import CEILING, wait_for

ROOT = Path(__file__).parents[2]
STAND_IN = [str(ROOT / "bench/stand_in/vllm/entrypoints/openai/api_server.py")]


class Layout:
    """The services of compose.yaml that are ours, each a process that can be killed and started."""

    def __init__(self, folder: Path, config: Path, ports: dict[str, int]) -> None:
        self.services = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())["services"]
        self.folder, self.config, self.ports = folder, config, ports
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        for name in ("engine_key", "page_key", "postgres_password"):
            (folder / name).write_text(f"the {name}")

    def here(self, text: str) -> str:
        """A value of compose.yaml as it is on this machine."""
        text = re.sub(r"\$\{FRONTDESK_CONFIG:[^}]*\}", str(self.config), text)
        text = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text).replace("/run/secrets", str(self.folder)).replace("0.0.0.0", "127.0.0.1")
        for name, port in {"engine": 8100, "gateway": 8000, "page": 7860}.items():
            text = re.sub(rf"(?<=//){name}(?=:{port})", "127.0.0.1", text)
            text = re.sub(rf"(?<=:){port}\b|^{port}$", str(self.ports[name]), text)
        return text

    def start(self, name: str) -> None:
        service = self.services[name]
        words = [self.here(word) for word in service["command"]]
        words[:3] = [sys.executable, *(STAND_IN if name == "engine" else words[1:3])]
        environment = {key: self.here(value) for key, value in service["environment"].items()}
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                [str(ROOT / "deploy/docker/entrypoint.sh"), *words],
                env={"PATH": os.environ["PATH"], "HOME": str(self.folder), "PYTHONPATH": str(ROOT), **environment},
                stdout=log,
                stderr=log,
            )
        health = environment["FRONTDESK_HEALTH"]
        wait_for(lambda: answers(lambda: httpx.get(health, trust_env=False).status_code == 200), self.running[name])

    def kill(self, name: str) -> None:
        self.running[name].kill()
        self.running[name].wait(CEILING)


def answers(ask: Callable[[], bool]) -> bool:
    try:
        return ask()
    except httpx.TransportError:
        return False


@pytest.mark.slow
def test_the_layout_of_compose_answers_and_survives_the_restart_of_each(
    tmp_path: Path, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    free: set[int] = set()
    while len(free) < 3:
        free.add(free_port())
    ports = dict(zip(("engine", "gateway", "page"), sorted(free), strict=True))
    config: Config = settings(port=ports["gateway"], ui_port=ports["page"])
    config = config.model_copy(update={"desk": config.desk.model_copy(update={"database": cluster.new("layout")})})
    write_run(config)
    Run(config.name).provenance.write_text("{}")
    store = open_store(config)
    create(store, "anna", "agent")  # from now on everybody needs a key
    store.close()
    layout = Layout(tmp_path, project(tmp_path, config), ports)
    page = httpx.Client(base_url=f"http://127.0.0.1:{ports['page']}", trust_env=False, timeout=CEILING)
    api = httpx.Client(base_url=f"http://127.0.0.1:{ports['gateway']}", trust_env=False, timeout=CEILING)
    customers: list[dict[str, str]] = []

    def enters() -> bool:
        found = page.post("/api/customers", json={})
        customers.extend([{"Authorization": f"Bearer {found.json()['token']}"}] if found.status_code == 201 else [])
        return found.status_code == 201

    def is_answered(customer: dict[str, str]) -> bool:
        view = page.get("/api/chat", headers=customer)
        return view.status_code == 200 and any(one["speaker"] == "bot" and "4 dollars" in one["text"] for one in view.json()["turns"])

    def customers_are_answered() -> None:
        """A new one is, and what those before were told is still there."""
        wait_for(lambda: answers(lambda: api.get("/ready").status_code == 200))
        wait_for(lambda: answers(enters))
        said = page.post("/api/chat/messages", json={"text": "How much is shipping?"}, headers=customers[-1])
        assert said.status_code == 201
        wait_for(lambda: is_answered(customers[-1]))
        assert all(is_answered(customer) for customer in customers)

    try:
        for name in ("engine", "gateway", "page"):
            layout.start(name)
        assert api.get("/v1/models").status_code == 401 and page.get("/desk/", follow_redirects=True).status_code == 200
        customers_are_answered()
        for name in ("engine", "gateway", "page"):
            layout.kill(name)
            layout.start(name)
            customers_are_answered()
        cluster.stop("immediate")
        cluster.start()
        customers_are_answered()
    finally:
        for name in layout.running:
            layout.kill(name)
        page.close()
        api.close()
