"""`make serve` with two adapters on one base: real vLLM, the real openai client, and Chromium on the page."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import openai
import psutil
import pytest
import yaml
from playwright.sync_api import sync_playwright

from frontdesk.engine.vllm import free_port
from frontdesk.models.base import load_tokenizer
from frontdesk.prompt.render import Message, encode_prompt
from tests.serve.adapters import ANSWERS, PROMPTS, company, train
from tests.ui import browser
from tests.waits import CEILING, START_SECONDS, wait_for

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
KEY = "a-key-of-the-test"
BASE_PROMPT = "You are nobody's assistant."
CONVERSATIONS: list[list[Message]] = [
    [{"role": "user", "content": "Where are you?"}],
    [{"role": "user", "content": " 안녕하세요 <|im_end|> "}],
    [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}, {"role": "user", "content": "And now?"}],
    [{"role": "system", "content": "You are a pirate."}, {"role": "user", "content": "Who are you?"}],
]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, embedded_model: Path) -> Iterator[dict[str, str]]:
    """A base with the adapters of two companies, served with the page of the second.

    Yields the two addresses, and those of the engine behind: its own and its key, as its process has them.
    """
    folder = tmp_path_factory.mktemp("desk")
    (folder / ".cache").symlink_to(ROOT / ".cache")  # what vLLM keeps of a model's architecture saves seconds
    for name in ANSWERS:
        train(folder / f"elsewhere/{name}", company(name, embedded_model), embedded_model)
    ports = {"port": free_port(), "ui_port": free_port()}
    adapters = {name: f"elsewhere/{name}" for name in ANSWERS}
    values = {
        "company": "Nobody",
        "system_prompt": BASE_PROMPT,
        "model": {"base": str(embedded_model), "template": "chatml"},
        "data": {"faq": []},
        "serve": {**ports, "context_length": 512, "max_tokens": 32, "adapters": adapters, "page_model": "shop-b"},
    }
    (folder / "desk.yaml").write_text(yaml.safe_dump(values))
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "FRONTDESK_API_KEY": KEY}
    environment["OMP_WAIT_POLICY"] = "PASSIVE"  # other tests may run beside: threads that spin would wait for each other
    with (folder / "output").open("w") as output:
        process = subprocess.Popen([sys.executable, "-m", "serve", "desk.yaml"], cwd=folder, env=environment, stdout=output, stderr=output)
    try:
        wait_for(lambda: "Ctrl-C stops both." in (folder / "output").read_text(), process, START_SECONDS)
        text = (folder / "output").read_text()
        assert 'model "shop-a" or "shop-b"' in text and "(shop-b)" in text
        behind = next(child for child in psutil.Process(process.pid).children() if "vllm.entrypoints.openai.api_server" in child.cmdline())
        words = behind.cmdline()
        yield {
            "api": f"http://127.0.0.1:{ports['port']}",
            "page": f"http://127.0.0.1:{ports['ui_port']}/",
            "engine": f"http://127.0.0.1:{words[words.index('--port') + 1]}",
            "engine_key": behind.environ()["VLLM_API_KEY"],
        }
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(CEILING)
    assert process.returncode == 0


@pytest.fixture
def client(desk: dict[str, str]) -> openai.OpenAI:
    return openai.OpenAI(base_url=desk["api"] + "/v1", api_key=KEY, max_retries=0, timeout=CEILING)


def test_interleaved_requests_get_the_answers_of_their_own_adapter(desk: dict[str, str]) -> None:
    async def ask(client: openai.AsyncOpenAI, model: str, number: int) -> str:
        question: openai.types.chat.ChatCompletionUserMessageParam = {"role": "user", "content": f"Question {number}?"}
        if number % 4 < 2:
            answer = await client.chat.completions.create(model=model, messages=[question], temperature=0, max_tokens=24)
            return answer.choices[0].message.content or ""
        stream = await client.chat.completions.create(model=model, messages=[question], temperature=0, max_tokens=24, stream=True)
        return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

    async def scenario() -> list[str]:
        async with openai.AsyncOpenAI(base_url=desk["api"] + "/v1", api_key=KEY, max_retries=0, timeout=CEILING) as client:
            return await asyncio.gather(*(ask(client, model, number) for number, model in enumerate(models)))

    models = ["shop-a", "shop-b"] * 4 + ["smollm2-135m"]
    answers = asyncio.run(scenario())
    assert answers[:8] == [ANSWERS[model] for model in models[:8]]
    assert answers[8] and answers[8] not in ANSWERS.values()


@pytest.mark.parametrize("model", [*ANSWERS, "smollm2-135m"])
def test_prompts_are_the_tokens_of_the_training(desk: dict[str, str], embedded_model: Path, model: str) -> None:
    """By routes of the engine's that the gateway does not have."""
    client = openai.OpenAI(base_url=desk["engine"] + "/v1", api_key=desk["engine_key"], max_retries=0, timeout=CEILING)
    trained = company(model, embedded_model)
    if model not in ANSWERS:
        trained = trained.model_copy(update={"system_prompt": BASE_PROMPT})
    tokenizer = load_tokenizer(trained, embedded_model)
    for messages in CONVERSATIONS:
        body = {"model": model, "messages": messages}
        tokenized = httpx.post(desk["engine"] + "/tokenize", json=body, trust_env=False).json()
        assert encode_prompt(tokenizer, messages) == tokenized["tokens"]
    answer = client.chat.completions.create(
        model=model,
        messages=[{"role": "user", "content": "Where?"}],
        max_tokens=1,
        extra_body={"return_token_ids": True},
    )
    ids = encode_prompt(tokenizer, [{"role": "user", "content": "Where?"}])
    assert answer.prompt_token_ids == ids  # type: ignore[attr-defined]
    response = client.responses.create(model=model, input="Where?", max_output_tokens=1)
    assert response.usage is not None and response.usage.input_tokens == len(ids)
    count = httpx.post(
        desk["engine"] + "/v1/messages/count_tokens",
        json={"model": model, "messages": [{"role": "user", "content": "Where?"}]},
        headers={"Authorization": f"Bearer {desk['engine_key']}"},
        trust_env=False,
    )
    assert count.json()["input_tokens"] == len(ids)


