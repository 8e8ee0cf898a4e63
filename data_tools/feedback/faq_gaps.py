"""What people answered and the FAQ does not say, as lines for the FAQ: `runs/NAME/feedback/faq_offers.csv`.

An answer that the FAQ has, but that retrieval does not find for the question, is offered in the FAQ's words. A
file that `data.faq` names itself grows, and keeps what its owner has changed; any other is written anew.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from data_tools.pii.spans import PLACEHOLDER
from data_tools.sources.text import read_source
from frontdesk.additions import Addition, no_formula, with_lines
from frontdesk.answers.grounding import SHOWN
from frontdesk.answers.knowledge import knowledge_of
from frontdesk.answers.small_talk import faq_only
from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.facts.contradictions import FaqFacts
from frontdesk.facts.entries import Entry, rests_on
from frontdesk.files import write_text
from frontdesk.retrieval.index import Index

if TYPE_CHECKING:
    from frontdesk.store.store import Store
    from frontdesk.store.tables import Candidate

WIDE = 10  # entries among which an answer is looked for
CONFLICTS_SHOWN = 5


def offer(config: Config, store: "Store") -> list[str]:
    """Write what the FAQ lacks, and say so; a line for each accepted answer that contradicts it, too."""
    from frontdesk.store.candidates import accepted

    answers, path = accepted(store, config.name), Run(config.name).offers
    against: list[tuple[int, str]] = []
    lacking: list[Addition] = []
    if answers:
        index = knowledge_of(config, Run(config.name)).index
        against = list(contradictions(answers, faq_only(index.entries)))
        names = {id for id, _ in against}
        lacking = list(additions(config, [one for one in answers if one.id not in names], index))
    named = any(Path(source).resolve() == path.resolve() for source in config.data.faq)
    write(path, lacking, "".join(read_source(path).chunks()) if named and path.is_file() else "")
    lines = [line for _, line in against[:CONFLICTS_SHOWN]]
    if len(against) > CONFLICTS_SHOWN:
        lines.append(f"and {len(against) - CONFLICTS_SHOWN} more accepted answers contradict the FAQ")
    if lacking:
        do = "they are in data.faq from now on" if named else "look through it, then add it to data.faq or its lines to your FAQ"
        lines.append(f"accepted answers that look like facts which the FAQ lacks: {len(lacking)}, in {path}; {do}")
    return lines


def additions(config: Config, answers: "Sequence[Candidate]", index: Index) -> Iterator[Addition]:
    """Accepted answers to first questions that no entry shown with the question gives; none with personal data, no handoff."""
    seen: set[tuple[str, str]] = set()
    for one in answers:
        if len(one.messages) > 1 or PLACEHOLDER.search(one.answer + one.messages[0]["content"]):
            continue
        question, answer = no_formula(one.messages[0]["content"]), one.answer
        if answer in config.data.handoff.values() or rests_on(answer, faq_only(index.search([question], SHOWN))):
            continue
        known = rests_on(answer, faq_only(index.search([answer], WIDE)))
        made = Addition(question, known.answers[0] if known else answer, one.conversation_id)
        if made[:2] not in seen:
            seen.add(made[:2])
            yield made


def contradictions(answers: "Sequence[Candidate]", entries: Sequence[Entry]) -> Iterator[tuple[int, str]]:
    """The ids of accepted answers that the FAQ contradicts, each with a line that says where."""
    facts = FaqFacts(entries)
    for one in answers:
        if found := facts.contradiction(one.messages[-1]["content"], one.answer):
            where = f"candidate {one.id} of conversation {one.conversation_id}"
            what = f"the accepted answer says {found.said!r}, the FAQ {found.known!r} ({found.entry_source})"
            yield one.id, f"{where}: {what}; it is not trained; correct one of the two"


def write(path: Path, lacking: Sequence[Addition], before: str = "") -> None:
    """Write the lines below a header or below what is there, as its owner's program separates cells; no file where there are none."""
    if not lacking and not before:
        path.unlink(missing_ok=True)
        return
    write_text(path, with_lines(before, lacking))
