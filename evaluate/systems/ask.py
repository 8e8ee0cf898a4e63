"""Ask an engine through its OpenAI-compatible API: many questions at once, dialogues turn by turn, and
nothing twice.

Every answer is kept in `runs/NAME/report/cache.jsonl` under the digest of all that it depends on (model,
prompt, settings). So a scorecard that was interrupted resumes, and one that is made again costs only what has
changed.
"""

import asyncio
import hashlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

from evaluate.questions.load import Question, Turn
from evaluate.systems.systems import System
from frontdesk.answers.ask_back import heading
from frontdesk.answers.decision import Decision
from frontdesk.answers.knowledge import Grounded
from frontdesk.answers.reply import Reply
from frontdesk.errors import UserError
from frontdesk.facts.entries import Entry
from frontdesk.facts.language import language
from frontdesk.facts.statements import states
from frontdesk.prompt.render import Message
from frontdesk.retrieval.readings import readings
from frontdesk.terminal import Bar, bar

if TYPE_CHECKING:
    from openai import AsyncOpenAI

Result = TypeVar("Result")

AT_ONCE = 32
"""Requests in flight: the engine batches them."""


class Said(NamedTuple):
    """An answer as the customer sees it. `stopped`: it ended by itself. `outcome` and `why` are those of Reply.
    `decision`: what the desk decided on the customer's question. `asked`: ids of the entries that it asked
    about before it answered; None: it did not. `place`: in the messages of the exchange."""

    text: str
    cited: Entry | None
    shown: list[Entry]
    tokens: int
    stopped: bool
    outcome: str = ""
    why: str = ""
    decision: Decision | None = None
    asked: tuple[str, ...] | None = None
    place: int = 0


class Exchange(NamedTuple):
    """One question or dialogue asked once: all turns, and an answer for each of the customer's. Where the desk
    asked back, the customer's choice and what the desk says to it stand in the messages too."""

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
        if text and not text.endswith("\n"):
            self._write("\n")  # the next answer has a line of its own

    def add(self, key: str, answer: dict[str, Any]) -> None:
        """Keep an answer, at once."""
        self.kept[key] = answer
        self._write(json.dumps({"key": key} | answer, ensure_ascii=False) + "\n")

    def _write(self, text: str) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(text)


@dataclass
class Model:
    """A model behind an API. `identity` is a digest of its weights and template, or for others' endpoints
    their address; `temperature` that of dialogues held in several passes: all else is asked greedily.
    """

    client: "AsyncOpenAI"
    name: str
    identity: str
    temperature: float


@dataclass
class Progress:
    """Answers so far, and the time left: of these and, at the same pace, of the systems that come after."""

    bar: Bar
    total: int
    ahead: int = 0  # answers of the systems that come after
    done: int = 0
    fresh: int = 0  # of them not from the cache
    tokens: int = 0  # of the fresh ones
    started: float = field(default_factory=time.monotonic)

    def add(self, tokens: int, fresh: bool) -> None:
        self.done = min(self.done + 1, self.total)  # a turn that is answered and asked back counts once
        self.fresh += fresh
        self.tokens += tokens if fresh else 0
        if self.fresh and self.bar.due():
            self.bar.update(self.done, self.left(time.monotonic()))

    def left(self, now: float) -> str:
        """The time left, for people. The first 16 answers say nothing: they wait while prompts are read."""
        if self.fresh < min(16, self.total):
            return "asking"
        pace = (now - self.started) / self.fresh
        left = f"{(self.total - self.done) * pace:.0f} s left"
        return f"{left}, about {(self.total - self.done + self.ahead) * pace / 60:.0f} min with all systems" if self.ahead else left


@contextmanager
def counted(label: str, total: int, ahead: int = 0) -> Iterator[Progress]:
    """The progress of so many answers, shown while the block lasts; then a line."""
    with bar(f"eval: {label}", total, "answers", timed=False) as shown:
        progress = Progress(shown, total, ahead)
        yield progress
    seconds = time.monotonic() - progress.started
    speed = f", {progress.tokens / seconds:.0f} tokens/s" if progress.tokens else ""
    print(f"eval: {label}: {progress.done} answers ({progress.fresh} new) in {seconds:.0f} s{speed}", flush=True)


def jobs_of(system: System, model: Model, questions: Sequence[Question]) -> list[tuple[Question, int]]:
    """The questions of the system's sets, each with the number of its pass; of equal passes one is asked."""
    mine = [question for question in questions if question.set in system.sets]
    return [(question, number) for question in mine for number in range(passes_of(system, model, question))]


def passes_of(system: System, model: Model, question: Question) -> int:
    """How often a question is asked: a dialogue in the system's passes, where there is chance in them."""
    return system.passes if question.set == "dialogues" and model.temperature else 1


async def ask(system: System, model: Model, questions: Sequence[Question], cache: Cache, label: str, ahead: int = 0) -> list[Exchange]:
    """Ask one system the questions of its sets. `ahead`: answers of the systems that come after."""
    jobs = jobs_of(system, model, questions)
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(question: Question, number: int, model: Model) -> Exchange:
        async def reply(question: Question, messages: Sequence[Message]) -> Said:
            async with gate:
                return await answer(system, model, question, messages, number, cache, progress)

        return await converse(system, question, number, reply)

    with counted(label, sum(len(question.turns) for question, _ in jobs), ahead) as progress:
        async with connected(model) as mine:
            exchanges = await together(one(*job, mine) for job in jobs)
    return exchanges if model.temperature else every_pass(system, exchanges)


Answerer = Callable[[Question, Sequence[Message]], Awaitable[Said]]


