"""One customer's conversation and the API's streamed answers to it. Knows nothing of the page.

The server keeps the conversation; a browser only ever sends the new question. The API gets the turns alone: system prompt and FAQ
entries are the gateway's.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from frontdesk.config import Config
from frontdesk.errors import warn
from frontdesk.prompt import Message, fit
from ui.texts import Language

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletionMessageParam
    from transformers import PreTrainedTokenizerBase

MAX_CHARACTERS = 2000  # of one question; the texts of the page name this number
MAX_MESSAGES = 41  # newest ones that may go to the API; odd, so that they start with the customer
SILENCE_SECONDS = 60.0  # without a token, the first or a later one, before the API counts as unreachable
CONNECT_SECONDS = 5.0
TICK_SECONDS = 0.08  # between two updates of the page; a browser chokes on one per token
RETRY_TEMPERATURE = 0.7  # at least, so that another answer can come out


@dataclass
class Exchange:
    """A question and its answer, which is empty until the first token is there."""

    question: str
    answer: str = ""
    waiting: bool = True  # for the first token


@dataclass
class Conversation:
    """What one customer and the assistant have said, and what is going on."""

    exchanges: list[Exchange] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)  # keys of ui.texts that concern the newest exchange
    language: Language = "en"
    task: asyncio.Task[None] | None = None  # reads the answer that is on its way

    @property
    def busy(self) -> bool:
        """Whether an answer is on its way."""
        return self.task is not None and not self.task.done()

    def ask(self, text: str) -> bool:
        """Append a question, cut to MAX_CHARACTERS. False, and no change, if there is nothing in it."""
        text = text.strip()
        if not text:
            return False
        self.notices = ["cut"] if len(text) > MAX_CHARACTERS else []
        self.exchanges.append(Exchange(text[:MAX_CHARACTERS]))
        return True

    async def stop(self) -> None:
        """End the answer on its way, if there is one. What has come of it stays."""
        if self.task is not None:
            self.task.cancel()
            await asyncio.wait({self.task})

    async def clear(self) -> None:
        """Forget everything said, at once: while the answer on its way ends, nobody may see or continue the old turns."""
        self.exchanges = []
        self.notices = []
        await self.stop()

    def note(self, exchange: Exchange, notice: str) -> None:
        """Add a notice about an exchange, unless the conversation has gone on without it."""
        if self.exchanges and self.exchanges[-1] is exchange:
            self.notices.append(notice)

    def messages(self) -> list[Message]:
        """The turns up to the newest question. Questions that got no answer are joined with the one that follows."""
        messages: list[Message] = []
        for exchange in self.exchanges:
            if messages and messages[-1]["role"] == "user":
                messages[-1] = {"role": "user", "content": f"{messages[-1]['content']}\n{exchange.question}"}
            else:
                messages.append({"role": "user", "content": exchange.question})
            if exchange.answer and exchange is not self.exchanges[-1]:
                messages.append({"role": "assistant", "content": exchange.answer})
        return messages[-MAX_MESSAGES:]


class Assistant:
    """The API of a run, as an OpenAI client."""

    def __init__(self, config: Config, tokenizer: "PreTrainedTokenizerBase", base_url: str, api_key: str) -> None:
        """`tokenizer` is that of the served model: it measures what fits into the engine's context."""
        import openai

        self.model = config.name
        self.serve = config.serve
        self.tokenizer = tokenizer
        timeout = openai.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS)
        # The address is ours, so a proxy from the environment must not come between; the customer decides about a new try.
        http = openai.DefaultAsyncHttpxClient(timeout=timeout, trust_env=False)
        self.client = openai.AsyncOpenAI(base_url=base_url, api_key=api_key, timeout=timeout, max_retries=0, http_client=http)

    async def answer(self, conversation: Conversation, *, again: bool = False) -> AsyncIterator[None]:
        """Answer the newest question, or answer it `again` and otherwise than before.

        Yields once at the start and then whenever the answer has grown, at most every TICK_SECONDS. The conversation's last
        exchange and notices hold the result; no failure of the engine is raised. Closing this iterator closes the stream.
        """
        exchange = conversation.exchanges[-1]
        exchange.waiting = True
        temperature = max(self.serve.temperature, RETRY_TEMPERATURE) if again else self.serve.temperature
        conversation.notices = [notice for notice in conversation.notices if notice == "cut"]
        conversation.task = task = asyncio.create_task(self._read(conversation, exchange, temperature))
        shown = exchange.answer
        try:
            yield
            while not task.done():
                await asyncio.wait({task}, timeout=TICK_SECONDS)
                if exchange.answer != shown:
                    shown = exchange.answer
                    yield
            if not task.cancelled():
                task.result()
        finally:
            task.cancel()

    async def _read(self, conversation: Conversation, exchange: Exchange, temperature: float) -> None:
        """Read one answer into `exchange`, and note in the conversation how it ended if it did not end well."""
        import openai

        try:
            async with asyncio.timeout(SILENCE_SECONDS) as deadline:
                await self._stream(conversation.messages(), exchange, temperature, deadline)
        except asyncio.CancelledError:
            if not exchange.waiting or not exchange.answer:
                conversation.note(exchange, "stopped")
            raise
        except (openai.OpenAIError, ConnectionError, TimeoutError) as error:
            warn(f"{self.client.base_url}: no whole answer ({type(error).__name__}: {error}); is the desk running?")
            conversation.note(exchange, "busy" if isinstance(error, openai.RateLimitError) else "unreachable")
        else:
            if not exchange.answer.strip():
                conversation.note(exchange, "empty")
        finally:
            exchange.waiting = False

    async def _stream(self, messages: list[Message], exchange: Exchange, temperature: float, deadline: asyncio.Timeout) -> None:
        """Write the deltas into `exchange`. An earlier answer stays until the first one. Raises if the stream is cut."""
        turns = fit(self.tokenizer, messages, self.serve.context_length - self.serve.max_tokens)
        stream = await self.client.chat.completions.create(
            model=self.model,
            messages=cast("list[ChatCompletionMessageParam]", turns),
            max_tokens=self.serve.max_tokens,
            temperature=temperature,
            stream=True,
        )
        finished = False
        async with stream:
            async for chunk in stream:
                deadline.reschedule(asyncio.get_running_loop().time() + SILENCE_SECONDS)
                for choice in chunk.choices:
                    finished = finished or choice.finish_reason is not None
                    if choice.delta.content:
                        exchange.answer = choice.delta.content if exchange.waiting else exchange.answer + choice.delta.content
                        exchange.waiting = False
        if not finished:
            raise ConnectionError("the stream ended before the answer did")
