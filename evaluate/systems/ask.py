"""Ask an engine through its OpenAI-compatible API: many questions at once, dialogues turn by turn, and nothing twice.

Every answer is kept in `runs/NAME/report/cache.jsonl` under the digest of all that it depends on (model, prompt, settings), so a
scorecard that was interrupted goes on where it stopped, and one that is made again costs only what has changed.
"""

import asyncio
import hashlib
import json
import sys
import time
from collections.abc import AsyncIterator, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

from evaluate.questions.load import Question
from evaluate.systems.systems import System
from frontdesk.errors import UserError
from frontdesk.facts.entries import Entry
from frontdesk.prompt.render import Message

if TYPE_CHECKING:
    from openai import AsyncOpenAI

Result = TypeVar("Result")

AT_ONCE = 32
"""Requests in flight: the engine batches them."""


class Said(NamedTuple):
    """An answer as the customer sees it; the entry that it rests on, those in its prompt, its tokens, whether it ended by itself."""

    text: str
    cited: Entry | None
    shown: list[Entry]
    tokens: int
    stopped: bool


class Exchange(NamedTuple):
    """One question or dialogue asked once: all turns, and an answer for each of the customer's."""

    question: Question
    system: str
    number: int  # of the pass
    messages: list[Message]
    answers: list[Said]


@dataclass
class Cache:
    """Answers by the digest of what they depend on."""

    path: Path
    kept: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        text = self.path.read_text(encoding="utf-8", errors="replace") if self.path.is_file() else ""
        for line in text.split("\n"):
            try:
                one = json.loads(line)
                self.kept[one["key"]] = one
            except (ValueError, KeyError):
                continue  # the last line of a run that was killed
        if not text.endswith("\n") and text:
            with self.path.open("a", encoding="utf-8") as file:
                file.write("\n")  # the next answer has a line of its own

    def add(self, key: str, answer: dict[str, Any]) -> None:
        """Keep an answer, at once."""
        self.kept[key] = answer
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"key": key} | answer, ensure_ascii=False) + "\n")


@dataclass
class Model:
    """A model behind an API. `identity` is a digest of its weights and template, or for others' endpoints their address; `temperature`
    that of dialogues held in several passes: all else is asked greedily.
    """

    client: "AsyncOpenAI"
    name: str
    identity: str
    temperature: float


TELLING = 16
"""Answers by which the time left is told."""


@dataclass
class Progress:
    """Questions asked, and the time left: of these and, at the same pace, of the systems that come after."""

    label: str
    total: int
    ahead: int = 0  # answers of the systems that come after
    done: int = 0
    fresh: int = 0
    tokens: int = 0
    started: float = field(default_factory=time.monotonic)
    shown: float = 0.0

    def add(self, tokens: int, fresh: bool) -> None:
        """Count an answer; show the counts twice a second where somebody looks on, twice a minute in a log."""
        self.done += 1
        self.fresh += fresh
        self.tokens += tokens if fresh else 0
        now, watched = time.monotonic(), sys.stderr.isatty()
        if self.fresh and now - self.shown > (0.5 if watched else 30):
            self.shown = now
            begin, end = ("\r", "   ") if watched else ("", "\n")
            print(f"{begin}eval: {self.label}: {self.done} of {self.total}, {self.left(now)}", end=end, file=sys.stderr, flush=True)

    def left(self, now: float) -> str:
        """The time left, for people; it is not told by the first few answers, which wait for the engine to read its prompts."""
        if self.fresh < min(TELLING, self.total):
            return "asking"
        pace = (now - self.started) / self.fresh
        left = f"{(self.total - self.done) * pace:.0f} s left"
        return f"{left}, about {(self.total - self.done + self.ahead) * pace / 60:.0f} min with all systems" if self.ahead else left

    def close(self) -> None:
        """The last line."""
        seconds = time.monotonic() - self.started
        speed = f", {self.tokens / seconds:.0f} tokens/s" if self.tokens else ""
        print(
            f"{chr(13) if sys.stderr.isatty() else ''}eval: {self.label}: {self.done} answers ({self.fresh} new) in {seconds:.0f} s{speed}",
            flush=True,
        )


