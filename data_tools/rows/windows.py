"""Rows that fit the model: a conversation over `train.max_length` tokens becomes several windows, no answer is cut.

Each trained agent turn is trained in one window; half of it at most is context. Only customers' texts are shortened.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile
from typing import TYPE_CHECKING, NamedTuple

from frontdesk.prompt.render import Message, encode, fit, length

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

LEAST = 10  # letters that must be left of a customer's text that is shortened: an answer to nothing teaches nothing
CACHED = 8192  # turns whose length is remembered: agents repeat themselves


class Window(NamedTuple):
    """Messages of a conversation that make one row, and their places in it."""

    messages: list[Message]
    places: range


@dataclass
class Windows:
    """Cuts conversations for one tokenizer, whose chat template is the run's, and counts the windows."""

    tokenizer: "PreTrainedTokenizerBase"
    max_length: int
    made: int = 0  # windows of conversations that became several

    def __post_init__(self) -> None:
        pair, slashed = ([{"role": "user", "content": text}, {"role": "assistant", "content": "a"}] for text in ("a", "/a"))
        once, twice = self.tokens(pair), self.tokens(pair * 2)
        self.prompt, self.turn = 2 * once - twice, (twice - once + 1) // 2  # tokens of the system prompt and around each turn
        # Between Mistral's system prompt and a first question that begins with a slash, no token ends: it may take one more than alone.
        self.slash = 2 * self.tokens(slashed) - self.tokens(slashed * 2) - self.prompt
        self.end = str(self.tokenizer.eos_token)
        special = {number: token.content for number, token in self.tokenizer.added_tokens_decoder.items() if token.special}
        asked = next((special[one] for one in reversed(encode(self.tokenizer, pair[:1])[0]) if one in special), self.end)
        self.ends = re.compile("|".join(map(re.escape, {self.end, asked})))  # Mistral's end of a question is not that of an answer
        self.count = lru_cache(CACHED)(self._count)

    def tokens(self, messages: list[Message]) -> int:
        """The length of a rendered conversation."""
        return length(self.tokenizer, messages)

    def sizes(self, messages: list[Message]) -> list[int]:
        """The tokens of each message as the template writes it, or none where the conversation surely fits.

        What a template writes begins and ends with special tokens, over which no other token reaches: sizes add up. A token takes a byte
        at least, so that seldom all must be tokenized; the template adds at most a byte to a mark such as `<|` or `[multimodal]`.
        """
        texts = [message["content"] for message in messages]
        slashes = [self.slash * text.strip().startswith("/") for text in texts]
        marks = [text.count("<") + text.count("[") for text in texts]
        most = [self.turn + len(text.encode()) + sum(more) for text, *more in zip(texts, marks, slashes, strict=True)]
        spare = self.max_length - self.prompt - 2 * self.turn - sum(most)
        if spare >= 0:
            return []
        sizes = []
        # The system prompt is a turn of its own, or the beginning of the first: that of another message then.
        rendered = str(self.tokenizer.apply_chat_template([{"role": "user", "content": "a"}, *messages], tokenize=False))
        for turn, slash, bound in zip(self.ends.split(rendered)[-len(messages) - 1 : -1], slashes, most, strict=True):
            sizes.append(self.count(turn) + slash)
            spare += bound - sizes[-1]
            if spare >= 0:
                return []
        return sizes

    def _count(self, turn: str) -> int:
        """The tokens of a turn and of its end. The end of the turn before it shields its beginning, and counts for its own end."""
        return len(self.tokenizer.backend_tokenizer.encode_batch_fast([self.end + turn], add_special_tokens=False)[0])

    def __call__(self, messages: list[Message], sizes: list[int] | None = None) -> list[Window]:
        """The windows of a conversation: one where it fits, none where its only answer is too long. `sizes` are those of its messages."""
        sizes = self.sizes(messages) if sizes is None else sizes
        if self.prompt + sum(sizes) <= self.max_length:
            return [Window(messages, range(len(messages)))]
        windows = []
        agents = [place for place in range(1, len(messages), 2) if messages[place].get("weight", 1)]
        while agents:
            answer = agents[0]
            start = self._start(sizes, answer)
            ends = self._ends(sizes, start, agents)
            places = range(start, (ends[-1] if ends else answer) + 1)
            window = messages[start : places.stop] if ends else self._shortened(messages[start : places.stop])
            if window:
                context = ({**said, "weight": 0} if said["role"] == "assistant" else said for said in window[: answer - start])
                windows.append(Window([*context, *window[answer - start :]], places))
            agents = agents[max(1, len(ends)) :]
        self.made += len(windows) if len(windows) > 1 else 0
        return windows

    def _start(self, sizes: list[int], answer: int) -> int:
        """The earliest customer turn from which the conversation up to `answer` takes at most half of a window, else the last one."""
        start = answer - 1
        while start >= 2 and self.prompt + sum(sizes[start - 2 : answer + 1]) <= self.max_length // 2:
            start -= 2
        return start

    def _ends(self, sizes: list[int], start: int, agents: list[int]) -> list[int]:
        """The first of `agents` that a window from `start` has room for."""
        return list(takewhile(lambda end: self.prompt + sum(sizes[start : end + 1]) <= self.max_length, agents))

    def _shortened(self, pair: list[Message]) -> list[Message]:
        """A customer turn and its answer with the beginning of the customer's text cut, or nothing where the answer is too long."""
        answer = pair[-1]
        answer_tokens = sum(encode(self.tokenizer, [{"role": "user", "content": "?"}, {**answer, "weight": 1}])[1])
        question = fit(self.tokenizer, pair[:-1], self.max_length - answer_tokens - 2)
        window = [*question, answer]
        return window if len(question[0]["content"].strip()) >= LEAST and self.tokens(window) <= self.max_length else []
