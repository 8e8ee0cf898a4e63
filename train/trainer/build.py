"""A trainer for a run: its settings, the tuned model, packing if rows stay apart, what watches it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import EarlyStoppingCallback, PreTrainedModel, PreTrainedTokenizerBase, PrinterCallback
from trl import SFTConfig

from frontdesk.config.schema import TrainConfig
from frontdesk.models.methods import METHODS
from train.methods import with_trainable
from train.rows import TokenRow
from train.trainer import processes, tracking
from train.trainer.fast import attention, lora
from train.trainer.progress import Progress
from train.trainer.sft import SupervisedSFTTrainer

ROUNDING = {torch.float32: 1e-4, torch.bfloat16: 5e-2}  # what attention.leak may be without any leak


def common_arguments(settings: TrainConfig, rows: int, checkpoints: Path, stage: str = "") -> dict[str, Any]:
    """What training on rows and on pairs share: `rows` at once, optimizer, device, trackers."""
    on_gpu = torch.cuda.is_available()
    return {
        "output_dir": str(checkpoints),
        "per_device_train_batch_size": rows,
        "per_device_eval_batch_size": rows,
        "gradient_accumulation_steps": settings.gradient_accumulation_steps,
        "lr_scheduler_type": "cosine",
        "warmup_steps": 0.05,
        "weight_decay": 0.0,
        "max_grad_norm": 1.0,
        # bitsandbytes' knows no sharded tensors
        "optim": "paged_adamw_8bit" if on_gpu and not processes.sharded() else "adamw_torch",
        "use_cpu": not on_gpu,
        "gradient_checkpointing": settings.gradient_checkpointing,
        "max_length": None,  # make data has cut the rows, and left out pairs that are too long
        "dataloader_pin_memory": on_gpu,
        "disable_tqdm": True,
        "seed": settings.seed,
    } | tracking.options(settings.report_to, checkpoints.parent.name, stage)


def arguments(settings: TrainConfig, rows: int, checkpoints: Path, *, packed: bool, autocast: bool, resumed: bool) -> SFTConfig:
    """TRL's settings for a training on so many rows; the rest as for `build`."""
    total = settings.steps(rows)
    every = max(1, total // settings.evaluations)
    return SFTConfig(
        **common_arguments(settings, processes.share(settings.batch_size), checkpoints),
        num_train_epochs=settings.epochs,
        learning_rate=settings.learning_rate,
        bf16=autocast,
        padding_free=packed,
        train_sampling_strategy="random" if packed else "group_by_length",
        eval_strategy="steps",
        eval_steps=every,
        eval_on_start=not resumed,  # a second look at a checkpoint would count as one without progress
        save_strategy="steps",
        save_steps=every,
        save_total_limit=2,
        load_best_model_at_end=True,
        metric_for_best_model="eval_deciding",
        greater_is_better=False,
        logging_steps=max(1, total // 100),
        dataset_kwargs={"skip_prepare_dataset": True},  # rows come as token ids with labels
        remove_unused_columns=False,
        ddp_find_unused_parameters=False,
        log_level_replica="passive",  # as silence_libraries() has set it
    )


def build(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    train: list[TokenRow],
    held_out: dict[str, list[TokenRow]],
    settings: TrainConfig,
    checkpoints: Path,
    autocast: bool = False,
    resumed: bool = False,
    deciding: Sequence[str] = (),
) -> tuple[SupervisedSFTTrainer, Progress]:
    """A trainer, and its progress, for `model` by the method of `settings`. `held_out` maps a name to token
    rows; the loss of those named in `deciding`, or else of the first, picks the best checkpoint and stops
    training early. `autocast` computes fp32 weights in bf16 (fast.precision.autocasts)."""
    packed = processes.agreed(settings.packing and METHODS[settings.method].packs and _rows_stay_apart(model, train))
    tuned = with_trainable(model, settings)
    if not torch.cuda.is_available() and not processes.sharded():  # FSDP puts other tensors in the parameters' place
        lora.fuse(tuned)  # on a GPU the thin products cost little, and autocast has its own rules
    progress = Progress(sum(len(row["input_ids"]) for row in train))
    trainer = SupervisedSFTTrainer(
        model=tuned,
        train=train,
        held_out={name: sorted(rows, key=lambda row: len(row["input_ids"])) for name, rows in held_out.items()},
        neftune=settings.neftune,
        deciding=deciding or [next(iter(held_out))],
        args=arguments(settings, len(train), checkpoints, packed=packed, autocast=autocast, resumed=resumed),
        processing_class=tokenizer,
        callbacks=[progress, EarlyStoppingCallback(settings.patience)],
    )
    for parameter in trainer.model.parameters():
        if parameter.requires_grad:  # TRL makes an adapter on quantized weights bf16
            parameter.data = parameter.data.float()
    trainer.remove_callback(PrinterCallback)
    return trainer, progress


def _rows_stay_apart(model: PreTrainedModel, train: list[TokenRow]) -> bool:
    """Whether rows packed into one sequence leave each other alone with this model; says so if not."""
    model.set_attn_implementation(attention.NAME)
    leak = attention.leak(model, [row["input_ids"][:64] for row in train[:4]])
    if leak <= ROUNDING[model.dtype]:
        return True
    model.set_attn_implementation("sdpa")
    print(f"train: packing is off: rows in one sequence change each other's logits by {leak:.1%} with this model", flush=True)
    return False
