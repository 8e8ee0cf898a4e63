"""TRL's SFTTrainer, with rows packed without padding and the LM head on supervised positions only; and progress for people."""

import dataclasses
import time
import types
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from transformers import EarlyStoppingCallback, PreTrainedModel, PreTrainedTokenizerBase, PrinterCallback, TrainerCallback
from transformers.trainer_pt_utils import get_length_grouped_indices
from trl import SFTConfig, SFTTrainer

from frontdesk.config.schema import TrainConfig
from frontdesk.errors import UserError
from frontdesk.files import whole_folder
from train.memory import PART_TOKENS, trim
from train.methods import METHODS, with_trainable
from train.rows import IGNORED, TIE
from train.trainer import attention, lora, processes
from train.trainer.checkpoints import Safekeeping

TokenRow = dict[str, list[int]]
Batch = dict[str, Any]

BLANK: TokenRow = {"input_ids": [0, 0], "labels": [IGNORED, IGNORED]}  # without anything to learn: it fills a batch up
TILE = 256  # labelled positions that are projected at once: neutral text, labelled throughout, would need four times a batch's logits
ROUNDING = {torch.float32: 1e-4, torch.bfloat16: 5e-2}  # what attention.leak may be without any leak


class SupervisedSFTTrainer(SFTTrainer):
    """SFTTrainer with four changes, none of which changes the loss of a batch.

    * On a CPU only the positions that have a label are projected onto the vocabulary. TRL does this itself on a GPU; on a CPU it
      projects every position, twice, and a third of a customer-service row is supervised.
    * On a CPU a large batch goes through the model in parts: same gradients, a fraction of the memory.
    * NEFTune's noise is scaled by each row's own length, also where rows share one sequence.
    * The rows of a step are the same however many processes share them (EpochOrder).

    Held-out losses are means over all supervised tokens of a set (TRL's are means of the batches' means).
    """

    def __init__(
        self,
        model: Any,
        train: list[TokenRow],
        held_out: dict[str, list[TokenRow]],
        neftune: float,
        deciding: Sequence[str],
        **options: Any,
    ) -> None:
        blanks = [BLANK] * (-len(train) % (options["args"].per_device_train_batch_size * processes.count()))
        first = Dataset.from_list(next(iter(held_out.values())))
        super().__init__(model=model, train_dataset=Dataset.from_list(train + blanks), eval_dataset=first, **options)
        self.lengths = [len(row["input_ids"]) for row in train]
        self.held_out = held_out
        self.deciding = deciding
        self.on_cpu = self.args.device.type == "cpu"
        self.in_parts = self.on_cpu and processes.count() == 1  # several must call the model equally often
        self.safekeeping = Safekeeping()
        self.add_callback(self.safekeeping)
        self._row_lengths: torch.Tensor | None = None  # of the part in the model, for the noise
        base = self.model.get_base_model() if hasattr(self.model, "get_base_model") else self.model
        if self.on_cpu:
            base.forward = types.MethodType(_with_supervised_loss(base.forward), base)
        if neftune:
            self.neftune = neftune
            base.get_input_embeddings().register_forward_hook(self._add_noise)

    def compute_loss(self, model: Any, inputs: Batch, return_outputs: bool = False, num_items_in_batch: Any = None) -> Any:
        self._row_lengths = inputs["cu_seq_lens_q"].diff() if "cu_seq_lens_q" in inputs else None
        if not self.on_cpu:
            return super().compute_loss(model, inputs, return_outputs=return_outputs, num_items_in_batch=num_items_in_batch)
        loss = model(**inputs, supervised_loss=True)
        if num_items_in_batch is None:
            return loss / (inputs["labels"][:, 1:] != IGNORED).sum().clamp(min=1)
        return loss * processes.count() / num_items_in_batch  # it counts the tokens of all, and their gradients are averaged

    def training_step(self, model: Any, inputs: Batch, num_items_in_batch: Any = None) -> torch.Tensor:
        pieces = parts(inputs, PART_TOKENS) if self.in_parts and num_items_in_batch is not None else [inputs]
        losses = [super(SupervisedSFTTrainer, self).training_step(model, piece, num_items_in_batch) for piece in pieces]
        loss = torch.stack(losses).sum()
        if not torch.isfinite(loss):
            raise UserError(
                f"step {self.state.global_step + 1}: the loss is {float(loss)}, training diverged; lower train.learning_rate "
                f"{self.args.learning_rate:g}, or set train.precision to fp32"
            )
        return loss

    def save_adapter(self, target: Path) -> None:
        """Write what was trained: a PEFT adapter, or all weights. Every process calls it, one writes."""
        state = None
        if processes.sharded():
            state = {name: part.full_tensor() for name, part in self.model.named_parameters() if part.requires_grad}
        if processes.is_main():
            with whole_folder(target) as folder:
                self.model.save_pretrained(folder, state_dict=state)
        self.accelerator.wait_for_everyone()

    def evaluate(self, eval_dataset: Any = None, ignore_keys: Any = None, metric_key_prefix: str = "eval") -> dict[str, float]:
        """The loss of every held-out set, as `eval_SET_loss`, and the mean over the tokens of those that decide, as `eval_deciding`."""
        sums = {name: self._sums(rows) for name, rows in self.held_out.items()}
        metrics = {f"eval_{name}_loss": _mean(one) for name, one in sums.items()}
        metrics["eval_deciding"] = _mean(*(sums[name] for name in self.deciding))
        self.log(metrics)
        self.control: Any = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics

    def loss_of(self, rows: list[TokenRow]) -> float:
        """Mean loss in nats of all supervised tokens of `rows`, in evaluation mode; the processes share the rows."""
        return _mean(self._sums(rows))

    @torch.no_grad()
    def _sums(self, rows: list[TokenRow]) -> tuple[float, float]:
        """(summed loss, supervised tokens) of `rows`, of all processes."""
        self.model.eval()
        total, tokens = 0.0, 0
        size = self.args.per_device_eval_batch_size * processes.count()
        for start in range(0, len(rows), size):
            share = rows[start : start + size][self.args.process_index :: processes.count()]
            batch = self._prepare_inputs(self.data_collator(share or [BLANK]))
            for part in parts(batch, PART_TOKENS) if self.in_parts else [batch]:
                count = int((part["labels"][:, 1:] != IGNORED).sum())
                with self.compute_loss_context_manager():
                    total += float(self.compute_loss(self.model_wrapped, part)) * count
                tokens += count
        self.model.train()
        self._metrics["eval"].clear()  # TRL's own of these batches
        all_total, all_tokens = processes.total(total, tokens)
        return all_total, all_tokens

    def create_accelerator_and_postprocess(self) -> None:
        super().create_accelerator_and_postprocess()
        plugin = getattr(self.accelerator.state, "fsdp_plugin", None)
        if plugin and plugin.mixed_precision_policy:  # accelerate's would round losses and the adapter's gradients to bf16
            exact = {"reduce_dtype": torch.float32, "output_dtype": None}
            plugin.mixed_precision_policy = dataclasses.replace(plugin.mixed_precision_policy, **exact)

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        # Trainer looks for the best checkpoint's folder before FSDP has written into it, and a process that misses it knows no best one.
        (Path(self.args.output_dir) / f"checkpoint-{self.state.global_step}").mkdir(parents=True, exist_ok=True)
        super()._save_checkpoint(model, trial)

    def _get_train_sampler(self, train_dataset: Any = None) -> "EpochOrder":
        return EpochOrder(self)

    def _determine_best_metric(self, metrics: dict[str, float], trial: Any) -> bool:
        """As Trainer has it, but of losses within TIE of the lowest the latest is best: there the learning rate has come down furthest."""
        lowest = min(entry["eval_deciding"] for entry in self.state.log_history if "eval_deciding" in entry)
        if metrics["eval_deciding"] <= lowest * (1 + TIE):
            self.state.best_metric = None
        return bool(super()._determine_best_metric(metrics, trial))

    def _add_noise(self, module: torch.nn.Module, inputs: Any, output: torch.Tensor) -> torch.Tensor:
        """NEFTune (Jain et al. 2023): uniform noise of ±alpha / sqrt(row length × hidden size) on the embeddings, in training."""
        if not module.training:
            return output
        lengths = self._row_lengths
        tokens = torch.tensor([[output.shape[1]]]) if lengths is None else lengths.repeat_interleave(lengths)[None]
        scale = self.neftune / (tokens.to(output.device) * output.shape[2]).sqrt()
        return output + torch.empty_like(output).uniform_(-1, 1) * scale[..., None].to(output.dtype)


