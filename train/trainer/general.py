"""Neutral text, whose loss before and after training shows how much general ability was lost."""

from pathlib import Path

from transformers import PreTrainedTokenizerBase

from frontdesk.files import read_jsonl
from train.rows import TokenRow

TEXTS = Path(__file__).with_name("general.jsonl")


def general_rows(tokenizer: PreTrainedTokenizerBase, languages: set[str]) -> list[TokenRow]:
    """TEXTS in the given languages ("en", "ko") as token rows: without template, every token supervised."""
    rows = [list(tokenizer(row["text"])["input_ids"]) for row in read_jsonl(TEXTS) if row["language"] in languages]
    return [{"input_ids": ids, "labels": list(ids)} for ids in rows]


def languages(texts: list[str]) -> set[str]:
    """The languages of general text that matter to a desk whose texts are these."""
    korean = sum(any("가" <= letter <= "힣" for letter in text) for text in texts)
    return {"en"} | ({"ko"} if korean > len(texts) / 20 else set())
