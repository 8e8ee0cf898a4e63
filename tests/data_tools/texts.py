"""Texts that are no near copies of each other by chance."""

import random

SYLLABLES = ["ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "ri", "so", "tu", "va", "we", "xi", "yo", "zu"]


def words(rng: random.Random, number: int) -> str:
    """Invented words."""
    return " ".join("".join(rng.choices(SYLLABLES, k=3)) for _ in range(number))
