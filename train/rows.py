"""Data rows to token rows: labels on the agent turns that are trained and on nothing else."""

from typing import TYPE_CHECKING, Any

from frontdesk.errors import UserError
from frontdesk.prompt.render import encode
from frontdesk.terminal import track

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

TokenRow = dict[str, list[int]]  # `{"input_ids", "labels"}`; labels are IGNORED where nothing is trained
IGNORED = -100  # the label that the loss skips
TIE = 0.02  # of a held-out loss: tens of rows don't tell two apart more exactly


def token_rows(tokenizer: "PreTrainedTokenizerBase", rows: list[dict[str, Any]], max_length: int) -> list[TokenRow]:
    """Tokenize rows, which `make data` has cut to `max_length` tokens; UserError for a longer one."""
    out = []
    for row in track(rows, "tokenizing", len(rows), "rows"):
        ids, mask = encode(tokenizer, row["messages"])
        if len(ids) > max_length:
            raise UserError(
                f"{row['source']}: found a row of {len(ids)} tokens; expected at most train.max_length {max_length}; "
                "run `make data` again, it cuts long conversations for the present model and config"
            )
        labels = [token if flag else IGNORED for token, flag in zip(ids, mask, strict=True)]
        out.append({"input_ids": ids, "labels": labels})
    return out
