"""Whether an answer states the facts of an FAQ entry: a plain comparison of strings after normalizing, no model involved."""

import re

_NUMBERS = {
    word: str(number)
    for number, word in enumerate(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
    )
} | {"fifteen": "15", "twenty": "20", "thirty": "30", "forty": "40", "sixty": "60"}


def normalize(text: str) -> str:
    """Lower case, number words as digits, no thousands separators, single spaces, plain dashes and quotes."""
    text = re.sub(r"[‐-―]", "-", text.lower().replace("’", "'"))
    text = re.sub(r"(?<=\d),(?=\d{3})", "", text)
    text = re.sub(r"[a-z]+", lambda word: _NUMBERS.get(word[0], word[0]), text)
    return " ".join(text.split())


def states(answer: str, facts: list[str]) -> bool:
    """True if every fact stands in the answer. A fact's alternatives are separated by `|`; `$5` does not stand in `$50`."""
    text = normalize(answer)
    return all(any(_stands(normalize(one), text) for one in fact.split("|")) for fact in facts)


def _stands(fact: str, text: str) -> bool:
    before = r"(?<![a-z0-9.])" if fact[0].isascii() and fact[0].isalnum() else ""
    after = r"(?![a-z0-9]|[.,]\d)" if fact[-1].isascii() and fact[-1].isalnum() else ""
    return re.search(before + re.escape(fact) + after, text) is not None
