"""The bot as the desk knows it: the API's streamed answer to a conversation.

The API gets the turns alone: system prompt and FAQ entries are the gateway's. At the end of an answer it tells the entry that it rests on.
"""

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.files import read_json
from frontdesk.prompt import render as prompt
from frontdesk.prompt.render import fit
from frontdesk.web import access_log as journal

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletionChunk, ChatCompletionMessageParam
    from transformers import PreTrainedTokenizerBase

    from frontdesk.store.tables import Message

MAX_MESSAGES = 41  # newest ones that may go to the API; odd, so that they start with the customer
SILENCE_SECONDS = 60.0  # without a token, the first or a later one, before the API counts as unreachable
CONNECT_SECONDS = 5.0
RETRIES = 2  # of a request that was refused before its first word; the client waits as long as the gateway says
RETRY_TEMPERATURE = 0.7  # at least, so that another answer can come out


@dataclass
class Answer:
    """An answer as it comes. `trouble` is the key of a text (ui/chat/texts.py) that says why it is not whole; "" where it is."""

    text: str = ""
    trouble: str = ""
    source: dict[str, Any] | None = None  # the FAQ entry that it rests on
    near: list[str] = field(default_factory=list)  # where it rests on none: questions of the FAQ that are near to what was asked
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    seconds: float | None = None  # from the customer's message to the first word
    asked: float = field(default_factory=time.monotonic)

    def add(self, chunk: "ChatCompletionChunk") -> bool:
        """Take what a chunk of the stream says. True where it tells that the answer is whole."""
        finished = False
        for choice in chunk.choices:
            finished = finished or choice.finish_reason is not None
            if choice.delta.content:
                self.seconds = self.seconds or time.monotonic() - self.asked
                self.text += choice.delta.content
        if chunk.usage:
            self.prompt_tokens, self.completion_tokens = chunk.usage.prompt_tokens, chunk.usage.completion_tokens
        told = (chunk.model_extra or {}).get("frontdesk")
        if isinstance(told, dict):
            self.source, self.near = told.get("source"), told.get("near", [])
        return finished


class Assistant:
    """The API of a run, as an OpenAI client."""

    def __init__(
        self, config: Config, tokenizer: "PreTrainedTokenizerBase", base_url: str, api_key: str, provenance: Path | None = None
    ) -> None:
        """`tokenizer` is that of the served model: it measures what fits into the engine's context. `provenance`: the served weights'."""
        import openai

        self.model, self.serve = config.name, config.serve
        self.tokenizer = tokenizer
        self.made = _made(provenance or Run(config.name).provenance)
        self.pool = ThreadPoolExecutor(1, "prompt")  # one at a time may use the tokenizer
        timeout = openai.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS)
        # The address is ours, so a proxy from the environment must not come between.
        http = openai.DefaultAsyncHttpxClient(timeout=timeout, trust_env=False)
        self.client = openai.AsyncOpenAI(base_url=base_url, api_key=api_key, timeout=timeout, max_retries=RETRIES, http_client=http)

    def versions(self) -> tuple[str | None, str | None]:
        """Of the model and of the data that it was trained on, as they were at the start: what is trained since is not served."""
        return self.made

    async def read(self, turns: list[prompt.Message], answer: Answer, *, otherwise: bool = False) -> None:
        """Read the answer to the last of the turns into `answer`; `otherwise` than before. No failure of the API is raised."""
        import openai

        try:
            async with asyncio.timeout(SILENCE_SECONDS) as deadline:
                await self._stream(turns, answer, otherwise, deadline)
        except (openai.OpenAIError, ConnectionError, TimeoutError) as error:
            journal.write("no whole answer", api=str(self.client.base_url), error=type(error).__name__, code=getattr(error, "code", None))
            answer.trouble = "busy" if isinstance(error, openai.RateLimitError) else "unreachable"
        else:
            answer.trouble = "" if answer.text.strip() else "empty"

    async def _stream(self, turns: list[prompt.Message], answer: Answer, otherwise: bool, deadline: asyncio.Timeout) -> None:
        """Raises where the stream is cut."""
        limit = self.serve.context_length - self.serve.max_tokens
        fitting = await asyncio.get_running_loop().run_in_executor(self.pool, fit, self.tokenizer, turns, limit)
        stream = await self.client.chat.completions.create(
            model=self.model,
            messages=cast("list[ChatCompletionMessageParam]", fitting),
            max_tokens=self.serve.max_tokens,
            temperature=max(self.serve.temperature, RETRY_TEMPERATURE) if otherwise else self.serve.temperature,
            stream=True,
            stream_options={"include_usage": True},
        )
        finished = False
        async with stream:
            async for chunk in stream:
                deadline.reschedule(asyncio.get_running_loop().time() + SILENCE_SECONDS)
                finished = answer.add(chunk) or finished
        if not finished:
            raise ConnectionError("the stream ended before the answer did")


def _made(provenance: Path) -> tuple[str | None, str | None]:
    try:
        record = read_json(provenance)
    except (OSError, ValueError):
        return None, None
    return str(record.get("key", ""))[:64] or None, str(record.get("data_hash", ""))[:64] or None


def turns(messages: Sequence["Message"]) -> list[prompt.Message]:
    """The conversation up to the customer's last message, as the API takes it: turns of the customer and of the desk, by turns.

    What agents said is the desk's as well. Messages of one side that follow each other are joined.
    """
    joined: list[prompt.Message] = []
    for message in messages:
        role = "user" if message.speaker == "customer" else "assistant"
        if joined and joined[-1]["role"] == role:
            joined[-1] = {"role": role, "content": f"{joined[-1]['content']}\n{message.text}"}
        else:
            joined.append({"role": role, "content": message.text})
    while joined and joined[-1]["role"] == "assistant":
        joined.pop()
    return joined[-MAX_MESSAGES:]
