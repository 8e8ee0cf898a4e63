"""What each method of tuning (see frontdesk/models/methods.py) trains."""

from typing import Any

import torch
from peft import LoraConfig, MissConfig, PrefixTuningConfig, get_peft_model
from transformers import PreTrainedModel

from frontdesk.config.schema import TrainConfig


def with_trainable(model: PreTrainedModel, settings: TrainConfig) -> Any:
    """`model` with what the method trains: a PeftModel, or for `full` the model itself with every weight
    trainable.

    What is trained is fp32: in bf16, whose steps are 1/256 of a weight, small updates would be lost.
    """
    torch.manual_seed(settings.seed)
    if settings.method == "full":
        return model.requires_grad_(True)
    tuned = get_peft_model(model, _peft_config(settings))
    for parameter in tuned.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.float()
    return tuned


def _peft_config(settings: TrainConfig) -> Any:
    if settings.method == "prefix":
        return PrefixTuningConfig(num_virtual_tokens=settings.virtual_tokens, task_type="CAUSAL_LM")
    linear = {"r": settings.rank, "target_modules": "all-linear", "task_type": "CAUSAL_LM"}
    if settings.method == "adapter":
        return MissConfig(**linear)
    return LoraConfig(lora_alpha=2 * settings.rank, lora_dropout=settings.dropout, **linear)
