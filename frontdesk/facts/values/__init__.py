"""Typed values in a text: prices, durations, times, addresses and numbers, in English and Korean, in one
spelling each.

`3만원`, `30,000원` and `₩30,000` are one price; `three days`, `3일` and `사흘` one duration. No model involved.
"""

from frontdesk.facts.values.find import values
from frontdesk.facts.values.value import Value

__all__ = ["Value", "values"]
