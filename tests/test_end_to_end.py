"""The whole road on real parts: data → a few training steps → merge → vLLM and gateway → openai client → Chromium on the page.

One project folder with the demo's sources and the embedded model is trained and served once, and all tests here share it.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import openai
import psutil
import pytest
import yaml
from playwright.sync_api import Page, expect, sync_playwright

from frontdesk.engine.vllm import free_port
from tests.serve.gateways import data
from tests.stages import Result, done
from tests.ui import browser
from tests.waits import CEILING, START_SECONDS, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("end-to-end")]
ROOT = Path(__file__).parent.parent
KEY = "a-key-of-the-test"
ENVIRONMENT = {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "FRONTDESK_API_KEY": KEY}
ENTRIES = 14
"""Of the demo's FAQ: enough for near neighbours."""


@dataclass
class Desk:
    """A served run and what its supervisor has printed."""

    folder: Path
    process: "subprocess.Popen[str]"
    api: str
    page: str
    lines: list[str] = field(default_factory=list)

    def client(self, key: str = KEY) -> openai.OpenAI:
        return openai.OpenAI(base_url=self.api, api_key=key, max_retries=0, timeout=120)

    def http(self) -> httpx.Client:
        return httpx.Client(base_url=self.api, headers={"Authorization": f"Bearer {KEY}"}, trust_env=False, timeout=CEILING)

    def wait_for(self, text: str, seconds: float = START_SECONDS, after: int = 0) -> None:
        """Wait for a line (not among the first `after`) that contains `text`."""
        deadline = time.monotonic() + seconds
        while not any(text in line for line in self.lines[after:]):
            assert self.process.poll() is None and time.monotonic() < deadline, "".join(self.lines)
            time.sleep(0.1)

    def engine_processes(self) -> list[psutil.Process]:
        children = psutil.Process(self.process.pid).children(recursive=True)
        return [child for child in children if "vllm" in " ".join(child.cmdline()).lower() or "VLLM" in child.name()]


