"""The numbers at `/metrics`, in Prometheus' format."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

__all__ = ["CONTENT_TYPE_LATEST", "Metrics"]

SECONDS = (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60, 120)


class Metrics:
    """Counts since the gateway's start. Labels are model names and codes, never a customer's words."""

    def __init__(self) -> None:
        self.registry = own = CollectorRegistry()
        self.responses = Counter("frontdesk_responses", "Responses under /v1, by their HTTP status", ["status"], registry=own)
        self.cut = Counter("frontdesk_streams_cut", "Streams that ended with an error event", ["model", "code"], registry=own)
        self.left = Counter("frontdesk_clients_left", "Requests whose client left before the end", ["model"], registry=own)
        self.tokens = Counter("frontdesk_tokens", "Tokens of prompts and of completions", ["model", "kind"], registry=own)
        self.answers = Counter(
            "frontdesk_answers", "Verified answers, by what became of the question, and why", ["model", "outcome", "why"], registry=own
        )
        self.first = _histogram("frontdesk_first_event_seconds", "To the first event of a stream", own)
        self.seconds = _histogram("frontdesk_answer_seconds", "To the end of an answer", own)
        self.working = Gauge("frontdesk_requests_in_work", "Requests in work, waiting ones too", registry=own)
        self.ready = Gauge("frontdesk_ready", "1 while questions are taken", registry=own)

    def text(self) -> bytes:
        """All numbers, in the format CONTENT_TYPE_LATEST."""
        return generate_latest(self.registry)


def _histogram(name: str, help: str, registry: CollectorRegistry) -> Histogram:
    return Histogram(name, help, ["model"], buckets=SECONDS, registry=registry)
