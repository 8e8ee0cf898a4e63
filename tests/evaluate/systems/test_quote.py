"""The desk without a model: the entry's own words, the same decisions, in every set; nothing is generated."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from evaluate.questions.load import SETS, Question, Turn, questions
from evaluate.scoring.records import Grader
from evaluate.systems.quote import ask_quote
from evaluate.systems.systems import DESK, QUOTE, PromptBuilder, System, systems
from frontdesk.answers.decision import escalated, said
from frontdesk.answers.knowledge import Grounded, Knowledge
from frontdesk.config.run import Run
from frontdesk.config.schema import HANDOFF, Config
from frontdesk.facts.entries import Entry
from frontdesk.prompt.render import Message
from frontdesk.retrieval.index import Ranked
from tests.evaluate.conftest import Letters

FEE = Entry("fee", ("shipping fee?",), ("Shipping costs $4.90.", "It is $4.90."))
EXPRESS = Entry("express", ("express fee?",), ("Express shipping costs $14.50.",))


def decides(question: Question, turns: Sequence[Message]) -> Grounded:
    """An entry for each fee, and the handoff for the rest."""
    text = str(turns[-1]["content"])
    found = [EXPRESS, FEE] if "express" in text else [FEE] if "fee" in text else []
    decision = said([Ranked(found[0], 0.9)]) if found else escalated(text, HANDOFF)
    return Grounded(list(turns), found, decision)


def asked(*texts: str, set: str = "wordings") -> Question:
    turns = tuple(Turn(text, "facts", ("$4.90",)) for text in texts)
    return Question(f"q:{texts[0]}", set, "en", "shop", "fee", "facts", turns, "faq.jsonl:1")


SYSTEM = System(QUOTE, QUOTE, decides, 0, passes=3, verified=True, sets=("wordings", "dialogues"))


def test_an_answer_is_the_entrys_first_and_has_no_tokens() -> None:
    fee, express = ask_quote(SYSTEM, [asked("fee?"), asked("express fee?")])
    assert fee.answers[0].text == "Shipping costs $4.90."
    answer = express.answers[0]
    assert (answer.text, answer.cited, answer.shown, answer.tokens) == (EXPRESS.answers[0], EXPRESS, [EXPRESS, FEE], 0)
    assert express.messages == [{"role": "user", "content": "express fee?"}, {"role": "assistant", "content": answer.text}]


@pytest.mark.parametrize(("text", "language"), [("Who won?", "en"), ("누가 이겼어요?", "ko")])
def test_what_no_entry_answers_is_escalated_in_the_customers_language(text: str, language: str) -> None:
    answer = ask_quote(SYSTEM, [asked(text)])[0].answers[0]
    assert (answer.text, answer.outcome, answer.cited) == (HANDOFF[language], "escalated", None)


def test_a_dialogue_goes_on_from_its_own_answers_and_counts_for_all_passes() -> None:
    exchanges = ask_quote(SYSTEM, [asked("the fee?"), asked("express?", "who won?", set="dialogues")])
    assert [(one.question.set, one.number) for one in exchanges] == [("wordings", 0), ("dialogues", 0), ("dialogues", 1), ("dialogues", 2)]
    texts = ["express?", EXPRESS.answers[0], "who won?", HANDOFF["en"]]
    assert all([message["content"] for message in one.messages] == texts for one in exchanges[1:])


def test_it_is_asked_its_sets_only() -> None:
    both = [asked("the fee?"), asked("the fee?", set="injections")]
    assert [one.question.set for one in ask_quote(SYSTEM, both)] == ["wordings"]
    assert len(ask_quote(replace(SYSTEM, sets=SETS), both)) == 2


@pytest.mark.parametrize("grounding", ["faq", "none"])
def test_every_question_of_a_run_has_a_record(shop: Run, config: Config, grounding: str) -> None:
    """Also where the run's own model reads no FAQ."""
    config = config.model_copy(update={"grounding": grounding})
    knowledge = Knowledge(config, shop)
    table = {one.name: one for one in systems(config, shop, PromptBuilder(config, knowledge, Letters()))}  # type: ignore[arg-type]
    every, grader = questions(config, shop), Grader(config, shop)
    records = [grader.record(exchange) for exchange in ask_quote(table[QUOTE], every)]
    assert [record["id"] for record in records] == [question.id for question in every]
    own = {entry.answers[0] for entry in knowledge.index.entries} | set(HANDOFF.values())
    assert {line for record in records for line in record["answer"].split("\n")} <= own
    assert {record["tokens"] for record in records} == {0} and "asked back" not in {record["outcome"] for record in records}
    assert {done for record in records for done in record["outcomes"]} >= {"quoted", "escalated"}
    assert all("Repairs take 3 weeks." not in record["answer"] for record in records if record["set"] == "unanswerable"), "hidden"
    facts = [record for record in records if record["set"] in ("wordings", "unseen")]
    assert all(record["right"] and record["cited"] == record["entry"] for record in facts)
    assert [record["asked"] for record in facts] == ["with"] + [None] * (len(facts) - 1)
    assert all(record["right"] for record in records if record["set"] in ("injections", "canaries"))


def test_it_decides_as_the_served_desk_does(shop: Run, config: Config) -> None:
    builder = PromptBuilder(config, Knowledge(config, shop), Letters())  # type: ignore[arg-type]
    table = {one.name: one for one in systems(config, shop, builder)}
    for question in questions(config, shop):
        turns: list[Message] = [*question.before, {"role": "user", "content": question.turns[0].text}]
        prompts = [table[name].prompt(question, turns) for name in (QUOTE, DESK)]
        assert prompts[0].decision == prompts[1].decision and prompts[0].decision
