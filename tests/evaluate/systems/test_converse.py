"""A desk that asks back is answered as a customer would; its words pass the check, and no model is asked where they are fixed."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from openai import AsyncOpenAI

from evaluate.questions.load import SETS, Question, Turn
from evaluate.systems.ask import NONE_OF_THEM, Cache, Exchange, Model, ask, choose, searched
from evaluate.systems.quote import ask_quote
from evaluate.systems.systems import DESK, QUOTE, TUNED, System
from frontdesk.answers.ask_back import choices
from frontdesk.answers.decision import Decision
from frontdesk.answers.knowledge import Grounded, Rules, grounded
from frontdesk.answers.small_talk import small_talk
from frontdesk.config.schema import HANDOFF, AnswersConfig
from frontdesk.facts.entries import Entry
from frontdesk.prompt.render import Message
from frontdesk.retrieval.index import Index

FEE = Entry("fee", ("What does shipping cost?",), ("Shipping costs $4.90. Large parcels cost $9.",))
EXPRESS = Entry("express", ("What does express shipping cost?",), ("Express shipping costs $14.50.",))
DOGS = Entry("dogs", ("Are dogs welcome?",), ("Yes, dogs are welcome.",))
INDEX = Index([FEE, EXPRESS, DOGS, *small_talk("en")])
ASKS, SAYS = Rules(AnswersConfig(say_from=1, ask_from=0.01), HANDOFF), Rules(AnswersConfig(say_from=0.2, ask_from=0.2), HANDOFF)
"""Limits by which the desk asks back whatever it is asked, and by which it never does."""
ASKS_SOME = Rules(AnswersConfig(say_from=0.7, ask_from=0.05), HANDOFF)


def desk(rules: Rules, **changed: Any) -> System:
    def prompt(question: Question, turns: Sequence[Message]) -> Grounded:
        return grounded("You answer.", INDEX, turns, rules)

    return replace(System(DESK, TUNED, prompt, 20, verified=True, sets=SETS), **changed)


def question(*texts: str, entry: str = "fee", set: str = "wordings", facts: tuple[str, ...] = ("$4.90",), **more: Any) -> Question:
    turns = tuple(Turn(text, "facts", facts) for text in texts)
    return Question("q", set, "en", "shop", entry, "facts", turns, "faq.jsonl:1", **more)


def held(api: Any, folder: Path, asked: Question, system: System) -> Exchange:
    """The exchange of a question with the API's model."""
    model = Model(AsyncOpenAI(base_url=api.url, api_key="none", max_retries=0, timeout=60), "shop", "weights-1", 0.0)
    (exchange,) = asyncio.run(ask(system, model, [asked], Cache(folder / "cache.jsonl"), DESK))
    return exchange


def texts(exchange: Exchange) -> list[str]:
    return [str(message["content"]) for message in exchange.messages]


def test_the_customer_presses_the_right_entry_and_what_follows_is_the_answer(api: Any, tmp_path: Path) -> None:
    api.reply = lambda asked: "Shipping costs $4.90."
    exchange = held(api, tmp_path, question("shipping, how much?"), desk(ASKS))
    first, back, *rest = texts(exchange)
    assert choices(back)[:2] == ["What does express shipping cost?", "What does shipping cost?"], "the right one is not the first"
    assert [first, *rest] == ["shipping, how much?", "What does shipping cost?", "Shipping costs $4.90."]
    assert [message["role"] for message in exchange.messages] == ["user", "assistant"] * 2
    (said,) = exchange.answers
    assert said.asked and (said.asked[:2], said.outcome, said.cited, said.place) == (("express", "fee"), "said", FEE, 3)
    assert said.decision and said.decision.kind == "ask back" and said.decision.probability < 1, "that of the question, not of the press"
    assert [asked["messages"][-1]["content"] for asked in api.asked] == ["What does shipping cost?"], "the question back asks no model"


@pytest.mark.parametrize(("text", "spoken"), [("shipping of gift cards?", "en"), ("shipping 선물 카드는 어떻게 되나요?", "ko")])
def test_where_no_choice_is_right_the_customer_says_so_and_is_handed_over(api: Any, tmp_path: Path, text: str, spoken: str) -> None:
    exchange = held(api, tmp_path, question(text, entry="gift"), desk(ASKS))
    assert choices(texts(exchange)[1]) and texts(exchange)[2:] == [NONE_OF_THEM[spoken], HANDOFF[spoken]]
    assert (exchange.answers[0].outcome, exchange.answers[0].cited) == ("escalated", None)
    assert exchange.answers[0].asked and "fee" in exchange.answers[0].asked and api.asked == []


def test_what_was_shown_is_what_was_shown_for_the_question(api: Any, tmp_path: Path) -> None:
    shown = held(api, tmp_path, question("express shipping?"), desk(ASKS)).answers[0].shown
    assert [entry.id for entry in shown[:2]] == ["express", "fee"], "not for the press, which has the fee first"


def test_each_turn_of_a_dialogue_may_be_asked_about_once(api: Any, tmp_path: Path) -> None:
    turns = (Turn("shipping, how much?", "facts", ("$4.90",)), Turn("hello", "nothing"), Turn("and express?", "facts", ("$14.50",)))
    api.reply = lambda asked: "Shipping costs $4.90." if asked["messages"][-1]["content"] == FEE.questions[0] else EXPRESS.answers[0]
    exchange = held(api, tmp_path, replace(question("x", set="dialogues"), turns=turns), desk(ASKS))
    assert [answer.asked is not None for answer in exchange.answers] == [True, False, True]
    assert [exchange.messages[answer.place]["content"] for answer in exchange.answers] == [answer.text for answer in exchange.answers]
    assert [answer.place for answer in exchange.answers] == [3, 5, 9]
    assert exchange.answers[2].text == EXPRESS.answers[0], "the entry that states the facts of the turn was pressed"
    assert [message["content"] for message in api.asked[1]["messages"][1:]] == texts(exchange)[6:9], "who presses is answered from that"


