"""The bot as the desk sees it: the API's streamed answer to a conversation.

The API gets the conversation alone. The gateway adds system prompt and FAQ entries, and cuts the conversation
to the model's context. At the end of an answer it names the FAQ entry that the answer rests on.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate, groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.engine.vllm import SESSION
from frontdesk.files import read_json
from frontdesk.prompt import render
from frontdesk.web import access_log, tracing

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletionChunk, ChatCompletionMessageParam

    from frontdesk.store.tables import Message

MAX_TURNS = 41  # newest ones that go to the API; odd, so that the customer speaks first
MAX_CHARACTERS = 40_000  # of them: more than a context of 8,000 tokens holds, and less than the gateway's limit on a body
SILENCE_SECONDS = 60.0  # without a token, the first or a later one, before the API counts as unreachable
CONNECT_SECONDS = 5.0
RETRIES = 2  # of a request that was refused before its first word; the client waits as long as the gateway says
RETRY_TEMPERATURE = 0.7  # at least, so that another answer can come out


@dataclass
class StreamedAnswer:
    """An answer as it arrives.

    `trouble` is the key of a text (ui/chat/texts.py) that says why it is incomplete; "" if it is not.
    """

    text: str = ""
    trouble: str = ""
    source: dict[str, Any] | None = None  # the FAQ entry that it rests on
    sources: list[dict[str, str]] = field(default_factory=list)  # all of them, as the store keeps them (frontdesk/store/tables.py)
    near: list[str] = field(default_factory=list)  # FAQ questions near to what was asked, where the bot asks back or escalates
    version: str = ""  # the id of the model's version, where the gateway knows it
    outcome: str = ""  # what became of the question (serve/gateway/sse.py)
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    seconds: float | None = None  # from the customer's message to the first word
    asked: float = field(default_factory=time.monotonic)

    def add(self, chunk: "ChatCompletionChunk") -> bool:
        """Take in a chunk of the stream. True if it says that the answer is complete."""
        finished = False
        for choice in chunk.choices:
            finished = finished or choice.finish_reason is not None
            if choice.delta.content:
                self.seconds = self.seconds or time.monotonic() - self.asked
                self.text += choice.delta.content
        if chunk.usage:
            self.prompt_tokens, self.completion_tokens = chunk.usage.prompt_tokens, chunk.usage.completion_tokens
        ours = (chunk.model_extra or {}).get("frontdesk")
        if isinstance(ours, dict):
            self.source, self.near, self.outcome = ours.get("source"), ours.get("near", []), ours.get("outcome", "")
            self.version = ours.get("version", "")
            self.sources = [{"id": one["id"], **one.get("origin", {})} for one in ours.get("sources", [self.source]) if one]
        return finished


class Assistant:
    """A run's API, asked with an OpenAI client."""

    def __init__(self, config: Config, base_url: str, api_key: str, provenance: Path | None = None) -> None:
        """`provenance`: that of the served weights; None: of the run's."""
        import openai

        self.model, self.serve = config.name, config.serve
        self.run, self.versions = Run(config.name), _versions(provenance or Run(config.name).provenance)
        """Of the model and its data, at the start: a model that is trained later is not served yet."""
        timeout = openai.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS)
        # The address is ours, so a proxy from the environment must not be used.
        http = openai.DefaultAsyncHttpxClient(timeout=timeout, trust_env=False)
        self.client = openai.AsyncOpenAI(base_url=base_url, api_key=api_key, timeout=timeout, max_retries=RETRIES, http_client=http)

    def versions_of(self, answer: StreamedAnswer) -> tuple[str | None, str | None]:
        """Of the model that gave an answer, and its data."""
        other = answer.version and not (self.versions[0] or "").startswith(answer.version)
        return _versions(self.run.versions / answer.version / "version.json") if other else self.versions

    async def read(self, conversation: str, turns: list[render.Message], answer: StreamedAnswer, *, otherwise: bool = False) -> None:
        """Read the answer to the last turn, another one than before if `otherwise`. `conversation`: its id. Raises no API failure."""
        import openai

        try:
            async with asyncio.timeout(SILENCE_SECONDS) as deadline:
                await self._stream(conversation, turns, answer, otherwise, deadline)
        except (openai.OpenAIError, ConnectionError, TimeoutError) as error:
            code = getattr(error, "code", None)
            access_log.write("no whole answer", api=str(self.client.base_url), error=type(error).__name__, code=code)
            answer.trouble = "busy" if isinstance(error, openai.RateLimitError) else "unreachable"
        else:
            answer.trouble = "" if answer.text.strip() else "empty"

    async def _stream(
        self, conversation: str, turns: list[render.Message], answer: StreamedAnswer, otherwise: bool, deadline: asyncio.Timeout
    ) -> None:
        """Raises if the stream breaks."""
        stream = await self.client.chat.completions.create(
            model=self.model,
            messages=cast("list[ChatCompletionMessageParam]", turns),
            max_tokens=self.serve.max_tokens,
            temperature=max(self.serve.temperature, RETRY_TEMPERATURE) if otherwise else self.serve.temperature,
            stream=True,
            stream_options={"include_usage": True},
            extra_headers={SESSION: conversation, **tracing.headers()},
        )
        finished = False
        async with stream:
            async for chunk in stream:
                deadline.reschedule(asyncio.get_running_loop().time() + SILENCE_SECONDS)
                finished = answer.add(chunk) or finished
        if not finished:
            raise ConnectionError("the stream ended before the answer did")


def _versions(provenance: Path) -> tuple[str | None, str | None]:
    try:
        record = read_json(provenance)
    except (OSError, ValueError):
        return None, None
    return str(record.get("key", ""))[:64] or None, str(record.get("data_hash", ""))[:64] or None


def turns(messages: Sequence["Message"]) -> list[render.Message]:
    """The newest of a conversation up to the customer's last message, as the API takes it: customer and desk
    in turn.

    What agents said counts as the desk's. Successive messages of one side are joined. The customer speaks
    first.
    """
    sides = groupby(_newest(messages), lambda message: "user" if message.speaker == "customer" else "assistant")
    joined: list[render.Message] = [{"role": role, "content": "\n".join(one.text for one in some)} for role, some in sides]
    if joined and joined[-1]["role"] == "assistant":
        joined.pop()
    if joined and joined[0]["role"] == "assistant":  # the conversation was cut in between
        del joined[0]
    return joined[-MAX_TURNS:]


def _newest(messages: Sequence["Message"]) -> Sequence["Message"]:
    """The last messages of at most MAX_CHARACTERS together."""
    lengths = accumulate(len(message.text) + 1 for message in reversed(messages))
    return messages[len(messages) - sum(length <= MAX_CHARACTERS for length in lengths) :]
