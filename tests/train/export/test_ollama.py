"""The Modelfile's template, put together again from its pieces, is the run's chat template."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.frontdesk.conftest import FOLDERS, load
from train.export.ollama import modelfile, pieces

TURNS: list[dict[str, Any]] = [
    {"role": "system", "content": "Q: fee?\nA: $4.90"},
    {"role": "user", "content": "얼마예요?"},
    {"role": "assistant", "content": "It costs $4.90."},
    {"role": "user", "content": 'And "express"?'},
    {"role": "assistant", "content": "We do not offer it."},
    {"role": "user", "content": "Thanks"},
]


def as_ollama(found: dict[str, str], turns: list[dict[str, Any]]) -> str:
    """What the template of `modelfile` says, read as Go reads it."""
    text = ""
    for place, turn in enumerate(turns):
        if turn["role"] == "assistant":
            name = "assistant"
        elif place > 1:
            name = "next"
        elif place == 1:
            name = "first"
        else:
            name = "system" if turn["role"] == "system" else "alone"
        text += found[name] + turn["content"]
    return text + found["assistant"]


@pytest.mark.parametrize("name", ["chatml", "gemma", pytest.param("mistral-nemo", marks=pytest.mark.slow)])
@pytest.mark.parametrize("turns", [TURNS[:2], TURNS[:4], TURNS, TURNS[1:2], TURNS[1:4], TURNS[1:]])
def test_pieces_and_messages_are_what_the_run_renders(name: str, turns: list[dict[str, Any]], request: pytest.FixtureRequest) -> None:
    family = load(name, request.getfixturevalue(FOLDERS[name]))
    text = family.tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    begin = family.tokenizer.bos_token if name != "chatml" else ""  # which llama.cpp puts there itself
    assert begin + as_ollama(pieces(family.tokenizer), turns) == text


def test_the_modelfile_names_its_file_what_ends_an_answer_and_pieces_that_go_reads(embedded_model: Path) -> None:
    family = load("chatml", embedded_model, 'You are "Ada".\nSay """ {{ .Nothing }} \\n')
    lines = modelfile(family.config, family.tokenizer, "shop-q8_0.gguf").splitlines()
    assert lines[0] == "FROM ./shop-q8_0.gguf" and lines[-1] == 'PARAMETER stop "<|im_end|>"'
    assert lines[1].startswith('TEMPLATE """') and lines[1].endswith('"""') and lines[1].count('"""') == 2
    found = [json.loads(text) for text in re.findall(r'{{ ("(?:[^"\\]|\\.)*") }}', lines[1])]
    own = pieces(family.tokenizer)
    assert found == [own[name] for name in ("assistant", "next", "first", "system", "alone", "assistant")]
    assert 'Say """ {{ .Nothing }} \\n' in own["alone"]
