"""One probability decides: what the desk does at each limit, and what it never does."""

import pytest

from frontdesk.answers.ask_back import MOST, choices
from frontdesk.answers.decision import NEAR, Decision, decide, escalated, said
from frontdesk.answers.small_talk import small_talk
from frontdesk.config.schema import HANDOFF, AnswersConfig
from frontdesk.facts.entries import Entry
from frontdesk.retrieval.index import Found, Ranked

LIMITS = AnswersConfig(say_from=0.6, ask_from=0.2)
FEE, HOURS, GIFT, RETURN = (
    Entry(name, (f"What about the {name}?",), (f"The {name} is 3.",)) for name in ("fee", "hours", "gift", "return")
)
HELLO = small_talk("en")[0]


def ranked(*pairs: tuple[Entry, float]) -> list[Ranked]:
    return [Ranked(*pair) for pair in pairs]


def decided(*turn: tuple[Entry, float], parts=(), before=(), ask: bool = True, question: str = "what?") -> Decision:  # type: ignore[no-untyped-def]
    return decide(Found(ranked(*turn), [ranked(*part) for part in parts], ranked(*before)), LIMITS, question, HANDOFF, ask)


# At the limits --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("probability", "kind", "entries"),
    [
        (1.0, "say", [FEE]),
        (0.6, "say", [FEE]),
        (0.599, "ask back", [FEE, HOURS]),
        (0.2, "ask back", [FEE, HOURS]),
        (0.199, "escalate", [FEE, HOURS, GIFT]),
        (0.0, "escalate", [FEE, HOURS, GIFT]),
    ],
)
def test_the_probability_of_the_first_entry_decides(probability: float, kind: str, entries: list[Entry]) -> None:
    low = min(probability, 0.2 * NEAR)
    decision = decided((FEE, probability), (HOURS, low), (GIFT, low * 0.99), (RETURN, 0.0))
    assert (decision.kind, list(decision.entries), decision.probability) == (kind, entries, probability)
    assert decision.reads == (kind == "say")
    if kind == "say":
        assert decision.text == FEE.answers[0]
    if kind == "ask back":
        assert choices(decision.text) == [one.questions[0] for one in entries]
    if kind == "escalate":
        assert decision.text == HANDOFF["en"]


@pytest.mark.parametrize(
    ("open_part", "asks"),
    [
        ([(HOURS, 0.599), (GIFT, 0.2), (RETURN, 0.05)], [HOURS, GIFT]),
        ([(HOURS, 0.2)], [HOURS]),
        ([(HELLO, 0.5), (HOURS, 0.3)], [HOURS]),
        ([(HOURS, 0.199)], []),
        ([(FEE, 0.5), (HOURS, 0.4)], []),  # it is answered
    ],
)
@pytest.mark.parametrize("ask", [True, False])
def test_of_two_questions_one_is_answered_and_the_other_asked_back(
    open_part: list[tuple[Entry, float]], asks: list[Entry], ask: bool
) -> None:
    parts = [ranked((FEE, 0.9)), ranked(*open_part)]
    decision = decide(Found(ranked((FEE, 0.7)), parts, [], parts), LIMITS, "a? b?", HANDOFF, ask)
    asks = asks if ask else []
    assert (decision.kind, decision.entries, list(decision.asks), decision.reads) == ("say", [FEE], asks, not asks)
    answer, *back = decision.text.split("\n")
    assert answer == FEE.answers[0] and [choices(text) for text in (decision.text, *back)] == [[one.questions[0] for one in asks]] * (
        1 + bool(asks)
    )
    silent = decide(Found(ranked((FEE, 0.7)), parts, [], parts[:1]), LIMITS, "a? b.", HANDOFF, ask)
    assert (silent.text, silent.asks) == (FEE.answers[0], ()), "a part that asks nothing"


def test_who_gets_two_answers_is_asked_nothing() -> None:
    parts = [ranked((FEE, 0.9)), ranked((GIFT, 0.8)), ranked((HOURS, 0.5))]
    decision = decide(Found(ranked((FEE, 0.7)), parts, [], parts), LIMITS, "a? b? c?", HANDOFF)
    assert (decision.entries, decision.asks) == ([FEE, GIFT], ())


def test_the_other_question_is_asked_back_in_the_customers_language() -> None:
    for spoken, begins in (("en", "About your other question: do you mean “"), ("ko", "다른 질문은 혹시 “")):
        for some in ([FEE], [FEE, HOURS]):
            text = said(ranked((GIFT, 0.9)), some, spoken).text
            assert text.startswith(f"{GIFT.answers[0]}\n{begins}") and choices(text) == [one.questions[0] for one in some]


