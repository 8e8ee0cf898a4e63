"""What a client may ask. Each request is read into typed fields with upper limits.

The engine's request is built from these fields, so nothing else in a body reaches the engine. A mistake is an
ApiError in the shape that OpenAI's clients read.
"""

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import Field, ValidationError

from frontdesk.config.schema import Config
from frontdesk.engine.vllm import raw_model
from frontdesk.prompt.render import Message
from frontdesk.web.body import Fields
from frontdesk.web.errors import ApiError

BODY_BYTES = 256 * 1024
MESSAGES_MOST = 100
N_MOST = 1
STOP_MOST = 4
STOP_CHARACTERS = 64


class TextPart(Fields):
    """A part of a message's text."""

    type: Literal["text"]
    text: str


class ChatMessage(Fields):
    """A message. A `name` is accepted and ignored: the prompt has no place for it."""

    role: Literal["system", "user", "assistant"]
    content: str | list[TextPart]
    name: str | None = None

    def message(self) -> Message:
        text = self.content if isinstance(self.content, str) else "\n".join(part.text for part in self.content)
        return {"role": self.role, "content": text}


class StreamOptions(Fields):
    """Whether a stream ends with its token counts."""

    include_usage: bool = False
    continuous_usage_stats: bool = False  # vLLM's, which load generators send; accepted and ignored


class ChatCompletion(Fields):
    """The body of `POST /v1/chat/completions`. A field that is null counts as missing."""

    model: str
    messages: list[ChatMessage] = Field(min_length=1, max_length=MESSAGES_MOST)
    max_tokens: int | None = Field(None, ge=1)
    max_completion_tokens: int | None = Field(None, ge=1)  # the newer name of max_tokens
    temperature: float | None = Field(None, ge=0, le=2, allow_inf_nan=False)
    top_p: float | None = Field(None, gt=0, le=1, allow_inf_nan=False)
    n: int | None = Field(None, ge=1, le=N_MOST)
    stop: str | list[str] | None = None
    seed: int | None = Field(None, ge=-(2**63), lt=2**63)
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    presence_penalty: float | None = Field(None, ge=-2, le=2, allow_inf_nan=False)
    frequency_penalty: float | None = Field(None, ge=-2, le=2, allow_inf_nan=False)
    user: str | None = Field(None, max_length=256)  # the client's id of a customer; the engine does not need it
    logprobs: bool | None = None  # this and the next: of the raw model only
    top_logprobs: int | None = Field(None, ge=0, le=20)


SAMPLING = {"top_p", "seed", "presence_penalty", "frequency_penalty", "logprobs", "top_logprobs"}
"""Fields that go to the engine unchanged."""


@dataclass(frozen=True)
class Asked:
    """A valid request. `fields` are those of the engine's request, without the messages."""

    model: str
    messages: list[Message]
    stream: bool
    usage: bool
    max_tokens: int
    conversation: str  # an id that all requests of one conversation share
    fields: dict[str, Any] = field(repr=False)

    def body(self, messages: list[Message]) -> bytes:
        """The engine's request."""
        return json.dumps({**self.fields, "messages": messages}).encode()

    def verified_body(self, messages: list[Message]) -> bytes:
        """The engine's request for words that are checked: always a stream, which may be left at any time."""
        counted = {"include_usage": True, "continuous_usage_stats": True}
        return json.dumps({**self.fields, "messages": messages, "stream": True, "stream_options": counted}).encode()


