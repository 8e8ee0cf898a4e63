"""An answer in the making: what a model writes goes in, and what a customer may read comes out.

    reply = Reply(decision)
    while more: send(reply.add(words))     # "" as long as nothing may be sent; stop asking once reply.done
    send(reply.end())

This is the only way from a model's words to a customer: the gateway and the scorecard use it alike. Whatever
the words are, what comes out are sentences of the decision's entry, or `decision.text`.
"""

from collections.abc import Sequence
from typing import Literal

from frontdesk.answers.check import END, Checker, split_sentences, tokens, whole
from frontdesk.answers.decision import Decision
from frontdesk.facts.entries import Entry

Outcome = Literal["said", "replaced", "small talk", "asked back", "escalated"]
INSTEAD: dict[str, Outcome] = {"say": "said", "small talk": "small talk", "ask back": "asked back", "escalate": "escalated"}
MOST = 500
"""Characters beyond the length of the entry's answer in which no sentence ends; then nothing more is read."""


class Reply:
    """`done`: more words change nothing. After `end`: the `outcome`; `why` the model's words were replaced, or
    ""; and the `sources`, the entries that the answer rests on."""

    def __init__(self, decision: Decision) -> None:
        self.decision = decision
        self.done = not decision.reads
        self.outcome: Outcome = INSTEAD[decision.kind]
        self.why = ""
        self.sources: Sequence[Entry] = decision.entries if decision.kind == "say" else ()
        self._checker = Checker(decision.entries if decision.reads else ())
        answer = decision.entries[0].answers[0] if decision.reads else ""
        self._sentences, self._most = split_sentences(answer), MOST + len(answer)
        self._buffer = ""
        self._read = self._sent = -1  # the last of the entry's sentences that the model said, and that was sent

    def add(self, words: str) -> str:
        """Take in words of the model. Returns what may be sent now."""
        if self.done:
            return ""
        self._buffer += words
        sent = ""
        while not self.done and (match := END.search(self._buffer)):
            sentence, self._buffer = self._buffer[: match.end()], self._buffer[match.end() :]
            sent += self._take(sentence)
        if not self.done and len(self._buffer) > self._most:
            self._stop("no end")
        return sent

    def end(self) -> str:
        """The model has ended, or was stopped. Returns the rest of the answer."""
        sent = "" if self.done else self._take(self._buffer)
        if self._sent >= 0:
            return sent
        if self.decision.reads:
            self.outcome, self.why = "replaced", self.why or "nothing said"
        return self.decision.text

    def _take(self, sentence: str) -> str:
        """The sentence as its entry has it. The first that does not pass, or not behind those before it, ends
        the reading."""
        if not tokens(sentence):
            return ""
        passed = self._checker.passes(sentence)
        if passed is None:
            return self._stop("in no entry")
        if passed.sentences[-1] <= self._read:
            return self._stop("repeated")
        self._read = passed.sentences[-1]
        new = [place for place in whole(self._sentences, passed.sentences) if place > self._sent]
        text = "".join(self._sentences[place] for place in new)
        first, self._sent = self._sent < 0, max(new, default=self._sent)
        return text.lstrip() if first else text

    def _stop(self, why: str) -> str:
        self.done, self.why = True, why
        return ""
