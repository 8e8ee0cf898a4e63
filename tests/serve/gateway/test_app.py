"""What the gateway lets in, and what it says to the rest."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest

from serve.gateway.schema import BODY_BYTES, MESSAGES_MOST, ApiError, Rules
from tests.serve.gateways import ENGINE_KEY, HI, ask, data, gateway, settings, spoken
from tests.serve.stand_in import Engine

CONFIG = settings(temperature=0.25)
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine()


@pytest.fixture(scope="module")
def client(engine: Engine) -> Iterator[httpx.Client]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("FRONTDESK_API_KEY", raising=False)
        with gateway(CONFIG, engine) as client:
            yield client


def refused(body: Any) -> ApiError:
    """The error of a body."""
    with pytest.raises(ApiError) as caught:
        Rules(CONFIG).read(body if isinstance(body, bytes) else json.dumps(body).encode())
    return caught.value


def body(**fields: Any) -> dict[str, Any]:
    return {"model": "shop-bare", "messages": HI, **fields}


def test_the_engines_request_is_built_anew_with_the_configs_defaults(client: httpx.Client, engine: Engine) -> None:
    parts = [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]
    messages = [{"role": "system", "content": "Boss."}, {"role": "user", "content": parts, "name": "Kim"}]
    assert ask(client, messages=messages, user="customer-7", stop=None).json()["choices"][0]["message"]["content"] == engine.text
    assert engine.bodies[-1] == {
        "model": "shop-bare",
        "messages": [{"role": "system", "content": "Boss."}, {"role": "user", "content": "one\ntwo"}],
        "max_tokens": 100,
        "temperature": 0.25,
        "stream": False,
    }
    assert engine.keys[-1] == f"Bearer {ENGINE_KEY}"


def test_all_of_a_conversation_has_one_id_at_the_engine_and_none_that_tells_who_asks(client: httpx.Client, engine: Engine) -> None:
    more: list[dict[str, str]] = [*HI, {"role": "assistant", "content": "Hello"}, {"role": "user", "content": "And now?"}]
    other = [{"role": "user", "content": "Something else"}]
    for messages, fields in ((HI, {}), (more, {}), (other, {}), (HI, {"user": "customer-7"}), (other, {"user": "customer-7"})):
        assert ask(client, messages=messages, **fields).status_code == 200
    for messages in (HI, other):
        sent = client.post("/v1/chat/completions", json=body(messages=messages, user="customer-7"), headers={"x-session-id": "c1"})
        assert sent.status_code == 200
    begun, later, another, named, again, page, page_again = engine.conversations[-7:]
    assert begun == later and named == again and page == page_again and len({begun, another, named, page}) == 4
    assert all("customer" not in one and "c1" not in one and len(one) == 32 for one in engine.conversations[-7:])


def test_allowed_fields_reach_the_engine(client: httpx.Client, engine: Engine) -> None:
    fields = {"temperature": 0, "top_p": 0.5, "stop": ["a", "b"], "seed": 7, "presence_penalty": 1, "frequency_penalty": -1.5}
    fields |= {"logprobs": True, "top_logprobs": 2, "stream": True, "stream_options": {"include_usage": True}}
    asked = fields | {"stream_options": {"include_usage": True, "continuous_usage_stats": True}}  # as GuideLLM asks
    assert ask(client, max_completion_tokens=5, n=1, **asked).status_code == 200
    assert engine.bodies[-1] == {"model": "shop-bare", "messages": HI, "max_tokens": 5, **fields}


DANGEROUS = (
    *("tools", "tool_choice", "response_format", "guided_json", "structured_outputs", "logit_bias"),
    *("best_of", "prompt_logprobs", "echo", "chat_template", "chat_template_kwargs", "add_generation_prompt"),
    *("continue_final_message", "documents", "mm_processor_kwargs", "priority", "ignore_eos", "min_tokens"),
    *("return_token_ids", "vllm_xargs", "kv_transfer_params", "cache_salt"),
)


@pytest.mark.parametrize("name", DANGEROUS)
def test_what_is_not_known_is_named(name: str) -> None:
    error = refused(body(**{name: 1}))
    assert (error.status, error.param, error.kind) == (400, name, "invalid_request_error")
    assert name in error.message


def test_all_unknown_fields_are_named_deep_ones_too() -> None:
    error = refused(body(tools=[], echo=True, messages=[{"role": "user", "content": "x", "tool_calls": []}]))
    assert "tools, echo" in error.message.replace("messages.0.tool_calls, ", "") and "messages.0.tool_calls" in error.message


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": 1025}, "max_tokens"),
        ({"max_completion_tokens": 1025}, "max_completion_tokens"),
        ({"max_tokens": "5"}, "max_tokens"),
        ({"max_tokens": True}, "max_tokens"),
        ({"n": 2}, "n"),
        ({"temperature": 2.1}, "temperature"),
        ({"temperature": -0.1}, "temperature"),
        ({"temperature": float("nan")}, "temperature"),
        ({"top_p": 0}, "top_p"),
        ({"stop": ["a"] * 5}, "stop"),
        ({"stop": "a" * 65}, "stop"),
        ({"stop": [""]}, "stop"),
        ({"stop": [1]}, "stop"),
        ({"seed": 2**63}, "seed"),
        ({"stream_options": {"include_usage": True}}, "stream_options"),
        ({"stream": True, "stream_options": {"max_characters": True}}, "stream_options.max_characters"),
        ({"top_logprobs": 2}, "top_logprobs"),
        ({"logprobs": True, "top_logprobs": 21}, "top_logprobs"),
        ({"messages": []}, "messages"),
        ({"messages": HI * (MESSAGES_MOST + 1)}, "messages"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages.0.role"),
        ({"messages": [{"role": "user"}]}, "messages.0.content"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": "http://x"}]}]}, "messages.0.content.0"),
        ({"model": None}, "model"),
    ],
)
def test_ceilings_and_types(fields: dict[str, Any], param: str) -> None:
    error = refused(body(**fields))
    assert error.status == 400 and error.param is not None
    assert error.param.startswith(param), error.message
    assert param in error.message


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"1", b"null", b"\xff", b'{"model": "\\ud800"}', b"[" * 100_000])
def test_what_is_not_a_json_object(raw: bytes) -> None:
    assert refused(raw).status == 400


def test_the_product_has_a_system_message_of_its_own() -> None:
    error = refused(body(model="shop", messages=[{"role": "system", "content": "Be a pirate."}, *HI]))
    assert (error.status, error.param) == (400, "messages") and "system message of its own" in error.message
    assert Rules(CONFIG).read(json.dumps(body(messages=[{"role": "system", "content": "x"}, *HI])).encode()).messages[1:] == HI
    assert refused(body(model="shop", messages=[*HI, {"role": "assistant", "content": "x"}])).param == "messages"
    assert refused(body(model="shop", logprobs=True)).param == "logprobs"


def test_errors_have_openais_shape(client: httpx.Client) -> None:
    unknown = ask(client, tools=[])
    assert unknown.status_code == 400
    assert set(unknown.json()) == {"error"} and set(unknown.json()["error"]) == {"message", "type", "param", "code"}
    for response, status in (
        (ask(client, model="nobody"), 404),
        (client.get("/v1/models/nobody"), 404),
        (client.get("/v1/nothing"), 404),
        (client.get("/docs"), 404),
        (client.get("/openapi.json"), 404),
        (client.get("/v1/chat/completions"), 405),
        (client.post("/tokenize", json={}), 404),
        (client.post("/v1/completions", json={}), 404),
        (client.post("/v1/chat/completions", content=b"x" * (BODY_BYTES + 1), headers=JSON), 413),
    ):
        assert (response.status_code, set(response.json()["error"])) == (status, {"message", "type", "param", "code"})


def test_a_large_body_without_a_length_is_refused(client: httpx.Client) -> None:
    assert (
        client.post("/v1/chat/completions", content=(b"x" * 1000 for _ in range(BODY_BYTES // 1000 + 2)), headers=JSON).status_code == 413
    )


def test_models(client: httpx.Client) -> None:
    assert [model["id"] for model in client.get("/v1/models").json()["data"]] == ["shop", "shop-bare"]
    assert client.get("/v1/models/shop").json()["id"] == "shop"
    assert Rules(settings(bare_model="raw")).names == ["shop", "raw"]


def test_adapters_are_bare_models_under_their_own_names() -> None:
    rules = Rules(settings(adapters={"a": "runs/a", "b": "runs/b"}))
    assert rules.names == ["none", "a", "b"]
    asked = rules.read(json.dumps(body(model="a", messages=[{"role": "system", "content": "x"}, *HI])).encode())
    assert asked.messages[0]["role"] == "system"
    with pytest.raises(ApiError, match="shop"):
        rules.read(json.dumps(body(model="shop")).encode())


def test_the_openai_client_works(client: httpx.Client, engine: Engine) -> None:
    api = openai.OpenAI(base_url=f"{client.base_url}/v1", api_key="none", max_retries=0)
    plain = api.chat.completions.create(model="shop-bare", messages=[{"role": "user", "content": "Hi"}])
    assert plain.choices[0].message.content == engine.text
    stream = api.chat.completions.create(model="shop-bare", messages=[{"role": "user", "content": "Hi"}], stream=True)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices) == "Hello there"
    with pytest.raises(openai.BadRequestError, match="tools") as caught:
        api.chat.completions.create(model="shop-bare", messages=[{"role": "user", "content": "Hi"}], tools=[])
    assert caught.value.param == "tools"


def test_a_bare_stream_is_the_engines_to_the_byte(client: httpx.Client, engine: Engine) -> None:
    response = ask(client, stream=True)
    assert response.content == b"".join(engine.parts)
    assert response.headers["content-type"].startswith("text/event-stream")
    assert spoken(response.text) == "Hello there" and data(response.text)[-1] == "[DONE]"


def test_a_thousandth_stream_has_the_headers_of_the_first(client: httpx.Client) -> None:
    first, second = (ask(client, stream=True).headers.multi_items() for _ in range(2))
    assert [name for name, _ in first] == [name for name, _ in second]


ROUTES = [("GET", "/v1/models"), ("GET", "/v1/models/shop"), ("POST", "/v1/chat/completions"), ("GET", "/metrics"), ("GET", "/v1/nothing")]


def test_a_key_guards_api_and_metrics(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRONTDESK_API_KEY", "right")
    monkeypatch.setattr("serve.gateway.rate_limit.GUESSES", 1000)
    wrong = (None, "Bearer wrong", "right", "Basic right", "Bearer righ", "Bearer rightt", f"Bearer {ENGINE_KEY}", "Bearer rïght".encode())
    with gateway(CONFIG, Engine()) as client:
        for method, path in ROUTES:
            for given in wrong:
                response = client.request(method, path, headers={"Authorization": given} if given else {})
                assert response.status_code == 401 and "www-authenticate" in response.headers, (method, path, given)
                assert "right" not in response.text
            assert client.request(method, path, headers={"Authorization": "Bearer right"}).status_code != 401
        for path in ("/health", "/ready"):
            assert (client.get(path).status_code, client.get(path).content) == (200, b"")


def test_metrics_count(client: httpx.Client) -> None:
    ask(client)
    ask(client, stream=True)
    ask(client, tools=[])
    text = client.get("/metrics").text
    assert 'frontdesk_responses_total{status="400"}' in text
    assert 'frontdesk_first_event_seconds_count{model="shop-bare"}' in text
    assert "frontdesk_requests_in_work 0.0" in text and "frontdesk_ready 1.0" in text


@pytest.mark.parametrize(
    ("status", "error", "seen"),
    [
        (400, b'{"error": {"message": "too long", "param": "input"}}', (400, "too long")),
        (400, b"oops", (400, "cannot answer")),
        (503, b"", (429, "waiting")),
        (500, b'{"error": {"message": "a path of the engine"}}', (502, "could not answer")),
        (401, b"", (502, "could not answer")),
    ],
)
def test_what_the_engine_refuses(client: httpx.Client, engine: Engine, status: int, error: bytes, seen: tuple[int, str]) -> None:
    engine.status, engine.error = status, error
    try:
        for stream in (False, True):
            response = ask(client, stream=stream)
            assert response.status_code == seen[0] and seen[1] in response.json()["error"]["message"]
            assert "a path" not in response.text
    finally:
        engine.status = 200
