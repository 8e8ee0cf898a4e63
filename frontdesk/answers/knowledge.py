"""What a run knows: its FAQ, ready to be searched, and what it does with a conversation."""

import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from frontdesk.answers import ask_back
from frontdesk.answers.decision import Decision, decide, escalated, said
from frontdesk.answers.grounding import SHOWN, readable, system_text
from frontdesk.answers.languages import foreign, sample, sentence, spoken_by
from frontdesk.answers.small_talk import faq_only, is_small_talk, small_talk
from frontdesk.config import hours
from frontdesk.config.run import Run
from frontdesk.config.schema import AnswersConfig, Config
from frontdesk.facts.entries import Entry, Origin, rests_on
from frontdesk.facts.language import language
from frontdesk.prompt.render import Message
from frontdesk.retrieval.dense import Embedder, indexed
from frontdesk.retrieval.index import Found, Index, Ranked
from frontdesk.retrieval.vectors import load_ranker, load_vectors
from frontdesk.web import tracing

if TYPE_CHECKING:
    from frontdesk.retrieval.encoder import Encoder


READ = 20
"""Entries of a reading: among them are SHOWN of the FAQ's, however much small talk is as near."""


class Grounded(NamedTuple):
    """What goes to the engine, the entries in it in order, and what the desk has decided to do."""

    messages: list[Message]
    entries: list[Entry]
    decision: Decision | None = None

    def source_of(self, answer: str) -> Entry | None:
        """The entry that an answer rests on; what the turns have said needs none."""
        said = [str(message["content"]) for message in self.messages if message["role"] != "system"]
        return rests_on(answer, self.entries, said)


class Rules(NamedTuple):
    """What decides beside the entries: the config's limits, its handoff by language, the languages of the FAQ, and
    the day (ISO 8601) by which entries have expired that are not answered from; "" where all may be."""

    limits: AnswersConfig
    handoff: dict[str, str]
    spoken: Sequence[str] = ()
    today: str = ""

    def holds(self, entry: Entry) -> bool:
        """Whether the entry may be answered from."""
        return not entry.origin.expired(self.today)


def consider(index: Index, rules: Rules, messages: Sequence[Message]) -> tuple[Decision, list[Entry]]:
    """What to do with a conversation, the customer's turn last; and the entries nearest to it, SHOWN of them."""
    turns = [str(message["content"]) for message in messages if message["role"] != "system"]
    if code := foreign(turns[-1], rules.spoken):
        return Decision("escalate", sentence(code, rules.spoken), (), 0.0), []
    with tracing.span("retrieval"):
        found = index.read(turns, READ)
    with tracing.span("decision") as here:
        decision = _decision(index, rules, turns, found)
        here.set(decision=decision.kind, probability=decision.probability)
    own = decision.entries if decision.kind == "say" else ()
    near = faq_only(one.entry for one in found.surest)
    shown = list({entry.id: entry for entry in (*own, *near) if rules.holds(entry)}.values())[:SHOWN]
    return decision, [index.closest_question_first(entry, turns[-1]) for entry in shown]


def _decision(index: Index, rules: Rules, turns: Sequence[str], found: Found) -> Decision:
    """What to do, where the customer may have picked one of the questions that the desk offered just before."""
    offered = ask_back.choices(turns[-2]) if len(turns) > 1 else []
    place = ask_back.picked(turns[-1], offered) if offered else None
    if place is not None and (place >= 0 or not _asks_else(found, offered, rules.limits.say_from)):
        chosen = [entry for entry in index.entries if place >= 0 and _asked(entry, [offered[place]]) and rules.holds(entry)]
        return said([Ranked(chosen[0], 1.0)]) if chosen else escalated(turns[-1], rules.handoff)
    return _in_force(found, rules, turns[-1], ask=not offered)


def _in_force(found: Found, rules: Rules, question: str, ask: bool) -> Decision:
    """What to do, where what has expired is neither said nor offered. It stays in the index: a question about it
    goes to a person, and not to the entry that is next to it."""
    decision = decide(found, rules.limits, question, rules.handoff, ask)
    if all(map(rules.holds, (*decision.entries, *decision.asks))):
        return decision
    if decision.kind == "say":
        return escalated(question, rules.handoff)
    return decide(found.only(rules.holds), rules.limits, question, rules.handoff, ask)


