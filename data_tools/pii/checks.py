"""Check digits, by Presidio's recognizers: Luhn, IBAN, Korean resident, foreigner and business registration, licence region.

Only their checks are used. Their patterns end at a word boundary, and before a Korean particle there is none: measured, they miss "1111로".
Importing Presidio takes 6 s and 500 MB, so it waits for the first number that has something to check.
"""

from functools import cache
from typing import Any


@cache
def recognizers() -> dict[str, Any]:
    """Presidio's recognizers whose checks serve here."""
    from presidio_analyzer import predefined_recognizers as known

    return {
        "card": known.CreditCardRecognizer(),
        "iban": known.IbanRecognizer(),
        "resident": known.KrRrnRecognizer(),
        "foreigner": known.KrFrnRecognizer(),
        "business": known.KrBrnRecognizer(),
        "license": known.KrDriverLicenseRecognizer(),
    }


def valid(entity: str, value: str) -> bool:
    """Whether the check digit of a value (blanks and dashes do not matter) is right."""
    alphanumeric = "".join(char for char in value if char.isalnum())
    return recognizers()[entity].validate_result(alphanumeric) is True
