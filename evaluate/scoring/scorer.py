"""The scores of one answer: facts right, values invented, escalated. No model is involved."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from frontdesk.answers.languages import is_sentence
from frontdesk.facts.denials import contradicted
from frontdesk.facts.handoff import is_handoff
from frontdesk.facts.sources import Sources, invented
from frontdesk.facts.statements import mere, stated


class Score(NamedTuple):
    """Neither `right` nor `wrong` is a handoff that was not asked for, or one with an invented value."""

    right: bool
    stated: list[bool]
    handoff: bool
    invented: list[str]
    wrong: bool


def score(
    answer: str,
    expects: Literal["facts", "handoff"],
    facts: list[str],
    sources: Sources,
    said: Sequence[str],
    handoffs: Sequence[str],
    references: Sequence[str] = (),
) -> Score:
    """Scores one answer. `said` are all turns before it, the question too; `handoffs` the desk's own
    sentences; `references` the FAQ's answers to the question.

    Facts expected: right if all are stated, none is contradicted and nothing is invented. Handoff expected:
    right if escalated and nothing is invented.
    """
    handoff = is_handoff(answer, handoffs) or is_sentence(answer)
    against = contradicted(answer, facts, references, said)
    flags = [flag and not denied for flag, denied in zip(stated(answer, facts), against, strict=True)]
    if handoff:  # "I can't answer that" is no no
        flags = [flag and not mere(fact) for flag, fact in zip(flags, facts, strict=True)]
    unknown = invented(answer, sources, said)
    right = (bool(answer.strip()) and all(flags) if expects == "facts" else handoff) and not unknown
    return Score(right, flags, handoff, unknown, not right and not handoff)


@lru_cache(maxsize=8192)
def chrf(answer: str, reference: str) -> float:
    """chrF2 of the answer (Popović 2015), 0 to 100.

    Remembered: wordings of one question, asked of several systems, often get the same answer.
    """
    return float(_metric(reference).corpus_score([answer], None).score)


@lru_cache(maxsize=4096)
def _metric(reference: str) -> Any:
    """The metric with the n-grams of its reference."""
    from sacrebleu import CHRF

    return CHRF(references=[[reference]])
