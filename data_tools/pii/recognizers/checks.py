"""Check digits by python-stdnum, that of foreigners by hand; and the region of a Korean driving licence.

Presidio knows them too, but takes 6 s and 500 MB in every process to import.
"""

from stdnum import iban, luhn
from stdnum.kr import brn, rrn

WEIGHTS = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
REGIONS = range(11, 29)  # the offices that issue driving licences, by the first two digits of a number


def valid(entity: str, value: str) -> bool:
    """Whether the check digit of a value (blanks and dashes do not matter) is right."""
    plain = "".join(char for char in value if char.isalnum())
    checks = {"card": luhn.is_valid, "iban": iban.is_valid, "resident": rrn.is_valid, "business": brn.is_valid}
    checks |= {"foreigner": _foreigner, "license": lambda number: number[:2].isdecimal() and int(number[:2]) in REGIONS}
    return bool(checks[entity](plain))


def _foreigner(number: str) -> bool:
    """As for residents, but counted from 13 instead of 11."""
    if len(number) != len(WEIGHTS) + 1 or not number.isdecimal():
        return False
    total = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, number[:-1], strict=True))
    return (13 - total % 11) % 10 == int(number[-1])
