"""Where the time of a customer's message goes, as OpenTelemetry spans: through page, gateway and engine, by W3C's `traceparent`.

    start("page", config)                        # once, in the process's main
    with span("engine") as here:                 # whatever is called inside, in this task and those that it starts, is its child
        post(..., headers=headers())
        here.set(status=200)

Off unless `serve.otlp_endpoint` or the standard OTEL_EXPORTER_OTLP_ENDPOINT is set: then nothing of OpenTelemetry's SDK is imported and a
span costs a third of a microsecond. A span has only what ATTRIBUTES allows: never a customer's or the model's words, nor an exception's.
"""

import os
import re
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from starlette.types import Scope

from frontdesk.config.schema import Config
from frontdesk.errors import UserError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

SPANS = {
    "message": "SERVER",  # the page receives a customer's words
    "store": "INTERNAL",  # a message is written
    "place": "INTERNAL",  # an answer waits until one of the page's places is free
    "answer": "CLIENT",  # the page asks the gateway
    "gateway": "SERVER",
    "retrieval": "INTERNAL",
    "decision": "INTERNAL",
    "verification": "INTERNAL",  # the engine's words are read and checked, sentence by sentence
    "engine": "CLIENT",
}
"""All spans, and their kinds."""
NUMBER = (int, float)
ATTRIBUTES: dict[str, tuple[str, Any]] = {
    "status": ("http.response.status_code", NUMBER),
    "prompt_tokens": ("gen_ai.usage.input_tokens", NUMBER),
    "completion_tokens": ("gen_ai.usage.output_tokens", NUMBER),
    "request": ("frontdesk.request_id", re.compile("[0-9a-f]{16}")),  # made here; the gateway's log has it too
    "error": ("error.type", re.compile("[A-Za-z_]{1,40}")),  # a code of ours, or the name of an exception's class
    "probability": ("frontdesk.probability", NUMBER),
    "decision": ("frontdesk.decision", {"say", "small talk", "ask back", "escalate"}),
    "outcome": ("frontdesk.outcome", {"said", "replaced", "small talk", "asked back", "escalated"}),
    "why": ("frontdesk.replaced_because", {"in no entry", "repeated", "no end", "nothing said"}),
}
"""All that a span may say: OpenTelemetry's name of it, and its values. Anything else is left out."""

_tracer: Any = None
_here: ContextVar[Any] = ContextVar("span", default=None)  # OpenTelemetry's context of the open span


class Span:
    """An open span, or None where none is recorded."""

    def __init__(self, span: Any = None) -> None:
        self.span = span

    def set(self, **values: Any) -> None:
        """Add attributes, by their short names in ATTRIBUTES."""
        for name, value in values.items() if self.span else ():
            if name in ATTRIBUTES and _allowed(ATTRIBUTES[name][1], value):
                self.span.set_attribute(ATTRIBUTES[name][0], value)


OFF: AbstractContextManager[Span] = nullcontext(Span())


def endpoint(config: Config) -> str | None:
    """Where traces are sent, as OTLP over HTTP; None: nowhere. Raises UserError for an address or protocol that cannot be used."""
    base = config.serve.otlp_endpoint or os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT")
    exact = None if config.serve.otlp_endpoint else os.environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    if not (given := exact or base):
        return None
    if not given.startswith(("http://", "https://")):
        raise UserError(
            f"{given} is no address of OTLP over HTTP; expected such as http://localhost:4318; change serve.otlp_endpoint in the config "
            "or OTEL_EXPORTER_OTLP_ENDPOINT"
        )
    for name in ("OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"):
        if (protocol := os.environ.get(name) or "http/protobuf") != "http/protobuf":
            raise UserError(f"{name} is {protocol}; expected http/protobuf, with a collector's port for HTTP (4318); change or unset it")
    return exact or f"{given.rstrip('/')}/v1/traces"


def start(service: str, config: Config) -> "TracerProvider | None":
    """Record spans from now on if there is an endpoint. The rest is sent when the process ends."""
    global _tracer  # noqa: PLW0603 - one for the process, as OpenTelemetry's own is
    if not (address := endpoint(config)):
        return None
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": f"frontdesk-{service}"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(address)))
    _tracer = provider.get_tracer("frontdesk")
    return provider


def span(name: str, parent: str | None = None) -> AbstractContextManager[Span]:
    """A span of SPANS for as long as the block lasts. `parent`: a `traceparent` from another process."""
    return _recorded(name, parent) if _tracer else OFF


@contextmanager
def _recorded(name: str, parent: str | None) -> Iterator[Span]:
    from opentelemetry.trace import SpanKind, set_span_in_context
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    before = _here.get()
    above = TraceContextTextMapPropagator().extract({"traceparent": parent}) if parent else before
    with _tracer.start_span(name, above, SpanKind[SPANS[name]], record_exception=False, set_status_on_exception=False) as span:
        here = Span(span)
        # Set back without a token: an async generator may end in another task than it began in.
        _here.set(set_span_in_context(span))
        try:
            yield here
        except BaseException as error:
            here.set(error=type(error).__name__)
            raise
        finally:
            _here.set(before)


def headers() -> dict[str, str]:
    """The header that makes another process's spans children of this one; {} where there is none."""
    carrier: dict[str, str] = {}
    if (here := _here.get()) is not None:
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        TraceContextTextMapPropagator().inject(carrier, here)
    return carrier


def traceparent(scope: Scope) -> str | None:
    """That of an ASGI request. Its `tracestate` and `baggage`, which may say anything, are not read."""
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == b"traceparent"), None)


def _allowed(values: Collection[str] | re.Pattern[str] | tuple[type, ...], value: Any) -> bool:
    if isinstance(values, re.Pattern):
        return isinstance(value, str) and values.fullmatch(value) is not None
    return isinstance(value, values) if isinstance(values, tuple) else value in values
