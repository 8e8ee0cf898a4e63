"""The likelier choice by log-probability per character, asked once."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from openai import AsyncOpenAI

from evaluate.questions.load import packaged
from evaluate.systems.ask import Cache, Model
from evaluate.systems.general import choose, likelihood
from frontdesk.errors import UserError

PROMPT = [500, 501]


class Letters:
    """A tokenizer whose tokens are the code points of letters; a prompt is always PROMPT."""

    def __call__(self, text: str, add_special_tokens: bool = True) -> dict[str, list[int]]:
        assert not add_special_tokens
        return {"input_ids": [ord(letter) for letter in text]}

    def apply_chat_template(self, messages: list[dict[str, str]], **options: Any) -> dict[str, list[int]]:
        assert options["add_generation_prompt"] and messages[-1]["role"] == "user"
        return {"input_ids": PROMPT}


def model(api: Any) -> Model:
    return Model(AsyncOpenAI(base_url=api.url, api_key="none", max_retries=0), "shop", "weights-1", 0.0)


def item(*choices: str, answer: int = 0) -> dict[str, Any]:
    return {"id": "-".join(choices), "ability": "letters", "language": "en", "prompt": "Which?", "choices": list(choices), "answer": answer}


def pick(api: Any, folder: Path, *asked: dict[str, Any]) -> list[bool]:
    return asyncio.run(choose(model(api), Letters(), list(asked), Cache(folder / "cache.jsonl"), "general"))  # type: ignore[arg-type]


def test_the_choices_tokens_count_and_not_the_prompts(api: Any) -> None:
    """The API gives every token minus a thousandth of its number."""
    assert asyncio.run(likelihood(model(api), PROMPT, [10, 20])) == pytest.approx(-0.03)
    assert asyncio.run(likelihood(model(api), [1], [10, 20])) == pytest.approx(-0.03)
    request = api.asked[0]
    assert request["prompt"] == [*PROMPT, 10, 20]
    assert (request["max_tokens"], request["temperature"], request["prompt_logprobs"]) == (1, 0, 0)


def test_the_likeliest_per_character_is_chosen(api: Any, tmp_path: Path) -> None:
    assert pick(api, tmp_path, item("b", "a", "d", answer=1)) == [True]
    assert pick(api, tmp_path, item("b", "a", "d", answer=0)) == [False]
    assert pick(api, tmp_path, item("b", "aaaa", answer=1)) == [True], "the longer is less likely as a whole, and likelier per character"


def test_items_keep_their_order_and_are_asked_once(api: Any, tmp_path: Path) -> None:
    asked = [item("a", "b"), item("a", "c", answer=1), item("a", "d")]
    assert pick(api, tmp_path, *asked) == [True, False, True]
    requests = len(api.asked)
    assert requests == 6
    assert pick(api, tmp_path, *asked) == [True, False, True] and len(api.asked) == requests


def test_an_engine_that_fails_is_one_line(api: Any, tmp_path: Path) -> None:
    api.status = 500
    with pytest.raises(UserError, match="model 'shop' gave no answer"):
        pick(api, tmp_path, item("a", "b"))


def test_only_the_spoken_languages_are_asked() -> None:
    assert {one["language"] for one in packaged("general.jsonl", {"en"})} == {"en"}
    english, korean = (len(packaged("general.jsonl", {name})) for name in ("en", "ko"))
    assert len(packaged("general.jsonl", {"en", "ko"})) == english + korean > 100
    assert packaged("general.jsonl", set()) == []
