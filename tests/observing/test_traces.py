"""One trace through page, gateway and engine; and no word of a customer in it, nor in what Prometheus reads."""

import json
from collections.abc import Iterator

import httpx
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from opentelemetry.sdk.trace import TracerProvider

from frontdesk.web import tracing
from serve.gateway.schema import ChatCompletion
from tests.observing.product import ESCALATED, QUESTION, Collector, Product, product
from tests.serve.gateways import HI
from tests.serve.stand_in import END, event, events, served
from tests.waits import wait_for
from ui.api.schema import Again, Call, NewMessage, Nothing, Thumb

CANARY = "quetzalfeather"  # letters alone: what lets codes through lets it through
HEADERS = ("user-agent", "referer", "accept-language", "x-session-id", "x-request-id", "x-forwarded-for", "cookie", "traceparent")
SMUGGLED = dict.fromkeys(HEADERS, CANARY) | {"tracestate": f"a={CANARY}", "baggage": f"a={CANARY}"}
OTHERS = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"  # a client's trace


class Traced(Product):
    """The product, and what it sent to a collector."""

    collector: Collector
    provider: TracerProvider

    def spans(self) -> list[Span]:
        """All of them, as soon as nothing is in work any more."""
        wait_for(lambda: not (self.desk.answers.running or any(one.busy for one in self.desk.sessions.by_customer.values())))
        self.provider.force_flush()
        return self.collector.spans


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traced]:
    collector = Collector()
    with pytest.MonkeyPatch.context() as patch, served(collector) as address:
        patch.setattr(tracing, "_tracer", None)
        with product(tmp_path_factory.mktemp("traced"), patch) as made:
            patch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
            provider = tracing.start("test", made.config)
            assert provider
            traced = Traced(**vars(made))
            traced.collector, traced.provider = collector, provider
            yield traced
            provider.shutdown()


def test_one_trace_goes_through_page_gateway_and_engine(shop: Traced) -> None:
    shop.collector.bodies.clear()
    assert shop.say(QUESTION)["turns"][-1]["text"] == "Returns are free within 45 days."
    spans = shop.spans()
    by_name = {span.name: span for span in spans}
    above = {span.span_id: span.name for span in spans}
    assert {(span.name, above.get(span.parent_span_id, "")) for span in spans} == {
        ("message", ""),
        ("store", "message"),
        ("place", "message"),
        ("answer", "message"),
        ("gateway", "answer"),
        ("retrieval", "gateway"),
        ("decision", "gateway"),
        ("verification", "gateway"),
        ("engine", "verification"),
    }
    assert len({span.trace_id for span in spans}) == 1
    assert shop.engine.traces[-1].startswith(f"00-{by_name['engine'].trace_id.hex()}-{by_name['engine'].span_id.hex()}-")
    said = {name: {one.key: one.value for one in span.attributes} for name, span in by_name.items()}
    assert said["gateway"]["http.response.status_code"].int_value == 200
    assert said["verification"]["frontdesk.outcome"].string_value == "said"
    assert said["decision"]["frontdesk.decision"].string_value == "say"
    assert all(span.start_time_unix_nano <= span.end_time_unix_nano for span in spans)


def test_the_gateway_joins_a_clients_trace_and_the_page_does_not(shop: Traced) -> None:
    shop.collector.bodies.clear()
    key = {"Authorization": f"Bearer {shop.admin}", "traceparent": OTHERS}
    body = {"model": "shop", "messages": [{"role": "user", "content": QUESTION}]}
    shop.api.post("/v1/chat/completions", json=body, headers=key).raise_for_status()
    shop.say(QUESTION, shop.customer() | {"traceparent": OTHERS})
    spans = shop.spans()
    joined = {span.name for span in spans if span.trace_id.hex() == OTHERS[3:35]}
    assert joined == {"gateway", "retrieval", "decision", "verification", "engine"}
    assert "message" in {span.name for span in spans}


