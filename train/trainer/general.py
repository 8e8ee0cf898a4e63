"""Neutral text, written for this purpose, whose loss before and after training shows how much general ability was lost."""

import json
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


def general_rows(tokenizer: "PreTrainedTokenizerBase", languages: set[str]) -> list[dict[str, list[int]]]:
    """`general.jsonl` in the given languages ("en", "ko") as token rows: plain text without template, every token supervised."""
    lines = resources.files("train.trainer").joinpath("general.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [text for text in map(json.loads, lines) if text["language"] in languages]
    rows = [tokenizer(text["text"])["input_ids"] for text in texts]
    return [{"input_ids": list(ids), "labels": list(ids)} for ids in rows]


def languages(texts: list[str]) -> set[str]:
    """The languages of general text that matter to a desk whose texts are these."""
    korean = sum(any("가" <= letter <= "힣" for letter in text) for text in texts)
    return {"en"} | ({"ko"} if korean > len(texts) / 20 else set())
