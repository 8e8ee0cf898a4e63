"""How often the intervals of an A/B release mislead, and how soon they find a true difference.

    python -m bench.ab [--trials 2000]

Two versions get conversations day by day, some end with a person, and the interval (frontdesk/sequential.py) is looked at after
each day. Where both are alike, an interval without 0 on any day is an error. Beside it: a plain 95 % interval (Wald), looked at as often.
Figures are in docs/how-to/releases.md.
"""

import argparse

import numpy as np

from frontdesk.sequential import Count, difference

DAYS, A_DAY = 60, 50  # conversations a day


def trial(rng: np.random.Generator, one: float, other: float, share: float) -> tuple[int | None, int | None]:
    """The first day on which the sequential interval excludes 0, and that of the plain one; None: never."""
    found: list[int | None] = [None, None]
    hits, number = np.zeros(2, int), np.zeros(2, int)
    for day in range(1, DAYS + 1):
        second = rng.binomial(A_DAY, share)
        number += (A_DAY - second, second)
        hits += rng.binomial((A_DAY - second, second), (one, other))
        found_now = difference(*(Count(int(each), int(of)) for each, of in zip(hits, number, strict=True)))
        shares = (hits + 0.5) / (number + 1)
        wide = 1.96 * float(np.sqrt((shares * (1 - shares) / np.maximum(number, 1)).sum()))
        plain = abs(float(shares[1] - shares[0])) > wide
        for place, excluded in enumerate((found_now is not None and found_now.sign != 0, plain)):
            found[place] = found[place] or (day if excluded else None)
        if None not in found:
            break
    return found[0], found[1]


def rates(one: float, other: float, share: float, trials: int, seed: int = 7) -> list[tuple[float, float]]:
    """For both intervals: the share of trials that ever exclude 0, and the median day on which those do."""
    rng = np.random.default_rng(seed)
    found = [trial(rng, one, other, share) for _ in range(trials)]
    days = [[each for each in which if each is not None] for which in zip(*found, strict=True)]
    return [(len(which) / trials, float(np.median(which)) if which else float("nan")) for which in days]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=2000)
    trials = parser.parse_args().trials
    print(f"{trials} trials of {DAYS} days with {A_DAY} conversations each, looked at every day\n")
    print("| handed to a person | candidate's share | interval | ever without 0 | median day |\n|---|---|---|---|---|")
    for one, other in ((0.02, 0.02), (0.1, 0.1), (0.3, 0.3), (0.1, 0.15), (0.1, 0.2), (0.3, 0.4), (0.3, 0.2)):
        for share in (0.5, 0.1):
            for name, (rate, day) in zip(("sequential", "plain"), rates(one, other, share, trials), strict=True):
                print(f"| {one:.0%} and {other:.0%} | {share:.0%} | {name} | {rate:.1%} | {day:.0f} |", flush=True)


if __name__ == "__main__":
    main()
