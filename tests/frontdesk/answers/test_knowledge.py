"""What a run does with a conversation: the prompt with its entries, a question back and its answer, and that it follows the FAQ at
once."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from frontdesk.answers.ask_back import ask_back
from frontdesk.answers.grounding import SHOWN, readable, system_text
from frontdesk.answers.knowledge import Grounded, Knowledge, Rules, grounded, knowledge_of, read_entries, searchable, spoken
from frontdesk.answers.small_talk import is_small_talk, small_talk
from frontdesk.config.run import Run
from frontdesk.config.schema import HANDOFF, AnswersConfig, Config
from frontdesk.facts.entries import Entry, Origin
from frontdesk.files import write_jsonl
from frontdesk.prompt.render import encode_prompt
from frontdesk.retrieval.dense import indexed
from frontdesk.retrieval.index import Index
from frontdesk.retrieval.ranker import Ranker
from frontdesk.retrieval.vectors import save_vectors
from serve.gateway.prompts import PromptBuilder
from tests.frontdesk.conftest import Family
from tests.frontdesk.prompt.test_templates import LOOK_ALIKES, specials
from tests.frontdesk.retrieval.by_words import ByWords

RULES = Rules(AnswersConfig(), HANDOFF)
ENTRIES = [
    Entry("fee", ("What is the shipping fee?", "shipping cost"), ("It is $4.90.",)),
    Entry("hours", ("When are you open?",), ("From nine to five.", "9 to 5.")),
    Entry("gift", ("Do you wrap presents?",), ("Yes, for $2.",)),
    Entry("return", ("Can I send an item back?",), ("Within 30 days.",)),
    Entry("ko", ("환불은 언제 되나요?",), ("3일 안에 됩니다.",)),
]


def ask(*texts: str) -> list[dict[str, Any]]:
    return [{"role": ("user", "assistant")[place % 2], "content": text} for place, text in enumerate(texts)]


def line(entry: Entry, **more: Any) -> dict[str, Any]:
    return {"id": entry.id, "questions": entry.questions, "answers": entry.answers, "source": "faq.csv:2", **more}


# The prompt -----------------------------------------------------------------------------------------------------------


def test_a_conversation_gets_the_entries_that_its_last_turn_needs() -> None:
    talk = ask("Do you wrap presents?", "Yes, for $2.", "and what is the shipping fee?")
    found = grounded("S", Index(ENTRIES), talk, RULES)
    assert len(found.entries) == SHOWN
    assert found.entries[0].id == "fee"
    assert found.messages == [{"role": "system", "content": system_text("S", found.entries)}, *talk]


def test_the_entry_that_the_answer_rests_on_stands_first_and_once(run: Run) -> None:
    """Though it is the question before that it answers."""
    knowledge = Knowledge(config(answers={"say_from": 0.5, "ask_from": 0.01}), run)
    offered = ask_back([ENTRIES[2], ENTRIES[0]], "en")
    found = knowledge.ground(ask("present", offered, "shipping cost"))
    assert found.decision and found.decision.entries[0].id == found.entries[0].id == "fee"
    assert found.entries[0].questions[0] == "shipping cost"
    assert len({entry.id for entry in found.entries}) == len(found.entries) == SHOWN


def test_the_history_is_cut_for_the_reader() -> None:
    talk = ask("Can I send an item back?", "Within 30 days.", "Do you wrap presents?", "Yes, for $2. " * 100, "What is the shipping fee?")
    found = grounded("S", Index(ENTRIES), talk, RULES)
    assert found.messages[1:] == readable(talk) and len(found.messages) == 4
    assert len(str(found.messages[2]["content"])) < 700


def test_small_talk_is_in_no_prompt() -> None:
    found = grounded("S", Index(searchable(ENTRIES)), ask("Hello!"), RULES)
    assert found.decision and found.decision.kind == "small talk" and found.decision.text == small_talk("en")[0].answers[0]
    assert not any(map(is_small_talk, found.entries))
    assert small_talk("en")[0].answers[0] not in str(found.messages[0]["content"])


def test_small_talk_is_that_of_the_faqs_languages_and_never_twice() -> None:
    assert spoken(ENTRIES) == ["en", "ko"] and spoken(ENTRIES[:1]) == ["en"] and spoken([Entry("a", (), ("네.",))]) == ["ko"]
    assert searchable(ENTRIES[:1]) == [ENTRIES[0], *small_talk("en")]
    assert searchable(searchable(ENTRIES)) == searchable(ENTRIES) == [*ENTRIES, *small_talk("en"), *small_talk("ko")]


def test_a_system_message_of_the_clients_is_left_out_and_not_searched_for() -> None:
    mine = {"role": "system", "content": "You are a pirate. Do you wrap presents?"}
    plain = grounded("S", Index(ENTRIES), ask("shipping fee?"), RULES)
    assert grounded("S", Index(ENTRIES), [mine, *ask("shipping fee?")], RULES) == plain
    assert grounded("S", Index(ENTRIES), [*ask("shipping fee?"), mine], RULES) == plain


@pytest.mark.xdist_group("vllm")  # the tests of the templates load the same tokenizers
def test_nothing_in_an_entry_or_a_question_becomes_a_special_token(family: Family) -> None:
    """The prompt has the special tokens of one that is about nothing odd, in the same order."""

    def frame(text: str) -> list[int]:
        entries = [Entry(str(number), (f"{text} {number}?",), (f"{text} yes",)) for number in range(4)]
        messages = grounded(f"You answer. {text}", Index(entries), ask(text, text, text), RULES).messages
        ids = encode_prompt(family.tokenizer, messages)
        return [token for token in ids if token in family.special] + specials(family, [*messages, *ask(text, text)[1:]])

    plain = frame("hello")
    assert len(plain) > 4
    assert frame(LOOK_ALIKES) == plain
    assert frame("".join(family.special.values())) == plain


def test_the_source_of_an_answer_is_among_the_entries_shown() -> None:
    entry = Entry("fee", (), ("Standard shipping costs $4.90 per order.",))
    prompt = Grounded([{"role": "system", "content": "It costs $7."}, *ask("I have $60.")], [entry])
    assert prompt.source_of("With $60, standard shipping costs $4.90.") == entry
    assert prompt.source_of("Standard shipping costs $7 per order.") is None


# What it does ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def unsure(run: Run) -> Knowledge:
    """It asks back wherever an entry has a word of the question, but for an entry's own wording."""
    return Knowledge(config(answers={"say_from": 0.7, "ask_from": 0.1}), run)


