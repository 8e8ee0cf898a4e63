"""Numbers as people read them: counts, shares in percent, differences in percentage points."""

from collections.abc import Mapping
from typing import Any


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun, as in "1 row" and "2,000 rows"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def percent(share: float, digits: int | None = None) -> str:
    """A share in percent, below 10 % with one decimal unless `digits` is given: 52 %, 4.9 %, 5 %, 0 %."""
    places = digits if digits is not None else 1 if abs(share) < 0.0995 else 0
    number = round(100 * share, places) + 0.0  # -0.0 becomes 0
    return f"{number:g} %".replace("-", "−")


def span(score: Mapping[str, Any]) -> str:
    """An interval's ends in percent, without the sign: `40 to 64`."""
    low, high = (percent(score[end]).removesuffix(" %") for end in ("low", "high"))
    return f"{low} to {high}"


def span_ko(score: Mapping[str, Any]) -> str:
    """The same as Korean writes it: `40~64`."""
    return span(score).replace(" to ", "~")


def tight(text: str) -> str:
    """Percent as Korean writes them, without a space."""
    return text.replace(" %", "%")


def points(change: float) -> str:
    """A difference of shares in percentage points, with its sign: +25, −3.1."""
    text = percent(change).removesuffix(" %")
    return text if change < 0 or text == "0" else f"+{text}"
