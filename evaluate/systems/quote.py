"""The plainest desk: the nearest FAQ entry's own answer, word for word, without a model.

It is asked what the served system is asked, by the same retrieval and the same threshold of the domain, so
that what the model adds, or spoils, can be seen.
"""

from collections.abc import Iterable, Mapping

from evaluate.questions.load import Question
from evaluate.systems.ask import Exchange, Said, every_pass, said_by
from evaluate.systems.systems import System
from frontdesk.facts.language import language
from frontdesk.prompt.render import Message
from frontdesk.retrieval.grounding import Grounded


def decide(found: Grounded, handoff: Mapping[str, str]) -> str:
    """What the desk says of what was found: the first entry's first answer; where nothing fits, the handoff
    in the language of the customer's last message."""
    return found.entries[0].answers[0] if found.entries else handoff[language(str(found.messages[-1]["content"]))]


def ask_quote(system: System, questions: Iterable[Question], handoff: Mapping[str, str]) -> list[Exchange]:
    """Answer the questions of the system's sets, dialogues turn by turn. Nothing is generated: no tokens."""

    def one(question: Question) -> Exchange:
        messages: list[Message] = list(question.before)
        answers: list[Said] = []
        for turn in question.turns:
            messages.append({"role": "user", "content": turn.text})
            found = system.prompt(question, messages)
            answers.append(said_by(system, found, {"text": decide(found, handoff), "tokens": 0, "stopped": True}))
            messages.append({"role": "assistant", "content": answers[-1].text})
        return Exchange(question, system.name, 0, messages, answers)

    return every_pass(system, [one(question) for question in questions if question.set in system.sets])