def test_a_sure_question_is_answered_and_another_escalated(unsure: Knowledge) -> None:
    said = unsure.decide(ask("What is the shipping fee?"))
    assert (said.kind, said.text, said.entries[0].id, said.reads) == ("say", "It is $4.90.", "fee", True)
    assert unsure.decide(ask("quantum chromodynamics xyzzy")).kind == "escalate"


def asked_back(knowledge: Knowledge, question: str) -> list[dict[str, Any]]:
    """A conversation in which the desk has asked back."""
    decision = knowledge.decide(ask(question))
    assert decision.kind == "ask back" and decision.entries[0].id == "fee"
    return ask(question, decision.text)


def test_the_button_of_a_question_back_brings_its_entry(unsure: Knowledge) -> None:
    talk = asked_back(unsure, "shipping to my sister in law")
    for answer in ("What is the shipping fee?", "the first one" if "” or “" in talk[1]["content"] else "yes"):
        decision = unsure.decide([*talk, *ask(answer)])
        assert (decision.kind, decision.text, decision.entries[0].id, decision.probability) == ("say", "It is $4.90.", "fee", 1.0)
        found = unsure.ground([*talk, *ask(answer)])
        assert found.entries[0].id == "fee" and found.decision == decision
        assert [turn["content"] for turn in found.messages[1:]] == [talk[0]["content"], talk[1]["content"], answer]


def test_who_says_neither_gets_a_person(unsure: Knowledge) -> None:
    decision = unsure.decide([*asked_back(unsure, "shipping to my sister in law"), *ask("neither of them")])
    assert (decision.kind, decision.text) == ("escalate", HANDOFF["en"])


def test_who_says_no_and_asks_something_else_is_answered(unsure: Knowledge) -> None:
    talk = asked_back(unsure, "shipping to my sister in law")
    decision = unsure.decide([*talk, *ask("no, do you wrap presents?")])
    assert (decision.kind, decision.text) == ("say", "Yes, for $2.")
    again = unsure.decide([*talk, *ask("no, not the shipping fee")])
    assert again.kind == "escalate", "what was turned down is not said"


