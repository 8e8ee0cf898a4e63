"""The numbers at `/metrics`, in Prometheus' format."""

from collections.abc import Mapping
from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from frontdesk.web.metrics import new_registry
from serve.gateway.prompts import PromptBuilder

__all__ = ["CONTENT_TYPE_LATEST", "Metrics"]

SECONDS = (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60, 120)


class Metrics:
    """Counts since the gateway's start. Labels are model names and codes, never a customer's words."""

    def __init__(self) -> None:
        self.registry = own = new_registry()
        self.responses = Counter("frontdesk_responses", "Responses under /v1, by their HTTP status", ["status"], registry=own)
        self.cut = Counter("frontdesk_streams_cut", "Streams that ended with an error event", ["model", "code"], registry=own)
        self.left = Counter("frontdesk_clients_left", "Requests whose client left before the end", ["model"], registry=own)
        self.tokens = Counter("frontdesk_tokens", "Tokens of prompts and of completions", ["model", "kind"], registry=own)
        self.answers = Counter(
            "frontdesk_answers", "Verified answers, by what became of the question, and why", ["model", "outcome", "why"], registry=own
        )
        self.first = _histogram("frontdesk_first_event_seconds", "To the first event of a stream", own)
        self.seconds = _histogram("frontdesk_answer_seconds", "To the end of an answer", own)
        self.retrieval = _histogram("frontdesk_retrieval_seconds", "To a prompt: waiting for its thread, retrieval, decision", own)
        self.working = Gauge("frontdesk_requests_in_work", "Requests in work, waiting ones too", registry=own)
        self.limit = Gauge("frontdesk_requests_limit", "Requests that may be in work at once", registry=own)
        self.ready = Gauge("frontdesk_ready", "1 while questions are taken", registry=own)
        self.entries = Gauge("frontdesk_faq_entries", "Entries that answers rest on", ["model"], registry=own)
        self.faq_time = Gauge("frontdesk_faq_timestamp_seconds", "When their file was written, since 1970", ["model"], registry=own)
        self.faq_pending = Gauge(
            "frontdesk_faq_update_pending", "1 from a change of the FAQ's files until answers rest on it", registry=own
        )
        self.faq_failures = Counter("frontdesk_faq_update_failures", "Changes of the FAQ's files that could not be read", registry=own)

    def watch(self, builders: Mapping[str, PromptBuilder]) -> None:
        """Tell of the FAQs of these models from now on."""
        for name, knowledge in ((name, one.knowledge) for name, one in builders.items() if one.knowledge):
            self.entries.labels(name).set_function(partial(getattr, knowledge, "size"))
            self.faq_time.labels(name).set_function(partial(getattr, knowledge, "used_at"))

    def text(self) -> bytes:
        """All numbers, in the format CONTENT_TYPE_LATEST."""
        return generate_latest(self.registry)


def _histogram(name: str, help: str, registry: CollectorRegistry) -> Histogram:
    return Histogram(name, help, ["model"], buckets=SECONDS, registry=registry)
