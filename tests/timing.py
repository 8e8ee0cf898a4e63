"""How the time of a piece of work grows with its input. No limit in seconds: a busy machine would fail it."""

import math
import time
from collections.abc import Callable

LINEAR = 1.6
"""A larger `exponent` is no longer that of linear work, whatever the machine did meanwhile."""


def exponent(work: Callable[[int], object], small: int, large: int) -> float:
    """The power of its input's size with which the CPU time of `work(size)` grows between two sizes.

    By the quickest of several runs of each, in turns: what else the machine does slows both. Two runs of each where they tell enough.
    """
    quickest = [math.inf, math.inf]
    found = math.inf
    for place in range(8):
        for which, size in enumerate((small, large)):
            begun = time.thread_time()
            work(size)
            quickest[which] = min(quickest[which], time.thread_time() - begun)
        found = math.log(quickest[1] / quickest[0]) / math.log(large / small)
        if place and found < LINEAR:
            break
    return found