class EpochOrder(torch.utils.data.Sampler[int]):
    """The training rows in an order that depends on seed and epoch alone, then the blank ones that fill the last batch.

    accelerate deals each batch of the order out to the processes: together they take what one process takes in a step.
    """

    def __init__(self, trainer: SupervisedSFTTrainer) -> None:
        self.trainer = trainer

    def __len__(self) -> int:
        return len(self.trainer.train_dataset)

    def __iter__(self) -> Iterator[int]:
        args, lengths = self.trainer.args, self.trainer.lengths
        generator = torch.Generator().manual_seed(args.seed + int(self.trainer.state.epoch or 0))
        if args.train_sampling_strategy == "random":
            yield from torch.randperm(len(lengths), generator=generator).tolist()
        else:  # padded rows of like length share a step
            step = args.per_device_train_batch_size * args.gradient_accumulation_steps * processes.count()
            yield from get_length_grouped_indices(lengths, step, generator=generator)
        yield from range(len(lengths), len(self))


def _with_supervised_loss(forward: Any) -> Any:
    """A causal LM's forward that also takes `supervised_loss=True`: it then returns the sum of the losses of the labelled positions.

    It is the model's own forward that is extended, not the trainer's loss, since distributed wrappers and prefix tuning act on it.
    """

    def forward_or_loss(self: Any, *args: Any, supervised_loss: bool = False, labels: torch.Tensor | None = None, **options: Any) -> Any:
        if not supervised_loss:
            return forward(*args, **options, **({} if labels is None else {"labels": labels}))
        assert labels is not None
        hidden = self.base_model(*args, **options | {"use_cache": False}).last_hidden_state[:, :-1]
        supervised = labels[:, 1:] != IGNORED
        head, loss = self.get_output_embeddings(), torch.nn.functional.cross_entropy
        tiles = zip(hidden[supervised].split(TILE), labels[:, 1:][supervised].split(TILE), strict=True)
        return torch.stack([loss(head(states).float(), targets, reduction="sum") for states, targets in tiles]).sum()

    return forward_or_loss


