"""The plainest desk: the entry's own answer, word for word, without a model.

It is asked what the served system is asked, and decides as that does, so that what the model adds, or spoils,
can be seen.
"""

import asyncio
from collections.abc import Iterable, Sequence

from evaluate.questions.load import Question
from evaluate.systems.ask import UNASKED, Exchange, Said, converse, every_pass, said_by
from evaluate.systems.systems import System
from frontdesk.prompt.render import Message


def ask_quote(system: System, questions: Iterable[Question]) -> list[Exchange]:
    """Answer the questions of the system's sets, dialogues turn by turn. Nothing is generated: no tokens."""

    async def answer(question: Question, messages: Sequence[Message]) -> Said:
        return said_by(system, system.prompt(question, messages), UNASKED)

    return every_pass(system, [asyncio.run(converse(system, one, 0, answer)) for one in questions if one.set in system.sets])
