"""Token buckets: a burst, then as many as come back in time, for each key."""

import pytest

from frontdesk.web import rate_limit
from frontdesk.web.rate_limit import RateLimit, TooMany


def test_a_burst_then_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(rate_limit, "monotonic", lambda: now[0])
    limit = RateLimit(2, 4.0)
    assert [limit.take("a") for _ in range(3)] == [True, True, False]
    assert (limit.wait("a"), limit.wait("a", 2), limit.wait("b")) == (2, 4, 0)
    with pytest.raises(TooMany) as error:
        limit.count("a")
    assert error.value.wait == 2
    now[0] = 2.0
    assert [limit.take("a"), limit.take("a")] == [True, False]
    now[0] = 1000.0
    assert (limit.tokens("a"), limit.wait("a")) == (2, 0)


def test_the_key_that_was_idle_for_longest_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limit, "KEYS", 2)
    monkeypatch.setattr(rate_limit, "monotonic", lambda: 0.0)
    limit = RateLimit(1)
    for key in ("a", "b", "a", "c"):
        limit.take(key)
    assert [limit.tokens(key) for key in "abc"] == [0, 1, 0]
