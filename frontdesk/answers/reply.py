"""An answer in the making: what a model writes goes in, and what a customer may read comes out.

    reply = Reply(decision)
    while more: send(reply.add(words))     # "" as long as nothing may be sent; stop asking once reply.done
    send(reply.end())

This is the only way from a model's words to a customer: the gateway and the scorecard use it alike. Whatever
the words are, what comes out are sentences of the decision's entry, or `decision.text`.
"""

import re
from collections.abc import Sequence
from typing import Literal

from frontdesk.answers.check import Checker, completed, split_sentences
from frontdesk.answers.decision import Decision
from frontdesk.facts.entries import Entry

Outcome = Literal["said", "replaced", "small talk", "asked back", "escalated"]
INSTEAD: dict[str, Outcome] = {"say": "said", "small talk": "small talk", "ask back": "asked back", "escalate": "escalated"}
_ENDED = re.compile(r"[.!?。][\"')\]]*\s|\n")
MOST = 2000
"""Characters without the end of a sentence, beyond which nothing more is read: no entry has such a sentence."""


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
        self._sentences = split_sentences(decision.entries[0].answers[0]) if decision.reads else []
        self._buffer = ""
        self._said: list[int] = []  # the numbers of the entry's sentences that were sent

    def add(self, words: str) -> str:
        """Take in words of the model. Returns what may be sent now."""
        if self.done:
            return ""
        self._buffer += words
        sent = ""
        while not self.done and (match := _ENDED.search(self._buffer)):
            sentence, self._buffer = self._buffer[: match.end()], self._buffer[match.end() :]
            sent += self._take(sentence)
        if len(self._buffer) > MOST:
            self._stop("no end")
        return sent

    def end(self) -> str:
        """The model has ended, or was stopped. Returns the rest of the answer."""
        sent = "" if self.done else self._take(self._buffer)
        if not self._said:
            if self.decision.reads:
                self.outcome, self.why = "replaced", self.why or "nothing said"
            return self.decision.text
        left = [place for place in completed(self._sentences, self._said) if place not in self._said]
        return sent + "".join(f" {self._sentences[place]}" for place in left)

    def _take(self, sentence: str) -> str:
        """The sentence as its entry has it. The first that does not pass ends the reading."""
        if not sentence.strip():
            return ""
        passed = self._checker.passes(sentence)
        if passed is None:
            return self._stop("in no entry")
        new = [place for place in passed.sentences if place not in self._said]
        if not new:
            return self._stop("repeated")
        lead = " " if self._said else ""
        self._said += new
        return lead + " ".join(self._sentences[place] for place in new)

    def _stop(self, why: str) -> str:
        self.done, self.why = True, why
        return ""