class Rules:
    """What a config allows: the names of its models, its defaults and its token limit."""

    def __init__(self, config: Config, grounded: Collection[str] = ()) -> None:
        """`grounded`: the adapters that answer from FAQ entries, and so face customers."""
        from frontdesk.models.adapters import base_name

        self.serve = config.serve
        self.facing_customers = {*grounded} if config.serve.adapters else {config.name}
        self.names = [base_name(config), *config.serve.adapters] if config.serve.adapters else [config.name, raw_model(config)]
        self.most = max(config.serve.max_tokens, config.serve.context_length // 2)  # the other half is for the conversation

    def read(self, body: bytes, session: str = "") -> Asked:
        """The request in a body. `session`: the client's id of the conversation, or "". Raises ApiError, which says what is wrong."""
        try:
            asked = ChatCompletion.model_validate_json(body)
        except ValidationError as error:
            raise _explained(error) from None
        self.known(asked.model)
        self._check(asked)
        tokens = asked.max_completion_tokens or asked.max_tokens or self.serve.max_tokens
        usage = bool(asked.stream_options and asked.stream_options.include_usage)
        fields: dict[str, Any] = asked.model_dump(include=SAMPLING, exclude_none=True)
        fields |= {"model": asked.model, "max_tokens": tokens, "stream": bool(asked.stream)}
        fields["temperature"] = self.serve.temperature if asked.temperature is None else asked.temperature
        fields |= {"stop": asked.stop} if asked.stop else {}
        fields |= {"stream_options": {"include_usage": True}} if asked.stream else {}  # the gateway counts them always
        messages = [message.message() for message in asked.messages]
        return Asked(asked.model, messages, bool(asked.stream), usage, tokens, _conversation(session or asked.user or "", messages), fields)

    def known(self, name: str) -> str:
        """The name, if there is a model of that name. Raises ApiError (404)."""
        if name not in self.names:
            found = name if len(name) <= 100 else name[:100] + "…"
            raise ApiError(404, f"model: found '{found}'; expected one of {', '.join(self.names)}", "model", "model_not_found")
        return name

    def _check(self, asked: ChatCompletion) -> None:
        """Limits that the types cannot express, and what a model that faces customers takes."""
        for name in ("max_tokens", "max_completion_tokens"):
            if (value := getattr(asked, name)) and value > self.most:
                raise ApiError(400, f"{name}: found {value}; expected at most {self.most}", name)
        stops = [asked.stop] if isinstance(asked.stop, str) else asked.stop or []
        if len(stops) > STOP_MOST or not all(0 < len(stop) <= STOP_CHARACTERS for stop in stops):
            raise ApiError(400, f"stop: expected at most {STOP_MOST} texts of 1 to {STOP_CHARACTERS} characters", "stop")
        if asked.stream_options and not asked.stream:
            raise ApiError(400, "stream_options: expected only with stream: true", "stream_options")
        if asked.top_logprobs is not None and not asked.logprobs:
            raise ApiError(400, "top_logprobs: expected only with logprobs: true", "top_logprobs")
        if asked.model in self.facing_customers:
            _check_facing_customers(asked)


def _conversation(named: str, messages: list[Message]) -> str:
    """An id that tells nothing of the customer: of what the client named, or of the words with which the conversation began."""
    first = next((message["content"] for message in messages if message["role"] == "user"), "")
    return hashlib.sha256((named or first).encode("utf-8", "replace")).hexdigest()[:32]


def _check_facing_customers(asked: ChatCompletion) -> None:
    """The model has its own system message, and answers a customer."""
    for i, message in enumerate(asked.messages):
        if message.role == "system":
            problem = f"messages.{i}.role: {asked.model} has a system message of its own; leave it out, or ask the raw model"
            raise ApiError(400, problem, "messages")
    if asked.messages[-1].role != "user":
        raise ApiError(400, "messages: the last must be the customer's, with the role 'user'", "messages")
    for name in ("logprobs", "top_logprobs"):
        if getattr(asked, name):
            raise ApiError(400, f"{name}: not available for {asked.model}; ask the raw model", name)


def _explained(error: ValidationError) -> ApiError:
    """The first mistake; but all unknown fields at once."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    unknown = [place for one in found if one["type"] == "extra_forbidden" and (place := _place(one["loc"]))]
    if unknown:
        known = ", ".join(ChatCompletion.model_fields)
        text = ", ".join(name if len(name) <= 100 else name[:100] + "…" for name in unknown[:10])
        return ApiError(400, f"not supported: {text}; supported fields: {known}", unknown[0][:100], "unknown_parameter")
    place = _place(found[0]["loc"])
    if not place:
        return ApiError(400, f"the body is not a valid JSON object ({found[0]['msg'][:200]})")
    return ApiError(400, f"{place}: {found[0]['msg'][:200]}", place, "missing" if found[0]["type"] == "missing" else "invalid_value")


def _place(where: tuple[int | str, ...]) -> str:
    """`messages.0.content`, from pydantic's path, which also names the types that it tried."""
    return ".".join(str(part) for part in where if part not in ("str", "list[TextPart]", "list[str]"))
