"""GGUF files by llama.cpp's quantizer, and their proof: what passes is there, what fails leaves nothing."""

from pathlib import Path
from typing import Any

import pytest

from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.errors import UserError
from frontdesk.files import read_json, write_jsonl
from tests.frontdesk.conftest import load
from tests.train.conftest import TEXTS, conversation
from tests.train.export.test_gguf import merged
from train.export import llama_cpp, quantized


def record(**changes: Any) -> dict[str, Any]:
    good = {"prompts": 10, "same_prompt_tokens": 10, "stopped": {"gguf": 10, "merged": 10}, "agreement": 0.96}
    return good | {"log_prob_difference": {"mean": 0.02, "largest": 0.4}} | changes


@pytest.mark.parametrize(
    ("changes", "kind", "line"),
    [
        ({"agreement": 0.94}, "q8_0", "94.0% of llama.cpp's tokens are the merged model's first choice; expected 95%"),
        ({"agreement": 0.89}, "q4_k_m", "89.0% of llama.cpp's tokens are the merged model's first choice; expected 90%"),
        ({"log_prob_difference": {"mean": 0.15}}, "f16", "log-probabilities differ by 0.150 on average; expected at most 0.1"),
        ({"log_prob_difference": {"mean": float("nan")}}, "f16", "log-probabilities differ by nan on average; expected at most 0.1"),
        ({"stopped": {"gguf": 8, "merged": 10}}, "f16", "8 of llama.cpp's answers ended by themselves, 10 of the merged model's"),
        ({"same_prompt_tokens": 9}, "f16", "1 of 10 prompts are other tokens in llama.cpp than in training"),
    ],
)
def test_what_rounding_cannot_explain_fails(changes: dict[str, Any], kind: str, line: str) -> None:
    assert quantized.out_of_tolerance(record(**changes), kind) == [line]
    assert quantized.out_of_tolerance(record(), kind) == []


def test_four_bits_may_differ_more() -> None:
    assert quantized.out_of_tolerance(record(agreement=0.92, log_prob_difference={"mean": 0.15}), "q4_k_m") == []


def test_a_missing_package_is_named_with_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "xllamacpp" else object())
    with pytest.raises(UserError, match=r"package xllamacpp not found; .*pip install .*\[export\]"):
        llama_cpp.check_installed()


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_gemma3: Path) -> Config:
    """A run whose merged model is a random one, with held-out rows."""
    monkeypatch.chdir(tmp_path)
    merged("gemma", tiny_gemma3, Run("shop").model)
    rows = [conversation(f"{text}, 2 × $4.90?", "We will see.") | {"kind": "faq"} for text in TEXTS]
    write_jsonl(Run("shop").rows("faq") / "valid_wordings.jsonl", rows[:3])
    write_jsonl(Run("shop").rows("faq") / "valid.jsonl", rows[3:])
    family = load("gemma", tiny_gemma3)
    return family.config.model_copy(update={"name": "shop", "grounding": "faq"})


@pytest.mark.slow
def test_what_passes_is_there_and_what_fails_leaves_only_its_record(shop: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run("shop")
    (run.gguf / "q8_0").mkdir(parents=True)
    (run.gguf / "q8_0/old.gguf").touch()
    monkeypatch.setitem(quantized.TOLERANCE, "q8_0", {"agreement": 2.0, "mean_log_prob_difference": 0.1, "stopped": 0.9})
    (failure,) = quantized.make(shop, run, ["f16", "q8_0"], "abc")
    assert failure.startswith("runs/shop/gguf/q8_0.json: ") and failure.endswith("first choice; expected 200%")
    assert {file.name for file in run.gguf.iterdir()} == {"f16", "f16.json", "q8_0.json"}
    assert {file.name for file in (run.gguf / "f16").iterdir()} == {"shop-f16.gguf", "Modelfile"}
    passed, failed = (read_json(run.gguf / f"{kind}.json") for kind in ("f16", "q8_0"))
    assert passed["passed"] and not failed["passed"] and passed["key"] == failed["key"] == "abc"
    assert passed["same_prompt_tokens"] == passed["prompts"] == len(TEXTS) and failed["bytes"] < 0.7 * passed["bytes"]
    assert [one["messages"][-1]["content"] for one in passed["answers"]] == [f"{text}, 2 × $4.90?" for text in TEXTS]


@pytest.mark.slow
def test_another_model_than_the_merged_one_fails(shop: Config, tiny_gemma3: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Here one whose queries are in another order."""
    from train.export import gguf

    whole = gguf.converted

    def wrong(name: str, tensor: Any, config: Any) -> Any:
        if name.endswith("self_attn.q_proj.weight"):
            return whole(name, tensor.flip(0), config)
        return whole(name, tensor, config)

    monkeypatch.setattr(gguf, "converted", wrong)
    (failure,) = quantized.make(shop, Run("shop"), ["q4_k_m"], "abc")
    assert "of llama.cpp's tokens are the merged model's first choice; expected 90%" in failure
    assert [file.name for file in Run("shop").gguf.iterdir()] == ["q4_k_m.json"]


def test_a_full_disk_is_told_before_anything_is_written(shop: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": 1000}))
    with pytest.raises(UserError, match=r"GGUF files need 0\.\d GiB of disk, 0\.0 GiB are free; free some space"):
        quantized.make(shop, Run("shop"), ["f16"], "abc")
    assert not Run("shop").gguf.exists()
