"""The training rows nearest to a question."""

from collections.abc import Callable
from typing import Any

from evaluate.report.nearest_rows import COUNT, nearest_rows
from frontdesk.config.run import Run
from frontdesk.files import write_jsonl

Answer = Callable[..., dict[str, Any]]


def asking(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}, {"role": "assistant", "content": "I do not know."}]


def test_the_nearest_rows_first_with_their_sources(shop: Run, answer: Answer) -> None:
    found = nearest_rows(shop, [answer("a", messages=asking("express shipping fee")), answer("b", messages=asking("where is my parcel"))])
    assert set(found) == {"a", "b"}
    assert len(found["a"]) == COUNT
    assert found["a"][0] == {"question": "express fee", "answer": "Express shipping costs $14.50.", "source": "faq.jsonl:express#1"}
    assert found["b"][0]["source"] == "faq.jsonl:chat-1", "chats too"


def test_the_last_question_of_a_dialogue_counts(shop: Run, answer: Answer) -> None:
    talk = [*asking("is my dog welcome"), *asking("how much is express")]
    assert nearest_rows(shop, [answer("d", messages=talk)])["d"][0]["answer"] == "Express shipping costs $14.50."


def test_a_question_counts_not_what_a_question_back_was_answered_with(shop: Run, answer: Answer) -> None:
    back = [{"role": "assistant", "content": "Do you mean “Are dogs welcome?”?"}, {"role": "user", "content": "Are dogs welcome?"}]
    talk = [{"role": "user", "content": "how much is express"}, *back, {"role": "assistant", "content": "Yes."}]
    assert nearest_rows(shop, [answer("a", messages=talk)])["a"][0]["answer"] == "Express shipping costs $14.50."


def test_refusals_are_neighbours_of_what_is_to_be_handed_over_only(shop: Run, answer: Answer) -> None:
    asked = [answer("a", messages=asking("Who won?")), answer("b", "out_of_scope", messages=asking("Who won?"))]
    found = nearest_rows(shop, asked)
    assert "Who won?" not in [one["question"] for one in found["a"]]
    assert found["b"][0]["question"] == "Who won?"


def test_without_rows_there_are_none(shop: Run, answer: Answer) -> None:
    assert nearest_rows(shop, []) == {}
    write_jsonl(shop.data / "train.jsonl", [])
    assert nearest_rows(shop, [answer("a", messages=asking("fee"))]) == {}