def stage(folder: Path, *words: str, code: int = 0) -> Result:
    """`python -m WORDS`, which ends with `code`."""
    return done(folder, *words, code=code, **ENVIRONMENT)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, embedded_model: Path) -> Iterator[Desk]:
    """The demo, with few steps and an eager engine, on free ports and with an API key."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("examples", ".cache"):
        (folder / name).symlink_to(ROOT / name)
    config = yaml.safe_load((ROOT / "configs/demo.yaml").read_text(encoding="utf-8"))
    entries = (ROOT / "examples/faq.en.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (folder / "faq.jsonl").write_text("".join(entries[:ENTRIES]), encoding="utf-8")
    config["data"] |= {"faq": ["faq.jsonl"]}
    config["train"] |= {"epochs": 0.12, "evaluations": 1, "parity_prompts": 6}
    config["serve"] |= {"port": free_port(), "ui_port": free_port(), "eager": True, "context_length": 1024, "max_tokens": 48}
    (folder / "demo.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    stage(folder, "data_tools", "demo.yaml")
    stage(folder, "train", "demo.yaml")
    process = subprocess.Popen(
        [sys.executable, "-m", "serve", "demo.yaml"],
        cwd=folder,
        env={**os.environ, **ENVIRONMENT},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    serve = config["serve"]
    desk = Desk(folder, process, f"http://127.0.0.1:{serve['port']}/v1", f"http://127.0.0.1:{serve['ui_port']}/")
    assert process.stdout is not None
    reader = threading.Thread(target=lambda: desk.lines.extend(iter(process.stdout.readline, "")), daemon=True)  # type: ignore[union-attr]
    reader.start()
    try:
        desk.wait_for("Ctrl-C stops both.")
        yield desk
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(60)


@pytest.fixture(scope="module")
def page(desk: Desk) -> Iterator[Page]:
    """The chat page in an English browser."""
    with sync_playwright() as playwright:
        chromium = browser.launch(playwright)
        page = chromium.new_context(locale="en-US").new_page()
        browser.open_chat(page, desk.page)
        yield page
        chromium.close()


def user(text: str) -> list[openai.types.chat.ChatCompletionMessageParam]:
    return [{"role": "user", "content": text}]


def test_training_left_its_record(desk: Desk) -> None:
    run = desk.folder / "runs/demo"
    record = json.loads((run / "training.json").read_text())
    assert record["peak_rss_gib"] < 4
    assert record["held_out"]["wordings"]["after"] < record["held_out"]["wordings"]["before"]
    merge = json.loads((run / "model/provenance.json").read_text())["merge"]
    assert merge["losses"][merge["into"]] <= 1.02 * min(merge["losses"].values())


def test_adapter_merged_and_served_model_say_the_same(desk: Desk) -> None:
    parity = json.loads((desk.folder / "runs/demo/parity.json").read_text())
    assert parity["passed"] and not parity["failures"]
    assert parity["prompts"] == parity["same_prompt_tokens"] == 6
    assert parity["tokens"] > 50 and len(parity["answers"]) == 6
    assert set(parity["stopped"]) == {"adapter", "merged", "served"}


def test_a_model_that_says_something_else_does_not_pass(desk: Desk, tmp_path: Path, embedded_model: Path) -> None:
    """As if the merge had lost the adapter: the untuned base lies where the merged model should."""
    for name in ("examples", ".cache", "demo.yaml"):
        (tmp_path / name).symlink_to(desk.folder / name)
    run = shutil.copytree(desk.folder / "runs/demo", tmp_path / "runs/demo")
    (run / "parity.json").unlink()
    shutil.copy(embedded_model / "model.safetensors", run / "model/model.safetensors")
    result = stage(tmp_path, "train", "demo.yaml", code=1)
    assert "is trained already" in result.stdout
    assert "error: runs/demo/parity.json: the served model does not match what was trained: " in result.stderr
    assert "Traceback" not in result.stderr
    assert json.loads((run / "parity.json").read_text())["passed"] is False


def test_the_addresses_are_printed(desk: Desk) -> None:
    text = "".join(desk.lines)
    assert desk.api.replace("127.0.0.1", "localhost") in text
    assert desk.page.replace("127.0.0.1", "localhost").rstrip("/") in text


def test_models(desk: Desk) -> None:
    assert [model.id for model in desk.client().models.list()] == ["demo", "demo-bare"]


def test_a_wrong_key_is_refused(desk: Desk) -> None:
    with pytest.raises(openai.AuthenticationError):
        desk.client("wrong").models.list()


def test_plain_and_streamed_answers_agree_and_count_their_tokens(desk: Desk) -> None:
    client = desk.client()
    plain = client.chat.completions.create(model="demo", messages=user("What are your opening hours?"), temperature=0, max_tokens=32)
    assert plain.usage is not None
    assert plain.usage.prompt_tokens > 30, "the system prompt is in, although no system message was sent"
    stream = client.chat.completions.create(
        model="demo",
        messages=user("What are your opening hours?"),
        temperature=0,
        max_tokens=32,
        stream=True,
        stream_options={"include_usage": True},
    )
    chunks = list(stream)
    assert len(chunks) > 3
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == plain.choices[0].message.content
    assert chunks[-1].usage == plain.usage


def test_stop_sequences(desk: Desk) -> None:
    """Of the bare model: the desk says whole sentences."""
    client = desk.client()
    whole = client.chat.completions.create(model="demo-bare", messages=user("Do you ship abroad?"), temperature=0, max_tokens=32)
    words = (whole.choices[0].message.content or "").split()
    assert len(words) > 2
    cut = client.chat.completions.create(
        model="demo-bare", messages=user("Do you ship abroad?"), temperature=0, max_tokens=32, stop=[words[2]]
    )
    assert cut.choices[0].finish_reason == "stop"
    assert words[2] not in (cut.choices[0].message.content or "")
    assert cut.usage is not None and whole.usage is not None
    assert cut.usage.completion_tokens < whole.usage.completion_tokens


def test_a_customer_cannot_end_a_turn(desk: Desk) -> None:
    client = desk.client()
    tokens = [
        client.chat.completions.create(model="demo-bare", messages=user(text), max_tokens=1).usage.prompt_tokens  # type: ignore[union-attr]
        for text in ("x", "x<|im_end|>")
    ]
    assert tokens[1] - tokens[0] > 2, "typed special tokens are plain text, several tokens long"


def test_the_page_answers_as_the_api_does(desk: Desk, page: Page) -> None:
    question = "How much is standard shipping?"
    answer = browser.ask(page, question)
    api = desk.client().chat.completions.create(model="demo", messages=user(question), temperature=0, max_tokens=48)
    assert answer.split() == (api.choices[0].message.content or "").split()


def test_a_second_turn_a_suggestion_and_clear(page: Page) -> None:
    browser.clear(page)
    question, answer = browser.click_suggestion(page)
    assert question and answer
    assert browser.ask(page, "And how long does that take?")
    assert [role for role, _ in browser.shown_turns(page)] == ["user", "assistant", "user", "assistant"]
    browser.clear(page)
    assert browser.shown_turns(page) == []


def test_an_answer_again(page: Page) -> None:
    browser.clear(page)
    assert browser.ask(page, "Do you ship abroad?")
    assert browser.retry(page)
    assert len(browser.shown_turns(page)) == 2


def test_korean_and_english(page: Page) -> None:
    browser.switch_language(page, "ko")
    placeholder = page.get_attribute("#question textarea", "placeholder") or ""
    assert re.search("[가-힣]", placeholder)
    browser.switch_language(page, "en")
    assert not re.search("[가-힣]", page.get_attribute("#question textarea", "placeholder") or "")


def test_markup_in_a_message_is_text(page: Page) -> None:
    browser.clear(page)
    browser.ask(page, "<img src=x onerror=\"document.title='owned'\"><b>bold</b>")
    assert page.title() != "owned"
    assert "<b>bold</b>" in browser.shown_turns(page)[0][1]


LONG: dict[str, Any] = {"model": "demo-bare", "messages": user("Go on: " + "1 2 3 4 5 6 7 8, " * 6), "max_tokens": 500, "stop": None}


def test_a_dead_engine_cuts_a_stream_is_told_in_words_and_comes_back(desk: Desk, page: Page) -> None:
    browser.clear(page)
    seen = len(desk.lines)
    with desk.http() as http:
        with http.stream("POST", "chat/completions", json=LONG | {"stream": True}) as response:
            parts = response.iter_bytes()
            text = next(parts)
            for process in desk.engine_processes():
                process.kill()
            text += b"".join(parts)
        assert data(text.decode())[-1]["error"]["code"] == "cut_off"
        refused = http.post("chat/completions", json=LONG)
        assert refused.status_code == 503 and refused.json()["error"]["code"] == "not_ready"
        assert browser.ask(page, "Are you still there?") == ""
        assert "not reachable" in browser.notice(page)
        desk.wait_for("the engine answers again", after=seen)
        assert http.post("chat/completions", json=LONG | {"max_tokens": 3}).status_code == 200
    assert browser.retry(page)
    assert browser.notice(page) == ""


EDITS = {
    "phone number?": ("phone", "+1-555-0142", "+1-555-0187"),
    "How fast does someone answer in the chat?": ("live-chat", "2 hours", "5 hours"),
    "Do you ship abroad?": ("shipping-countries", "34 countries", "51 countries"),
}
"""Questions, the entry of each, what it says and what it will say. A model that was trained for some steps does not read each right."""


def test_an_edited_faq_is_answered_without_training(desk: Desk) -> None:
    def said(question: str) -> Any:
        return desk.client().chat.completions.create(model="demo", messages=user(question), temperature=0)

    before = {question: said(question) for question in EDITS}
    right = [
        question
        for question, (entry, old, _) in EDITS.items()
        if old in (before[question].choices[0].message.content or "") and (before[question].frontdesk["source"] or {}).get("id") == entry
    ]
    assert right, before
    seen, faq = len(desk.lines), desk.folder / "faq.jsonl"
    text = faq.read_text(encoding="utf-8")
    for _, old, new in EDITS.values():
        text = text.replace(old, new)
    faq.write_text(text, encoding="utf-8")
    log = desk.folder / "runs/demo/serve/gateway.log"
    wait_for(lambda: "was read again" in log.read_text(encoding="utf-8") + "".join(desk.lines[seen:]), seconds=60)
    after = {question: said(question).choices[0].message.content or "" for question in right}
    assert not any(EDITS[question][1] in answer for question, answer in after.items()), after
    assert any(EDITS[question][2] in answer for question, answer in after.items()), after


def test_a_person_takes_over_at_the_console(desk: Desk, page: Page) -> None:
    key = stage(desk.folder, "serve.keys", "create", "--role", "agent", "--name", "anna", "--config", "demo.yaml").stdout.strip()
    browser.clear(page)
    assert browser.ask(page, "How much is standard shipping?")
    page.click("#person")
    page.wait_for_selector("html[data-state=waiting]")
    assert page.context.browser is not None
    agent = page.context.browser.new_context(locale="en-US").new_page()
    agent.goto(desk.page + "desk/")
    agent.fill("#key", key)
    agent.click("button")
    agent.click("[data-queue=waiting] [data-open]")
    agent.click("#take")
    box = agent.locator("#reply")
    expect(box).to_be_editable()
    box.fill("I have looked it up for you.")
    box.press("Control+Enter")
    page.wait_for_selector("#chat [data-testid=agent]:has-text('I have looked it up for you.')")
    assert browser.shown_turns(page)[-1] == ("agent", "I have looked it up for you.")
    agent.context.close()


def test_sigterm_leaves_nothing_running(desk: Desk) -> None:
    members = psutil.Process(desk.process.pid).children(recursive=True)
    assert len(members) >= 2
    desk.process.send_signal(signal.SIGTERM)
    assert desk.process.wait(30) == 0
    assert [member for member in members if member.is_running() and member.status() != psutil.STATUS_ZOMBIE] == []
    for url in (desk.api, desk.page):
        port = int(re.search(r":(\d+)/", url)[1])  # type: ignore[index]
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0
