"""Weights that no engine serves are asked by transformers, and nothing is asked twice."""

from pathlib import Path

import pytest
import torch
from transformers import PreTrainedModel

from evaluate.questions.load import Question, Turn
from evaluate.systems import offline
from evaluate.systems.ask import Cache
from evaluate.systems.offline import ask_offline
from evaluate.systems.systems import System, plain
from frontdesk.config.schema import Config


def question(name: str, set_name: str = "wordings") -> Question:
    turns = (Turn(f"How much is {name}?", "facts", ("$4",)),)
    return Question(name, set_name, "en", "shop", name, "facts", turns, "faq:1")


@pytest.fixture
def tiny(tiny_llama3: Path) -> Config:
    values = {"model": {"base": str(tiny_llama3), "template": "llama3"}, "data": {"faq": ()}}
    return Config(name="shop", company="Shop", system_prompt="You answer.", **values)


def test_each_question_of_the_systems_sets_is_answered_once(tiny: Config, tiny_llama3: Path, tmp_path: Path) -> None:
    system = System("LoRA", "lora", plain, 5, final=str.upper, sets=("wordings",))
    questions = [question("a"), question("b", "unseen"), question("c")]
    exchanges, length = ask_offline(tiny, system, tiny_llama3, None, questions, Cache(tmp_path / "cache.jsonl"))
    assert [one.question.id for one in exchanges] == ["a", "c"] and {one.system for one in exchanges} == {"LoRA"}
    assert all(one.messages[-1]["content"] == one.answers[0].text == one.answers[0].text.upper() for one in exchanges)
    assert [one.answers[0].place for one in exchanges] == [1, 1], "after the question, whose words are no invention"
    assert all(0 < one.answers[0].tokens <= 5 for one in exchanges) and length > 5


def test_answers_are_kept_by_weights_and_prompts(tiny: Config, tiny_llama3: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    system = System("base", "base", plain, 3, sets=("wordings",))
    cache = Cache(tmp_path / "cache.jsonl")
    before, _ = ask_offline(tiny, system, tiny_llama3, None, [question("a")], cache)
    monkeypatch.setattr(offline, "generate", lambda *_: pytest.fail("asked again"))
    again, _ = ask_offline(tiny, system, tiny_llama3, None, [question("a")], Cache(tmp_path / "cache.jsonl"))
    assert [one.answers for one in again] == [one.answers for one in before]
    with pytest.raises(pytest.fail.Exception):
        ask_offline(tiny, system, tiny_llama3, None, [question("b")], cache)


@pytest.mark.parametrize(("sees_one", "device"), [(True, "cuda"), (False, "cpu")])
def test_weights_are_asked_on_the_gpu_if_there_is_one(
    tiny: Config, tiny_llama3: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sees_one: bool, device: str
) -> None:
    def move(model: torch.nn.Module, to: str) -> None:
        raise InterruptedError(to)

    monkeypatch.setattr(torch.cuda, "is_available", lambda: sees_one)
    monkeypatch.setattr(PreTrainedModel, "to", move)
    with pytest.raises(InterruptedError, match=f"^{device}$"):
        offline.generate(tiny, tiny_llama3, None, {}, 3, Cache(tmp_path / "cache.jsonl"))
