"""How often the intervals of an A/B release mislead, and how soon they find a true difference.

    python -m bench.ab [--trials 2000]

Two versions get conversations day by day, some end with a person, and the interval (frontdesk/sequential.py) is looked at after
each day. Where both are alike, an interval without 0 on any day is an error. Beside it: a plain 95 % interval (Wald), looked at as often.
Figures are in docs/how-to/releases.md.
"""

import argparse

import numpy as np

from frontdesk.sequential import ALPHA, LEAST, Count, bounds

DAYS, A_DAY = 60, 50  # conversations a day


def rates(one: float, other: float, share: float, trials: int, seed: int = 7) -> list[tuple[float, float]]:
    """For the sequential and the plain interval: the share of trials in which it is without 0 on any day, and the median of the first such
    days. `one`, `other`: how often the served version and the candidate hand over; `share`: the candidate's."""
    rng = np.random.default_rng(seed)
    second = rng.binomial(A_DAY, share, (trials, DAYS))
    counts = [
        Count(rng.binomial(number, rate).cumsum(axis=1), number.cumsum(axis=1)) for number, rate in ((A_DAY - second, one), (second, other))
    ]
    low, high = bounds(*counts, ALPHA)
    enough = np.minimum(counts[0].number, counts[1].number) >= LEAST
    shares = [count.hits / np.maximum(count.number, 1) for count in counts]
    wide = 1.96 * np.sqrt(sum(each * (1 - each) / np.maximum(count.number, 1) for each, count in zip(shares, counts, strict=True)))
    plain = np.abs(shares[1] - shares[0]) > wide
    return [_first(enough & ((low > 0) | (high < 0))), _first(enough & plain)]


def _first(excluded: "np.ndarray[tuple[int, int], np.dtype[np.bool_]]") -> tuple[float, float]:
    """Of [trials, days]: the share with any, and the median of the first days."""
    any_day = excluded.any(axis=1)
    days = excluded[any_day].argmax(axis=1) + 1
    return float(any_day.mean()), float(np.median(days)) if len(days) else float("nan")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=2000)
    trials = parser.parse_args().trials
    print("| handed to a person | candidate's share | ever without 0 | median day | plain interval, ever | median day |")
    print("|---|---|---|---|---|---|")
    for one, other in ((0.02, 0.02), (0.1, 0.1), (0.3, 0.3), (0.1, 0.15), (0.1, 0.2), (0.3, 0.4), (0.3, 0.2)):
        for share in (0.5, 0.05):
            (rate, day), (plain, soon) = rates(one, other, share, trials)
            print(f"| {one:.0%} and {other:.0%} | {share:.0%} | {rate:.1%} | {day:.0f} | {plain:.1%} | {soon:.0f} |", flush=True)


if __name__ == "__main__":
    main()
