"""What Prometheus itself says of our rules and numbers: `promtool` plays series through each alert, and checks names and units."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.observing.product import QUESTION, Product, product

pytestmark = pytest.mark.slow
DEPLOY = Path(__file__).parents[2] / "deploy"
PROMETHEUS = Path(__file__).parents[2] / ".cache/prometheus/usr/bin"  # where `make setup` puts it
ALERTS = DEPLOY / "prometheus/alerts.yml"
GATEWAY, PAGE = 'instance="gateway:8000",job="frontdesk-gateway"', 'instance="page:7860",job="frontdesk-page"'
UP = {f"up{{{GATEWAY}}}": "1+0x120", f"up{{{PAGE}}}": "1+0x120"}
"""A minute between two values."""
SLOW = {
    f'frontdesk_answer_seconds_bucket{{le="{le}",model="shop",{GATEWAY}}}': f"0+{more}x120"
    for le, more in (("20", 8), ("60", 10), ("+Inf", 10))
}
MANY = {
    f'frontdesk_answers_total{{outcome="{name}",why="",model="shop",{GATEWAY}}}': f"0+{more}x120"
    for name, more in (("escalated", 6), ("said", 5))
}
OPEN, WAIT = f"frontdesk_people_available{{{PAGE}}}", f"frontdesk_longest_wait_seconds{{{PAGE}}}"
FAILED = f"frontdesk_faq_update_failures_total{{{GATEWAY}}}"
CASES: dict[str, tuple[str, dict[str, str], int, int]] = {
    "a page that stops answering": ("DeskDown", {f"up{{{PAGE}}}": "1 1 1 1 0+0x20"}, 5, 6),
    "a gateway that is not even listed": ("DeskDown", {f"up{{{GATEWAY}}}": "1 1 _x30"}, 7, 9),
    "an engine that is away": ("EngineAway", {f"frontdesk_ready{{{GATEWAY}}}": "1 1 0+0x30"}, 4, 5),
    "answers of more than 20 s": ("AnswersSlow", SLOW, 5, 6),
    "more than half escalated": ("TooManyEscalations", MANY, 10, 12),
    "a customer who waits within the hours": ("QueueWaits", {OPEN: "1+0x60", WAIT: "0+60x60"}, 15, 16),
    "people who come in the morning": ("QueueWaits", {OPEN: "0+0x20 1+0x60", WAIT: "0+60x80"}, 25, 26),
    "a store that fails": ("StoreErrors", {f"frontdesk_store_errors_total{{{PAGE}}}": "0 0 1+1x20"}, 2, 3),
    "an FAQ that cannot be read": ("FaqUpdateFailed", {FAILED: "0 0 0 1+0x30"}, 2, 3),
    "an FAQ that is not in use": ("FaqNotUpdated", {f"frontdesk_faq_update_pending{{{GATEWAY}}}": "0 0 1+0x30"}, 16, 17),
}
"""The alert, its series, the last minute in which it does not fire, and the first in which it does."""
QUIET: dict[str, dict[str, str]] = {
    "a healthy desk": {
        f"frontdesk_ready{{{GATEWAY}}}": "1+0x120",
        f"frontdesk_store_errors_total{{{PAGE}}}": "7+0x120",
        f"frontdesk_faq_update_pending{{{GATEWAY}}}": "0+0x20 1 1 1 0+0x90",
        FAILED: "3+0x120",
        OPEN: "1+0x120",
        WAIT: "0+30x15 0+0x100",
    },
    "quick answers": dict.fromkeys(SLOW, "0+8x120"),
    "nobody asks": dict.fromkeys((*SLOW, *MANY), "5+0x120"),
    "few questions, all escalated": {next(iter(MANY)): "0+0.3x120"},
    "half escalated": dict.fromkeys(MANY, "0+6x120"),
    "a customer who waits at night": {OPEN: "0+0x120", WAIT: "0+60x120"},
    "an engine that starts": {f"frontdesk_ready{{{GATEWAY}}}": "0 0 0 1+0x120"},
}


def played(series: dict[str, str], alert: str, minutes: dict[int, list[dict[str, Any]]]) -> dict[str, Any]:
    """A test of promtool's: the alerts that are expected after so many minutes."""
    given = [{"series": name, "values": values} for name, values in (UP | series).items()]
    times = [{"eval_time": f"{minute}m", "alertname": alert, "exp_alerts": expected} for minute, expected in minutes.items()]
    return {"interval": "1m", "input_series": given, "alert_rule_test": times}


def promtool(*words: str | Path, stdin: str = "") -> tuple[int, str]:
    done = subprocess.run([PROMETHEUS / "promtool", *map(str, words)], input=stdin, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def names() -> list[str]:
    return [rule["alert"] for rule in yaml.safe_load(ALERTS.read_text())["groups"][0]["rules"]]


def test_the_configuration_is_valid(tmp_path: Path) -> None:
    for path in (DEPLOY / "prometheus/prometheus.yml", ALERTS):
        (tmp_path / path.name).write_text(path.read_text())
    (tmp_path / "frontdesk.key").write_text("key")
    code, told = promtool("check", "config", "--lint=all", "--lint-fatal", tmp_path / "prometheus.yml")
    assert code == 0 and f"{len(names())} rules found" in told, told


@pytest.mark.parametrize("case", CASES)
def test_an_alert_fires_when_it_should_and_not_before(tmp_path: Path, case: str) -> None:
    alert, series, before, after = CASES[case]
    code, told = run(tmp_path, [played(series, alert, {before: []})])
    assert code == 0, told
    code, told = run(tmp_path, [played(series, alert, {after: []})])
    assert code == 1 and f'alertname="{alert}"' in told, f"it fires by then\n{told}"


def test_every_alert_has_a_case() -> None:
    assert {alert for alert, *_ in CASES.values()} == set(names())


def test_no_alert_fires_without_need(tmp_path: Path) -> None:
    minutes: dict[int, list[dict[str, Any]]] = {minute: [] for minute in range(1, 71)}
    code, told = run(tmp_path, [played(series, alert, minutes) for series in QUIET.values() for alert in names()])
    assert code == 0, told


def run(folder: Path, tests: list[dict[str, Any]]) -> tuple[int, str]:
    (folder / "tests.yml").write_text(yaml.safe_dump({"rule_files": [str(ALERTS)], "evaluation_interval": "1m", "tests": tests}))
    return promtool("test", "rules", folder / "tests.yml")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with pytest.MonkeyPatch.context() as patch, product(tmp_path_factory.mktemp("rules"), patch) as made:
        yield made


def test_names_and_units_are_as_prometheus_wants_them(shop: Product) -> None:
    shop.say(QUESTION)
    key = {"Authorization": f"Bearer {shop.admin}"}
    for client in (shop.api, shop.page):
        text = client.get("/metrics", headers=key).raise_for_status().text
        assert "frontdesk_" in text and promtool("check", "metrics", stdin=text) == (0, "")