async def converse(system: System, question: Question, number: int, reply: Answerer) -> Exchange:
    """Hold a conversation. A question back is answered as a customer would: by a press on the right entry, if
    it is among those offered, or else by a no. If one of two questions is answered and the desk asks back about
    the other, the answer is both texts; a customer who has an answer says no `no`."""
    messages: list[Message] = list(question.before)
    answers = []
    for turn in question.turns:
        messages.append({"role": "user", "content": turn.text})
        said = last = await reply(question, messages)
        if said.decision and said.decision.asks:
            if choice := choose(question, turn, said.decision):
                messages += [{"role": "assistant", "content": said.text}, {"role": "user", "content": choice}]
                last = await reply(question, messages)
            text = last.text if last is said or said.outcome == "asked back" else f"{said.text}\n{last.text}"
            asked = tuple(entry.id for entry in said.decision.asks)
            said = last._replace(text=text, asked=asked, shown=said.shown, decision=said.decision)
        answers.append(said._replace(place=len(messages)))
        messages.append({"role": "assistant", "content": last.text})
    return Exchange(question, system.name, number, messages, answers)


NONE_OF_THEM = {"en": "No, something else.", "ko": "아니요, 다른 내용이에요."}


def choose(question: Question, turn: Turn, decision: Decision) -> str:
    """What the customer says to a question back: the right entry's own question, or that it is none of them; or
    nothing, where the desk has answered something and asks about nothing more that was asked."""
    known = [entry.id for entry in decision.entries] if decision.kind == "say" else []
    right = next((entry for entry in decision.asks if entry.id not in known and answers(question, turn, entry)), None)
    if right:
        return heading(right.questions)
    return "" if known else NONE_OF_THEM[language(turn.text)]


def answers(question: Question, turn: Turn, entry: Entry) -> bool:
    """Whether an entry answers a turn: it is the question's own, or a dialogue's and states the facts."""
    if question.set == "dialogues":
        return bool(turn.facts) and any(states(text, list(turn.facts)) for text in entry.answers)
    return turn.expects == "facts" and entry.id in (question.entries or (question.entry,))


def searched(question: Question) -> Iterator[str]:
    """The texts that retrieval will look at, but for what depends on the desk's answers."""
    said = [str(message["content"]) for message in question.before]
    yield from readings([*said, question.turns[0].text]).texts
    yield from (text for turn in question.turns[1:] for text in readings([turn.text]).texts)


def every_pass(system: System, exchanges: list[Exchange]) -> list[Exchange]:
    """Dialogues that were held once, for all passes: without chance each is the first again."""
    dialogues = [exchange for exchange in exchanges if exchange.question.set == "dialogues"]
    return exchanges + [exchange._replace(number=number) for exchange in dialogues for number in range(1, system.passes)]


async def together(jobs: Iterable[Coroutine[Any, Any, Result]]) -> list[Result]:
    """What all jobs return, in their order; the first that fails ends all."""
    tasks = [asyncio.ensure_future(job) for job in jobs]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()


@asynccontextmanager
async def connected(model: Model) -> AsyncIterator[Model]:
    """The model with connections of its own: they belong to an event loop, and each `asyncio.run` has
    another.

    Raises UserError where the endpoint cannot be reached or refuses.
    """
    import openai

    async with openai.DefaultAsyncHttpxClient() as connections:
        try:
            yield replace(model, client=model.client.copy(http_client=connections))
        except openai.OpenAIError as error:
            message = f"{model.client.base_url}: model {model.name!r} gave no answer ({str(error)[:200]}); check that it is up"
            raise UserError(message) from None


async def answer(
    system: System, model: Model, question: Question, messages: Sequence[Message], number: int, cache: Cache, progress: Progress
) -> Said:
    """The system's answer to the last of the messages."""
    prompt = system.prompt(question, messages)
    if system.verified and prompt.decision and not prompt.decision.reads:
        if prompt.decision.kind != "ask back":  # the answer is still to come
            progress.add(0, False)
        return said_by(system, prompt, UNASKED)
    settings = {"temperature": model.temperature if passes_of(system, model, question) > 1 else 0.0, "max_tokens": system.max_tokens}
    if settings["temperature"]:
        settings["seed"] = number
    key = digest([model.identity, prompt.messages, settings, number])
    if fresh := key not in cache.kept:
        turns = cast("Any", prompt.messages)
        given = await model.client.chat.completions.create(model=model.name, messages=turns, **cast("Any", settings))
        choice, tokens = given.choices[0], given.usage.completion_tokens if given.usage else 0
        cache.add(key, {"text": choice.message.content or "", "tokens": tokens, "stopped": choice.finish_reason == "stop"})
    progress.add(cache.kept[key]["tokens"], fresh)
    return said_by(system, prompt, cache.kept[key])


UNASKED: dict[str, Any] = {"text": "", "tokens": 0, "stopped": True}
"""What no model has written."""


def said_by(system: System, prompt: Grounded, given: dict[str, Any]) -> Said:
    """What a customer sees of an answer {"text", "tokens", "stopped"}."""
    if system.verified and prompt.decision:
        reply = Reply(prompt.decision)
        text = reply.add(given["text"]) + reply.end()
        cited = reply.sources[0] if reply.sources else None
        return Said(text, cited, prompt.entries, given["tokens"], given["stopped"], reply.outcome, reply.why, prompt.decision)
    text = system.final(given["text"])
    return Said(text, prompt.source_of(text), prompt.entries, given["tokens"], given["stopped"])


def digest(parts: Iterable[Any]) -> str:
    """A short name for JSON data."""
    return hashlib.sha256(json.dumps(list(parts), sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:24]
