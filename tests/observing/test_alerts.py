"""A real Prometheus before the real gateway and page: each alert is caused and seen firing, and each query of the dashboard has series.

The rules are ours but for their durations and limits, which are cut to seconds; with the true ones promtool plays them in test_rules.py.
"""

import contextlib
import json
import math
import re
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import prometheus_client
import pytest
import yaml

from frontdesk.engine.vllm import free_port
from tests.observing.product import ESCALATED, QUESTION, Product, product
from tests.observing.test_rules import ALERTS, DEPLOY, PROMETHEUS, names
from tests.serve.gateways import FAQ
from tests.waits import CEILING, wait_for

pytestmark = pytest.mark.slow
LIMITS = (("> 20", "> 0.2"), ("> 600", "> 1"), (">= 20", ">= 3"))
DASHBOARD = json.loads((DEPLOY / "grafana/dashboard.json").read_text())
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


class Vllm:
    """Numbers under vLLM's names, which grow with each look: the stand-in for the engine has no others."""

    def __init__(self) -> None:
        self.registry = own = prometheus_client.CollectorRegistry()
        prometheus_client.ProcessCollector(registry=own)
        kinds = {"_total": prometheus_client.Counter, "_bucket": prometheus_client.Histogram}
        found = {
            re.sub("_(total|bucket)$", "", name): kinds.get(name[name.rindex("_") :], prometheus_client.Gauge) for name in engine_names()
        }
        self.made = [kind(name, "of vLLM", registry=own) for name, kind in found.items()]

    def __call__(self) -> bytes:
        for one in self.made:
            one.observe(0.1) if isinstance(one, prometheus_client.Histogram) else one.inc()
        return prometheus_client.generate_latest(self.registry)


def queries() -> list[str]:
    return [target["expr"].replace("$__rate_interval", "1m") for panel in PANELS for target in panel["targets"]]


def engine_names() -> set[str]:
    """Those of vLLM's numbers that the dashboard draws."""
    return {name for query in queries() for name in re.findall(r"vllm:\w+", query)}


class Prometheus:
    """Prometheus, asked by its API."""

    def __init__(self, url: str, process: "subprocess.Popen[bytes]") -> None:
        self.client = httpx.Client(base_url=url, trust_env=False, timeout=CEILING)
        self.process = process

    def get(self, path: str, **parameters: str) -> Any:
        answer = self.client.get(f"/api/v1/{path}", params=parameters).json()
        assert answer["status"] == "success", answer
        return answer["data"]

    def query(self, query: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get("query", query=query)["result"]
        return found

    def firing(self) -> set[str]:
        return {one["labels"]["alertname"] for one in self.get("alerts")["alerts"] if one["state"] == "firing"}

    def wait_for(self, query: str) -> None:
        wait_for(lambda: bool(self.query(query)), self.process)

    def sees(self, alert: str) -> None:
        """Wait until it fires."""
        wait_for(lambda: alert in self.firing(), self.process)

    def next_looks(self) -> None:
        """Wait until the gateway was looked at twice more."""
        count = 'count_over_time(up{job="frontdesk-gateway"}[1h])'
        before = float(self.query(count)[0]["value"][1])
        self.wait_for(f"{count} >= {before + 2}")


@contextlib.contextmanager
def prometheus(folder: Path, shop: Product) -> Iterator[Prometheus]:
    """Our configuration and rules, with the product's addresses, an interval of half a second and the limits above."""
    config = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text())
    config["global"] = {"scrape_interval": "500ms", "evaluation_interval": "500ms"}
    for job in config["scrape_configs"]:
        client = shop.page if job["job_name"] == "frontdesk-page" else shop.api
        job["static_configs"] = [{"targets": [f"{client.base_url.host}:{client.base_url.port}"]}]
    rules = re.sub(r"\[\d+[mh]\]", "[10s]", re.sub(r"for: \d+m", "for: 1s", ALERTS.read_text()))
    for limit, low in LIMITS:
        assert rules.count(limit) == 1
        rules = rules.replace(limit, low)
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    (folder / "alerts.yml").write_text(rules)
    (folder / "frontdesk.key").write_text(shop.admin)
    address = f"127.0.0.1:{free_port()}"
    files = ("--config.file=prometheus.yml", f"--storage.tsdb.path={folder}/data", f"--web.listen-address={address}")
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen([PROMETHEUS / "prometheus", *files], cwd=folder, stdout=log, stderr=log)
    started = Prometheus(f"http://{address}", process)
    try:
        wait_for(lambda: ready(started), process)
        yield started
    finally:
        process.kill()
        process.wait(CEILING)
        started.client.close()


def ready(started: Prometheus) -> bool:
    try:
        return started.client.get("/-/ready").status_code == 200
    except httpx.TransportError:
        return False


