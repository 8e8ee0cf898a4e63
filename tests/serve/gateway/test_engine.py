"""`make serve` with the real engine on the untuned model: what a stand-in cannot show."""

import asyncio
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import openai
import psutil
import pytest
from playwright.sync_api import sync_playwright

from frontdesk.config.run import Run
from frontdesk.config.schema import load_config
from frontdesk.engine.vllm import STEP, free_port
from frontdesk.files import write_json
from frontdesk.prompt.render import chat_template, template_hash
from tests.observing.test_alerts import engine_names
from tests.serve.gateways import data, project, settings, write_faq
from tests.ui import browser
from tests.waits import CEILING, START_SECONDS, wait_for

ROOT = Path(__file__).resolve().parents[3]
KEY = "a-key-of-the-test"
QUESTION: list[Any] = [{"role": "user", "content": "Is it free to return a tent?"}]
COUNTING: list[Any] = [{"role": "user", "content": "Go on: " + "1 2 3 4 5 6 7 8, " * 6}]
"""The model repeats it greedily for as long as it may."""
LONG: dict[str, Any] = {"model": "shop-bare", "messages": COUNTING, "max_tokens": 500, "stream": True, "temperature": 0, "stop": None}


@dataclass
class Desk:
    """A served run."""

    process: "subprocess.Popen[bytes]"
    output: Path
    api: str
    page: str

    def child(self, module: str) -> psutil.Process:
        return next(child for child in psutil.Process(self.process.pid).children() if module in child.cmdline())

    def engine(self) -> psutil.Process:
        return self.child("vllm.entrypoints.openai.api_server")

    def metric(self, name: str) -> float:
        """A number that the engine tells of itself."""
        words = self.engine().cmdline()
        text = httpx.get(f"http://127.0.0.1:{words[words.index('--port') + 1]}/metrics", trust_env=False).text
        return float(re.search(rf"^vllm:{name}\{{.*\}} (\S+)$", text, re.MULTILINE)[1])  # type: ignore[index]

    def http(self) -> httpx.Client:
        return httpx.Client(base_url=self.api, headers={"Authorization": f"Bearer {KEY}"}, trust_env=False, timeout=CEILING)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, embedded_model: Path) -> Iterator[Desk]:
    """The untuned model as if it were a run's, with an FAQ."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / ".cache").symlink_to(ROOT / ".cache")  # what vLLM keeps of a model's architecture saves seconds
    config = settings(port=free_port(), ui_port=free_port(), eager=True, context_length=1024, max_tokens=24)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        project(folder, config)
        config, run = load_config("shop.yaml"), Run("shop")
        shutil.copytree(embedded_model, run.model)
        (run.model / "chat_template.jinja").write_text(chat_template(config), encoding="utf-8")
        write_json(run.provenance, {"data_hash": "aaa", "template_hash": template_hash(config)})
        write_faq(config)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "FRONTDESK_API_KEY": KEY, "OMP_WAIT_POLICY": "PASSIVE"}
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen([sys.executable, "-m", "serve", "shop.yaml"], cwd=folder, env=environment, stdout=output, stderr=output)
    desk = Desk(process, folder / "output", *(f"http://127.0.0.1:{port}" for port in (config.serve.port, config.serve.ui_port)))
    try:
        wait_for(lambda: "Ctrl-C stops both." in desk.output.read_text(), process, START_SECONDS)
        yield desk
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(CEILING)


@pytest.fixture
def client(desk: Desk) -> openai.OpenAI:
    return openai.OpenAI(base_url=desk.api + "/v1", api_key=KEY, max_retries=0, timeout=CEILING)


def test_product_and_bare_model_plain_and_streamed(client: openai.OpenAI) -> None:
    tokens = {}
    for model in ("shop", "shop-bare"):
        plain = client.chat.completions.create(model=model, messages=QUESTION, temperature=0)
        chunks = list(
            client.chat.completions.create(
                model=model, messages=QUESTION, temperature=0, stream=True, stream_options={"include_usage": True}
            )
        )
        said = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        assert said == plain.choices[0].message.content and said
        assert plain.usage is not None and chunks[-1].usage == plain.usage
        tokens[model] = plain.usage.prompt_tokens
        told = (plain.model_extra or {}).get("frontdesk"), (chunks[-1].model_extra or {}).get("frontdesk")
        assert told == ((None, None) if model == "shop-bare" else (told[0], told[0])) and told[0] != {}
        assert model == "shop-bare" or "source" in told[0]
    assert tokens["shop"] > tokens["shop-bare"] + 30, "the FAQ's entries are in the product's prompt"


def test_the_page_says_what_the_api_says(client: openai.OpenAI, desk: Desk) -> None:
    question = "How much is shipping?"
    asked: list[Any] = [{"role": "user", "content": question}]
    with sync_playwright() as playwright:
        chromium = browser.launch(playwright)
        page = browser.new_context(chromium).new_page()
        browser.open_chat(page, desk.page)
        shown = browser.ask(page, question)
        chromium.close()
    said = client.chat.completions.create(model="shop", messages=asked, temperature=0).choices[0].message.content or ""
    assert shown.split() == said.split() != []


def test_drafted_tokens_are_sampled_as_others_are(client: openai.OpenAI, desk: Desk) -> None:
    """Nearly without chance all answers are the greedy one (frontdesk/engine/plugin.py)."""
    asked: dict[str, Any] = {"model": "shop-bare", "messages": COUNTING, "max_tokens": 40}
    greedy = client.chat.completions.create(**asked, temperature=0).choices[0].message.content
    drawn = [client.chat.completions.create(**asked, temperature=0.01, seed=seed) for seed in range(3)]
    assert {answer.choices[0].message.content for answer in drawn} == {greedy}
    assert desk.metric("spec_decode_num_accepted_tokens_total") > 0


def test_the_engine_takes_every_field_of_the_allow_list(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(
        model="shop-bare", messages=[{"role": "system", "content": "Be brief."}, *QUESTION], max_completion_tokens=5, temperature=0.5,
        top_p=0.9, n=1, stop=["\n"], seed=3, presence_penalty=0.1, frequency_penalty=0.1, user="7", logprobs=True, top_logprobs=2,
    )  # fmt: skip
    assert answer.choices[0].logprobs is not None and answer.choices[0].logprobs.content


def test_prompts_with_seeds_that_are_longer_together_than_a_step_do_not_end_the_engine(desk: Desk) -> None:
    """vLLM on a CPU dies of a seeded request whose prompt is read in parts (frontdesk/engine/vllm.py)."""

    async def ask_all() -> list[int]:
        async with openai.AsyncOpenAI(base_url=desk.api + "/v1", api_key=KEY, max_retries=0, timeout=CEILING) as client:
            asked = (
                client.chat.completions.create(
                    model="shop-bare", messages=[{"role": "user", "content": f"{number} " * 220}], seed=number, temperature=1, max_tokens=2
                )
                for number in range(100, 104)
            )
            return [answer.usage.prompt_tokens for answer in await asyncio.gather(*asked) if answer.usage]

    assert sum(asyncio.run(ask_all())) > 1.5 * STEP


def test_a_prompt_that_is_too_long_is_the_clients_mistake_for_the_bare_model_and_fitted_for_the_product(client: openai.OpenAI) -> None:
    long: list[Any] = [{"role": "user", "content": "tent " * 3000}]
    with pytest.raises(openai.BadRequestError, match="context length"):
        client.chat.completions.create(model="shop-bare", messages=long)
    answer = client.chat.completions.create(model="shop", messages=long)
    assert answer.usage is not None and 500 < answer.usage.prompt_tokens <= 1024 - 24


def test_each_process_knows_the_keys_that_it_needs(desk: Desk) -> None:
    """The page asks with a key of this start, which is an admin's at the gateway; the engine knows neither that nor the customers'."""
    known = [desk.child(module).environ() for module in ("ui", "serve.gateway", "vllm.entrypoints.openai.api_server")]
    page, gateway, engine = ({name: value for name, value in one.items() if "KEY" in name} for one in known)
    key = page["FRONTDESK_PAGE_KEY"]
    assert key == gateway["FRONTDESK_PAGE_KEY"] and key not in engine.values() and KEY not in engine.values()
    assert engine["VLLM_API_KEY"] == gateway["FRONTDESK_ENGINE_KEY"] and engine["VLLM_API_KEY"] not in page.values()
    for shown, status in ((key, 200), (KEY, 403), ("x", 401)):
        for path in ("/metrics", "/metrics/engine"):
            told = httpx.get(desk.api + path, headers={"Authorization": f"Bearer {shown}"}, trust_env=False)
            assert told.status_code == status
    told = httpx.get(f"{desk.api}/metrics/engine", headers={"Authorization": f"Bearer {key}"}, trust_env=False)
    assert all(re.search(rf"^{name}\b", told.text, re.MULTILINE) for name in engine_names()), "what the dashboard draws"


def test_no_log_has_words_or_keys(desk: Desk) -> None:
    """Of any process, at their usual levels: what customers wrote through API and page, what the model said, and every key."""
    words = "canary words of a customer"
    asked: Any = {"model": "shop-bare", "messages": [{"role": "user", "content": words}]}
    with desk.http() as http, httpx.Client(base_url=desk.page, trust_env=False, timeout=CEILING) as page:
        said = http.post("/v1/chat/completions", json=asked).json()["choices"][0]["message"]["content"]
        assert http.post("/v1/chat/completions", json={**asked, "model": "shop", "stream": True}).status_code == 200
        for wrong in ({"model": words}, {words: 1}, {"messages": [{"role": "user", "content": f"{words} " * 2000}]}, {"stop": words * 9}):
            assert http.post("/v1/chat/completions", json=asked | wrong).status_code in (400, 404)
        http.get(f"/v1/models/{words}")
        page.headers["Authorization"] = f"Bearer {page.post('/api/customers', json={}).json()['token']}"
        assert page.post("/api/chat/messages", json={"text": words}).status_code == 201
        wait_for(lambda: len(page.get("/api/chat").json()["turns"]) == 2)
        secret = page.headers["Authorization"].removeprefix("Bearer ")
    logs = {path.name: path.read_text() for path in (desk.output, *(desk.output.parent / "runs/shop/serve").glob("*.log"))}
    assert set(logs) == {"output", "engine.log", "gateway.log", "chat.log"}
    assert '"completion_tokens": ' in logs["gateway.log"] and '"route": "/v1/chat/completions"' in logs["gateway.log"]
    keys = [value for name, value in desk.child("serve.gateway").environ().items() if name.startswith("FRONTDESK") and "KEY" in name]
    assert len(keys) == 3 and len(said) > 10
    for name, log in logs.items():
        assert not [one for one in (words, "canary%20words", said, secret, *keys) if one in log], name


def test_a_client_that_leaves_frees_its_place_in_the_engine(desk: Desk) -> None:
    before = desk.metric("generation_tokens_total")
    with desk.http() as http:
        with http.stream("POST", "/v1/chat/completions", json=LONG) as response:
            next(response.iter_bytes())
        http.post("/v1/chat/completions", json=LONG | {"stream": False, "max_tokens": 1})  # its end brings the counts up to date
        wait_for(lambda: desk.metric("num_requests_running") == 0)
    assert desk.metric("generation_tokens_total") - before < LONG["max_tokens"]


def test_sigterm_lets_a_stream_end(desk: Desk) -> None:
    """The last test: afterwards nothing runs."""
    with desk.http() as http, http.stream("POST", "/v1/chat/completions", json=LONG | {"max_tokens": 200}) as response:
        parts = response.iter_bytes()
        text = next(parts)
        members = psutil.Process(desk.process.pid).children(recursive=True)
        desk.process.send_signal(signal.SIGTERM)
        text += b"".join(parts)
    assert data(text.decode())[-1] == "[DONE]"
    assert desk.process.wait(CEILING) == 0
    assert [member for member in members if member.is_running() and member.status() != psutil.STATUS_ZOMBIE] == []
