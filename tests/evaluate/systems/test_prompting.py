"""What the untuned base is shown: the way of answering, never the answer."""

from pathlib import Path
from typing import Any

import pytest

from evaluate.questions.load import Question, Turn
from evaluate.systems.prompting import MARK, SHOTS, THINK, Example, examples, few_shot, final_answer, shots, thinking
from frontdesk.config.run import Run
from frontdesk.facts.statements import states
from frontdesk.files import write_jsonl

ENTRIES: dict[str, tuple[list[str], str]] = {
    "fee": (["$4|4 dollars"], "It is $4."),
    "pickup": (["$4"], "Picking up costs $4."),
    "hours": (["no,|not", "9 am"], "We do not open before 9 am."),
    "gift": (["$3.50"], "It is $3.50."),
    "parcels": (["2"], "It comes in 2 parcels."),
    "korean": (["3,000원"], "3,000원입니다."),
    "chat": ([], "Please write to us."),
    "stamps": (["10 stamps"], "It takes 10 stamps."),
}
WORDINGS = {"korean": ("배송비가 얼마예요?", "배송 요금을 알려 주세요")}


def wordings(entry: str) -> tuple[str, str]:
    return WORDINGS.get(entry, (f"{entry}?", f"what about {entry}?"))


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    run = Run("shop")
    write_jsonl(run.data / "faq.jsonl", [{"id": entry, "facts": facts} for entry, (facts, _) in ENTRIES.items()])
    rows = [{"id": "x#0", "messages": turns("the weather?", "I cannot say."), "kind": "refusal", "source": "x:0"}]
    for place, (entry, (_, answer)) in enumerate(ENTRIES.items()):
        for number, text in enumerate(wordings(entry)):
            rows.append({"id": f"{entry}#{number}", "messages": turns(text, answer), "kind": "faq", "source": f"faq:{place}"})
    write_jsonl(run.data / "train.jsonl", rows)
    return run


def turns(question: str, answer: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]


def question(source: str, *facts: list[str]) -> Question:
    """A question, or a dialogue, with the facts that each turn asks for."""
    return Question("q", "wordings", "en", "shop", "fee", "facts", tuple(Turn("?", "facts", tuple(one)) for one in facts), source)


def asked(entry: str, text: str) -> tuple[Question, list[dict[str, Any]]]:
    """A question as both ways of prompting take it."""
    return question(f"faq:{list(ENTRIES).index(entry)}", ENTRIES[entry][0]), [{"role": "user", "content": text}]


@pytest.mark.parametrize("entry", [entry for entry, (facts, _) in ENTRIES.items() if facts])
def test_no_example_gives_the_answer_away(run: Run, entry: str) -> None:
    pool, given = examples(run), asked(entry, "please")
    for made in (few_shot(pool, *given), thinking("You help.", pool, *given)):
        shown = [turn["content"] for turn in made if turn["role"] == "assistant"]
        assert len(shown) == SHOTS
        assert [text for text in shown if states(final_answer(text), ENTRIES[entry][0])] == []
        assert wordings(entry)[0] not in [turn["content"] for turn in made]


def test_the_second_example_shows_how_to_escalate(run: Run) -> None:
    assert [turn["content"] for turn in few_shot(examples(run), *asked("gift", "please"))[2:4]] == ["the weather?", "I cannot say."]
    assert not any(one.handoff for one in shots([one for one in examples(run) if not one.handoff], *asked("gift", "please")))


def test_neither_the_entry_itself_nor_one_with_the_same_facts_is_an_example() -> None:
    itself = Example("fee?", "the fee?", ["$4"], "Less than you think.", "faq:0")  # an answer that the scorer would not take
    same = Example("pickup?", "pickup?", ["$4"], "Picking up costs $4.", "faq:1")
    other = Example("hours?", "hours?", ["9 am"], "From 9 am.", "faq:2")
    asking = [{"role": "user", "content": "the fee, please"}]
    assert shots([itself, same, other], question("faq:0", ["$4|4 dollars"]), asking) == [other]
    assert shots([itself, same, other], question("elsewhere", []), asking) == [itself, same, other], (
        "where nothing is to be told, nothing gives it away"
    )


def test_no_turn_of_a_dialogue_is_given_away() -> None:
    fee, hours = Example("fee?", "fee?", ["$4"], "It is $4.", "faq:0"), Example("hours?", "hours?", ["9 am"], "From 9 am.", "faq:1")
    gift = Example("gift?", "gift?", ["$3.50"], "It is $3.50.", "faq:2")
    assert shots([fee, hours, gift], question("a dialogue", ["$4"], [], ["9 am"]), [{"role": "user", "content": "hi"}]) == [gift]


def test_the_last_message_decides_about_the_script() -> None:
    english, korean = Example("fee?", "fee?", [], "$4", "faq:0"), Example("배송비는요?", "배송비?", [], "3,000원", "faq:1")
    turns = [
        {"role": "user", "content": "배송비는?"},
        {"role": "assistant", "content": "3,000원"},
        {"role": "user", "content": "in dollars"},
    ]
    assert shots([korean, english], question(""), turns) == [english, korean]
    assert shots([english, korean], question(""), turns[:1]) == [korean, english]


def test_the_question_comes_last(run: Run) -> None:
    given = asked("fee", "the fee, please")
    shown, thought = few_shot(examples(run), *given), thinking(" You help.\n", examples(run), *given)
    assert [turn["role"] for turn in shown] == ["user", "assistant"] * SHOTS + ["user"]
    assert thought[0] == {"role": "system", "content": f"You help.\n{THINK}"}
    assert shown[-1] == thought[-1] == given[-1][-1]
    assert shown == few_shot(examples(run), *given), "the same examples each time"


def test_examples_are_trained_entries_with_their_reasons(run: Run) -> None:
    pool = {example.question: example for example in examples(run)}
    assert set(pool) == {wordings(entry)[0] for entry in ENTRIES} | {"the weather?"}
    assert pool["hours?"].reasoned().split("\n") == [
        "The customer asks: hours?",
        "In other words: what about hours?",
        "The answer has to state: no; 9 am",
        "Answer: We do not open before 9 am.",
    ]
    assert "has to state" not in pool["chat?"].reasoned()


def test_a_korean_question_gets_korean_examples_first(run: Run) -> None:
    korean, english = (few_shot(examples(run), *asked("gift", text)) for text in ("선물 포장 되나요?", "gift wrap?"))
    assert korean[0]["content"] == wordings("korean")[0]
    assert wordings("korean")[0] not in [turn["content"] for turn in english]


@pytest.mark.parametrize(
    ("text", "answer"),
    [(f"It may be $5.\n{MARK} It is $4.", "It is $4."), (f"{MARK} $1\n{MARK} $1\n{MARK}", "$1"), ("It is $4.", "It is $4."), (MARK, "")],
)
def test_the_final_answer_is_what_counts(text: str, answer: str) -> None:
    assert final_answer(text) == answer