def test_each_alert_is_caused_and_each_query_has_series(tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch, contextlib.ExitStack() as stack:
        (tmp_path / "shop").mkdir()
        shop = stack.enter_context(product(tmp_path / "shop", patch))
        shop.engine.numbers = Vllm()
        seen = stack.enter_context(prometheus(tmp_path, shop))
        for job in ("gateway", "page", "engine"):
            seen.wait_for(f'up{{job="frontdesk-{job}"}} == 1')
        shop.say(QUESTION)
        shop.say(ESCALATED)
        raw(shop)
        seen.wait_for('frontdesk_answers_total{outcome="escalated"}')
        wait_for(lambda: not seen.firing(), seen.process)

        causes = {
            "AnswersSlow": slow_answers,
            "TooManyEscalations": escalations,
            "QueueWaits": lambda *_: shop.say("I want to talk to a human, please."),
            "StoreErrors": locked_store,
            "FaqUpdateFailed": broken_faq,
            "FaqNotUpdated": lambda *_: None,  # the same FAQ
            "EngineAway": lambda *_: setattr(shop.engine, "healthy", False),
            "DeskDown": lambda *_: None,  # below, after the dashboard
        }
        assert set(causes) == set(names())
        for alert, cause in list(causes.items())[:-2]:
            assert alert not in seen.firing() or alert == "FaqNotUpdated"
            cause(shop, seen)
            seen.sees(alert)
        (tmp_path / "shop/faq.csv").write_text("question,answer\n" + "".join(f"{question},{answer}\n" for _, question, answer in FAQ))
        seen.wait_for("frontdesk_faq_update_pending == 0")
        drawn(seen)
        for alert, cause, mended in (("EngineAway", causes["EngineAway"], True), ("DeskDown", lambda *_: shop.stack.close(), False)):
            assert alert not in seen.firing()
            cause(shop, seen)
            seen.sees(alert)
            if mended:
                shop.engine.healthy = True
                wait_for(lambda alert=alert: alert not in seen.firing(), seen.process)  # type: ignore[misc]


def drawn(seen: Prometheus) -> None:
    """Each query of the dashboard has series, and a number in one of them."""
    for query in queries():
        wait_for(lambda query=query: any(math.isfinite(float(one["value"][1])) for one in seen.query(query)), seen.process)  # type: ignore[misc]


def raw(shop: Product) -> None:
    """A stream that is cut, and a client that leaves one."""
    key, body = (
        {"Authorization": f"Bearer {shop.admin}"},
        {"model": "shop-bare", "messages": [{"role": "user", "content": "Hi"}], "stream": True},
    )
    shop.engine.dies_after = 2
    shop.api.post("/v1/chat/completions", json=body, headers=key)
    shop.engine.dies_after, shop.engine.allowed = None, 2
    with shop.api.stream("POST", "/v1/chat/completions", json=body, headers=key) as response:
        next(response.iter_bytes())
    shop.engine.allowed = math.inf


def slow_answers(shop: Product, seen: Prometheus) -> None:
    """The engine holds its answers until Prometheus has looked twice, half a second each."""
    shop.engine.allowed = 0
    asking = [threading.Thread(target=shop.say, args=(QUESTION,)) for _ in range(3)]
    for thread in asking:
        thread.start()
    seen.wait_for("frontdesk_requests_in_work == 3 and on() frontdesk_answers_in_progress == 3")
    seen.next_looks()
    shop.engine.allowed = math.inf
    for thread in asking:
        thread.join(CEILING)


def escalations(shop: Product, seen: Prometheus) -> None:
    for _ in range(8):
        shop.say(ESCALATED)


def locked_store(shop: Product, seen: Prometheus) -> None:
    """Another program holds the database: what a customer says is refused, and counted."""
    who = shop.customer()
    with closing(sqlite3.connect(shop.config.desk.database.removeprefix("sqlite:///"), isolation_level=None)) as lock:  # type: ignore[union-attr]
        lock.execute("BEGIN IMMEDIATE")
        assert shop.page.post("/api/chat/messages", json={"text": "Hello"}, headers=who).status_code == 503
        lock.execute("ROLLBACK")


def broken_faq(shop: Product, seen: Prometheus) -> None:
    Path("faq.csv").write_bytes(b"\x00\x01\x02")


def test_the_dashboard_is_whole() -> None:
    rows = [panel["title"] for panel in DASHBOARD["panels"] if panel["type"] == "row"]
    assert [title.split()[0] for title in rows] == ["Customers", "Answers", "Engine", "Store"]
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    taken = [cell for panel in DASHBOARD["panels"] for cell in cells(panel["gridPos"])]
    assert len(taken) == len(set(taken)), "two panels lie over each other"
    source = yaml.safe_load((DEPLOY / "grafana/provisioning/datasources/prometheus.yml").read_text())["datasources"][0]["uid"]
    assert DASHBOARD["templating"]["list"][0]["current"]["value"] == source
    assert all(target["datasource"]["uid"] == "${datasource}" for panel in PANELS for target in panel["targets"])


def cells(place: dict[str, int]) -> list[tuple[int, int]]:
    assert place["x"] + place["w"] <= 24
    return [(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])]


def test_the_engines_numbers_are_vllms() -> None:
    """By the text of its source: importing vLLM takes half a minute."""
    from importlib.util import find_spec

    spec = find_spec("vllm")
    assert spec and spec.origin
    source = (Path(spec.origin).parent / "v1/metrics/loggers.py").read_text()
    assert engine_names() and all(f'"{re.sub("_(total|bucket)$", "", name)}"' in source for name in engine_names())
