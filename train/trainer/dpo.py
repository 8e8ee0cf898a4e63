"""Preference pairs after the rows: what a person wrote is better than what the bot had said (DPO, Rafailov et
al. 2023).

Part of `python -m train` where `train.dpo.epochs` is above 0 and the data has pairs
(data_tools/feedback/dataset.py). TRL's DPOTrainer goes on from the adapter that the rows left. What it must
not move away from is that adapter, of which it keeps a frozen copy, not the bare base; and the chosen
answers' own loss is added, since without it they may become less likely too, only more slowly (Pang et al.
2024).

Writes `runs/NAME/adapter/` anew and keeps the rows' own in `runs/NAME/sft/`, from which a killed stage, or
one with other settings, begins again: it takes minutes. Turned off, it puts that one back.
`runs/NAME/dpo.json`, written last: {"key", "pairs", "steps", "seconds", "loss": [first, last], "accuracy"
(share of the pairs whose chosen answer has gained more than the rejected one), "margin" (by how much, in nats
times beta), "held_out": {"before", "after"} (loss on the rows that chose the checkpoint: what of them is
kept)}.
"""

import shutil
import time
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from peft import PeftModel
from transformers import PreTrainedTokenizerBase, PrinterCallback
from trl import DPOConfig, DPOTrainer

from frontdesk.config.run import Run
from frontdesk.config.schema import Config, TrainConfig
from frontdesk.errors import warn
from frontdesk.files import read_json, read_jsonl, whole_folder, write_json
from frontdesk.models.base import load_tokenizer
from frontdesk.prompt.render import Message, encode
from train.trainer.base_model import load
from train.trainer.build import common_arguments
from train.trainer.fast.precision import autocasts
from train.trainer.held_out import held_out_rows, mean_loss
from train.trainer.progress import Steps

WORSE = 1.1  # a held-out loss that has grown by more than this factor is reported as a warning
TENTH = 0.1  # the learning rate as a share of the rows', where the config names none


def learn_preferences(config: Config, run: Run, base: Path, dtype: torch.dtype, key: str, rows_key: str) -> None:
    """Make `run.adapter` what pairs and rows taught, or rows alone. `rows_key` is that of `training.json`."""
    path, record = run.rows(config.grounding) / "preferences.jsonl", run.root / "dpo.json"
    pairs = read_jsonl(path) if config.train.dpo.epochs and path.is_file() else []
    if not pairs:
        if config.train.dpo.epochs:
            print(f"train: no preference pairs ({path}); train.dpo has nothing to do", flush=True)
        _put_back(run, record)
    elif record.is_file() and read_json(record)["key"] == key:
        print(f"train: {run.adapter} has learned its preference pairs already", flush=True)
    else:
        _keep(run, rows_key)
        write_json(record, {"key": None})  # from now on the adapter may be another one than that of the rows
        write_json(record, {"key": key, **train_pairs(config, run, base, dtype, pairs)})


def kept(run: Run) -> Path:
    """The adapter of the rows, with the `training.json` that it belongs to."""
    return run.root / "sft"


def _keep(run: Run, rows_key: str) -> None:
    note = kept(run) / run.training.name
    if not note.is_file() or read_json(note)["key"] != rows_key:
        with whole_folder(kept(run)) as folder:
            shutil.copytree(run.adapter, folder, dirs_exist_ok=True)
            shutil.copy(run.training, folder)


def _put_back(run: Run, record: Path) -> None:
    note = kept(run) / run.training.name
    if record.is_file() and note.is_file() and read_json(note)["key"] == read_json(run.training)["key"]:
        with whole_folder(run.adapter) as folder:
            shutil.copytree(kept(run), folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(run.training.name))
    record.unlink(missing_ok=True)


def token_pairs(tokenizer: PreTrainedTokenizerBase, pairs: list[dict[str, Any]]) -> list[dict[str, list[int]]]:
    """Prompt, chosen and rejected token ids: the prompt of a row, and of answers what a row would train."""
    out = []
    for pair in pairs:
        prompt, chosen = _tokens(tokenizer, pair["prompt"], pair["chosen"])
        same, rejected = _tokens(tokenizer, pair["prompt"], pair["rejected"])
        assert prompt == same, pair["source"]
        out.append({"prompt_ids": prompt, "chosen_ids": chosen, "rejected_ids": rejected})
    return out


