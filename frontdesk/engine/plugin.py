"""A mend of vLLM for CPUs. vLLM loads it in each of its processes: pyproject.toml names it as a general plugin.

Where tokens are drafted (frontdesk/engine/vllm.py, LOOKUP), an answer at a temperature above 0 is sampled by rejection
(Leviathan et al. 2023), and each request's temperature is spread over its drafted tokens. vLLM 0.32 writes it into a
copy that it throws away, and then divides by what happened to stand in memory: one answer in three had words from
nowhere. Greedy answers take another way.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def mend() -> None:
    """Put `expand` in the place of vLLM's own, before vLLM registers that."""
    from vllm.platforms import current_platform

    if current_platform.is_cpu():
        from vllm.utils import cpu_triton_utils

        cpu_triton_utils._expand_kernel_impl = expand


def expand(
    output: "torch.Tensor",
    values: "torch.Tensor",
    ends: "torch.Tensor",
    replace_from: float,
    replace_to: float,
    MAX_NUM_TOKENS: int | None = None,
) -> None:
    """Spread a value of each request [requests] over its tokens: output [tokens]. `ends` [requests] counts the tokens up to each."""
    counts = ends.diff(prepend=ends.new_zeros(1)).long()
    output.copy_(values.masked_fill(values == replace_from, replace_to).repeat_interleave(counts))
