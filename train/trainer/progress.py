"""What a person sees of a training: a bar of its steps, each held-out loss, how long it will take."""

import time
from typing import Any

from transformers import TrainerCallback

from frontdesk.terminal import Bar
from train.free import trim

TRIM_SECONDS = 10.0  # between two looks for memory that malloc could give back


class Steps(TrainerCallback):
    """A bar of the steps."""

    def __init__(self, label: str, timed: bool = True) -> None:
        self.label, self.timed = label, timed

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self.bar = Bar(self.label, state.max_steps, "steps", self.timed)

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self.bar.update(state.global_step)

    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self.bar.close()


class Progress(Steps):
    """A bar with loss, tokens/s and time left; the whole time after a few steps; each held-out loss."""

    TIMED = 4  # steps after which the whole time is estimated; the first two warm up

    def __init__(self, tokens_per_epoch: int) -> None:
        super().__init__("training", timed=False)
        self.tokens_per_epoch = tokens_per_epoch
        self.started = self.trimmed = self.step_ended = time.monotonic()
        self.evaluating = 0.0  # seconds spent on held-out losses
        self.evaluated = 0
        self.epochs = 0.0  # trained in this process
        self.first_epoch = 0.0
        self.steps = 0

    def speed(self) -> float:
        """Tokens (without padding) trained per second, without held-out losses and saving."""
        return self.epochs * self.tokens_per_epoch / max(1e-9, self.step_ended - self.started - self.evaluating)

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self.started = self.trimmed = self.step_ended = time.monotonic()
        self.first_epoch = state.epoch or 0.0
        super().on_train_begin(args, state, control)

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        now = time.monotonic()
        self.steps += 1
        if self.steps == self.TIMED // 2:
            self.warm = now
        elif self.steps == self.TIMED:
            self._estimate(now, state, args.eval_steps)
        self.step_ended = now
        self.epochs = state.epoch - self.first_epoch
        if self.bar.due():
            self.bar.update(state.global_step, self._figures(args, state))
        if now - self.trimmed >= TRIM_SECONDS:
            self.trimmed = now
            trim()

    def on_evaluate(self, args: Any, state: Any, control: Any, metrics: dict[str, float] | None = None, **kwargs: Any) -> None:
        now = time.monotonic()
        self.evaluating += now - self.step_ended
        self.evaluated += 1
        self.step_ended = now
        losses = ", ".join(f"{name[5:-5]} {value:.3f}" for name, value in (metrics or {}).items() if name.endswith("_loss"))
        print(f"  step {state.global_step}: held-out loss: {losses}", flush=True)

    def _estimate(self, now: float, state: Any, steps_between: int) -> None:
        """Print how long the training takes, by a few timed steps."""
        seconds = (now - self.warm) / (self.TIMED // 2) * (state.max_steps - state.global_step)
        evaluations = self.evaluating / max(1, self.evaluated) * (state.max_steps // steps_between)
        print(f"  about {(seconds + evaluations) / 60:.1f} min to go, by {self.TIMED // 2} timed steps", flush=True)

    def _figures(self, args: Any, state: Any) -> str:
        left = (args.num_train_epochs - state.epoch) / self.epochs * (self.step_ended - self.started)
        loss = next((f"loss {entry['loss']:.3f}, " for entry in reversed(state.log_history) if "loss" in entry), "")
        return f"{loss}{self.speed():.0f} tokens/s, {left / 60:.1f} min left"
