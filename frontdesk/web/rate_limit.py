"""Rate limits: a token bucket for each key, which may be a customer, an address or the name of an API key.

A bucket holds `most` tokens. Each act takes one, and within `seconds` an empty bucket fills again, evenly.
Buckets live in this process; a restart fills them all.
"""

from time import monotonic

KEYS = 10_000
"""Keys that are remembered. Beyond that, the one that was idle for longest is forgotten."""


class TooMany(Exception):
    """The bucket is empty."""

    def __init__(self, wait: float) -> None:
        """`wait`: seconds until the next act is allowed."""
        super().__init__(f"too many; try again in {wait:.0f} s")
        self.wait = wait


class RateLimit:
    """At most `most` acts at once, and `most` in `seconds` in the long run, for each key."""

    def __init__(self, most: int, seconds: float = 60.0) -> None:
        self.most, self.seconds = most, seconds
        self.buckets: dict[str, tuple[float, float]] = {}  # tokens, and when that was so

    def tokens(self, key: str) -> float:
        """The tokens that the key has now."""
        if (bucket := self.buckets.get(key)) is None:
            return self.most
        tokens, at = bucket
        return min(self.most, tokens + (monotonic() - at) * self.most / self.seconds)

    def wait(self, key: str, tokens: float = 1) -> float:
        """Seconds until the key has this many tokens; 0 if it has them now."""
        return max(0.0, (tokens - self.tokens(key)) * self.seconds / self.most)

    def take(self, key: str) -> bool:
        """Take a token. False if there is none."""
        tokens = self.tokens(key)
        self.buckets.pop(key, None)  # the newest stands last
        self.buckets[key] = (tokens - 1 if tokens >= 1 else tokens, monotonic())
        if len(self.buckets) > KEYS:
            del self.buckets[next(iter(self.buckets))]
        return tokens >= 1

    def count(self, key: str) -> None:
        """Take a token. Raises TooMany if there is none."""
        if not self.take(key):
            raise TooMany(max(1.0, self.wait(key)))
