"""TRL's SFTTrainer, with two changes: the LM head runs over supervised positions only, and progress is printed for people."""

import time
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from peft import LoraConfig, get_peft_model
from transformers import EarlyStoppingCallback, PreTrainedModel, PreTrainedTokenizerBase, PrinterCallback, TrainerCallback
from trl import SFTConfig, SFTTrainer

from frontdesk.config import TrainConfig

TokenRows = list[dict[str, list[int]]]


MICRO_TOKENS = 1024  # of a batch, padding included, that go through the model at once on a CPU


class SupervisedSFTTrainer(SFTTrainer):
    """SFTTrainer whose loss on a CPU projects only the positions that have a label.

    TRL does this itself on a GPU; on a CPU it projects every position onto the whole vocabulary, twice. In a customer-service row
    a third of the tokens are supervised, and the projection is the largest single product of a small model.
    """

    def compute_loss(
        self, model: Any, inputs: dict[str, torch.Tensor], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        if return_outputs or inputs["input_ids"].device.type != "cpu":
            return super().compute_loss(model, inputs, return_outputs=return_outputs, num_items_in_batch=num_items_in_batch)
        base = self.accelerator.unwrap_model(model).get_base_model()
        hidden = base.model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"], use_cache=False).last_hidden_state
        targets = inputs["labels"][:, 1:]
        supervised = targets != -100
        logits = base.lm_head(hidden[:, :-1][supervised]).float()
        loss = torch.nn.functional.cross_entropy(logits, targets[supervised], reduction="sum")
        return loss / (supervised.sum() if num_items_in_batch is None else num_items_in_batch)

    def training_step(self, model: Any, inputs: dict[str, torch.Tensor], num_items_in_batch: Any = None) -> torch.Tensor:
        """A step whose batch, if it is of long rows, goes through the model in parts: same gradients, a fraction of the memory.

        Rows of like length share a batch, so a batch of eight conversations holds five times the tokens of eight FAQ rows.
        """
        rows, width = inputs["input_ids"].shape
        if num_items_in_batch is None or inputs["input_ids"].device.type != "cpu" or rows * width <= MICRO_TOKENS:
            return super().training_step(model, inputs, num_items_in_batch)
        parts = zip(*(tensor.split(max(1, MICRO_TOKENS // width)) for tensor in inputs.values()), strict=True)
        losses = [
            super(SupervisedSFTTrainer, self).training_step(model, dict(zip(inputs, part, strict=True)), num_items_in_batch)
            for part in parts
        ]
        return torch.stack(losses).sum()


class Progress(TrainerCallback):
    """Prints a line every few seconds: step, loss, tokens/s, time left; and each held-out loss."""

    def __init__(self, tokens_per_epoch: int, every_seconds: float = 10.0) -> None:
        self.tokens_per_epoch, self.every = tokens_per_epoch, every_seconds
        self.started = self.printed = self.step_ended = time.monotonic()
        self.evaluating = 0.0  # seconds spent on held-out losses
        self.epochs = 0.0  # trained in this process
        self.first_epoch = 0.0

    def speed(self) -> float:
        """Tokens (prompt and answer, without padding) trained per second, held-out losses and saving aside."""
        return self.epochs * self.tokens_per_epoch / max(1e-9, self.step_ended - self.started - self.evaluating)

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self.started = self.printed = self.step_ended = time.monotonic()
        self.first_epoch = state.epoch or 0.0

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self.step_ended = time.monotonic()
        self.epochs = state.epoch - self.first_epoch
        if self.step_ended - self.printed < self.every:
            return
        self.printed = self.step_ended
        left = (args.num_train_epochs - state.epoch) / self.epochs * (self.step_ended - self.started)
        loss = next((entry["loss"] for entry in reversed(state.log_history) if "loss" in entry), float("nan"))
        print(
            f"  step {state.global_step}/{state.max_steps}  loss {loss:.3f}  {self.speed():.0f} tokens/s  {left / 60:.1f} min left",
            flush=True,
        )

    def on_evaluate(self, args: Any, state: Any, control: Any, metrics: dict[str, float] | None = None, **kwargs: Any) -> None:
        now = time.monotonic()
        self.evaluating += now - self.step_ended
        self.step_ended = self.printed = now
        for name, value in (metrics or {}).items():
            if name.endswith("_loss"):
                print(f"  step {state.global_step}: held-out loss ({name[5:-5]}) {value:.3f}", flush=True)


def build(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    train: TokenRows,
    held_out: dict[str, TokenRows],
    settings: TrainConfig,
    checkpoints: Path,
) -> tuple[SupervisedSFTTrainer, Progress]:
    """A trainer, and its progress, for LoRA on all linear layers of a quantized `model`.

    `held_out` maps a name to token rows; the loss of its first entry picks the best checkpoint and stops training early.
    """
    on_gpu = torch.cuda.is_available()
    steps_per_epoch = -(-len(train) // (settings.batch_size * settings.accumulation))
    total = max(1, round(steps_per_epoch * settings.epochs))
    every = max(1, total // settings.evaluations)
    args = SFTConfig(
        output_dir=str(checkpoints),
        per_device_train_batch_size=settings.batch_size,
        per_device_eval_batch_size=settings.batch_size,
        gradient_accumulation_steps=settings.accumulation,
        num_train_epochs=settings.epochs,
        learning_rate=settings.learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=0.05,
        weight_decay=0.0,
        max_grad_norm=1.0,
        neftune_noise_alpha=5.0,
        optim="paged_adamw_8bit" if on_gpu else "adamw_torch",
        bf16=on_gpu,  # on a CPU the model itself is in the chosen dtype; autocast would only add casts
        use_cpu=not on_gpu,
        gradient_checkpointing=settings.gradient_checkpointing,
        train_sampling_strategy="group_by_length",  # rows of like length share a batch: little padding
        eval_strategy="steps",
        eval_steps=every,
        eval_on_start=True,
        save_strategy="steps",
        save_steps=every,
        save_total_limit=2,
        load_best_model_at_end=True,
        metric_for_best_model=f"eval_{next(iter(held_out))}_loss",
        greater_is_better=False,
        logging_steps=max(1, total // 100),
        dataset_kwargs={"skip_prepare_dataset": True},  # rows come as token ids with labels
        remove_unused_columns=False,
        dataloader_pin_memory=on_gpu,
        disable_tqdm=True,
        report_to=[],
        seed=settings.seed,
    )
    lora = LoraConfig(
        r=settings.rank, lora_alpha=2 * settings.rank, lora_dropout=settings.dropout, target_modules="all-linear", task_type="CAUSAL_LM"
    )
    progress = Progress(sum(len(row["input_ids"]) for row in train))
    trainer = SupervisedSFTTrainer(
        model=get_peft_model(model, lora),
        args=args,
        processing_class=tokenizer,
        train_dataset=Dataset.from_list(train),
        eval_dataset={name: Dataset.from_list(sorted(rows, key=lambda row: len(row["input_ids"]))) for name, rows in held_out.items()},
        callbacks=[progress, EarlyStoppingCallback(settings.patience)],
    )
    for parameter in trainer.model.parameters():
        if parameter.requires_grad:  # TRL makes the adapter bf16, whose steps of 1/256 lose small updates; fp32 costs no time here
            parameter.data = parameter.data.float()
    trainer.remove_callback(PrinterCallback)
    return trainer, progress
