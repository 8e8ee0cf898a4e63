"""The held-out loss of a whole model, outside of a trainer: by it merges and preference pairs are judged."""

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.files import read_jsonl
from frontdesk.terminal import track
from train.rows import IGNORED, TokenRow, token_rows


def held_out_rows(config: Config, run: Run, tokenizer: PreTrainedTokenizerBase) -> list[TokenRow]:
    """The token rows by whose loss the checkpoint was chosen."""
    files = (run.rows(config.grounding) / f"{name}.jsonl" for name in ("valid_wordings", "valid"))
    return token_rows(tokenizer, next(rows for file in files if (rows := read_jsonl(file))), config.train.max_length)


def mean_loss(model: PreTrainedModel, rows: list[TokenRow]) -> float:
    """Mean loss in nats of all supervised tokens of `rows`."""
    model.eval()
    total, tokens = 0.0, 0
    with torch.inference_mode():
        for row in track(rows, "held-out loss", len(rows), "rows"):
            labels = torch.tensor(row["labels"], device=model.device)[1:]
            supervised = labels != IGNORED
            hidden = model.base_model(input_ids=torch.tensor([row["input_ids"]], device=model.device), use_cache=False).last_hidden_state[0]
            logits = model.get_output_embeddings()(hidden[:-1][supervised]).float()
            total += float(torch.nn.functional.cross_entropy(logits, labels[supervised], reduction="sum"))
            tokens += int(supervised.sum())
    return total / max(1, tokens)
