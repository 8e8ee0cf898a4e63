"""The methods of tuning, one key in the config: what each trains, and whether its result can be merged and
served.

| method  | frozen base                      | trained                                                       | merged | served as adapter |
|---------|----------------------------------|---------------------------------------------------------------|--------|-------------------|
| qlora   | NF4 (or int8), Dettmers 2023     | low-rank A and B of every linear layer                        | yes    | yes               |
| lora    | 16 or 32 bit, Hu 2021            | the same                                                      | yes    | yes               |
| full    | none                             | every weight, in fp32                                         | is one | no                |
| adapter | 16 or 32 bit, MiSS (Kang 2024)   | one shard matrix a linear layer, shared along its input       | yes    | no                |
| prefix  | 16 or 32 bit, Li and Liang 2021  | keys and values of virtual tokens before the prompt           | no     | no                |
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Method:
    """What can be done with a method's result."""

    name: str
    rate: float  # its usual learning rate as a multiple of LoRA's: `make compare` gives each method its own
    mergeable: bool = True  # into weights of the base's own shape, which vLLM serves
    packs: bool = True  # rows may share one sequence; virtual tokens would stand before the first row only
    served_as_adapter: bool = False  # vLLM loads LoRA beside a base, and no other kind


METHODS = {
    method.name: method
    for method in (
        Method("qlora", 1.0, served_as_adapter=True),
        Method("lora", 1.0, served_as_adapter=True),
        Method("full", 0.1),
        Method("adapter", 1.0),
        Method("prefix", 10.0, mergeable=False, packs=False),
    )
}
