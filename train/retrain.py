"""Train a run again without what was forgotten, and prove that its words are not said again.

    python -m train.retrain configs/demo.yaml --because forgotten

`frontdesk forget` took the words out of the data, withdrew the versions that were trained on them, and left a queue
(frontdesk/forgotten.py). This makes the data anew, trains, and asks the new model what the old one was taught: the customer's question
alone, and with the beginning of the forgotten answer in its mouth. Its likeliest words may have no WORDS of the forgotten ones in a row,
but those that its present data has too. Passed: the words kept for this go, and the new version may be promoted. Else: exit code 1, and
the new version is withdrawn.
"""

import re
import subprocess
import sys
from collections.abc import Iterable
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from frontdesk import forgotten, versions
from frontdesk.commands import arguments
from frontdesk.config.run import Run
from frontdesk.config.schema import Config, load_config
from frontdesk.errors import UserError, run_command, warn
from frontdesk.files import read_json, read_jsonl
from frontdesk.models.family import with_family
from frontdesk.prompt.render import encode_prompt
from frontdesk.store import audit
from frontdesk.store.credentials import shell_user
from frontdesk.store.store import StoreUnavailable, open_store
from frontdesk.terminal import silence_libraries

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

WORDS = 4  # in a row; fewer are anybody's
MOST_TOKENS = 96


def main() -> None:
    """Data, training, proof."""
    path = arguments("retrain").config
    config = load_config(path)
    run = Run(config.name)
    if forgotten.due(run) is None:
        raise UserError(
            f"{forgotten.queue(run)}: not there, so nothing was forgotten since the last training; expected it from `frontdesk forget`"
        )
    for stage in ("data_tools", "train"):
        if code := subprocess.run([sys.executable, "-m", stage, path], check=False).returncode:
            sys.exit(code)
    lines = read_jsonl(forgotten.words(run)) if forgotten.words(run).is_file() else []
    id = str(read_json(run.provenance)["key"])[: versions.LENGTH]
    if said := said_again(with_family(config, "train", run.model), run, lines):
        if version := versions.find(run, id):
            versions.withdraw_one(run, version, (date.today() - timedelta(days=1)).isoformat())
        told = f"the new model still says {len(said)} of {len(lines)} forgotten answers; it was withdrawn, and the queue stays"
        sys.exit(f"error: {run.model}: {told}")
    forgotten.done(run)
    print(f"retrain: none of {len(lines)} forgotten answers is said again; to serve version {id}: frontdesk release {path} promote {id}")
    note(config, id)


def note(config: Config, id: str) -> None:
    """In the audit log, if its store can be written."""
    try:
        store = open_store(config)
    except (UserError, StoreUnavailable) as error:
        warn(f"the audit log lacks this training: {error}")
        return
    audit.record(store, shell_user(), "retrained", id)
    store.close()


def said_again(config: Config, run: Run, lines: list[dict[str, Any]]) -> list[int]:
    """The numbers of those that the run's model says."""
    if not lines:
        return []
    import torch
    from transformers import AutoModelForCausalLM

    from frontdesk.models.base import load_tokenizer

    silence_libraries()
    model = AutoModelForCausalLM.from_pretrained(run.model, dtype=torch.float32)
    return told(model, load_tokenizer(config, run.model), lines, known(run))


def known(run: Run) -> set[tuple[str, ...]]:
    """Words in a row that the run's present data has: rows, entries, questions."""
    paths = [*run.data.glob("*.jsonl"), *run.data.glob("grounded/*.jsonl")]
    rows = (row for path in paths for row in read_jsonl(path))
    return {gram for row in rows for text in _texts(row) for gram in grams(text)}


def _texts(row: dict[str, Any]) -> Iterable[str]:
    yield from (turn["content"] for turn in row.get("messages", ()) if isinstance(turn, dict))
    yield from (*row.get("questions", ()), *row.get("answers", ()))


def grams(text: str) -> set[tuple[str, ...]]:
    """WORDS in a row; of a shorter text all of it."""
    words = re.findall(r"\w+", text.casefold())
    return {tuple(words[start : start + WORDS]) for start in range(max(1, len(words) - WORDS + 1))} if words else set()


def told(
    model: "PreTrainedModel", tokenizer: "PreTrainedTokenizerBase", lines: list[dict[str, Any]], known: set[tuple[str, ...]]
) -> list[int]:
    """The numbers of the lines whose answers a model says: none that are known, and none that stand in its prompt."""
    found = []
    for number, line in enumerate(lines):
        words = line["answer"].split(" ")
        prompt = [{"role": turn["role"], "content": turn["content"]} for turn in line["messages"]]
        for begun in ("", " ".join(words[: len(words) // 3])):
            asked = grams(f"{begun} {' '.join(turn['content'] for turn in prompt)}")
            said = continuation(model, encode_prompt(tokenizer, prompt), tokenizer, begun)
            if grams(said) & (grams(line["answer"]) - known - asked):
                found.append(number)
                break
    return found


def continuation(model: "PreTrainedModel", prompt: list[int], tokenizer: "PreTrainedTokenizerBase", begun: str) -> str:
    """The likeliest words after a prompt and the beginning of an answer."""
    import torch

    ids = [*prompt, *(tokenizer(begun, add_special_tokens=False)["input_ids"] if begun else [])]
    given = torch.tensor([ids], device=model.device)
    with torch.inference_mode():
        out = model.generate(  # type: ignore[operator]
            input_ids=given, attention_mask=torch.ones_like(given), do_sample=False, max_new_tokens=MOST_TOKENS,
            eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
        )  # fmt: skip
    return str(tokenizer.decode(out[0, len(ids) :], skip_special_tokens=True))


if __name__ == "__main__":
    run_command(main)
