"""Token rows: what is trained, how much there is, and rows that are too long."""

from pathlib import Path
from typing import Any

import pytest

from frontdesk.config.schema import Config
from frontdesk.errors import UserError
from frontdesk.prompt.render import chat_template, encode
from train.rows import IGNORED, token_rows


@pytest.fixture(scope="module")
def tokenizer(embedded_model: Path) -> Any:
    from transformers import AutoTokenizer

    out = AutoTokenizer.from_pretrained(embedded_model)
    config = Config(name="t", company="c", system_prompt="Be brief.", model={"base": "x", "template": "chatml"}, data={"faq": ()})  # type: ignore[arg-type]
    out.chat_template = chat_template(config)
    return out


def conversation(turns: int, untrained: tuple[int, ...] = ()) -> dict[str, Any]:
    """A row whose answers with the numbers `untrained` are context."""
    messages: list[dict[str, Any]] = []
    for n in range(turns):
        weight = {"weight": 0} if n in untrained else {}
        messages += [
            {"role": "user", "content": f"question {n} why"},
            {"role": "assistant", "content": f"answer {n}, 그래서"} | weight,
        ]
    return {"messages": messages, "source": "chats.csv:7"}


def trained_texts(tokenizer: Any, rows: list[dict[str, list[int]]]) -> list[str]:
    text = tokenizer.decode([label for row in rows for label in row["labels"] if label != IGNORED])
    return [part.strip() for part in text.split("<|im_end|>") if part.strip()]


@pytest.mark.parametrize("untrained", [(), (0,), (1,), (2,), (0, 2), (0, 1, 2)])
def test_labels_are_on_the_answers_that_are_trained(tokenizer: Any, untrained: tuple[int, ...]) -> None:
    row = conversation(3, untrained)
    rows = token_rows(tokenizer, [row], 1000)

    assert [rows[0]["input_ids"]] == [encode(tokenizer, row["messages"])[0]]
    assert trained_texts(tokenizer, rows) == [f"answer {n}, 그래서" for n in range(3) if n not in untrained]
    assert all(label in (IGNORED, token) for token, label in zip(rows[0]["input_ids"], rows[0]["labels"], strict=True))


def test_a_row_that_is_too_long_is_refused_with_what_to_do(tokenizer: Any) -> None:
    row = conversation(3)
    size = len(encode(tokenizer, row["messages"])[0])

    assert len(token_rows(tokenizer, [row], size)) == 1
    with pytest.raises(
        UserError, match=rf"^chats\.csv:7: found a row of {size} tokens; expected at most train\.max_length {size - 1}; run"
    ):
        token_rows(tokenizer, [conversation(1), row], size - 1)
