"""What each system puts into the prompt: which entries are shown, and that no example tells the answer."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluate.questions.load import CUSTOMERS, SETS, Question, Turn, questions
from evaluate.systems.prompting import MARK, SHOTS, THINK, THOUGHT
from evaluate.systems.systems import BASE, QUOTE, TUNED, PromptBuilder, System, elsewhere, plain, served, systems
from frontdesk.answers.knowledge import SHOWN, Grounded, Knowledge
from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.facts.statements import states
from tests.evaluate.conftest import Letters


def question(*texts: str, facts: tuple[str, ...] = (), **more: Any) -> Question:
    turns = tuple(Turn(text, "facts", (facts[place],) if place < len(facts) else ()) for place, text in enumerate(texts))
    return Question("q", "wordings", "en", "shop", "fee", "facts", turns, "elsewhere", **more)


def said(*texts: str) -> list[dict[str, str]]:
    return [{"role": ("user", "assistant")[place % 2], "content": text} for place, text in enumerate(texts)]


def prompt_builder_of(config: Config, run: Run, faq: Path | None = None) -> PromptBuilder:
    return PromptBuilder(config, Knowledge(config, run, faq=faq), Letters())  # type: ignore[arg-type]


@pytest.fixture
def table(shop: Run, config: Config) -> dict[str, System]:
    return {system.name: system for system in systems(config, shop, prompt_builder_of(config, shop))}


def test_names_and_order(shop: Run, config: Config) -> None:
    prompt_builder = prompt_builder_of(config, shop)
    names = ["quote", "base", "base few-shot", "base chain of thought", "base + FAQ in prompt", "tuned", "tuned + FAQ in prompt", "desk"]
    made = systems(config, shop, prompt_builder)
    assert [system.name for system in made] == names
    assert [system.model for system in made] == [QUOTE] + [BASE] * 4 + [TUNED] * 3
    assert [system.name for system in systems(config, shop, prompt_builder, foreign=True)] == [
        "quote",
        "base + FAQ in prompt",
        "tuned + FAQ in prompt",
        "desk",
    ]
    heart = config.model_copy(update={"grounding": "none"})
    assert [system.name for system in systems(heart, shop, prompt_builder)] == names[:-1], "such a run serves no desk that reads"


DESKS = ("quote", "desk")
READERS = ("base + FAQ in prompt", "tuned + FAQ in prompt")


def test_desks_are_asked_all_and_who_cannot_know_an_entry_is_not_asked_about_it(table: dict[str, System]) -> None:
    for name, system in table.items():
        assert {"wordings", "unanswerable", "out_of_scope"} <= set(system.sets) <= set(SETS)
        assert (set(system.sets) == set(SETS)) == (name in DESKS)
        assert ("unseen" in system.sets) == ("dialogues" in system.sets) == (name in (*DESKS, *READERS))


def test_the_words_of_the_desks_are_verified_and_of_no_other_system(table: dict[str, System]) -> None:
    assert {name for name, system in table.items() if system.verified} == set(DESKS)


@pytest.mark.parametrize("grounding", ["faq", "none"])
def test_customers_questions_are_for_quote_and_for_what_is_served(shop: Run, config: Config, grounding: str) -> None:
    changed = config.model_copy(update={"grounding": grounding})
    for system in systems(changed, shop, prompt_builder_of(changed, shop)):
        asked = set(CUSTOMERS) & set(system.sets)
        assert asked == (set(CUSTOMERS) if system.name in (QUOTE, served(changed)) else set()), system.name
        assert "injections" not in system.sets or asked


@pytest.mark.parametrize(("grounding", "name"), [("faq", "desk"), ("none", "tuned")])
def test_the_served_system_and_quote_hold_each_dialogue_three_times(shop: Run, config: Config, grounding: str, name: str) -> None:
    changed = config.model_copy(update={"grounding": grounding})
    assert served(changed) == name
    passes = {system.name: system.passes for system in systems(changed, shop, prompt_builder_of(changed, shop))}
    assert passes.pop(name) == passes.pop(QUOTE) == 3 and set(passes.values()) == {1}


def test_only_the_readers_see_entries_and_all_see_what_the_desk_shows(table: dict[str, System], shop: Run, config: Config) -> None:
    asked, turns = question("express fee?"), said("express fee?")
    desk = Knowledge(config, shop).ground(turns)
    assert desk.entries[0].id == "express" and 1 < len(desk.entries) <= SHOWN
    for name, system in table.items():
        prompt = system.prompt(asked, turns)
        assert prompt == desk if name in (*DESKS, *READERS) else (prompt.entries, prompt.decision) == ([], None)
        assert prompt.messages[-1] == turns[-1]
    assert table["base"].prompt(asked, turns).messages == table["tuned"].prompt(asked, turns).messages == turns


def test_hidden_entries_are_never_shown(shop: Run, config: Config) -> None:
    prompt_builder = prompt_builder_of(config, shop)
    asked, turns = question("repair time", hidden=frozenset({"repair"})), said("repair time")
    assert "repair" in [entry.id for entry in prompt_builder.prompt(question("repair time"), turns).entries]
    shown = prompt_builder.prompt(asked, turns)
    assert shown.decision and "repair" not in [entry.id for entry in (*shown.entries, *shown.decision.entries)] and shown.entries
    assert "3 weeks" not in str(shown)


def test_wordings_that_are_asked_are_unknown_to_retrieval_and_the_prompt(shop: Run, config: Config) -> None:
    prompt_builder = prompt_builder_of(config, shop)
    unknown = frozenset({"How long is a repair?", "repair, till when?"})
    turns = said("How long is a repair?")
    shown = prompt_builder.prompt(question("How long is a repair?", unknown=unknown), turns)
    entry = next(entry for entry in shown.entries if entry.id == "repair")
    assert set(entry.questions) == {"repair time", "mended by when?", "a week?"}
    assert "How long is a repair?" not in shown.messages[0]["content"] and "Repairs take 3 weeks." in shown.messages[0]["content"]


def test_no_question_about_the_faq_is_known_to_retrieval(shop: Run, config: Config) -> None:
    prompt_builder = prompt_builder_of(config, shop)
    asked = [one for one in questions(config, shop) if one.set in ("wordings", "unseen")]
    for one in asked:
        known = {text for entry in prompt_builder.index(one.hidden, one.unknown).entries for text in entry.questions}
        assert known and one.turns[0].text not in known


def test_an_index_is_made_once(shop: Run, config: Config) -> None:
    prompt_builder = prompt_builder_of(config, shop)
    some = frozenset({"repair"})
    assert prompt_builder.index(some, frozenset()) is prompt_builder.index(some, frozenset())
    assert prompt_builder.index(frozenset(), frozenset()) is prompt_builder.knowledge.index


def test_examples_never_state_the_facts_of_any_turn(table: dict[str, System]) -> None:
    """A dialogue's examples stay fair at every turn, also those before its facts come up."""
    talk = question("shipping?", "and express?", facts=("$4.90", "$14.50"))
    for turns in (said("shipping?"), said("shipping?", "It is $4.90.", "and express?")):
        for name in ("base few-shot", "base chain of thought"):
            messages = table[name].prompt(talk, turns).messages
            shown = [message["content"] for message in messages[: -len(turns)] if message["role"] == "assistant"]
            assert 0 < len(shown) <= SHOTS
            assert not [text for text in shown for fact in ("$4.90", "$14.50") if states(text, [fact])]
            assert messages[-len(turns) :] == turns
    other = table["base few-shot"].prompt(question("dogs?", facts=("yes",)), said("dogs?")).messages
    assert any(states(message["content"], ["$4.90"]) for message in other), "an example that gives nothing away is shown"


