"""The methods of tuning, one key in the config: what each trains, and whether its result can be merged and served.

| method  | frozen base                      | trained                                                       | merged | served as adapter |
|---------|----------------------------------|---------------------------------------------------------------|--------|-------------------|
| qlora   | NF4 (or int8), Dettmers 2023     | low-rank A and B of every linear layer                        | yes    | yes               |
| lora    | 16 or 32 bit, Hu 2021            | the same                                                      | yes    | yes               |
| full    | none                             | every weight, in fp32                                         | is one | no                |
| adapter | 16 or 32 bit, MiSS (Kang 2024)   | one shard matrix a linear layer, shared along its input       | yes    | no                |
| prefix  | 16 or 32 bit, Li and Liang 2021  | keys and values of virtual tokens before the prompt           | no     | no                |
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from frontdesk.config import TrainConfig

if TYPE_CHECKING:
    from transformers import PreTrainedModel


@dataclass(frozen=True)
class Method:
    """What can be done with a method's result."""

    name: str
    rate: float  # its usual learning rate as a multiple of LoRA's: `make compare` gives each method its own
    quantized: bool = False
    mergeable: bool = True  # into weights of the base's own shape, which vLLM serves
    packs: bool = True  # rows may share one sequence; virtual tokens would stand before the first row only


METHODS = {
    method.name: method
    for method in (
        Method("qlora", 1.0, quantized=True),
        Method("lora", 1.0),
        Method("full", 0.1),
        Method("adapter", 1.0),
        Method("prefix", 10.0, mergeable=False, packs=False),
    )
}


def with_trainable(model: "PreTrainedModel", settings: TrainConfig) -> Any:
    """`model` with what the method trains: a PeftModel, or for `full` the model itself with every weight trainable.

    What is trained is fp32: in bf16, whose steps are 1/256 of a weight, small updates would be lost.
    """
    import torch
    from peft import get_peft_model

    torch.manual_seed(settings.seed)
    if settings.method == "full":
        return model.requires_grad_(True)
    tuned = get_peft_model(model, _peft_config(settings))
    for parameter in tuned.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.float()
    return tuned


def _peft_config(settings: TrainConfig) -> Any:
    from peft import LoraConfig, MissConfig, PrefixTuningConfig

    if settings.method == "prefix":
        return PrefixTuningConfig(num_virtual_tokens=settings.virtual_tokens, task_type="CAUSAL_LM")
    if settings.method == "adapter":
        return MissConfig(r=settings.rank, target_modules="all-linear", task_type="CAUSAL_LM")
    return LoraConfig(
        r=settings.rank, lora_alpha=2 * settings.rank, lora_dropout=settings.dropout, target_modules="all-linear", task_type="CAUSAL_LM"
    )