def test_the_desk_asks_back_once_and_again_for_another_question(unsure: Knowledge) -> None:
    talk = asked_back(unsure, "shipping to my sister in law")
    assert unsure.decide([*talk, *ask("well the shipping I mean to that faraway mountain")]).kind == "escalate"
    assert unsure.decide([*talk, *ask("neither", HANDOFF["en"], "shipping by some boat then")]).kind == "ask back"


def test_what_is_quoted_in_a_question_does_not_confuse_the_desk(run: Run) -> None:
    odd = Entry("odd", ("What does “free” mean, and what ”is” it?",), ("It costs nothing.",))
    write_jsonl(run.faq, [line(one) for one in (*ENTRIES, odd)])
    knowledge = Knowledge(config(), run)
    said = ask_back([odd, ENTRIES[0]], "en")
    for answer in (odd.questions[0], "the first"):
        assert knowledge.decide(ask("free", said, answer)).text == "It costs nothing."
    assert knowledge.decide(ask("free", said, "the second")).text == "It is $4.90."


def test_a_question_back_about_an_entry_that_is_gone_brings_a_person(unsure: Knowledge) -> None:
    said = ask_back([Entry("old", ("Do you sell swords?",), ("Yes.",))], "en")
    assert unsure.decide(ask("swords", said, "yes")).kind == "escalate"


# What is past its last day ---------------------------------------------------------------------------------------------

SALE = Entry("sale", ("What does the sale tent cost?", "sale tent price"), ("It costs $40.",), origin=Origin(expires="2026-11-30"))
TENT = Entry("tent", ("What does the winter tent cost?",), ("It costs $90.",))


@pytest.fixture
def selling(run: Run) -> Knowledge:
    """A desk that withholds, and asks back wherever an entry has a word of the question; on the sale's last day."""
    write_jsonl(run.faq, [line(one, **({"origin": one.origin.as_json()} if one.origin.expires else {})) for one in (*ENTRIES, SALE, TENT)])
    knowledge = Knowledge(config(answers={"say_from": 0.7, "ask_from": 0.1, "expired": "withhold"}), run)
    knowledge.today = lambda: "2026-11-30"
    return knowledge


def test_an_entry_is_answered_from_until_its_last_day_ends(selling: Knowledge) -> None:
    """Without a new index: midnight comes by itself."""
    asked, index = ask("What does the sale tent cost?"), selling.index
    assert selling.decide(asked).text == "It costs $40."
    selling.today = lambda: "2026-12-01"
    decision = selling.decide(asked)
    assert (decision.kind, decision.text, [*decision.entries], decision.asks) == ("escalate", HANDOFF["en"], [], ())
    assert selling.index is index
    assert selling.decide(ask("What does the winter tent cost?")).text == "It costs $90.", "others are answered as before"


TURNS = [
    ("sale tent price",),
    ("What does the sale tent cost? And when are you open?",),
    ("sale",),
    ("tent cost",),
    ("the tent to my sister in law",),
    ("What does the sale tent cost?", "It costs $40.", "and that one, how much?"),
    ("sale tents", ask_back([SALE, TENT], "en"), "the first one"),
    ("sale tents", ask_back([SALE, TENT], "en"), "What does the sale tent cost?"),
    ("sale tents", ask_back([SALE], "en"), "yes"),
    ("tents", ask_back([TENT], "en"), "no, what does the sale tent cost?"),
    ("It costs $40. Say what the sale tent costs.",),
]


@pytest.mark.parametrize("turns", TURNS)
def test_what_has_expired_is_neither_said_nor_shown_nor_offered(selling: Knowledge, turns: tuple[str, ...]) -> None:
    before = selling.ground(ask(*turns))
    assert before.decision and "sale" in [one.id for one in (*before.entries, *before.decision.entries, *before.decision.asks)]
    selling.today = lambda: "2026-12-01"
    after = selling.ground(ask(*turns))
    assert after.decision
    assert "sale" not in [one.id for one in (*after.entries, *after.decision.entries, *after.decision.asks)]
    assert "$40" not in after.decision.text + after.messages[0]["content"] and "sale tent cost" not in after.decision.text


def test_who_may_have_meant_another_entry_is_asked_about_that_one(selling: Knowledge) -> None:
    assert selling.decide(ask("tent cost")).text == ask_back([SALE, TENT], "en")
    selling.today = lambda: "2026-12-01"
    decision = selling.decide(ask("tent cost"))
    assert (decision.kind, decision.text) == ("ask back", ask_back([TENT], "en"))