def _tokens(tokenizer: PreTrainedTokenizerBase, prompt: list[Message], answer: list[Message]) -> tuple[list[int], list[int]]:
    context = [turn | {"weight": 0} if turn["role"] == "assistant" else turn for turn in prompt]
    ids, mask = encode(tokenizer, [*context, *answer])
    start = mask.index(1)
    return ids[:start], [token for token, trained in zip(ids, mask, strict=True) if trained]


def train_pairs(config: Config, run: Run, base: Path, dtype: torch.dtype, pairs: list[dict[str, Any]]) -> dict[str, Any]:
    """Train on the pairs from the adapter that is kept, and save `run.adapter`. Returns what happened."""
    tokenizer = load_tokenizer(config, base)
    held_out = held_out_rows(config, run, tokenizer)
    model = PeftModel.from_pretrained(load(base, config.train, dtype), kept(run), is_trainable=True)
    before = mean_loss(model.get_base_model(), held_out)
    print(f"train: {len(pairs)} preference pairs, {config.train.dpo.epochs:g} epochs, beta {config.train.dpo.beta:g}", flush=True)
    started = time.monotonic()
    autocast = autocasts(config.train.method, dtype)
    trainer = build(config, model, tokenizer, token_pairs(tokenizer, pairs), run.checkpoints, autocast)
    trainer.train()
    seconds = time.monotonic() - started
    metrics = trainer.evaluate(trainer.train_dataset)
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    after = mean_loss(model.get_base_model(), held_out)
    with whole_folder(run.adapter) as folder:
        model.save_pretrained(folder, selected_adapters=["default"])
    accuracy, margin = metrics["eval_rewards/accuracies"], metrics["eval_rewards/margins"]
    print(
        f"train: {accuracy:.0%} of the pairs prefer the person's answer more than before, by {margin:.3f}; "
        f"held-out loss {before:.4f} before, {after:.4f} after",
        flush=True,
    )
    if after > WORSE * before:
        warn(f"the preference pairs cost what the rows taught: held-out loss {before:.4f} became {after:.4f}; raise train.dpo.beta")
    return {
        "pairs": len(pairs),
        "steps": trainer.state.global_step,
        "seconds": round(seconds),
        "loss": [round(loss, 4) for loss in (losses[0], losses[-1])],
        "accuracy": round(accuracy, 4),
        "margin": round(margin, 4),
        "held_out": {"before": round(before, 4), "after": round(after, 4)},
    }


class PairTrainer(DPOTrainer):  # type: ignore[misc]
    """Takes pairs as token ids: TRL would train what the template writes after an answer."""

    def _prepare_dataset(self, dataset: Any, *_: Any) -> Any:
        return dataset


def arguments(settings: TrainConfig, checkpoints: Path, *, autocast: bool) -> DPOConfig:
    """TRL's settings for a training on pairs, as `build.arguments` has them for one on rows."""
    return DPOConfig(
        **common_arguments(settings, max(1, settings.batch_size // 2), checkpoints, "dpo"),  # a pair is two rows
        num_train_epochs=settings.dpo.epochs,
        learning_rate=settings.dpo.learning_rate or TENTH * settings.learning_rate,
        beta=settings.dpo.beta,
        loss_type=["sigmoid", "sft"],
        loss_weights=[1.0, 1.0],
        bf16=autocast,
        save_strategy="no",
        logging_steps=1,
    )


def build(
    config: Config,
    model: Any,
    tokenizer: PreTrainedTokenizerBase,
    pairs: list[dict[str, list[int]]],
    checkpoints: Path,
    autocast: bool = False,
) -> Any:
    """A DPOTrainer for a trainable PeftModel, of which it makes the frozen copy that it is compared with."""
    learned = {name: parameter.detach().clone() for name, parameter in model.named_parameters() if parameter.requires_grad}
    args = arguments(config.train, checkpoints, autocast=autocast)
    trainer = PairTrainer(model=model, args=args, train_dataset=Dataset.from_list(pairs), processing_class=tokenizer)
    for name, parameter in learned.items():  # TRL rounds an adapter on quantized weights to bf16, but not its copy
        model.get_parameter(name).data = parameter.float()
    trainer.remove_callback(PrinterCallback)
    trainer.add_callback(Steps("training on pairs"))
    return trainer
