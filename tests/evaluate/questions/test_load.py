"""What is asked: which set a question is of, its cluster, its facts, and what no prompt may tell about it."""

from pathlib import Path
from typing import Any

import pytest

from evaluate.questions.load import CUSTOMERS, SETS, Question, Turn, questions
from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.errors import UserError
from frontdesk.facts.language import language
from frontdesk.files import read_jsonl, write_jsonl


def of(asked: list[Question], name: str) -> list[Question]:
    return [question for question in asked if question.set == name]


def texts(asked: list[Question]) -> list[str]:
    return [question.turns[0].text for question in asked]


def with_dialogues(config: Config, *dialogues: dict[str, Any]) -> Config:
    write_jsonl(Path("dialogues.jsonl"), dialogues)
    return config.model_copy(update={"evaluate": config.evaluate.model_copy(update={"dialogues": ("dialogues.jsonl",)})})


def with_customers(config: Config, *lines: dict[str, Any]) -> Config:
    write_jsonl(Path("customers.jsonl"), lines)
    return config.model_copy(update={"evaluate": config.evaluate.model_copy(update={"customers": ("customers.jsonl",)})})


def line(name: str, kind: str, *said: str, entries: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    messages = [{"role": ("user", "assistant")[place % 2], "content": text} for place, text in enumerate(said)]
    return {"id": name, "set": kind, "messages": messages, "entries": list(entries), **more}


def turn(customer: str, entry: str | None, *facts: str, handoff: bool = False) -> dict[str, Any]:
    return {"customer": customer, "entry": entry, "facts": list(facts), "handoff": handoff}


def test_ids_are_unique_and_sets_known(shop: Run, config: Config) -> None:
    asked = questions(config, shop)
    assert len({question.id for question in asked}) == len(asked)
    assert {question.set for question in asked} == set(SETS) - {"dialogues", *CUSTOMERS}
    assert asked == questions(config, shop), "the same each time"


def test_a_sample_has_so_many_of_each_set_and_spans_it(shop: Run, config: Config) -> None:
    every = questions(config, shop)
    some = questions(config.model_copy(update={"evaluate": config.evaluate.model_copy(update={"sample": 2})}), shop)
    for name in SETS:
        mine, all_of_it = of(some, name), of(every, name)
        assert len(mine) == min(2, len(all_of_it)) and all(one in all_of_it for one in mine)
    injections = of(every, "injections")
    assert of(some, "injections") == [injections[0], injections[len(injections) // 2]]


def test_held_out_wordings_of_trained_entries(shop: Run, config: Config) -> None:
    asked = of(questions(config, shop), "wordings")
    assert texts(asked) == ["shipping, how much?", "express, how much?", "is my dog ok?"]
    first = asked[0]
    assert (first.entry, first.category, first.expects, first.reference) == ("fee", "shop", "facts", "Shipping costs $4.90.")
    assert (first.source, first.turns) == ("faq.jsonl:fee#3", (Turn("shipping, how much?", "facts", ("$4.90",)),))
    assert not first.hidden and not first.unknown


def test_facts_are_derived_where_the_faq_names_none_and_nothing_is_asked_without(shop: Run, config: Config) -> None:
    asked = {question.entry: question for question in of(questions(config, shop), "wordings")}
    assert asked["pets"].turns[0].facts == ("yes",)
    assert "thanks" not in asked


def test_entries_that_were_not_trained_are_asked_of_readers_in_words_that_retrieval_does_not_know(shop: Run, config: Config) -> None:
    asked = of(questions(config, shop), "unseen")
    assert texts(asked) == ["repair time", "repair, till when?"]
    assert {question.entry for question in asked} == {"repair"}
    assert all(question.unknown == {"repair time", "repair, till when?"} for question in asked)
    assert not any(question.hidden for question in asked)
    closed = questions(config.model_copy(update={"grounding": "none"}), shop)
    assert of(closed, "unseen") == [] and len(of(closed, "unanswerable")) == 5


def test_what_the_desk_does_not_know_is_hidden_from_every_prompt(shop: Run, config: Config) -> None:
    asked = of(questions(config, shop), "unanswerable")
    assert texts(asked) == ["How long is a repair?", "repair time", "mended by when?", "repair, till when?", "a week?"]
    for question in asked:
        assert (question.entry, question.expects, question.reference) == ("repair", "handoff", "")
        assert question.hidden == {"repair"}
        assert question.turns[0].expects == "handoff"


def test_questions_out_of_scope_are_the_runs_own_and_ours(shop: Run, config: Config) -> None:
    asked = of(questions(config, shop), "out_of_scope")
    assert texts(asked)[0] == "Where is my order?" and asked[0].entry == "oos-b"
    assert len(asked) > 30 and {question.language for question in asked} == {"en"}
    assert {question.expects for question in asked} == {"handoff"}
    assert len({question.entry for question in asked}) == len(asked)


def test_korean_is_asked_where_the_faq_speaks_it(shop: Run, config: Config) -> None:
    faq = read_jsonl(shop.faq)
    faq[0]["questions"].append("배송비가 얼마예요?")
    write_jsonl(shop.faq, faq)
    asked = questions(config, shop)
    for name in ("out_of_scope", "injections"):
        assert {question.language for question in of(asked, name)} == {"en", "ko"}


def test_injections_carry_their_goal(shop: Run, config: Config) -> None:
    for question in of(questions(config, shop), "injections"):
        assert question.attack["goal"] in {"marker", "prompt", "persona", "promise"} and "marker" in question.attack
        assert (question.expects, question.turns[0].expects) == ("resist", "nothing")


def test_prompts_for_one_canary_are_one_cluster(shop: Run, config: Config) -> None:
    asked = of(questions(config, shop), "canaries")
    assert [(question.id, question.entry) for question in asked] == [("canary-1#0", "canary-1"), ("canary-1#1", "canary-1")]
    (shop.data / "canaries.jsonl").unlink()
    assert of(questions(config, shop), "canaries") == []


def test_dialogues(shop: Run, config: Config, capsys: pytest.CaptureFixture[str]) -> None:
    told = {
        "id": "d1",
        "tags": ["pronoun", "long"],
        "turns": [turn("shipping?", "fee", "$4.90"), turn("ok", None), turn("sue", None, handoff=True)],
    }
    lacking = {"id": "d2", "tags": ["pronoun"], "turns": [turn("shipping?", "fee", "$4.90"), turn("gift wrap?", "gift", "$3")]}
    asked = of(questions(with_dialogues(config, lacking, told), shop), "dialogues")
    assert [question.id for question in asked] == ["d1"], "one that needs an entry which the FAQ lacks is left out"
    assert "eval: dialogues.jsonl:1: the FAQ has no entry 'gift'; the lines that need them are left out" in capsys.readouterr().out
    assert [one.expects for one in asked[0].turns] == ["facts", "nothing", "handoff"]
    assert (asked[0].category, asked[0].entry, asked[0].source) == ("pronoun", "d1", "dialogues.jsonl:2")


def test_customers_ask_at_the_end_of_what_was_said(shop: Run, config: Config) -> None:
    changed = with_customers(
        config,
        line("l1", "long", "hi", "Hello!", "and how mutch", entries=("fee",)),
        line("d1", "double", "fee? and express?", entries=("fee", "express")),
        line("d2", "double", "fee? and dogs?", entries=("fee", "pets"), facts=["$4.90"]),
    )
    long, two, narrow = (one for one in questions(changed, shop) if one.set in CUSTOMERS)
    assert long.before == ({"role": "user", "content": "hi"}, {"role": "assistant", "content": "Hello!"})
    assert long.turns == (Turn("and how mutch", "facts", ("$4.90",)),)
    assert (long.id, long.set, long.category, long.language, long.source) == ("l1", "long", "long", "en", "customers.jsonl:1")
    assert two.turns[0].facts == ("$4.90", "$14.50") and two.entries == ("fee", "express") and two.entry == "fee"
    assert two.reference == "Shipping costs $4.90. Express shipping costs $14.50."
    assert narrow.turns[0].facts == ("$4.90",) and not narrow.hidden and not narrow.unknown


def test_what_is_right_for_customers_depends_on_the_set(shop: Run, config: Config) -> None:
    lines = (
        line("n", "near_miss", "insured?", near="fee"),
        line("c", "no_faq", "thx"),
        line("p", "premise", "$2?", entries=("fee",), claim="$2"),
    )
    near, chat, premise = (one for one in questions(with_customers(config, *lines), shop) if one.set in CUSTOMERS)
    assert (near.expects, near.turns[0].expects, near.entry, near.entries, near.reference) == ("handoff", "handoff", "fee", (), "")
    assert (chat.expects, chat.turns[0].expects, chat.entry) == ("chat", "nothing", "c")
    assert (premise.expects, premise.turns[0].facts, premise.claim) == ("facts", ("$4.90",), "$2")


def test_facts_that_the_faq_does_not_name_are_derived_for_customers_too(shop: Run, config: Config) -> None:
    asked = of(questions(with_customers(config, line("q", "noisy", "can my dog come", entries=("pets",))), shop), "noisy")
    assert asked[0].turns[0].facts == ("yes",)


def test_customers_ask_only_what_the_faq_has_or_nearly_has(shop: Run, config: Config) -> None:
    lines = (
        line("a", "noisy", "gift?", entries=("gift",)),
        line("b", "double", "two?", entries=("fee", "gift")),
        line("c", "near_miss", "x?", near="gift"),
    )
    assert [one for one in questions(with_customers(config, *lines), shop) if one.set in CUSTOMERS] == []


def test_a_set_that_is_not_known_is_one_line(shop: Run, config: Config) -> None:
    with pytest.raises(UserError, match=r"^customers\.jsonl:1: set 'loud'; expected one of noisy, long, .*; correct the line"):
        questions(with_customers(config, line("a", "loud", "FEE?", entries=("fee",))), shop)


@pytest.mark.parametrize("key", ["dialogues", "customers"])
def test_a_file_that_is_not_there_is_one_line(shop: Run, config: Config, key: str) -> None:
    changed = config.model_copy(update={"evaluate": config.evaluate.model_copy(update={key: ("nowhere.jsonl",)})})
    with pytest.raises(UserError, match=rf"^nowhere\.jsonl: no such file; .*evaluate\.{key}"):
        questions(changed, shop)


def test_of_another_faq_each_entry_is_asked_once_in_the_most_foreign_words(shop: Run, config: Config, make_run: Any) -> None:
    inn = {
        "room": ("train", ["What is a room?", "a room, how much?"], "A room costs $80.", ["$80"]),
        "sauna": ("valid", ["When is the sauna open?"], "The sauna is open until 10 pm.", []),
        "train": ("valid", ["How far is the station?"], "It is 400 m away.", ["400 m"]),
        "spa": ("test", ["Is there a spa?"], "No, we have no spa.", []),
    }
    other = make_run("inn", inn)
    rows = read_jsonl(other.data / "train.jsonl")
    derived = {**rows[0], "id": "train#0.1", "derived": "casing", "messages": [{"role": "user", "content": "how far is the staton"}]}
    own = {**rows[0], "id": "train#0", "messages": [{"role": "user", "content": "How far is the station?"}]}
    write_jsonl(other.data / "train.jsonl", [own, derived, *rows])
    asked = {question.entry: question for question in questions(config, shop, other)}
    assert {key: question.turns[0].text for key, question in asked.items()} == {
        "room": "a room, how much?",  # held out
        "sauna": "When is the sauna open?",  # its only one
        "train": "how far is the staton",  # derived
        "spa": "Is there a spa?",
    }
    assert all(question.turns[0].text in question.unknown for question in asked.values()), "nothing asked is known to retrieval"
    assert asked["sauna"].turns[0].facts == ("10 pm",) and asked["spa"].turns[0].facts == ("no",)
    assert {question.set for question in asked.values()} == {"wordings"}


def test_a_run_without_questions_is_one_line(shop: Run, config: Config, make_run: Any) -> None:
    with pytest.raises(UserError, match=r"runs/bare/data: no question to ask"):
        questions(config, shop, make_run("bare", {}))


@pytest.mark.parametrize(("text", "spoken"), [("fee?", "en"), ("배송비?", "ko"), ("fee 가?", "ko"), ("", "en"), ("ㅋㅋ", "en")])
def test_language(text: str, spoken: str) -> None:
    assert language(text) == spoken


def test_an_entry_that_an_update_removed_is_not_asked_about() -> None:
    from evaluate.questions.load import _wordings

    row = {"id": "gone#1", "messages": [{"role": "user", "content": "fee?"}], "source": "faq.csv:2"}
    assert list(_wordings([row], {}, "wordings")) == []
