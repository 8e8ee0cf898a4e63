"""How sure a count of right answers is."""

from math import comb, sqrt


def wilson(right: float, of: float, z: float = 1.96) -> tuple[float, float]:
    """The interval in which a share lies with 95 % confidence (Wilson 1927): it stays within 0 and 1, also where nothing is right."""
    share, slack = right / of, z * z / of
    middle = (share + slack / 2) / (1 + slack)
    half = sqrt(share * (1 - share) * slack + slack * slack / 4) / (1 + slack)
    return max(0.0, middle - half), min(1.0, middle + half)


def sign_test(first: int, second: int) -> float:
    """How likely chance alone is so uneven (two-sided): `first` questions that only one system gets right, `second` only the other.

    McNemar's test (1947) in its exact form: questions that both get right, or both wrong, say nothing about which is better.
    """
    n, fewer = first + second, min(first, second)
    return float(min(1.0, 2 * sum(comb(n, k) for k in range(fewer + 1)) / 2**n))
