import psutil

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
