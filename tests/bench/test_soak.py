"""The soak itself, small: a real desk with an engine that is a stand-in, whose page is killed while customers chat."""

import asyncio
import json
import os
import random
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bench.customers import Customer, Said, Tally
from bench.soak import fault_record, look_up
from frontdesk.config.run import Run
from frontdesk.config.schema import load_config
from frontdesk.files import write_json, write_jsonl
from frontdesk.prompt.render import chat_template, template_hash
from tests.waits import until

ROOT = Path(__file__).resolve().parents[2]
CONFIG = """
company: Shop
system_prompt: Answer with the shop's facts.
model: {base: smollm2-135m, template: chatml}
data: {faq: [faq.csv]}
serve: {max_tokens: 60}
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, embedded_model: Path) -> Path:
    """A folder with a run that can be served: the untuned model's files, and questions enough that nobody asks one twice."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.yaml").write_text(CONFIG, encoding="utf-8")
    config, run = load_config("shop.yaml"), Run("shop")
    run.model.mkdir(parents=True)
    for file in embedded_model.iterdir():
        (run.model / file.name).symlink_to(file)
    (run.model / "chat_template.jinja").unlink(missing_ok=True)
    (run.model / "chat_template.jinja").write_text(chat_template(config), encoding="utf-8")
    write_json(run.provenance, {"key": "abc", "data_hash": "aaa", "template_hash": template_hash(config)})
    things = [
        f"{colour} {thing}" for colour in ("red", "blue", "green", "plain") for thing in ("tent", "lamp", "rope", "stove", "boot", "map")
    ]
    entries = [
        {"id": f"e{n}", "questions": [f"When will the {thing} arrive?"], "answers": [f"In {n} days."], "source": f"x:{n}", "split": "train"}
        for n, thing in enumerate(things)
    ]
    write_jsonl(run.faq, entries)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize(("engines", "killed"), [(1, ["page killed"]), (2, ["engine killed", "router killed"])])
