"""The masker: finds personal data in the texts of a conversation and puts placeholders in its place, the same for the same value."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from data_tools.pii.names.find import asks_name, find_names
from data_tools.pii.names.people import People, name_key, person
from data_tools.pii.recognizers.addresses import find_addresses
from data_tools.pii.recognizers.identity import find_identity
from data_tools.pii.recognizers.money import find_money
from data_tools.pii.recognizers.network import find_network, may_be_secret
from data_tools.pii.recognizers.orders import find_orders
from data_tools.pii.recognizers.phones import find_phones, speaks_digits
from data_tools.pii.spans import PLACEHOLDER, Masked, Span, collapse, original, usual, value_key, without_overlaps

FINDERS = (find_identity, find_money, find_network, find_phones, find_orders, find_addresses)
NUMERIC = re.compile(
    r"(?i)[\d@]|\*{4}|골뱅이|[(\[]\s?at\s?[)\]]|앳|(?-i:\b[A-Z]{6}\b)|\sdot\s|\sat\s(?:gmail|yahoo|hotmail|outlook|icloud|naver)"
)
"""Most messages hold none of these, and no word that announces a secret or a spoken number: then no finder of numbers runs."""

REMEMBERED = 2048  # so many texts are not searched again: stock sentences, and what the next round leaves as it is
ASKED = 400  # as much of what the other side said before is looked at (its end)


class Allow(NamedTuple):
    """What stays: normalized values that a company publishes, and its name."""

    values: frozenset[str] = frozenset()
    company: str = ""

    def keeps(self, span: Span, text: str) -> bool:
        """Whether this piece of the text is public."""
        key = value_key(span.kind, text[span.start : span.end])
        if key in self.values:
            return True
        if span.kind == "NAME":
            return len(key) >= 2 and name_key(self.company).startswith(key)
        return span.kind == "ADDRESS" and len(key) >= 8 and any(key in value for value in self.values)


def allowed(texts: Iterable[str], company: str) -> Allow:
    """Everything in a company's public texts that would be masked elsewhere, and the company's name."""
    usuals = [usual(text) for text in texts]
    values = {value_key(span.kind, text[span.start : span.end]) for text in usuals for span in _numbers(text, "")}
    names = {name_key(text[name.start : name.end]) for text in usuals for name in find_names(text, False)}
    return Allow(frozenset(values | names), company)


class Masker:
    """Masks conversations. Holds nothing but the allow-list, so it can be pickled."""

    def __init__(self, allow: Allow | None = None) -> None:
        self.allow = allow or Allow()

    def mask(self, texts: Sequence[str], names: Sequence[str] = (), roles: Sequence[str] | None = None) -> list[Masked]:
        """One conversation, in order: each text with placeholders, and what they replaced. Masking the result again changes nothing.

        `names` are the participants' as the export names them. `roles` ("customer" or "agent", one a text) say whose question a text
        answers; without them a text may answer the one before it.
        """
        kept: list[list[Span]] = [[] for _ in texts]
        aliases: dict[str, str] = {}
        holes = [[Span(*match.span(), "") for match in PLACEHOLDER.finditer(text)] for text in texts]
        while True:  # until nothing is left: what was masked no longer hides its neighbours
            works = [usual(collapse(text, spans)) for text, spans in zip(texts, holes, strict=True)]
            found = self._round(works, names, roles, aliases)
            if not any(found):
                return _replace(texts, kept, aliases)
            moved = [original(spans, old) for spans, old in zip(found, holes, strict=True)]
            kept = [sorted(old + new) for old, new in zip(kept, moved, strict=True)]
            holes = [sorted(old + new) for old, new in zip(holes, moved, strict=True)]

    def _round(self, works: list[str], names: Sequence[str], roles: Sequence[str] | None, aliases: dict[str, str]) -> list[list[Span]]:
        """What is found in texts whose masked spans are holes. Adds to `aliases` which names are parts of which."""
        said = list(zip(works, _asked(works, roles), strict=True))
        found = [find_names(text, asks_name(asked)) for text, asked in said]
        named = [[span for span in spans if self._is_person(span, text)] for text, spans in zip(works, found, strict=True)]
        introduced = [text[span.start : span.end] for text, spans in zip(works, named, strict=True) for span in spans]
        people = People([*names, *introduced], self.allow.company)
        aliases.update(people.aliases)
        numbers = [_numbers(text, asked) for text, asked in said]
        return [self._kept(text, [*one, *own, *people.find(text)]) for text, one, own in zip(works, numbers, named, strict=True)]

    def _is_person(self, span: Span, text: str) -> bool:
        return not self.allow.keeps(span, text) and bool(person(text[span.start : span.end]))

    def _kept(self, text: str, found: list[Span]) -> list[Span]:
        """The spans to mask, without overlaps: nothing public and nothing inside something public."""
        public = sorted(span for span in found if self.allow.keeps(span, text))
        if not public:
            return without_overlaps(found)
        starts, ends = [span.start for span in public], list(accumulate((span.end for span in public), max))
        inside = [bisect_right(starts, span.start) for span in found]
        return without_overlaps(span for span, count in zip(found, inside, strict=True) if not count or ends[count - 1] < span.end)


@lru_cache(maxsize=REMEMBERED)
def _numbers(text: str, asked: str) -> tuple[Span, ...]:
    may_hold = NUMERIC.search(text) or may_be_secret(text) or speaks_digits(text)
    return tuple(span for find in FINDERS for span in find(text, asked)) if may_hold else ()


def _asked(texts: Sequence[str], roles: Sequence[str] | None) -> Iterator[str]:
    """For each text, the end of what the other side said just before it."""
    if roles is None:
        yield from ["", *(text[-ASKED:] for text in texts[:-1])][: len(texts)]
        return
    said = dict.fromkeys(roles, "")
    speaker = ""
    for text, role in zip(texts, roles, strict=True):
        said[role] = (said[role] + "\n" + text if role == speaker else text)[-ASKED:]
        speaker = role
        yield next((said[other] for other in said if other != role), "")


def _replace(texts: Sequence[str], spans: list[list[Span]], aliases: dict[str, str]) -> list[Masked]:
    """Placeholders numbered by first occurrence, after those that are in the texts already."""
    last: dict[str, int] = {}
    for text in texts:
        for kind, number in PLACEHOLDER.findall(text):
            last[kind] = max(last.get(kind, 0), int(number))
    numbers: dict[tuple[str, str], int] = {}
    return [_masked(text, found, numbers, last, aliases) for text, found in zip(texts, spans, strict=True)]


def _masked(text: str, spans: list[Span], numbers: dict[tuple[str, str], int], last: dict[str, int], aliases: dict[str, str]) -> Masked:
    parts, at = [], 0
    for start, end, kind in spans:
        key = value_key(kind, text[start:end])
        same = (kind, aliases.get(key, key) if kind == "NAME" else key)
        if same not in numbers:
            numbers[same] = last[kind] = last.get(kind, 0) + 1
        parts += [text[at:start], f"[{kind}_{numbers[same]}]"]
        at = end
    return Masked("".join(parts) + text[at:], tuple(spans))
