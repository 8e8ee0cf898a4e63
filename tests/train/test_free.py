import psutil
import pytest
import torch

from train.free import release

MIB = 2**20


def test_freed_memory_is_given_back() -> None:
    process = psutil.Process()
    blocks = [bytes(b"x" * 100_000) for _ in range(3000)]
    full = process.memory_info().rss
    last = blocks[-1]  # on top of the heap: what lies below is not given back by itself
    del blocks
    kept = process.memory_info().rss
    release()
    assert last and kept > full - 50 * MIB
    assert process.memory_info().rss < full - 200 * MIB


@pytest.mark.parametrize("initialized", [True, False])
def test_so_is_what_torch_keeps_of_a_gpu_that_was_used(monkeypatch: pytest.MonkeyPatch, initialized: bool) -> None:
    calls: list[bool] = []
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: initialized)
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: calls.append(True))
    release()
    assert calls == [True] * initialized
