"""TRL's SFTTrainer, with rows packed without padding and the LM head on supervised positions only."""

import dataclasses
import math
import types
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from transformers.trainer_pt_utils import get_length_grouped_indices
from trl import SFTTrainer

from frontdesk.errors import UserError
from frontdesk.files import whole_folder
from frontdesk.terminal import track
from train.memory import PART_TOKENS
from train.rows import IGNORED, TIE, TokenRow
from train.trainer import processes
from train.trainer.checkpoints import Safekeeping
from train.trainer.fast.batches import BLANK, Batch, parts
from train.trainer.fast.loss import with_supervised_loss


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
            base.forward = types.MethodType(with_supervised_loss(base.forward), base)
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
        """The loss of each held-out set, `eval_SET_loss`, and of the deciding ones, `eval_deciding`."""
        sums = {name: self._sums(rows) for name, rows in self.held_out.items()}
        metrics = {f"eval_{name}_loss": _mean(one) for name, one in sums.items()}
        metrics["eval_deciding"] = _mean(*(sums[name] for name in self.deciding))
        self.log(metrics)
        self.control: Any = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics

    @torch.no_grad()
    def _sums(self, rows: list[TokenRow]) -> tuple[float, float]:
        """(summed loss in nats, supervised tokens) of `rows`, which the processes share."""
        self.model.eval()
        total, tokens = 0.0, 0
        size = self.args.per_device_eval_batch_size * processes.count()
        for start in track(range(0, len(rows), size), "held-out loss", math.ceil(len(rows) / size), "batches"):
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
        # Trainer looks for the best checkpoint's folder before FSDP has written into it, and a process that
        # misses it knows no best one.
        (Path(self.args.output_dir) / f"checkpoint-{self.state.global_step}").mkdir(parents=True, exist_ok=True)
        super()._save_checkpoint(model, trial)

    def _get_train_sampler(self, train_dataset: Any = None) -> "EpochOrder":
        return EpochOrder(self)

    def _determine_best_metric(self, metrics: dict[str, float], trial: Any) -> bool:
        """As Trainer, but of losses within TIE of the lowest the latest is best: its rate is lowest."""
        lowest = min(entry["eval_deciding"] for entry in self.state.log_history if "eval_deciding" in entry)
        if metrics["eval_deciding"] <= lowest * (1 + TIE):
            self.state.best_metric = None
        return bool(super()._determine_best_metric(metrics, trial))

    def _add_noise(self, module: torch.nn.Module, inputs: Any, output: torch.Tensor) -> torch.Tensor:
        """NEFTune (Jain et al. 2023): noise of ±alpha / sqrt(row length × hidden size), in training."""
        if not module.training:
            return output
        lengths = self._row_lengths
        tokens = torch.tensor([[output.shape[1]]]) if lengths is None else lengths.repeat_interleave(lengths)[None]
        scale = self.neftune / (tokens.to(output.device) * output.shape[2]).sqrt()
        return output + torch.empty_like(output).uniform_(-1, 1) * scale[..., None].to(output.dtype)


class EpochOrder(torch.utils.data.Sampler[int]):
    """The training rows in an order that depends on seed and epoch alone, then the blank ones that fill the
    last batch. accelerate deals each batch of the order out to the processes: together they take what one
    process takes in a step."""

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


def _mean(*sums: tuple[float, float]) -> float:
    return sum(total for total, _ in sums) / max(1, sum(tokens for _, tokens in sums))
