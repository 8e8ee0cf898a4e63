"""vLLM spreads a value of each request over its tokens, by our function, because its own does not."""

from importlib.metadata import entry_points
from importlib.util import find_spec, module_from_spec

import pytest
import torch

from frontdesk.engine import plugin as vllm_plugin

pytestmark = pytest.mark.xdist_group("vllm")  # one process imports it
ENDS = torch.tensor([2, 5, 6], dtype=torch.int32)


def test_each_token_gets_its_requests_value() -> None:
    temperatures = torch.empty(6)
    vllm_plugin.expand(temperatures, torch.tensor([0.3, 0.0, 1.5]), ENDS, 0, 1, MAX_NUM_TOKENS=8)
    assert temperatures.tolist() == torch.tensor([0.3, 0.3, 1, 1, 1, 1.5]).tolist()
    tops = torch.empty(6, dtype=torch.int32)
    vllm_plugin.expand(tops, torch.tensor([5, 7, 9], dtype=torch.int32), ENDS, 0, 0)
    assert tops.tolist() == [5, 5, 7, 7, 7, 9]


def test_a_request_without_drafts_has_no_token() -> None:
    out = torch.empty(3)
    vllm_plugin.expand(out, torch.tensor([0.5, 0.7, 0.9]), torch.tensor([1, 1, 3], dtype=torch.int32), 0, 1)
    assert out.tolist() == torch.tensor([0.5, 0.9, 0.9]).tolist()


def test_vllm_loads_it() -> None:
    (found,) = (one for one in entry_points(group="vllm.general_plugins") if one.value.startswith("frontdesk"))
    assert found.load() is vllm_plugin.mend


def test_vllm_still_needs_it() -> None:
    """Where this fails, vLLM has mended it: the plugin can go."""
    from vllm.platforms.cpu import CpuPlatform

    CpuPlatform.import_kernels()
    found = find_spec("vllm.utils.cpu_triton_utils")
    assert found and found.loader
    fresh = module_from_spec(found)  # another test may have had vLLM load its plugins
    found.loader.exec_module(fresh)
    out = torch.full((6,), -1.0)
    fresh._expand_kernel_impl(out, torch.tensor([0.3, 0.0, 1.5]), ENDS, 0, 1)
    assert out.tolist() == [-1.0] * 6


def test_it_is_put_in_the_place_of_vllms_own(monkeypatch: pytest.MonkeyPatch) -> None:
    from vllm.utils import cpu_triton_utils

    monkeypatch.setattr(cpu_triton_utils, "_expand_kernel_impl", None)
    vllm_plugin.mend()
    assert cpu_triton_utils._expand_kernel_impl is vllm_plugin.expand
