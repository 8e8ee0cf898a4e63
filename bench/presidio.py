"""Presidio's own recognizers on the labelled texts, for comparison.

    pip install presidio-analyzer && python bench/presidio.py [LABELLED.jsonl]

Its pattern recognizers for English, Korean and all languages, at their default scores and without a language
model, which none of them needs. Names, addresses, orders and secrets are left out of its recall: without a
model it does not look for them.
"""

import sys
import time
from pathlib import Path
from typing import Any

from data_tools.pii.__main__ import LABELLED, ratio, read_examples

KINDS = {
    "CREDIT_CARD": "CARD", "EMAIL_ADDRESS": "EMAIL", "IBAN_CODE": "BANK_ACCOUNT", "IP_ADDRESS": "IP", "PHONE_NUMBER": "PHONE",
    "US_BANK_NUMBER": "BANK_ACCOUNT", "US_PASSPORT": "PASSPORT", "US_SSN": "SSN", "KR_RRN": "RRN", "KR_FRN": "RRN",
    "KR_PASSPORT": "PASSPORT", "KR_BRN": "BUSINESS_NUMBER", "KR_DRIVER_LICENSE": "DRIVER_LICENSE",
}  # fmt: skip
"""Presidio's kinds, and ours."""
NAMES = "CreditCard Email Iban Ip UsBank UsPassport UsSsn KrRrn KrFrn KrPassport KrBrn KrDriverLicense"


def main() -> None:
    """Print recall by kind, precision, and speed."""
    from presidio_analyzer import predefined_recognizers as known

    recognizers: list[Any] = [getattr(known, f"{name}Recognizer")() for name in NAMES.split()]
    recognizers.append(known.PhoneRecognizer(supported_regions=["US", "KR", "GB"]))
    examples = read_examples(Path(sys.argv[1]) if sys.argv[1:] else LABELLED)
    gold: dict[str, list[bool]] = {}
    found = right = 0
    started = time.monotonic()
    for example in examples:
        results = [one for recognizer in recognizers for one in recognizer.analyze(example.text, recognizer.supported_entities, None) or []]
        for one in results:
            found += 1
            right += any(one.start < span.end and span.start < one.end and span.kind == KINDS[one.entity_type] for span in example.gold)
        for span in example.gold:
            if span.kind in KINDS.values():
                hit = any(one.start <= span.start and span.end <= one.end and KINDS[one.entity_type] == span.kind for one in results)
                gold.setdefault(span.kind, []).append(hit)
    seconds = time.monotonic() - started
    for kind, hits in sorted(gold.items()):
        print(f"{kind:16} recall {ratio(sum(hits), len(hits)):.3f} of {len(hits)}")
    hits = [hit for kind in gold.values() for hit in kind]
    print(f"all of these: recall {ratio(sum(hits), len(hits)):.3f}, precision {ratio(right, found):.3f}")
    print(f"{len(examples) / seconds:,.0f} messages/s")


if __name__ == "__main__":
    main()
