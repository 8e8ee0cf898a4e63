"""What the parity gate compares. The gate itself, with a real engine, is in tests/test_end_to_end.py."""

import contextlib
import gc
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, PreTrainedModel

from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.files import write_json
from frontdesk.models.generate import Answer, greedy_answers
from frontdesk.prompt.render import encode_prompt
from train import int8
from train.export import parity

PROMPTS = [[{"role": "user", "content": text}] for text in ("hello", "what does shipping cost", "a")]


def answer(tokens: list[int], stopped: bool = True) -> Answer:
    return Answer(tokens, [-0.5] * len(tokens), stopped, "text")


def record(**changes: Any) -> dict[str, Any]:
    good = {
        "prompts": 10,
        "same_prompt_tokens": 10,
        "stopped": {"adapter": 10, "merged": 10, "served": 10},
        "agreement": {"merged": 0.99, "served": 0.99},
        "log_prob_difference": {"served/adapter": {"mean": 0.02, "largest": 0.4}},
    }
    return good | changes


def test_a_model_scores_its_own_greedy_answers_as_its_first_choices(tiny_llama3: Path, tokenizer: Any) -> None:
    model = AutoModelForCausalLM.from_pretrained(tiny_llama3, dtype=torch.float32)
    answers = greedy_answers(model, tokenizer, PROMPTS, max_new_tokens=12)
    prompts = [encode_prompt(tokenizer, prompt) for prompt in PROMPTS]
    for given, seen in zip(answers, parity.score(model, prompts, answers), strict=True):
        assert all(seen.first)
        assert seen.log_probs == pytest.approx(given.log_probs, abs=1e-3)
        assert len(given.tokens) == 12 and not given.stopped


def test_another_model_is_told_apart(tiny_llama3: Path, tokenizer: Any) -> None:
    model = AutoModelForCausalLM.from_pretrained(tiny_llama3, dtype=torch.float32)
    answers = greedy_answers(model, tokenizer, PROMPTS, max_new_tokens=12)
    torch.nn.init.normal_(model.model.layers[1].mlp.up_proj.weight)
    seen = parity.score(model, [encode_prompt(tokenizer, prompt) for prompt in PROMPTS], answers)
    figures = parity.compare("adapter", {"adapter": answers, "merged": answers, "served": answers}, {"merged": seen, "served": seen})
    assert figures["agreement"]["merged"] < 0.9
    assert figures["log_prob_difference"]["merged/adapter"]["mean"] > 0
    assert figures["log_prob_difference"]["served/merged"] == {"mean": 0.0, "largest": 0.0}
    assert parity.out_of_tolerance(record(**figures))


def test_an_answer_that_ends_itself_has_its_end_token_counted(tiny_llama3: Path, tokenizer: Any) -> None:
    model = AutoModelForCausalLM.from_pretrained(tiny_llama3, dtype=torch.float32)
    first = greedy_answers(model, tokenizer, PROMPTS[:1], max_new_tokens=3)[0]
    tokenizer.eos_token = tokenizer.convert_ids_to_tokens(first.tokens[1])
    ended = greedy_answers(model, tokenizer, PROMPTS[:1], max_new_tokens=3)[0]
    assert ended.stopped and ended.tokens == first.tokens[:2] and len(ended.log_probs) == 2


def test_answers_are_the_same_only_to_the_last_token() -> None:
    answers = {"adapter": [answer([1, 2, 3]), answer([4])], "merged": [answer([1, 2, 3]), answer([4, 5], stopped=False)], "served": []}
    answers["served"] = answers["merged"]
    scores = {name: [parity.Score([-0.5, -0.7, -0.5], [True, False, True]), parity.Score([-0.5], [True])] for name in ("merged", "served")}
    figures = parity.compare("adapter", answers, scores)
    assert figures["same_answers"] == {"merged": 1, "served": 1}
    assert figures["agreement"] == {"merged": 0.75, "served": 0.75}
    assert figures["log_prob_difference"]["merged/adapter"] == {"mean": 0.05, "largest": 0.2}
    assert figures["stopped"] == {"adapter": 2, "merged": 1, "served": 1}


def test_rounding_passes() -> None:
    assert parity.out_of_tolerance(record()) == []


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"agreement": {"served": 0.9}}, r"90.0% of the adapter's tokens are the served model's first choice; expected 95%"),
        (
            {"log_prob_difference": {"merged/adapter": {"mean": 0.3, "largest": 1}}},
            r"merged/adapter: .* 0.300 on average; expected at most 0.1",
        ),
        (
            {"stopped": {"adapter": 10, "merged": 10, "served": 8}},
            r"8 served answers ended by themselves, 10 of the adapter's: .*stop tokens",
        ),
        ({"same_prompt_tokens": 9}, r"1 of 10 prompts are other tokens in the engine than in training: .*chat template"),
    ],
)
def test_what_rounding_cannot_explain_fails(changes: dict[str, Any], line: str) -> None:
    import re

    (failure,) = parity.out_of_tolerance(record(**changes))
    assert re.fullmatch(line, failure)


def held() -> int:
    """How many models this process holds."""
    return sum(PreTrainedModel in type(one).__mro__ for one in gc.get_objects())


@pytest.mark.parametrize("proof", ["bf16", "int8"])
def test_no_model_is_held_where_the_engine_starts(
    tiny_llama3: Path, tokenizer: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proof: str
) -> None:
    """Which on a GPU finds nine tenths of it free, or does not start."""
    gc.collect()
    before, run = held(), Run("shop", tmp_path)
    config = Config(name="shop", company="c", system_prompt="s", model={"base": "x", "template": "llama3"}, data={"faq": ()})  # type: ignore[arg-type]

    @contextlib.contextmanager
    def running(*_: Any, **__: Any) -> Iterator[str]:
        raise InterruptedError(f"{held() - before} held")
        yield ""

    write_json(run.provenance, {"merge": {"into": "pristine"}})
    shutil.copytree(tiny_llama3, run.model, dirs_exist_ok=True)
    tokenizer.save_pretrained(run.model)
    monkeypatch.setattr(parity, "held_out_prompts", lambda *_: [[{"role": "user", "content": "hello"}]])
    monkeypatch.setattr(parity, "unmerged", lambda *_: AutoModelForCausalLM.from_pretrained(tiny_llama3))
    monkeypatch.setattr(parity, "running", running)
    monkeypatch.setattr("frontdesk.engine.vllm.running", running)
    with pytest.raises(InterruptedError, match=r"^0 held$"):
        if proof == "bf16":
            parity.prove(config, run, tiny_llama3, torch.float32, "key")
        else:
            int8.prove(config, run, "key")