def test_nothing_acknowledged_is_lost_whatever_is_killed(shop: Path, engines: int, killed: list[str]) -> None:
    (shop / "shop.yaml").write_text(CONFIG.replace("max_tokens", f"replicas: {engines}, max_tokens"), encoding="utf-8")
    command = [sys.executable, "-m", "bench.soak", "shop.yaml", "--stand-in", "--customers", "20", "--minutes", "0", "--think", "3"]
    done = subprocess.run(
        [*command, "--faults", *killed, "--json", "found.json"],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (shop / "found.json").is_file(), done.stdout + done.stderr
    found: dict[str, Any] = json.loads((shop / "found.json").read_text())
    assert found["acknowledged"] > 0, found
    assert found["lost"] == 0 and found["wrong"] == [], found
    assert found["answers"]["whole"] > 0
    assert sum(found["answers"].values()) == found["acknowledged"]
    assert [fault["name"] for fault in found["faults"]] == killed
    assert engines > 1 or found["faults"][0]["dropped"] > 0, "customers noticed"
    assert all(fault["back_after"] > 0 and fault["ok"] > 0 for fault in found["faults"])
    assert done.returncode == 0, done.stderr
    assert "messages acknowledged, 0 lost" in done.stdout


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_or_answered_twice_whichever_of_several_dies(shop: Path) -> None:
    faults = ["page 1 killed", "gateway 2 killed", "database killed"]
    command = [sys.executable, "-m", "bench.soak", "shop.yaml", "--stand-in", "--customers", "12", "--minutes", "0", "--think", "2"]
    done = subprocess.run(
        [*command, "--pages", "2", "--gateways", "2", "--faults", *faults, "--json", "found.json"],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (shop / "found.json").is_file(), done.stdout + done.stderr
    found: dict[str, Any] = json.loads((shop / "found.json").read_text())
    assert found["acknowledged"] > 12 and found["answers"]["whole"] > 0, found
    assert (found["lost"], found["twice"], found["answers"]["none"], found["wrong"]) == (0, 0, 0, []), found
    assert [fault["name"] for fault in found["faults"]] == faults and all(fault["back_after"] > 0 for fault in found["faults"])
    assert done.returncode == 0, done.stderr


def test_a_message_that_is_not_there_as_it_was_is_lost(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "store.db") as store:
        store.execute("CREATE TABLE messages (id INTEGER, conversation_id, speaker, text, cut, refusal)")
        store.execute("CREATE TABLE handoffs (conversation_id)")
        store.executemany(
            "INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?)",
            [
                *(
                    (1, "a", "customer", "one", 0, 0),
                    (2, "a", "bot", "1", 0, 0),
                    (3, "b", "customer", "two", 0, 0),
                    (4, "b", "bot", "2", 1, 0),
                ),
                *((5, "a", "customer", "three", 0, 0), (6, "a", "bot", "Shall I connect you?", 0, 1), (7, "c", "customer", "four", 0, 0)),
                *(
                    (8, "d", "customer", "a person", 0, 0),
                    (9, "d", "customer", "not acknowledged", 0, 0),
                    (10, "e", "customer", "no", 0, 0),
                    (11, "f", "customer", "five", 0, 0),
                    (12, "f", "bot", "5", 0, 0),
                    (13, "f", "bot", "5 again", 0, 0),
                ),
            ],
        )
        store.execute("INSERT INTO handoffs VALUES ('d')")
    store.close()
    tally = Tally(0.0, said=[Said(*one, 0.0) for one in ((1, "one"), (3, "two"), (5, "three"), (7, "four"), (8, "a person"))])
    tally.said += [Said(10, "other words", 0.0), Said(99, "never stored", 0.0)]
    found = look_up(f"sqlite:///{tmp_path}/store.db", tally)
    assert (found["acknowledged"], found["lost"], found["twice"], found["unacknowledged"]) == (7, 2, 1, 3)
    assert found["answers"] == {"whole": 1, "cut": 1, "refusal": 1, "person": 1, "none": 1}


@pytest.mark.parametrize(
    ("status", "headers", "body", "what"),
    [
        (200, {}, b"{}", "ok"),
        (429, {"Retry-After": "1"}, b'{"error": {"message": "slow"}}', "refused"),
        (503, {"Retry-After": "1"}, b'{"error": {"message": "away"}}', "refused"),
        (409, {}, b'{"error": {"message": "wait"}}', "wait"),
        (503, {}, b'{"error": {"message": "away"}}', "wrong"),
        (503, {"Retry-After": "1"}, b"<html>", "wrong"),
        (500, {"Retry-After": "1"}, b'{"error": {"message": "a defect"}}', "wrong"),
        (502, {}, b"", "wrong"),
    ],
)
def test_which_answers_are_wrong(status: int, headers: dict[str, str], body: bytes, what: str) -> None:
    tally = Tally(0.0, window="page killed")
    tally.response(status, headers, body)
    assert dict(tally.seen) == {("page killed", what): 1}
    assert len(tally.wrong) == (what == "wrong")


@pytest.mark.parametrize(("status", "headers", "what"), [(500, {}, "wrong"), (503, {"Retry-After": "9"}, "refused"), (200, {}, None)])
def test_a_page_that_cannot_be_opened_counts(status: int, headers: dict[str, str], what: str | None) -> None:
    """An answer instead of a stream of events; the customer waits as long as it says."""
    asked = 0

    async def events(_: web.Request) -> web.Response:
        nonlocal asked
        asked += 1
        text = "data: {}\n" if status == 200 else '{"error": {"message": "no"}}'
        return web.Response(status=status, headers=headers, text=text)

    async def scenario() -> None:
        app = web.Application()
        app.router.add_get("/api/chat/events", events)
        async with TestServer(app) as server, aiohttp.ClientSession() as session:
            customer = Customer([str(server.make_url("")).rstrip("/")], session, tally, ["Hi"], 1.0, random.Random(1))
            looking = asyncio.create_task(customer.look())
            await until(lambda: bool(tally.seen) or customer.changed.is_set())
            looking.cancel()
            await asyncio.wait({looking})

    tally = Tally(0.0)
    asyncio.run(scenario())
    assert asked == 1 and dict(tally.seen) == ({("before", what): 1} if what else {})


def test_the_desk_is_back_with_the_first_whole_answer_to_a_message_sent_afterwards() -> None:
    said = [Said(1, "", 9.0, 30.0), Said(2, "", 14.0), Said(3, "", 15.0, 26.0), Said(4, "", 13.0, 27.0)]
    tally = Tally(0.0, said=said)
    assert fault_record("x", 10.0, 12.0, tally)["back_after"] == 14.0
    assert fault_record("x", 10.0, 20.0, tally)["back_after"] is None
