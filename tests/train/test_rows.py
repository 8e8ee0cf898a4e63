from pathlib import Path
from typing import Any

import pytest

from frontdesk.config import Config
from frontdesk.prompt import chat_template, encode
from train.rows import IGNORED, token_rows


@pytest.fixture(scope="module")
def tokenizer(embedded_model: Path) -> Any:
    from transformers import AutoTokenizer

    out = AutoTokenizer.from_pretrained(embedded_model)
    config = Config(name="t", company="c", system_prompt="Be brief.", model={"base": "x", "template": "chatml"}, data={"faq": ()})  # type: ignore[arg-type]
    out.chat_template = chat_template(config)
    return out


def conversation(turns: int, words: int = 12) -> dict[str, Any]:
    messages = []
    for n in range(turns):
        messages += [
            {"role": "user", "content": f"question {n} " + "why " * words},
            {"role": "assistant", "content": f"answer {n} " + "because " * words},
        ]
    return {"messages": messages, "source": "chats.csv:7"}


def trained_texts(tokenizer: Any, rows: list[dict[str, list[int]]]) -> list[str]:
    text = tokenizer.decode([label for row in rows for label in row["labels"] if label != IGNORED])
    return [part.strip() for part in text.split("<|im_end|>") if part.strip()]


def test_a_short_row_is_one_row_with_every_agent_turn_trained(tokenizer: Any) -> None:
    row = conversation(3)
    rows, counts = token_rows(tokenizer, [row], 1000)
    assert [rows[0]["input_ids"]] == [encode(tokenizer, row["messages"])[0]]
    assert trained_texts(tokenizer, rows) == [m["content"].strip() for m in row["messages"][1::2]]
    assert (counts.windows, counts.shortened, counts.dropped) == (0, 0, [])
    assert counts.supervised == sum(label != IGNORED for label in rows[0]["labels"])


@pytest.mark.parametrize("max_length", [70, 100, 150, 300])
def test_windows_train_each_answer_whole_and_once(tokenizer: Any, max_length: int) -> None:
    row = conversation(12)
    rows, counts = token_rows(tokenizer, [row], max_length)
    assert max(len(row["input_ids"]) for row in rows) <= max_length
    assert trained_texts(tokenizer, rows) == [m["content"].strip() for m in row["messages"][1::2]]
    assert counts.windows == len(rows) > 1


def test_windows_have_context_where_it_fits(tokenizer: Any) -> None:
    rows, _ = token_rows(tokenizer, [conversation(12)], 300)
    for window in rows[1:]:
        first = next(i for i, label in enumerate(window["labels"]) if label != IGNORED)
        assert "answer" in tokenizer.decode(window["input_ids"][:first]), "an earlier answer stands before the first trained one"


def test_a_long_question_is_shortened_and_its_answer_kept(tokenizer: Any) -> None:
    messages = [{"role": "user", "content": "blah " * 400 + "my real question"}, {"role": "assistant", "content": "The whole answer."}]
    rows, counts = token_rows(tokenizer, [{"messages": messages, "source": "a:1"}], 128)
    assert trained_texts(tokenizer, rows) == ["The whole answer."]
    assert "my real question" in tokenizer.decode(rows[0]["input_ids"])
    assert counts.shortened == 1


def test_an_answer_that_cannot_fit_is_left_out_and_named(tokenizer: Any) -> None:
    messages = [{"role": "user", "content": "why"}, {"role": "assistant", "content": "because " * 400}]
    rows, counts = token_rows(tokenizer, [{"messages": messages, "source": "a:9"}, conversation(1)], 128)
    assert counts.dropped == ["a:9"]
    assert len(rows) == 1