def parts(batch: Batch, limit: int) -> list[Batch]:
    """A collated batch as parts of at most `limit` tokens or one row; its tensors are (1, tokens) where packed, else (rows, width)."""
    if "cu_seq_lens_q" not in batch:
        width = batch["input_ids"].shape[1]
        pieces = zip(*(tensor.split(max(1, limit // width)) for tensor in batch.values()), strict=True)
        return [dict(zip(batch, piece, strict=True)) for piece in pieces]
    borders, cuts = batch["cu_seq_lens_q"].tolist(), [0]
    for before, border in pairwise(borders):
        if border - cuts[-1] > limit and before > cuts[-1]:
            cuts.append(before)
    out = []
    for start, end in zip(cuts, [*cuts[1:], borders[-1]], strict=True):
        lengths = torch.tensor([border - start for border in borders if start <= border <= end], dtype=torch.int32)
        part = {name: batch[name][:, start:end] for name in ("input_ids", "labels", "position_ids")}
        out.append(part | {"cu_seq_lens_q": lengths, "cu_seq_lens_k": lengths})
    return out


class Progress(TrainerCallback):
    """Prints a line every few seconds: step, loss, tokens/s, time left; the whole time after a few steps; and each held-out loss."""

    TIMED = 4  # steps after which the whole time is foretold; the first two warm up

    def __init__(self, tokens_per_epoch: int, every_seconds: float = 10.0) -> None:
        self.tokens_per_epoch, self.every = tokens_per_epoch, every_seconds
        self.started = self.printed = self.step_ended = time.monotonic()
        self.evaluating = 0.0  # seconds spent on held-out losses
        self.evaluated = 0
        self.epochs = 0.0  # trained in this process
        self.first_epoch = 0.0
        self.steps = 0

    def speed(self) -> float:
        """Tokens (prompt and answer, without padding) trained per second, held-out losses and saving aside."""
        return self.epochs * self.tokens_per_epoch / max(1e-9, self.step_ended - self.started - self.evaluating)

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self.started = self.printed = self.step_ended = time.monotonic()
        self.first_epoch = state.epoch or 0.0

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        now = time.monotonic()
        self.steps += 1
        if self.steps == self.TIMED // 2:
            self.warm = now
        elif self.steps == self.TIMED:
            seconds = (now - self.warm) / (self.TIMED // 2) * (state.max_steps - state.global_step)
            evaluations = self.evaluating / max(1, self.evaluated) * (state.max_steps // args.eval_steps)
            print(f"  about {(seconds + evaluations) / 60:.1f} min to go, by {self.TIMED // 2} timed steps", flush=True)
        self.step_ended = now
        self.epochs = state.epoch - self.first_epoch
        if self.step_ended - self.printed < self.every:
            return
        self.printed = self.step_ended
        trim()
        left = (args.num_train_epochs - state.epoch) / self.epochs * (self.step_ended - self.started)
        loss = next((f"loss {entry['loss']:.3f}  " for entry in reversed(state.log_history) if "loss" in entry), "")
        print(f"  step {state.global_step}/{state.max_steps}  {loss}{self.speed():.0f} tokens/s  {left / 60:.1f} min left", flush=True)

    def on_evaluate(self, args: Any, state: Any, control: Any, metrics: dict[str, float] | None = None, **kwargs: Any) -> None:
        now = time.monotonic()
        self.evaluating += now - self.step_ended
        self.evaluated += 1
        self.step_ended = self.printed = now
        losses = ", ".join(f"{name[5:-5]} {value:.3f}" for name, value in (metrics or {}).items() if name.endswith("_loss"))
        print(f"  step {state.global_step}: held-out loss: {losses}", flush=True)


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
    """A trainer, and its progress, for `model` by the method of `settings`.

    `held_out` maps a name to token rows; the loss of those named in `deciding`, or else of the first, picks the best checkpoint and stops
    training early. `autocast` computes fp32 weights in bf16 (the method `full`).
    """
    on_gpu = torch.cuda.is_available()
    share = processes.share(settings.batch_size)
    packed = processes.agreed(settings.packing and METHODS[settings.method].packs and _rows_stay_apart(model, train))
    tuned = with_trainable(model, settings)
    if not on_gpu and not processes.sharded():  # FSDP puts other tensors in the parameters' place
        lora.fuse(tuned)  # on a GPU the thin products cost little, and autocast has its own rules
    total = settings.steps(len(train))
    every = max(1, total // settings.evaluations)
    args = SFTConfig(
        output_dir=str(checkpoints),
        per_device_train_batch_size=share,
        per_device_eval_batch_size=share,
        gradient_accumulation_steps=settings.gradient_accumulation_steps,
        num_train_epochs=settings.epochs,
        learning_rate=settings.learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=0.05,
        weight_decay=0.0,
        max_grad_norm=1.0,
        optim="paged_adamw_8bit" if on_gpu and not processes.sharded() else "adamw_torch",  # bitsandbytes' knows no sharded tensors
        bf16=on_gpu or autocast,  # on a CPU a frozen base is in the chosen dtype itself; autocast would only add casts
        use_cpu=not on_gpu,
        gradient_checkpointing=settings.gradient_checkpointing,
        padding_free=packed,
        max_length=None,  # make data has cut the rows
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
        dataloader_pin_memory=on_gpu,
        ddp_find_unused_parameters=False,
        disable_tqdm=True,
        log_level_replica="passive",  # as silence_libraries() has set it
        report_to=[],
        seed=settings.seed,
    )
    progress = Progress(sum(len(row["input_ids"]) for row in train))
    trainer = SupervisedSFTTrainer(
        model=tuned,
        train=train,
        held_out={name: sorted(rows, key=lambda row: len(row["input_ids"])) for name, rows in held_out.items()},
        neftune=settings.neftune,
        deciding=deciding or [next(iter(held_out))],
        args=args,
        processing_class=tokenizer,
        callbacks=[progress, EarlyStoppingCallback(settings.patience)],
    )
    for parameter in trainer.model.parameters():
        if parameter.requires_grad:  # TRL makes an adapter on quantized weights bf16
            parameter.data = parameter.data.float()
    trainer.remove_callback(PrinterCallback)
    return trainer, progress


def _mean(*sums: tuple[float, float]) -> float:
    return sum(total for total, _ in sums) / max(1, sum(tokens for _, tokens in sums))


def _rows_stay_apart(model: PreTrainedModel, train: list[TokenRow]) -> bool:
    """Whether rows packed into one sequence leave each other alone with this model and its attention; says so if not."""
    model.set_attn_implementation(attention.NAME)
    leak = attention.leak(model, [row["input_ids"][:64] for row in train[:4]])
    if leak <= ROUNDING[model.dtype]:
        return True
    model.set_attn_implementation("sdpa")
    print(f"train: packing is off: rows in one sequence change each other's logits by {leak:.1%} with this model", flush=True)
    return False