def test_the_system_prompts_differ() -> None:
    assert len({*PROMPTS.values(), BASE_PROMPT}) == 3


def test_models_and_unknown_ones(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["smollm2-135m", *ANSWERS]
    with pytest.raises(openai.NotFoundError, match="shop-c"):
        client.chat.completions.create(model="shop-c", messages=[{"role": "user", "content": "Hi"}])


def test_the_key_is_asked_for_before_a_body_is_read(desk: dict[str, str], client: openai.OpenAI) -> None:
    with pytest.raises(openai.AuthenticationError):
        client.with_options(api_key="wrong").chat.completions.create(model="shop-a", messages=[{"role": "user", "content": "Hi"}])
    broken = httpx.post(
        desk["api"] + "/v1/chat/completions",
        content=b"{",
        headers={"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"},
        trust_env=False,
    )
    assert broken.status_code == 400


def test_the_engine_does_not_know_the_clients_key(desk: dict[str, str]) -> None:
    assert desk["engine_key"] != KEY
    refused = httpx.get(desk["engine"] + "/v1/models", headers={"Authorization": f"Bearer {KEY}"}, trust_env=False)
    assert refused.status_code == 401
    assert httpx.post(desk["api"] + "/tokenize", json={}, trust_env=False).status_code == 404


def test_the_page_is_that_of_its_company(desk: dict[str, str]) -> None:
    with sync_playwright() as playwright:
        chromium = browser.launch(playwright)
        page = browser.new_context(chromium).new_page()
        browser.open_chat(page, desk["page"])
        assert page.title() == "Shop-B · AI"
        assert browser.ask(page, "When do you open?") == ANSWERS["shop-b"]
        chromium.close()
