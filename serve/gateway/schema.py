"""What a client may ask: each request is read into typed fields with ceilings, and the engine's request is built from them anew.

Nothing of a body reaches the engine that does not stand here. A mistake is an `ApiError` of the shape that OpenAI's clients read.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.responses import Response

from frontdesk.config.schema import Config
from frontdesk.engine.vllm import bare_model
from frontdesk.prompt.render import Message

BODY_BYTES = 256 * 1024
MESSAGES_MOST = 100
N_MOST = 1
STOP_MOST = 4
STOP_CHARACTERS = 64


@dataclass(eq=False)
class ApiError(Exception):
    """An answer that is an error, in words for the person who wrote the client."""

    status: int
    message: str
    param: str | None = None
    code: str | None = None
    kind: str = "invalid_request_error"
    retry_after: int | None = None  # seconds
    headers: dict[str, str] = field(default_factory=dict)

    def body(self) -> bytes:
        """`{"error": {"message", "type", "param", "code"}}`."""
        error = {"message": self.message, "type": self.kind, "param": self.param, "code": self.code}
        return json.dumps({"error": error}, ensure_ascii=False).encode()

    def response(self) -> Response:
        headers = self.headers | ({"Retry-After": str(self.retry_after)} if self.retry_after is not None else {})
        if self.status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        return Response(self.body(), self.status, headers, "application/json")


class Fields(BaseModel):
    """Fields as they are named here and of the very types; any other is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class TextPart(Fields):
    """A piece of a message's text."""

    type: Literal["text"]
    text: str


class Turn(Fields):
    """A message. A `name` is accepted and goes no further: the prompt has no place for it."""

    role: Literal["system", "user", "assistant"]
    content: str | list[TextPart]
    name: str | None = None

    def message(self) -> Message:
        text = self.content if isinstance(self.content, str) else "\n".join(part.text for part in self.content)
        return {"role": self.role, "content": text}


class StreamOptions(Fields):
    """Whether a stream ends with a count of its tokens."""

    include_usage: bool = False


class ChatCompletion(Fields):
    """The body of `POST /v1/chat/completions`. A null is as good as a field that is not there."""

    model: str
    messages: list[Turn] = Field(min_length=1, max_length=MESSAGES_MOST)
    max_tokens: int | None = Field(None, ge=1)
    max_completion_tokens: int | None = Field(None, ge=1)  # the newer name of the same
    temperature: float | None = Field(None, ge=0, le=2, allow_inf_nan=False)
    top_p: float | None = Field(None, gt=0, le=1, allow_inf_nan=False)
    n: int | None = Field(None, ge=1, le=N_MOST)
    stop: str | list[str] | None = None
    seed: int | None = Field(None, ge=-(2**63), lt=2**63)
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    presence_penalty: float | None = Field(None, ge=-2, le=2, allow_inf_nan=False)
    frequency_penalty: float | None = Field(None, ge=-2, le=2, allow_inf_nan=False)
    user: str | None = Field(None, max_length=256)  # the client's own mark for a customer; the engine has no use for it
    logprobs: bool | None = None  # of the bare model only, as the next
    top_logprobs: int | None = Field(None, ge=0, le=20)


SAMPLING = {"top_p", "seed", "presence_penalty", "frequency_penalty", "logprobs", "top_logprobs"}
"""Fields that go to the engine as they are."""


@dataclass(frozen=True)
class Asked:
    """A request that may be answered. `fields` are the engine's, without the messages."""

    model: str
    messages: list[Message]
    stream: bool
    usage: bool
    max_tokens: int
    fields: dict[str, Any] = field(repr=False)

    def body(self, messages: list[Message]) -> bytes:
        """The engine's request."""
        return json.dumps({**self.fields, "messages": messages}).encode()


class Rules:
    """What a config allows: the names of its models, its defaults and its ceiling of tokens."""

    def __init__(self, config: Config, grounded: Collection[str] = ()) -> None:
        """`grounded`: the adapters that answer from FAQ entries, and so are products as the run of its own is."""
        from frontdesk.models.adapters import base_name

        self.serve = config.serve
        self.products = {*grounded} if config.serve.adapters else {config.name}
        self.names = [base_name(config), *config.serve.adapters] if config.serve.adapters else [config.name, bare_model(config)]
        self.most = max(config.serve.max_tokens, config.serve.context_length // 2)  # the other half is the conversation's

    def read(self, body: bytes) -> Asked:
        """The request in a body. Raises ApiError, which names what is wrong."""
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
        fields |= {"stream_options": {"include_usage": True}} if asked.stream else {}  # the gateway counts tokens, told or not
        return Asked(asked.model, [turn.message() for turn in asked.messages], bool(asked.stream), usage, tokens, fields)

    def known(self, name: str) -> str:
        """The name, if a model has it."""
        if name not in self.names:
            found = name if len(name) <= 100 else name[:100] + "…"
            raise ApiError(404, f"model: found '{found}'; expected one of {', '.join(self.names)}", "model", "model_not_found")
        return name

    def _check(self, asked: ChatCompletion) -> None:
        """Ceilings that the types don't tell, and what the product takes."""
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
        if asked.model in self.products:
            _check_product(asked)


def _check_product(asked: ChatCompletion) -> None:
    """The product has its own system message, and answers a customer."""
    for i, turn in enumerate(asked.messages):
        if turn.role == "system":
            raise ApiError(
                400, f"messages.{i}.role: {asked.model} has a system message of its own; leave it out, or ask the bare model", "messages"
            )
    if asked.messages[-1].role != "user":
        raise ApiError(400, "messages: the last must be the customer's, with the role 'user'", "messages")
    for name in ("logprobs", "top_logprobs"):
        if getattr(asked, name):
            raise ApiError(400, f"{name}: {asked.model} does not tell them; ask the bare model", name)


def _explained(error: ValidationError) -> ApiError:
    """The first mistake; of fields that are not known, all of them."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    unknown = [place for one in found if one["type"] == "extra_forbidden" and (place := _place(one["loc"]))]
    if unknown:
        known = ", ".join(ChatCompletion.model_fields)
        text = ", ".join(name if len(name) <= 100 else name[:100] + "…" for name in unknown[:10])
        return ApiError(400, f"not supported: {text}; supported fields: {known}", unknown[0][:100], "unknown_parameter")
    place = _place(found[0]["loc"])
    if not place:
        return ApiError(400, f"the body is not a JSON object that can be read ({found[0]['msg'][:200]})")
    return ApiError(400, f"{place}: {found[0]['msg'][:200]}", place, "missing" if found[0]["type"] == "missing" else "invalid_value")


def _place(where: tuple[int | str, ...]) -> str:
    """`messages.0.content` of pydantic's path, which also names the types that it tried."""
    return ".".join(str(part) for part in where if part not in ("str", "list[TextPart]", "list[str]"))
