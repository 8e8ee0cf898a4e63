"""The systems that are asked the same questions: what each puts into the prompt, and which model answers it.

* desk: what `make serve` serves: the tuned model, whose words pass a check or are replaced (frontdesk/answers).
* quote: the same desk without a model; it says the entry's own answer.
* base: the untuned base with the run's system prompt; base few-shot and chain of thought: with examples (evaluate/systems/prompting.py);
  base + FAQ in prompt: with the entries that retrieval finds, as the desk shows them (frontdesk/answers/grounding.py).
* tuned, and tuned + FAQ in prompt: the same for the run's model.
* Others by name: the served system of another run (`evaluate.compare_runs`), and any OpenAI-compatible endpoint
  (`evaluate.endpoints`), with the run's system prompt and with the FAQ in it.

What every system is asked (SINGLE) are single questions. Those that could be served are also asked the rest:
dialogues, attempts to misuse them, personal data; and who reads the FAQ, entries that were never trained.
Questions as customers put them (CUSTOMERS) go to who reads the FAQ, and to what is served.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evaluate.questions.load import CUSTOMERS, SETS, Question
from evaluate.systems import prompting
from frontdesk.answers.knowledge import Grounded, Knowledge, grounded
from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.prompt.render import Message, fit
from frontdesk.retrieval.index import Index

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

DESK, QUOTE, BASE, TUNED, WITH_FAQ = "desk", "quote", "base", "tuned", " + FAQ in prompt"
PROMPTS = (BASE, f"{BASE} few-shot", f"{BASE} chain of thought")
"""The systems of the untuned base that read no FAQ."""
UNTRAINED = (*PROMPTS, QUOTE)
"""What `make compare` sets beside the methods that it trains."""

Prompt = Callable[[Question, Sequence[Message]], Grounded]
"""From the turns so far, the customer's last, to what the engine gets, and the FAQ entries in it."""
SINGLE = ("wordings", "unanswerable", "out_of_scope")
READERS = (*SINGLE, "unseen", "dialogues")
SERVED = tuple(name for name in SETS if name not in ("unseen", *CUSTOMERS))


@dataclass(frozen=True)
class System:
    """One line of the scorecard."""

    name: str
    model: str  # whose engine answers: BASE, TUNED, or the name of a run or an endpoint; QUOTE: none
    prompt: Prompt
    max_tokens: int
    final: Callable[[str], str] = str.strip  # the part of what it writes that the customer would see
    passes: int = 1  # of each dialogue
    verified: bool = False  # what it says is what `frontdesk.answers.reply` lets through
    sets: tuple[str, ...] = SINGLE  # what it is asked


class PromptBuilder:
    """Makes prompts as the gateway does, but without entries or wordings that a question must not find."""

    def __init__(self, config: Config, knowledge: Knowledge, tokenizer: "PreTrainedTokenizerBase") -> None:
        self.config, self.knowledge, self.tokenizer = config, knowledge, tokenizer
        self.indexes: dict[tuple[frozenset[str], frozenset[str]], Index] = {(frozenset(), frozenset()): knowledge.index}

    def prompt(self, question: Question, turns: Sequence[Message]) -> Grounded:
        """As the desk does it."""
        index = self.index(question.hidden, question.unknown)
        found = grounded(self.config.system_prompt, index, turns, self.knowledge.rules)
        return found._replace(messages=self.fit(found.messages, self.config.evaluate.max_tokens))

    def fit(self, messages: list[Message], max_tokens: int) -> list[Message]:
        """The messages with room for an answer in the engine's context, the oldest left out."""
        return fit(self.tokenizer, messages, self.config.serve.context_length - max_tokens)

    def index(self, hidden: frozenset[str], unknown: frozenset[str]) -> Index:
        """The index without some entries, and without some wordings of the others."""
        if (hidden, unknown) not in self.indexes:
            shown = [entry for entry in self.knowledge.index.entries if entry.id not in hidden]
            left = [entry._replace(questions=tuple(one for one in entry.questions if one not in unknown)) for entry in shown]
            self.indexes[hidden, unknown] = Index(left, self.knowledge.embedder, self.knowledge.ranker)
        return self.indexes[hidden, unknown]


def plain(question: Question, turns: Sequence[Message]) -> Grounded:
    """The turns as they are: the system prompt is in the template."""
    return Grounded(list(turns), [])


def served(config: Config) -> str:
    """The name of the system that `make serve` serves."""
    return DESK if config.grounding == "faq" else TUNED


def systems(config: Config, run: Run, prompt_builder: PromptBuilder, foreign: bool = False) -> list[System]:
    """The systems of a run, as the table has them. A `foreign` FAQ, which nobody learned, is for readers only."""
    most = config.evaluate.max_tokens
    quote = System(QUOTE, QUOTE, prompt_builder.prompt, 0, passes=3, verified=True, sets=SETS)
    base_reads = System(BASE + WITH_FAQ, BASE, prompt_builder.prompt, most, sets=READERS)
    tuned_reads = System(TUNED + WITH_FAQ, TUNED, prompt_builder.prompt, most, sets=READERS)
    desk = System(DESK, TUNED, prompt_builder.prompt, most, passes=3, verified=True, sets=SETS)
    desks = [desk] * (served(config) == DESK)
    if foreign:
        return [quote, base_reads, tuned_reads, *desks]
    pool, alone = prompting.examples(run), served(config) == TUNED

    def few_shot(question: Question, turns: Sequence[Message]) -> Grounded:
        return Grounded(prompt_builder.fit(prompting.few_shot(pool, question, turns), most), [])

    def thinking(question: Question, turns: Sequence[Message]) -> Grounded:
        steps = prompting.thinking(config.system_prompt, pool, question, turns)
        return Grounded(prompt_builder.fit(steps, most + prompting.THOUGHT), [])

    return [
        quote,
        System(BASE, BASE, plain, most),
        System(PROMPTS[1], BASE, few_shot, most),
        System(PROMPTS[2], BASE, thinking, most + prompting.THOUGHT, prompting.final_answer),
        base_reads,
        System(TUNED, TUNED, plain, most, passes=3 if alone else 1, sets=(*SERVED, *CUSTOMERS) if alone else SINGLE),
        tuned_reads,
        *desks,
    ]


def elsewhere(name: str, config: Config, prompt_builder: PromptBuilder) -> list[System]:
    """The systems of an endpoint, which gets the system prompt that is in the run's template."""

    def with_system_prompt(question: Question, turns: Sequence[Message]) -> Grounded:
        return Grounded([{"role": "system", "content": config.system_prompt.strip()}, *turns], [])

    most = config.evaluate.max_tokens
    return [
        System(name, name, with_system_prompt, most, sets=SERVED),
        System(name + WITH_FAQ, name, prompt_builder.prompt, most, sets=SETS),
    ]
