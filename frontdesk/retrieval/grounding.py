"""The FAQ entries that an answer may rest on, in the prompt: rendered here for training, evaluation and
serving alike.

A model that was tuned to read entries answers from entries that it never saw, so an edit to the FAQ takes
effect at once. The entries stand in the system message. The model has learned to answer in their words, so
that `facts.entries.rests_on` tells which one an answer rests on. (A number before the answer, `[2] …`, was
tried: a small model then chooses the entry before it has said a word, and chooses by its place;
docs/experiments.md.)
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.facts.entries import Entry, rests_on
from frontdesk.facts.language import language
from frontdesk.prompt.render import Message
from frontdesk.retrieval.dense import Embedder
from frontdesk.retrieval.index import Index
from frontdesk.retrieval.vectors import encoder_name, load_vectors

if TYPE_CHECKING:
    from frontdesk.retrieval.encoder import Encoder

SHOWN = 3
"""Entries in a prompt: the right one is among the first three for 96 % of the demo's held-out wordings, and
among five for 97 %; a small model reads three better than five."""
INSTRUCTION = {
    "en": "Answer from these FAQ entries. If none of them answers the question, offer to connect an agent.",
    "ko": "아래 FAQ 항목을 보고 답한다. 답이 되는 항목이 없으면 상담원 연결을 제안한다.",
}
HEADING = 60  # characters of a question that fit on a button


class Grounded(NamedTuple):
    """What goes to the engine, and the entries in it in order; where none fits, those that are `near`."""

    messages: list[Message]
    entries: list[Entry]
    near: Sequence[Entry] = ()

    def source_of(self, answer: str) -> Entry | None:
        """The entry that an answer rests on; what the turns have said needs none."""
        said = [str(message["content"]) for message in self.messages if message["role"] != "system"]
        return rests_on(answer, self.entries, said)


def system_text(system_prompt: str, entries: Sequence[Entry], with_questions: bool = True) -> str:
    """The run's own system prompt, what to do with the entries, and each with first wording and answer."""
    prompt = system_prompt.strip()
    lines = [prompt, INSTRUCTION[language(prompt)]]
    for entry in entries:
        lines += [f"Q: {question}" for question in entry.questions[:with_questions]] + [f"A: {entry.answers[0]}"]
    return "\n".join(lines)


def grounded(system_prompt: str, index: Index, messages: Sequence[Message]) -> Grounded:
    """The turns with the system message that the last of them needs, instead of one of their own."""
    turns = [message for message in messages if message["role"] != "system"]
    said = [str(turn["content"]) for turn in turns]
    found = index.search(said, SHOWN)
    return Grounded([{"role": "system", "content": system_text(system_prompt, found.hits)}, *turns], found.hits, found.nearest)


def heading(questions: Sequence[str]) -> str:
    """A wording for a button: the first that is short and ends in a question mark, or else the first."""
    return next((one for one in questions if len(one) <= HEADING and one.endswith(("?", "？"))), questions[0])


def read_entries(path: Path) -> list[Entry]:
    """The entries of a run's `faq.jsonl`, without held-out wordings: retrieval is tested on them."""
    entries = []
    with path.open(encoding="utf-8") as file:
        for line in file:
            entry = json.loads(line)
            held_out = set(entry.get("held_out", ()))
            questions = tuple(question for question in entry["questions"] if question not in held_out)
            entries.append(Entry(entry["id"], questions, tuple(entry["answers"]), entry.get("subject", ""), entry["source"]))
    return entries


class Knowledge:
    """A run's FAQ and its index. While a new index is built, other threads use the old one."""

    def __init__(self, config: Config, run: Run, encoder: "Encoder | None" = None, faq: Path | None = None) -> None:
        """`faq` is read instead of the run's own, with the run's encoder and projection."""
        self.prompt, self.path = config.system_prompt, faq or run.faq
        projection, vectors = load_vectors(run.vectors, encoder_name(config.encoder))
        self.embedder = Embedder(encoder, projection, vectors) if encoder and projection else None
        self.stamp = self.path.stat().st_mtime_ns
        self.use(read_entries(self.path))

    def changed(self) -> list[Entry] | None:
        """The entries if `faq.jsonl` has changed, else None. A broken one is not tried again."""
        try:
            stamp = self.path.stat().st_mtime_ns
        except FileNotFoundError:  # for a moment, while `make data` puts its folder in place
            return None
        if stamp == self.stamp:
            return None
        self.stamp = stamp
        return read_entries(self.path)

    def encode(self, texts: Sequence[str]) -> None:
        """Encode and keep texts of changed entries, so that `use` takes little time."""
        if self.embedder:
            self.embedder.store(texts)

    def use(self, entries: Sequence[Entry]) -> None:
        """Build the index of these entries and put it in the old one's place."""
        self.index = Index(entries, self.embedder)

    def ground(self, messages: Sequence[Message]) -> Grounded:
        """The prompt for a conversation, with the entries of the newest index."""
        return grounded(self.prompt, self.index, messages)


def knowledge_of(config: Config, run: Run, faq: Path | None = None) -> Knowledge:
    """The run's FAQ (or another, `faq`), with the encoder that the run's vectors were made with."""
    if not run.vectors.is_file() or not config.encoder:
        return Knowledge(config, run, faq=faq)
    from frontdesk.retrieval.encoder import load_encoder

    return Knowledge(config, run, load_encoder(config.encoder), faq)
