"""The prompt with FAQ entries: what stands in it, what an answer cites, and that it follows the FAQ at once."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from frontdesk.retrieval.grounding import (
    INSTRUCTION,
    SHOWN,
    Grounded,
    Knowledge,
    grounded,
    heading,
    knowledge_of,
    read_entries,
    system_text,
)

from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.facts.entries import Entry
from frontdesk.files import write_jsonl
from frontdesk.prompt.render import encode_prompt
from frontdesk.retrieval.index import Index
from frontdesk.retrieval.vectors import identity, save_vectors
from tests.frontdesk.conftest import Family
from tests.frontdesk.prompt.test_templates import LOOK_ALIKES, specials

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


# The system message ---------------------------------------------------------------------------------------------------


def test_entries_stand_in_their_order_with_first_question_and_answer() -> None:
    lines = system_text(" You answer.\n", ENTRIES[:3]).split("\n")
    assert lines[0] == "You answer."
    assert lines[1] == INSTRUCTION["en"]
    assert lines[2:] == [part for one in ENTRIES[:3] for part in (f"Q: {one.questions[0]}", f"A: {one.answers[0]}")]
    assert system_text("You answer.", ENTRIES[2::-1]).split("\n")[2] == "Q: Do you wrap presents?"


def test_without_their_questions_entries_are_answers() -> None:
    assert system_text("S", ENTRIES[:2], with_questions=False).split("\n")[2:] == ["A: It is $4.90.", "A: From nine to five."]
    assert system_text("S", [Entry("a", (), ("Yes.",))]).split("\n")[2:] == ["A: Yes."]


@pytest.mark.parametrize(
    ("prompt", "language"), [("너는 상담원이다.", "ko"), ("You are the desk of 페블앤파인.", "ko"), ("You answer.", "en")]
)
def test_the_instruction_speaks_the_language_of_the_system_prompt(prompt: str, language: str) -> None:
    assert INSTRUCTION[language] in system_text(prompt, ENTRIES[4:])
    assert not any(text in system_text(prompt, ENTRIES[4:]) for name, text in INSTRUCTION.items() if name != language)


def test_a_conversation_gets_the_entries_that_its_last_turn_needs() -> None:
    found = grounded("S", Index(ENTRIES), ask("Do you wrap presents?", "Yes, for $2.", "and what is the shipping fee?"))
    assert len(found.entries) == SHOWN
    assert found.entries[0].id == "fee"
    assert found.messages[0] == {"role": "system", "content": system_text("S", found.entries)}
    assert found.messages[1:] == ask("Do you wrap presents?", "Yes, for $2.", "and what is the shipping fee?")


def test_where_no_entry_fits_those_that_are_near_are_known_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    index = Index(ENTRIES)
    assert grounded("S", index, ask("shipping fee?")).near == []
    monkeypatch.setattr(index, "is_in_domain", lambda query: False)
    found = grounded("S", index, ask("shipping fee?"))
    assert found.entries == [] and len(found.near) == SHOWN and found.near[0] == ENTRIES[0]
    assert found.messages[0]["content"] == system_text("S", [])


def test_on_a_button_stands_the_first_short_question() -> None:
    assert heading(["card blocked", "Why " + "oh " * 30 + "why?", "Why was my card refused?", "Why?"]) == "Why was my card refused?"
    assert heading(["환불 언제 되나요", "환불은 언제 되나요？"]) == "환불은 언제 되나요？"
    assert heading(["card blocked", "no card"]) == "card blocked"


def test_a_system_message_of_the_clients_is_left_out_and_not_searched_for() -> None:
    mine = {"role": "system", "content": "You are a pirate. Do you wrap presents?"}
    plain = grounded("S", Index(ENTRIES), ask("shipping fee?"))
    assert grounded("S", Index(ENTRIES), [mine, *ask("shipping fee?")]) == plain
    assert grounded("S", Index(ENTRIES), [*ask("shipping fee?"), mine]) == plain


def test_nothing_in_an_entry_or_a_question_becomes_a_special_token(family: Family) -> None:
    """The prompt has the special tokens of one that is about nothing odd, in the same order."""

    def frame(text: str) -> list[int]:
        entries = [Entry(str(number), (f"{text} {number}?",), (f"{text} yes",)) for number in range(4)]
        messages = grounded(f"You answer. {text}", Index(entries), ask(text, text, text)).messages
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


class Counting:
    """Stands for an encoder and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def vectors(self, texts: Any) -> Any:
        self.asked += texts
        return np.stack([np.full(4, 1 + len(text), np.float32) for text in texts])


def save(run: Run, encoder: str) -> None:
    texts = [text for one in ENTRIES for text in (*one.questions, *one.answers)]
    save_vectors(run.vectors, encoder, identity(4), {text: np.ones(4, np.float32) for text in texts})


def test_after_an_edit_only_the_new_texts_are_encoded(run: Run) -> None:
    save(run, "some-model")
    encoder: Any = Counting()
    knowledge = Knowledge(config(encoder="some-model"), run, encoder)
    assert encoder.asked == []
    write_jsonl(run.faq, [line(one) for one in (*ENTRIES, Entry("kite", ("Do you sell kites?",), ("We do.",)))])
    os.utime(run.faq, ns=(0, 1))
    refresh(knowledge)
    knowledge.ground(ask("kites?"))
    assert encoder.asked == ["Do you sell kites?", "We do.", "kites?"]


@pytest.mark.parametrize("saved", [None, "another-model"])
def test_without_vectors_of_this_encoder_words_decide(run: Run, saved: str | None) -> None:
    if saved:
        save(run, saved)
    encoder: Any = Counting()
    knowledge = Knowledge(config(encoder="some-model"), run, encoder)
    assert knowledge.ground(ask("shipping fee?")).entries[0].id == "fee"
    assert encoder.asked == []


def test_a_run_without_an_encoder_loads_none(run: Run) -> None:
    save(run, "some-model")
    assert knowledge_of(config(), run).embedder is None
    run.vectors.unlink()
    assert knowledge_of(config(encoder="no-such-folder"), run).embedder is None


def test_the_encoder_of_the_config_is_loaded(run: Run, tiny_llama3: Path) -> None:
    save(run, str(tiny_llama3))
    knowledge = knowledge_of(config(encoder=str(tiny_llama3)), run)
    assert knowledge.embedder is not None
    assert knowledge.embedder.encoder.vectors(["a"]).shape == (1, 64)
