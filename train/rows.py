"""Data rows to token rows: labels on the agent turns that are trained and on nothing else."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from frontdesk.errors import UserError
from frontdesk.prompt.render import encode
from frontdesk.terminal import track

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

IGNORED = -100  # the label that the loss skips
TIE = 0.02  # of a held-out loss: tens of rows don't tell two apart more exactly


@dataclass
class Counts:
    """How much there is."""

    rows: int = 0
    tokens: int = 0
    supervised: int = 0


def token_rows(
    tokenizer: "PreTrainedTokenizerBase", rows: list[dict[str, Any]], max_length: int
) -> tuple[list[dict[str, list[int]]], Counts]:
    """Tokenize rows of the data contract. Returns token rows `{"input_ids", "labels"}` (labels are IGNORED
    where nothing is trained), and counts. `make data` has cut the rows to `max_length` tokens, so that
    nothing is cut here; raises UserError for a longer one."""
    counts = Counts(rows=len(rows))
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
        counts.tokens += len(ids)
        counts.supervised += sum(mask)
    return out, counts
