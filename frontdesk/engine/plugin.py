"""A fix of vLLM for CPUs. vLLM loads it in each of its processes: pyproject.toml names it as a general
plugin.

With drafted tokens (frontdesk/engine/vllm.py, LOOKUP), an answer at a temperature above 0 is sampled by
rejection (Leviathan et al. 2023), and each request's temperature is copied to its drafted tokens. vLLM 0.32
writes it into a temporary copy and then divides by uninitialized memory: one answer in three had random
words. Greedy answers are not affected.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def mend() -> None:
    """Replace vLLM's function by `expand`, before vLLM registers it."""
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
    """Copy each request's value [requests] to its tokens: output [tokens]. `ends` [requests]: the running
    count of tokens."""
    counts = ends.diff(prepend=ends.new_zeros(1)).long()
    output.copy_(values.masked_fill(values == replace_from, replace_to).repeat_interleave(counts))
