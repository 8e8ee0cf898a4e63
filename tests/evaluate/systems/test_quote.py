"""The nearest entry's own words or the handoff, in every set, from what the other readers are shown; no model."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from frontdesk.retrieval.grounding import Grounded, Knowledge

from evaluate.questions.load import SETS, Question, Turn, questions
from evaluate.scoring.records import Grader
from evaluate.systems.quote import ask_quote, decide
from evaluate.systems.systems import QUOTE, PromptBuilder, System, systems
from frontdesk.config.run import Run
from frontdesk.config.schema import HANDOFF, Config
from frontdesk.facts.entries import Entry
from frontdesk.prompt.render import Message
from tests.evaluate.conftest import Letters

FEE = Entry("fee", ("shipping fee?",), ("Shipping costs $4.90.", "It is $4.90."))
EXPRESS = Entry("express", ("express fee?",), ("Express shipping costs $14.50.",))


def found(text: str, *entries: Entry) -> Grounded:
    return Grounded([{"role": "system", "content": "한국어로 답한다."}, {"role": "user", "content": text}], list(entries), [FEE])


def shows(question: Question, turns: Sequence[Message]) -> Grounded:
    """Retrieval that finds an entry for each fee and nothing else."""
    text = str(turns[-1]["content"])
    return Grounded(list(turns), [EXPRESS, FEE] if "express" in text else [FEE] if "fee" in text else [])


def asked(*texts: str, set: str = "wordings") -> Question:
    turns = tuple(Turn(text, "facts", ("$4.90",)) for text in texts)
    return Question(f"q:{texts[0]}", set, "en", "shop", "fee", "facts", turns, "faq.jsonl:1")


SHOWS = System(QUOTE, QUOTE, shows, 0, passes=3, sets=("wordings", "dialogues"))


def test_the_first_answer_of_the_first_hit_is_said() -> None:
    assert decide(found("fee?", FEE, EXPRESS), HANDOFF) == "Shipping costs $4.90."
    assert decide(found("fee?", EXPRESS, FEE), HANDOFF) == "Express shipping costs $14.50."


@pytest.mark.parametrize(("text", "language"), [("Who won?", "en"), ("누가 이겼어요?", "ko")])
def test_without_a_hit_the_customer_gets_the_handoff_in_their_language(text: str, language: str) -> None:
    assert decide(found(text), HANDOFF) == HANDOFF[language], "whatever is near, and whatever the system prompt is written in"


def test_an_answer_names_its_entry_and_has_no_tokens() -> None:
    express, nothing = ask_quote(SHOWS, [asked("express fee?"), asked("who won?")], HANDOFF)
    said = express.answers[0]
    assert (said.text, said.cited, said.shown, said.tokens, said.stopped) == (EXPRESS.answers[0], EXPRESS, [EXPRESS, FEE], 0, True)
    assert express.messages == [{"role": "user", "content": "express fee?"}, {"role": "assistant", "content": said.text}]
    assert (nothing.answers[0].text, nothing.answers[0].cited, nothing.answers[0].shown) == (HANDOFF["en"], None, [])


def test_a_dialogue_goes_on_from_its_own_answers_and_counts_for_all_passes() -> None:
    exchanges = ask_quote(SHOWS, [asked("the fee?"), asked("express?", "who won?", set="dialogues")], HANDOFF)
    assert [(one.question.set, one.number) for one in exchanges] == [("wordings", 0), ("dialogues", 0), ("dialogues", 1), ("dialogues", 2)]
    texts = ["express?", EXPRESS.answers[0], "who won?", HANDOFF["en"]]
    assert all([message["content"] for message in one.messages] == texts for one in exchanges[1:])


def test_it_is_asked_its_sets_only() -> None:
    both = [asked("the fee?"), asked("the fee?", set="injections")]
    assert [one.question.set for one in ask_quote(SHOWS, both, HANDOFF)] == ["wordings"]
    assert len(ask_quote(replace(SHOWS, sets=SETS), both, HANDOFF)) == 2


@pytest.mark.parametrize("grounding", ["faq", "none"])
def test_every_question_of_a_run_has_a_record(shop: Run, config: Config, grounding: str) -> None:
    """Also where the run's own model reads no FAQ; by words alone something is always found."""
    config = config.model_copy(update={"grounding": grounding})
    table = systems(config, shop, PromptBuilder(config, Knowledge(config, shop), Letters()))  # type: ignore[arg-type]
    system = next(one for one in table if one.name == QUOTE)
    every, grader = questions(config, shop), Grader(config, shop)
    records = [grader.record(exchange) for exchange in ask_quote(system, every, config.data.handoff)]
    assert [record["id"] for record in records] == [question.id for question in every]
    answers = {record["answer"] for record in records}
    assert answers <= {answer for entry in Knowledge(config, shop).index.entries for answer in entry.answers}
    assert all(record["answer"] != "Repairs take 3 weeks." for record in records if record["set"] == "unanswerable"), "hidden"
    assert all((record["cited"], record["tokens"]) == (record["shown"][0], 0) for record in records)
    facts = [record for record in records if record["set"] in ("wordings", "unseen")]
    assert [record["right"] for record in facts] == [record["shown"][0] == record["entry"] for record in facts]
    assert len({record["right"] for record in facts}) == 2, "of both kinds"
    assert all(record["right"] for record in records if record["set"] in ("injections", "canaries"))