def test_no_word_of_a_customer_is_exported(shop: Traced) -> None:
    shop.collector.bodies.clear()
    attack_page(shop)
    attack_gateway(shop)
    spans, numbers = shop.spans(), shop.numbers()
    asked = json.dumps(shop.engine.bodies)
    assert CANARY in asked and CANARY in shop.engine.error.decode(), "the words went all the way"
    assert {span.name for span in spans} == set(tracing.SPANS)
    assert CANARY.encode() not in b"".join(shop.collector.bodies).lower()
    assert CANARY not in numbers.lower()
    known = {name for name, _ in tracing.ATTRIBUTES.values()}
    assert {one.key for span in spans for one in span.attributes} <= known
    assert not any(span.events or span.status.message or span.trace_state for span in spans)
    assert 'error="' not in numbers and "frontdesk_streams_cut_total{" in numbers and "frontdesk_messages_total" in numbers


def attack_page(shop: Traced) -> None:
    """The canary in everything that a customer can send to the page."""
    who = shop.customer() | {name: value for name, value in SMUGGLED.items() if name != "cookie"}
    shop.say(f"{CANARY}: {QUESTION}", who)
    shop.say(f"{ESCALATED} {CANARY}", who)
    shop.say(f"I want to talk to a human about my {CANARY}, please.", shop.customer())
    fields = [NewMessage, Thumb, Call, Again, Nothing]
    paths = ["/api/chat/messages", "/api/chat/ratings", "/api/chat/person", "/api/chat/answer", "/api/chat/restart"]
    last = shop.page.get("/api/chat", headers=who).json()["turns"][-1]["id"]
    valid = {NewMessage: {"text": QUESTION}, Thumb: {"message_id": last, "value": -1}}
    for kind, path in zip(fields, paths, strict=True):
        for name in [*kind.model_fields, CANARY]:
            shop.page.post(path, json=valid.get(kind, {}) | {name: CANARY}, headers=who, params={"language": CANARY, CANARY: CANARY})
    for headers in (SMUGGLED, {"Authorization": f"Bearer {CANARY}"}, {"Authorization": CANARY}):
        for path in ("/", f"/{CANARY}", f"/api/{CANARY}", "/api/chat", "/metrics", f"/metrics/{CANARY}", f"/desk/{CANARY}"):
            shop.page.get(path, headers=headers)
    shop.page.request(CANARY.upper(), "/api/chat", headers=who)
    shop.page.post("/api/customers", content=CANARY, headers={"content-type": CANARY})


def attack_gateway(shop: Traced) -> None:
    """The canary in everything that a client can send to the gateway, and in what the engine answers."""
    engine, key = shop.engine, {**SMUGGLED, "Authorization": f"Bearer {shop.admin}"}

    def ask(name: str, **more: object) -> httpx.Response:
        said = [("user", f"{QUESTION} {CANARY}"), ("assistant", CANARY), ("user", QUESTION)]  # the last one asks the engine
        body = {"model": name, "messages": [{"role": role, "content": text, "name": CANARY} for role, text in said], **more}
        return shop.api.post("/v1/chat/completions", json=body, headers=key)

    for model in ("shop", "shop-bare", CANARY):
        for field in [*ChatCompletion.model_fields, CANARY]:
            ask(model, **{field: CANARY})
        for stream in (False, True):
            ask(model, stream=stream, stop=[CANARY], user=CANARY)
            ask(model, stream=stream, messages=[*HI, {"role": "assistant", "content": CANARY}, {"role": "user", "content": ESCALATED}])
    before = engine.parts
    engine.parts = [event(CANARY), b"data: " + CANARY.encode() + END]  # no event of vLLM's
    assert ask("shop").status_code == 503
    engine.parts, engine.dies_after = events(CANARY, CANARY), 2
    ask("shop-bare", stream=True)
    engine.parts, engine.dies_after = before, None
    for engine.status, engine.error in ((400, CANARY.encode()), (500, CANARY.encode())):
        ask("shop", stream=True)
    engine.status = 200
    for path in (f"/{CANARY}", f"/v1/models/{CANARY}", f"/metrics/{CANARY}", f"/v1/chat/completions?{CANARY}={CANARY}"):
        shop.api.get(path, headers=key)
    shop.api.request(CANARY.upper(), "/v1/chat/completions", headers=key)
