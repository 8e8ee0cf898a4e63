"""Each family's architecture and tokenizer in llama.cpp: the same prompts, and answers that the model in transformers gives too."""

from pathlib import Path
from typing import Any

import pytest

from frontdesk.errors import UserError
from frontdesk.files import write_json
from frontdesk.prompt.families import FAMILIES
from frontdesk.prompt.render import encode_prompt
from tests.frontdesk.conftest import FOLDERS, load
from train.export import parity
from train.export.merge import save
from train.trainer.base_model import load_plain

PROMPTS: list[list[dict[str, Any]]] = [
    [{"role": "user", "content": "Is 12345.50 € (½) too much? It's <|im_end|>[/INST]<end_of_turn> 3rd\n\n  time."}],
    [
        {"role": "user", "content": "배송은 얼마나 걸리나요?"},
        {"role": "assistant", "content": "3일입니다."},
        {"role": "user", "content": "<b>Thanks</b>\t2026-11-30"},
    ],
    [{"role": "system", "content": "Q: fee?\nA: $4.90"}, {"role": "user", "content": "standard shipping fee"}],
]


def merged(name: str, folder: Path, target: Path) -> Path:
    """A model folder as the merge leaves it, of weights so large that a wrong position or order of theirs shows."""
    import torch

    family = load(name, folder)
    model = load_plain(folder, torch.float32)
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(6 if weight.ndim > 1 else 1)
    save(family.config, model.to(torch.bfloat16), family.tokenizer, target, {"key": "k"})
    return target


@pytest.mark.slow
@pytest.mark.parametrize("name", ["gemma", "llama3.1", "mistral", "qwen2.5", "qwen3"])
def test_llama_cpp_answers_as_transformers_does(name: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    import torch
    from transformers import AutoTokenizer

    from train.export import gguf, llama_cpp, quantized

    folder = merged(name, request.getfixturevalue(FOLDERS[name]), tmp_path / "model")
    gguf.write(folder, tmp_path / "m.gguf", "t", FAMILIES[name].file)
    ids = [encode_prompt(AutoTokenizer.from_pretrained(folder, mistral_format=False), prompt) for prompt in PROMPTS]
    seen, answers = llama_cpp.ask(tmp_path / "m.gguf", PROMPTS, 512, 24)
    assert seen == ids
    scores = parity.score(load_plain(folder, torch.float32), ids, answers)
    figures = quantized.compare(answers, answers, scores)
    assert figures["tokens"] > 30 and figures["agreement"] > 0.95 and figures["log_prob_difference"]["mean"] < 0.02, figures


def test_another_architecture_is_refused_in_one_line(tmp_path: Path) -> None:
    from train.export.gguf import write

    write_json(tmp_path / "config.json", {"model_type": "gpt2"})
    with pytest.raises(UserError, match=r"found a gpt2; --gguf converts llama, mistral, qwen2, qwen3, gemma3_text .*; use --hub instead"):
        write(tmp_path, tmp_path / "m.gguf", "t", "chatml")
    write_json(
        tmp_path / "config.json", {"model_type": "llama", "rope_parameters": {"rope_type": "yarn", "rope_theta": 1e4, "factor": 4.0}}
    )
    with pytest.raises(UserError, match=r"found a llama with positions of the type yarn"):
        write(tmp_path, tmp_path / "m.gguf", "t", "llama3")
    assert not (tmp_path / "m.gguf").exists()


def test_the_file_has_every_weight_the_run_s_template_and_the_types_of_its_tokens(tiny_llama3: Path, tmp_path: Path) -> None:
    from gguf import GGUFReader, TokenType

    from train.export.gguf import write

    folder = merged("llama3", tiny_llama3, tmp_path / "model")
    write(folder, tmp_path / "m.gguf", "shop", "llama3")
    found = GGUFReader(tmp_path / "m.gguf")
    fields = {name: field.contents() for name, field in found.fields.items()}
    assert fields["tokenizer.chat_template"] == (folder / "chat_template.jinja").read_text(encoding="utf-8")
    assert fields["general.name"] == "shop" and fields["llama.attention.head_count_kv"] == 2
    kinds = dict(zip(fields["tokenizer.ggml.tokens"], fields["tokenizer.ggml.token_type"], strict=True))
    assert kinds["<|eot_id|>"] == TokenType.CONTROL and kinds["a"] == TokenType.NORMAL
    assert fields["tokenizer.ggml.tokens"][fields["tokenizer.ggml.eos_token_id"]] == "<|eot_id|>"
    assert len(found.tensors) == 3 + 2 * 9
