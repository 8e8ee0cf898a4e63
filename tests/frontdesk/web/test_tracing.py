"""What a span may say, where traces go, and that nothing is loaded as long as they go nowhere."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any, get_args

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from frontdesk.answers.decision import Kind
from frontdesk.answers.reply import Outcome
from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.engine import vllm
from frontdesk.errors import UserError
from frontdesk.web import tracing
from tests.ui.desks import settings

OFF = """
import sys
from frontdesk.web import tracing
from frontdesk.config.schema import Config
model, data = {"base": "none", "template": "chatml"}, {"faq": ["faq.csv"]}
assert tracing.start("page", Config(name="shop", company="Shop", system_prompt="Help.", model=model, data=data)) is None
with tracing.span("message") as here:
    here.set(status=200)
    assert tracing.headers() == {}
assert not any(name.startswith("opentelemetry.sdk") or name.startswith("opentelemetry.exporter") for name in sys.modules)
"""


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """What is recorded."""
    memory, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(memory))
    monkeypatch.setattr(tracing, "_tracer", provider.get_tracer("test"))
    yield memory
    provider.shutdown()


def test_without_an_endpoint_nothing_is_imported_and_nothing_recorded() -> None:
    environment = {"PYTHONPATH": ".", "PATH": ""}
    done = subprocess.run([sys.executable, "-c", OFF], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_span_says_what_is_allowed_and_no_more(exported: InMemorySpanExporter) -> None:
    values: dict[str, Any] = {
        "status": 200, "prompt_tokens": "words", "request": "0123456789abcdef", "error": "two words", "decision": "say",
        "outcome": "my order 123", "why": "", "text": "words", "probability": None, "frontdesk.request_id": "words",
    }  # fmt: skip
    with tracing.span("gateway") as here:
        here.set(**values)
        here.set(request="0123456789abcdef my order")
    (span,) = exported.get_finished_spans()
    assert dict(span.attributes or {}) == {
        "http.response.status_code": 200,
        "frontdesk.request_id": "0123456789abcdef",
        "frontdesk.decision": "say",
    }


def test_an_exception_is_named_but_not_quoted(exported: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match="my order"), tracing.span("engine"):
        raise ValueError("my order 123")
    (span,) = exported.get_finished_spans()
    assert dict(span.attributes or {}) == {"error.type": "ValueError"}
    assert "my order" not in span.to_json()


def test_the_allowed_words_are_those_that_the_desk_uses() -> None:
    assert tracing.ATTRIBUTES["decision"][1] == set(get_args(Kind))
    assert tracing.ATTRIBUTES["outcome"][1] == set(get_args(Outcome))


def test_a_stream_that_is_left_elsewhere_does_not_lose_the_place(exported: InMemorySpanExporter) -> None:
    """An async generator that is never read to its end is closed by another task than the one that opened its span."""

    async def stream() -> AsyncIterator[int]:
        with tracing.span("engine"):
            yield 1
            yield 2

    async def scene() -> None:
        with tracing.span("gateway"):
            async for _ in (left := stream()):
                break
            await asyncio.create_task(left.aclose())  # type: ignore[attr-defined]
        with tracing.span("gateway"):
            pass

    asyncio.run(scene())
    spans = exported.get_finished_spans()
    assert [(span.name, span.parent is None) for span in spans] == [("engine", False), ("gateway", True), ("gateway", True)]


def at(endpoint: str | None) -> Config:
    return settings(serve={"otlp_endpoint": endpoint, "dtype": "float32"})


def test_the_configs_address_goes_before_the_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    assert tracing.endpoint(at(None)) is None
    assert "--otlp-traces-endpoint" not in vllm.command(at(None), Run("shop"), Run("shop").model)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318/")
    assert tracing.endpoint(at(None)) == "http://collector:4318/v1/traces"
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://traces.example/x")
    assert tracing.endpoint(at(None)) == "https://traces.example/x"
    config = at("http://localhost:4318")
    assert tracing.endpoint(config) == "http://localhost:4318/v1/traces"
    words = vllm.command(config, Run("shop"), Run("shop").model)
    assert words[words.index("--otlp-traces-endpoint") + 1] == "http://localhost:4318/v1/traces"
    assert vllm.environment(config, Run("shop"))["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"] == "http/protobuf"


@pytest.mark.parametrize("name", ["OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"])
def test_an_address_or_protocol_that_cannot_be_used_is_one_line(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    with pytest.raises(UserError, match=r"collector:4317 is no address.*expected such as http://localhost:4318"):
        tracing.endpoint(at("collector:4317"))
    monkeypatch.setenv(name, "grpc")
    with pytest.raises(UserError, match=rf"{name} is grpc; expected http/protobuf"):
        tracing.endpoint(at("http://localhost:4318"))
    assert tracing.endpoint(at(None)) is None, "nobody who sends no traces is troubled"