def test_a_question_back_names_few() -> None:
    decision = decided((FEE, 0.3), (HOURS, 0.3), (GIFT, 0.3), (RETURN, 0.3))
    assert len(decision.entries) == len(choices(decision.text)) == MOST


def test_who_was_asked_back_is_not_asked_again() -> None:
    assert decided((FEE, 0.59), ask=False).kind == "escalate"
    assert decided((FEE, 0.6), ask=False).kind == "say"


def test_the_desk_speaks_the_customers_language() -> None:
    assert decided((FEE, 0.1), question="배송비는?").text == HANDOFF["ko"]
    assert decided((FEE, 0.3), question="배송비는?").text.startswith("혹시 “")
    assert decided((FEE, 0.3), question="the fee?").text.startswith("Do you mean “")


def test_where_nothing_is_found_a_person_is_called() -> None:
    assert decided() == Decision("escalate", HANDOFF["en"], [], 0.0) == escalated("?", HANDOFF)


def test_an_entry_without_a_question_cannot_be_asked_about() -> None:
    bare = Entry("bare", (), ("Yes.",))
    assert decided((bare, 0.3), (FEE, 0.3)).kind == "escalate"
    assert decided((FEE, 0.3), (bare, 0.3)).entries == [FEE]
    assert decided((bare, 0.9)).text == "Yes."


# Two questions, and what was said before ------------------------------------------------------------------------------


def test_two_questions_get_two_answers_as_they_are() -> None:
    decision = decided((FEE, 0.5), parts=[[(FEE, 0.9), (GIFT, 0.1)], [(HOURS, 0.8)]])
    assert decision == Decision("say", "The fee is 3.\nThe hours is 3.", [FEE, HOURS], 0.9)
    assert not decision.reads, "no model is asked"


def test_the_same_entry_twice_is_one_answer_and_three_questions_get_two() -> None:
    assert decided((FEE, 0.7), parts=[[(FEE, 0.9)], [(FEE, 0.8)]]).entries == [FEE]
    assert decided((FEE, 0.7), parts=[[(HOURS, 0.9)], [(GIFT, 0.8)]]).entries == [FEE, HOURS]


def test_a_part_that_is_not_sure_adds_nothing() -> None:
    assert decided((FEE, 0.7), parts=[[(HOURS, 0.59)], []]).entries == [FEE]


def test_a_follow_up_is_answered_by_what_it_leans_on_unless_it_stands_alone() -> None:
    assert decided((FEE, 0.3), before=[(HOURS, 0.6), (GIFT, 0.3)]) == said(ranked((HOURS, 0.6)))
    assert decided((FEE, 0.6), before=[(HOURS, 0.9)]).entries == [FEE]
    assert decided((FEE, 0.3), before=[(HOURS, 0.59)]).entries == [HOURS, FEE], "the likeliest is asked about first"


def test_the_likeliest_of_all_readings_are_asked_about_each_once() -> None:
    decision = decided((FEE, 0.2), (GIFT, 0.1), parts=[[(GIFT, 0.5)]], before=[(FEE, 0.4)])
    assert list(decision.entries) == [GIFT, FEE] and decision.probability == 0.5


# Small talk -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("probability", "kind"), [(1.0, "small talk"), (0.51, "small talk"), (0.5, "escalate")])
def test_small_talk_is_made_where_it_is_likelier_than_not(probability: float, kind: str) -> None:
    decision = decided((HELLO, probability))
    assert decision.kind == kind and not decision.reads
    if kind == "small talk":
        assert decision == Decision("small talk", HELLO.answers[0], [HELLO], probability)
    else:
        assert decision.entries == [], "it is no entry that an agent could use"


def test_a_question_after_a_greeting_is_answered() -> None:
    decision = decided((HELLO, 0.9), parts=[[(FEE, 0.7)]])
    assert (decision.kind, decision.entries) == ("say", [FEE])


def test_thanks_after_an_answer_are_thanks() -> None:
    assert decided((HELLO, 0.6), before=[(FEE, 0.9)]).kind == "small talk"
    assert decided((FEE, 0.1), before=[(HELLO, 0.9)]).kind == "escalate", "not small talk for what was said before"


def test_small_talk_is_never_asked_about() -> None:
    for found in ([(FEE, 0.4), (HELLO, 0.35)], [(FEE, 0.4), (HELLO, 0.39), (GIFT, 0.3)]):
        decision = decided(*found, parts=[[(HELLO, 0.5)]], before=[(HELLO, 0.5)])
        assert decision.kind == "ask back" and HELLO not in decision.entries
        assert not set(HELLO.questions) & set(choices(decision.text))