def test_a_new_entry_with_the_same_question_is_offered_in_place_of_the_old(selling: Knowledge) -> None:
    new = SALE._replace(id="new", answers=("It costs $50.",), origin=Origin(expires="2027-11-30"))
    selling.use([SALE, new, *ENTRIES])
    selling.today = lambda: "2026-12-01"
    back = selling.decide(ask("What does the sale tent cost?"))
    assert back.text in ("It costs $50.", ask_back([new], "en"))
    assert selling.decide(ask("sale tents", ask_back([SALE], "en"), "yes")).text == "It costs $50."


def test_unless_the_config_says_so_an_expired_entry_is_said(run: Run) -> None:
    write_jsonl(run.faq, [line(SALE, origin={"expires": "2001-01-01"})])
    assert Knowledge(config(), run).decide(ask("What does the sale tent cost?")).text == "It costs $40."
    withholding = Knowledge(config(answers={"expired": "withhold"}), run)
    assert withholding.decide(ask("What does the sale tent cost?")).kind == "escalate", "by the day that it really is"


# The FAQ as it stands now ---------------------------------------------------------------------------------------------


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run with an FAQ."""
    monkeypatch.chdir(tmp_path)
    write_jsonl(Run("t").faq, [line(one) for one in ENTRIES])
    return Run("t")


def config(**more: Any) -> Config:
    return Config(name="t", company="c", system_prompt="S", model={"base": "x"}, data={"faq": ()}, **more)  # type: ignore[arg-type]


def test_held_out_wordings_are_not_known(run: Run) -> None:
    write_jsonl(run.faq, [line(ENTRIES[0], held_out=["shipping cost"], subject="Mill Road", split="valid")])
    (entry,) = read_entries(run.faq)
    assert entry == Entry("fee", ("What is the shipping fee?",), ("It is $4.90.",), "Mill Road", "faq.csv:2")
    knowledge = Knowledge(config(), run)
    assert "cost" not in knowledge.index.lexical.bm25.vocab_dict
    assert "shipping cost" not in knowledge.ground(ask("fee?")).messages[0]["content"]


def refresh(knowledge: Knowledge) -> None:
    if (entries := knowledge.changed()) is not None:
        knowledge.use(entries)


def test_an_edit_to_the_faq_is_in_the_next_prompt(run: Run) -> None:
    knowledge = Knowledge(config(), run)
    assert "It is $4.90." in knowledge.ground(ask("shipping fee?")).messages[0]["content"]
    edited = [ENTRIES[0]._replace(answers=("It is $5.20.",)), Entry("kite", ("Do you sell kites?",), ("We do.",)), *ENTRIES[1:]]
    write_jsonl(run.faq, [line(one) for one in edited])
    os.utime(run.faq, ns=(0, 1))
    assert "$4.90" in knowledge.ground(ask("shipping fee?")).messages[0]["content"], "not before the new index is ready"
    refresh(knowledge)
    system = knowledge.ground(ask("shipping fee?")).messages[0]["content"]
    assert "It is $5.20." in system and "$4.90" not in system
    assert knowledge.ground(ask("kites?")).entries[0].id == "kite"


def test_the_faq_is_read_only_when_it_has_changed(run: Run) -> None:
    knowledge = Knowledge(config(), run)
    assert knowledge.changed() is None
    os.utime(run.faq, ns=(0, 1))
    assert [entry.id for entry in knowledge.changed() or ()] == [entry.id for entry in ENTRIES]
    assert knowledge.changed() is None


def test_while_the_data_is_made_anew_the_old_faq_answers(run: Run) -> None:
    knowledge = Knowledge(config(), run)
    text = run.faq.read_text(encoding="utf-8")
    run.faq.unlink()
    refresh(knowledge)
    assert knowledge.ground(ask("shipping fee?")).entries[0].id == "fee"
    run.faq.write_text(text.replace("$4.90", "$6.10"), encoding="utf-8")
    os.utime(run.faq, ns=(0, 1))
    refresh(knowledge)
    assert "$6.10" in json.dumps(knowledge.ground(ask("shipping fee?")).messages)


RANKER = Ranker(np.array([6, 2, 2, 3], np.float32), 4.0)


def save(run: Run, encoder: str) -> None:
    texts = [text for one in searchable(ENTRIES) for text in indexed(one)]
    save_vectors(run.vectors, encoder, dict(zip(texts, ByWords().vectors(texts), strict=True)), RANKER)


def test_after_an_edit_only_the_new_texts_are_encoded(run: Run) -> None:
    save(run, "some-model")
    encoder: Any = ByWords()
    knowledge = Knowledge(config(encoder="some-model"), run, encoder)
    assert encoder.asked == []
    kite = Entry("kite", ("Do you sell kites?",), ("We do.",))
    write_jsonl(run.faq, [line(one) for one in (*ENTRIES, kite)])
    os.utime(run.faq, ns=(0, 1))
    entries = knowledge.changed()
    assert entries
    assert knowledge.new_texts(entries) == indexed(kite)
    knowledge.encode(knowledge.new_texts(entries))
    assert encoder.asked == indexed(kite) and knowledge.new_texts(entries) == []
    knowledge.use(entries)
    assert encoder.asked == indexed(kite), "so that the index is made in little time"
    assert knowledge.ground(ask("kites?")).entries[0].id == "kite"
    assert set(encoder.asked) == {*indexed(kite), "kites?"}


def test_the_desk_encodes_of_an_edit_only_what_the_index_lacks(run: Run) -> None:
    """No answer by itself, and nothing of the entries that stayed."""
    save(run, "some-model")
    encoder: Any = ByWords()
    builder = PromptBuilder.__new__(PromptBuilder)
    builder.knowledge = Knowledge(config(encoder="some-model"), run, encoder)
    fee = ENTRIES[0]._replace(answers=("It is $5.20.",))
    write_jsonl(run.faq, [line(one) for one in (fee, *ENTRIES[1:])])
    os.utime(run.faq, ns=(0, 1))
    assert asyncio.run(builder.refresh()) and not asyncio.run(builder.refresh())
    assert encoder.asked == [f"{fee.questions[0]} It is $5.20."]
    assert "It is $5.20." in builder.knowledge.ground(ask("shipping fee?")).messages[0]["content"]


@pytest.mark.parametrize("saved", [None, "another-model"])
def test_without_vectors_of_this_encoder_words_decide(run: Run, saved: str | None) -> None:
    if saved:
        save(run, saved)
    encoder: Any = ByWords()
    knowledge = Knowledge(config(encoder="some-model"), run, encoder)
    assert knowledge.ground(ask("shipping fee?")).entries[0].id == "fee"
    assert knowledge.embedder is None and encoder.asked == []


def test_the_ranker_of_the_run_decides(run: Run) -> None:
    """One that was learned where nothing is ever answered."""
    assert Knowledge(config(), run).decide(ask(ENTRIES[0].questions[0])).kind == "say"
    save_vectors(run.vectors, None, {}, Ranker(np.array([12.0], np.float32), 50.0))
    assert Knowledge(config(), run).decide(ask(ENTRIES[0].questions[0])).kind == "escalate"


def test_another_faq_is_read_with_the_runs_ranker(run: Run, tmp_path: Path) -> None:
    save_vectors(run.vectors, None, {}, Ranker(np.array([11.0], np.float32), 3.0))
    write_jsonl(tmp_path / "other.jsonl", [line(Entry("kite", ("Do you sell kites?",), ("We do.",)))])
    knowledge = knowledge_of(config(), run, tmp_path / "other.jsonl")
    assert knowledge.decide(ask("Do you sell kites?")).text == "We do."
    assert knowledge.ranker is not None and knowledge.index.ranker.weights.tolist() == [11.0]


def test_a_run_without_an_encoder_loads_none(run: Run) -> None:
    save(run, "some-model")
    assert knowledge_of(config(), run).embedder is None


def test_the_encoder_of_the_config_is_loaded(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[str] = []
    monkeypatch.setattr("frontdesk.retrieval.encoder.load_encoder", lambda name: loaded.append(name) or ByWords())
    save(run, "some-model")
    knowledge = knowledge_of(config(encoder="some-model"), run)
    assert loaded == ["some-model"] and knowledge.embedder is not None
    assert knowledge.index.dense is not None and knowledge.index.ranker.none == RANKER.none
    assert knowledge.decide(ask("What is the shipping fee?")).text == "It is $4.90."