def jobs_of(system: System, model: Model, questions: Sequence[Question]) -> list[tuple[Question, int]]:
    """The questions of the system's sets, each with the number of its pass; of equal passes one is asked."""
    mine = [question for question in questions if question.set in system.sets]
    return [(question, number) for question in mine for number in range(passes_of(system, model, question))]


def passes_of(system: System, model: Model, question: Question) -> int:
    """How often a question is asked: a dialogue in the system's passes, where there is chance in them."""
    return system.passes if question.set == "dialogues" and model.temperature else 1


async def ask(system: System, model: Model, questions: Sequence[Question], cache: Cache, label: str, ahead: int = 0) -> list[Exchange]:
    """Ask one system the questions of its sets. `ahead`: the answers of the systems that come after, for the time left."""
    jobs = jobs_of(system, model, questions)
    progress = Progress(label, sum(len(question.turns) for question, _ in jobs), ahead)
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(question: Question, number: int, model: Model) -> Exchange:
        messages: list[Message] = []
        answers = []
        for turn in question.turns:
            messages.append({"role": "user", "content": turn.text})
            async with gate:
                said = await answer(system, model, question, messages, number, cache, progress)
            answers.append(said)
            messages.append({"role": "assistant", "content": said.text})
        return Exchange(question, system.name, number, messages, answers)

    async with connected(model.client) as client:
        exchanges = await together(one(*job, replace(model, client=client)) for job in jobs)
    progress.close()
    alike = range(1, 1 if model.temperature else system.passes)  # without chance every pass is the first again
    return exchanges + [
        exchange._replace(number=number) for exchange in exchanges if exchange.question.set == "dialogues" for number in alike
    ]


async def together(jobs: Iterable[Coroutine[Any, Any, Result]]) -> list[Result]:
    """What all jobs return, in their order; the first that fails ends all."""
    tasks = [asyncio.ensure_future(job) for job in jobs]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()


@asynccontextmanager
async def connected(client: "AsyncOpenAI") -> AsyncIterator["AsyncOpenAI"]:
    """The client with connections of its own: they belong to an event loop, and each `asyncio.run` has another."""
    from openai import DefaultAsyncHttpxClient

    async with DefaultAsyncHttpxClient() as connections:
        yield client.copy(http_client=connections)


async def answer(
    system: System, model: Model, question: Question, messages: Sequence[Message], number: int, cache: Cache, progress: Progress
) -> Said:
    """The system's answer to the last of the messages."""
    prompt = system.prompt(question, messages)
    settings = {"temperature": model.temperature if passes_of(system, model, question) > 1 else 0.0, "max_tokens": system.max_tokens}
    if settings["temperature"]:
        settings["seed"] = number
    key = digest([model.identity, prompt.messages, settings, number])
    fresh = key not in cache.kept
    if fresh:
        cache.add(key, await request(model, prompt.messages, settings))
    given = cache.kept[key]
    progress.add(given["tokens"], fresh)
    text = system.final(given["text"])
    return Said(text, prompt.source_of(text), prompt.entries, given["tokens"], given["stopped"])


async def request(model: Model, messages: Sequence[Message], settings: dict[str, Any]) -> dict[str, Any]:
    """One request. Raises UserError where the endpoint cannot be reached or refuses."""
    import openai

    try:
        given: Any = await model.client.chat.completions.create(model=model.name, messages=cast("Any", list(messages)), **settings)
    except openai.OpenAIError as error:
        raise silent(model, error) from None
    choice = given.choices[0]
    tokens = given.usage.completion_tokens if given.usage else 0
    return {"text": choice.message.content or "", "tokens": tokens, "stopped": choice.finish_reason == "stop"}


def silent(model: Model, error: Exception) -> UserError:
    """What to say where an endpoint gives no answer."""
    return UserError(f"{model.client.base_url}: model {model.name!r} gave no answer ({str(error)[:200]}); check that it is up")


def digest(parts: Iterable[Any]) -> str:
    """A short name for JSON data."""
    return hashlib.sha256(json.dumps(list(parts), sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:24]