@pytest.mark.parametrize(
    ("text", "outcome"), [("Hello!", "small talk"), ("gift cards?", "escalated"), ("are dogs welcome? what is express shipping?", "said")]
)
def test_no_model_is_asked_where_the_words_are_fixed(
    api: Any, tmp_path: Path, text: str, outcome: str, capsys: pytest.CaptureFixture[str]
) -> None:
    said = held(api, tmp_path, question(text), desk(SAYS)).answers[0]
    assert (said.outcome, said.tokens, api.asked) == (outcome, 0, [])
    assert (said.text == f"{DOGS.answers[0]}\n{EXPRESS.answers[0]}") == (outcome == "said")
    assert "eval: desk: 1 answers (0 new)" in capsys.readouterr().out
    held(api, tmp_path, question(text), desk(SAYS, verified=False))
    assert len(api.asked) == 1, "who is not verified speaks by itself"


def test_a_turn_counts_once_in_the_progress_though_the_desk_asked_back(
    api: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    held(api, tmp_path, question("shipping, how much?"), desk(ASKS))
    assert "eval: desk: 1 answers (1 new)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "text", "outcome", "why"),
    [
        ("It costs $99.", FEE.answers[0], "replaced", "in no entry"),
        ("", FEE.answers[0], "replaced", "nothing said"),
        ("Shipping costs $4.90.", "Shipping costs $4.90.", "said", ""),
        ("Shipping costs $4.90. Call 555-0100.", "Shipping costs $4.90.", "said", "in no entry"),
    ],
)
def test_what_a_model_invents_is_not_said(api: Any, tmp_path: Path, words: str, text: str, outcome: str, why: str) -> None:
    api.reply = lambda asked: words
    said = held(api, tmp_path, question("what does shipping cost"), desk(SAYS)).answers[0]
    assert (said.text, said.outcome, said.why, said.cited) == (text, outcome, why, FEE)
    unverified = held(api, tmp_path, question("what does shipping cost"), desk(SAYS, verified=False)).answers[0]
    assert (unverified.text, unverified.outcome, unverified.decision) == (words, "", None)


def test_quote_is_asked_back_too(api: Any) -> None:
    (exchange,) = ask_quote(desk(ASKS, name=QUOTE), [question("shipping, how much?")])
    (said,) = exchange.answers
    assert said.asked and (said.text, said.asked[:2], said.place) == (FEE.answers[0], ("express", "fee"), 3)


def test_a_press_is_what_a_button_says() -> None:
    long = Entry("fee", ("All that there is to be said of shipping fees, of all parcels and places", "Fee?"), ("$4.90",))
    assert choose(question("fee"), question("fee").turns[0], asks(EXPRESS, long)) == "Fee?"
    double = question("fee and dogs", set="double", entries=("gift", "dogs"))
    assert choose(double, double.turns[0], asks(EXPRESS, DOGS)) == "Are dogs welcome?", "any entry of the question"
    beyond = Turn("shipping?", "handoff")
    assert choose(question("x"), beyond, asks(FEE)) == NONE_OF_THEM["en"], "no entry answers it"
    talk = question("x", set="dialogues", facts=())
    assert choose(talk, talk.turns[0], asks(FEE)) == NONE_OF_THEM["en"], "a turn that asks for no fact"
    answered = Decision("say", "Yes.", [DOGS], 0.9, [FEE, DOGS])
    assert choose(double, double.turns[0], answered) == "", "what is answered is not asked again"
    assert choose(replace(double, entries=("fee", "dogs")), double.turns[0], answered) == "What does shipping cost?"


def asks(*entries: Entry) -> Decision:
    """A question back about these."""
    return Decision("ask back", "?", entries, 0.3, entries)


@pytest.mark.parametrize(
    ("text", "pressed"), [("are dogs welcome? and what about shipping?", True), ("are dogs welcome? is shipping them ok?", False)]
)
def test_of_two_questions_one_is_answered_and_the_other_asked_back(api: Any, tmp_path: Path, text: str, pressed: bool) -> None:
    entries = ("dogs", "fee") if pressed else ("dogs",)
    exchange = held(api, tmp_path, question(text, set="double", entry="dogs", entries=entries), desk(ASKS_SOME))
    said, *rest = texts(exchange)[1:]
    (answer,) = exchange.answers
    assert said.split("\n")[0] == DOGS.answers[0] and FEE.questions[0] in choices(said)
    assert rest == ([FEE.questions[0], FEE.answers[0]] if pressed else [])
    assert answer.text == (f"{said}\n{FEE.answers[0]}" if pressed else said)
    assert answer.asked and "fee" in answer.asked and answer.decision and answer.decision.kind == "say"


def test_all_that_is_searched_for_is_known_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """For single questions, also at the end of a conversation: nothing is left to encode while the engine runs."""
    before: tuple[Message, ...] = ({"role": "user", "content": "hi"}, {"role": "assistant", "content": "Hello!"})
    asked = [question("My parcel is late. What does express shipping cost?"), question("and dogs?", set="long", before=before)]
    looked_at: list[str] = []
    features = Index.features
    monkeypatch.setattr(Index, "features", lambda self, texts: looked_at.extend(texts) or features(self, texts))
    ask_quote(desk(SAYS), asked)
    assert len(looked_at) >= 4 and set(looked_at) == {text for one in asked for text in searched(one)}