def test_chain_of_thought_has_its_task_more_room_and_counts_the_last_line(table: dict[str, System], config: Config) -> None:
    system = table["base chain of thought"]
    assert system.prompt(question("fee?"), said("fee?")).messages[0] == {"role": "system", "content": f"{config.system_prompt}\n{THINK}"}
    assert system.max_tokens == config.evaluate.max_tokens + THOUGHT == table["base"].max_tokens + THOUGHT
    assert system.final(f"It may be $5.\n{MARK} $4.90") == "$4.90"
    assert table["base"].final(" It is $4.90. ") == "It is $4.90."


def test_plain_turns_stay_as_they_are() -> None:
    turns = said("a", "b", "c")
    assert plain(question("a"), turns) == Grounded(turns, [])


def test_another_faq_is_read_with_this_runs_prompt(shop: Run, config: Config, make_run: Callable[..., Run]) -> None:
    inn = {"room": ("train", ["What is a room?", "a room?"], "A room costs $80.", ["$80"])}
    other = prompt_builder_of(config, shop, make_run("inn", inn).faq)
    shown = systems(config, shop, other, foreign=True)[1].prompt(question("a room?"), said("a room?"))
    assert [entry.id for entry in shown.entries] == ["room"]
    assert shown.messages[0]["content"].startswith(config.system_prompt) and "A room costs $80." in shown.messages[0]["content"]


def test_an_endpoint_is_told_the_company_and_is_asked_with_the_faq_too(shop: Run, config: Config) -> None:
    plainly, reading = elsewhere("cloud", config, prompt_builder_of(config, shop))
    assert (plainly.name, reading.name, plainly.model, reading.model) == ("cloud", "cloud + FAQ in prompt", "cloud", "cloud")
    assert set(plainly.sets) == set(SETS) - {"unseen", *CUSTOMERS} and reading.sets == SETS
    messages = plainly.prompt(question("fee?"), said("fee?")).messages
    assert messages == [{"role": "system", "content": config.system_prompt}, *said("fee?")]
    assert reading.prompt(question("express fee?"), said("express fee?")) == Knowledge(config, shop).ground(said("express fee?"))


def test_a_conversation_that_is_longer_than_the_context_is_cut_as_the_gateway_cuts_it(shop: Run, config: Config) -> None:
    """The entries and the newest words stay."""
    short = config.model_copy(update={"serve": config.serve.model_copy(update={"context_length": 400})})
    talk = [*said(*["much was said " * 10] * 2), {"role": "user", "content": "express fee?"}]
    kept = prompt_builder_of(short, shop).prompt(question("express fee?"), talk).messages
    assert kept[0]["role"] == "system" and kept[1:] == talk[2:]
    assert prompt_builder_of(config, shop).prompt(question("express fee?"), talk).messages[1:] == talk


@pytest.mark.parametrize("name", ["base few-shot", "base chain of thought"])
def test_examples_that_do_not_fit_are_left_out(shop: Run, config: Config, name: str) -> None:
    whole = {one.name: one for one in systems(config, shop, prompt_builder_of(config, shop))}[name].prompt(
        question("how much?"), said("how much?")
    )
    room = sum(len(message["content"]) for message in whole.messages) // 2
    most = config.evaluate.max_tokens + (THOUGHT if "thought" in name else 0)
    small = config.model_copy(update={"serve": config.serve.model_copy(update={"context_length": room + most})})
    cut = {one.name: one for one in systems(small, shop, prompt_builder_of(small, shop))}[name].prompt(
        question("how much?"), said("how much?")
    )
    assert cut.messages[-1] == whole.messages[-1] and 1 < len(cut.messages) < len(whole.messages)
    assert sum(len(message["content"]) for message in cut.messages) <= room