def _asked(entry: Entry, offered: Sequence[str]) -> bool:
    """Whether a question back named the entry."""
    return any(ask_back.quoted(question) in offered for question in entry.questions)


def _asks_else(found: Found, offered: Sequence[str], limit: float) -> bool:
    """Whether `no, …` goes on with a question that another entry answers for sure."""
    best = found.turn[0]
    return best.probability >= limit and not is_small_talk(best.entry) and not _asked(best.entry, offered)


def grounded(system_prompt: str, index: Index, messages: Sequence[Message], rules: Rules) -> Grounded:
    """The prompt of a conversation, with what the desk has decided."""
    decision, shown = consider(index, rules, messages)
    return Grounded([{"role": "system", "content": system_text(system_prompt, shown)}, *readable(messages)], shown, decision)


def read_entries(path: Path) -> list[Entry]:
    """The entries of a run's `faq.jsonl`, with drafted wordings, and without held-out ones: retrieval is tested on them."""
    entries = []
    with path.open(encoding="utf-8") as file:
        for line in file:
            entry = json.loads(line)
            held_out = set(entry.get("held_out", ()))
            questions = tuple(question for question in entry["questions"] if question not in held_out)
            questions += tuple(entry.get("drafted", ()))
            known = Entry(entry["id"], questions, tuple(entry["answers"]), entry.get("subject", ""), entry["source"])
            entries.append(known._replace(origin=Origin(**entry.get("origin", {})), passage=entry.get("passage", False)))
    return entries


def spoken(entries: Sequence[Entry]) -> list[str]:
    """The languages of an FAQ."""
    return sorted({language(text) for entry in entries for text in entry.questions or entry.answers})


def searchable(entries: Sequence[Entry]) -> list[Entry]:
    """The entries, and small talk in their languages."""
    own = faq_only(entries)
    return [*own, *(talk for name in spoken(own) for talk in small_talk(name))]


class Knowledge:
    """A run's FAQ and its index. While a new index is built, other threads use the old one."""

    def __init__(self, config: Config, run: Run, encoder: "Encoder | None" = None, faq: Path | None = None) -> None:
        """`faq` is read instead of the run's own, with the run's encoder and ranker."""
        self.prompt, self.path = config.system_prompt, faq or run.faq
        self.config = config
        withholds = config.answers.expired == "withhold"
        self.today: Callable[[], str] = partial(hours.today, config.desk) if withholds else str
        """Gives `Rules.today`; asked for each question, so that an entry ends with its day."""
        self.ranker = load_ranker(run.vectors, config.encoder)
        self.embedder = Embedder(encoder, load_vectors(run.vectors, config.encoder)) if encoder and self.ranker else None
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

    def new_texts(self, entries: Sequence[Entry]) -> list[str]:
        """The texts of changed entries that are to be encoded: those that the index lacks."""
        if not self.embedder:
            return []
        texts = dict.fromkeys(text for entry in searchable(entries) for text in indexed(entry))
        return [text for text in texts if text not in self.embedder.stored]

    def encode(self, texts: Sequence[str]) -> None:
        """Encode and keep texts of changed entries, so that `use` takes little time."""
        if self.embedder:
            self.embedder.store(texts)

    def use(self, entries: Sequence[Entry]) -> None:
        """Build the index of these entries and put it in the old one's place."""
        self._rules = Rules(self.config.answers, self.config.data.handoff, spoken_by(sample(entries)))
        self.index = Index(searchable(entries), self.embedder, self.ranker)
        self.size, self.used_at = len(faq_only(entries)), self.stamp / 1e9

    @property
    def rules(self) -> Rules:
        """Those of today."""
        return self._rules._replace(today=self.today())

    def decide(self, messages: Sequence[Message]) -> Decision:
        """What the desk does with a conversation, the customer's turn last."""
        return consider(self.index, self.rules, messages)[0]

    def ground(self, messages: Sequence[Message]) -> Grounded:
        """The prompt for a conversation, with the entries of the newest index, and what the desk decides."""
        return grounded(self.prompt, self.index, messages, self.rules)


def knowledge_of(config: Config, run: Run, faq: Path | None = None) -> Knowledge:
    """The run's FAQ (or another, `faq`), with the encoder that the run's vectors were made with."""
    if not config.encoder:
        return Knowledge(config, run, faq=faq)
    from frontdesk.retrieval.encoder import load_encoder

    return Knowledge(config, run, load_encoder(config.encoder), faq)
