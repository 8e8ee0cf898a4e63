"""The values of a company's texts, and those of an answer that none of them has. No model involved."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from frontdesk.facts.statements import read
from frontdesk.facts.values import Value
from frontdesk.facts.values.meaning import Key, ends, listed, meaning, open_half


class Sources:
    """Every value of some texts: the company's, or those of the turns before an answer. With `loose`, for
    what a customer types, a bare number is also a price: who asks about 49 may be told about $49."""

    def __init__(self, texts: Iterable[str], loose: bool = False) -> None:
        self.known: set[Key] = set()
        self.codes: set[str] = set()
        self.loose = loose
        for text in texts:
            found = read(text)
            self.codes.update(re.findall(r"\d+", " ".join(re.findall(r"\S*(?:[a-z#/-]\d|\d[a-z/-])\S*", found.lower))))
            for value in found.values:
                key = meaning(value)
                self.known.update([key, *ends(key), *_parts(key)])
                if (other := open_half(value, found.lower)) is not None:
                    self.known.add(("time", other, ""))
        self.amounts = {value for _, value, _ in self.known}
        self.phones = [value for kind, value, _ in self.known if kind == "phone"]

    def has(self, value: Value, text: str) -> bool:
        """Whether the value, which stands in `text` (in lower case), is known here. A bare number may be an
        amount of any kind, but where it counts a thing: `25, 50 and $100` but not `25 countries`."""
        key = kind, amount, unit = meaning(value)
        if key in self.known or ("url", amount.partition("#")[0], "") in self.known:
            return True
        if kind == "number":
            bare = ("number", amount, "") in self.known or (not unit and any(("number", amount, thing) in self.known for thing in _COUNTED))
            return bare or (not unit and (amount in self.codes or (amount in self.amounts and not _COUNTS.match(text[value.end :]))))
        if kind == "time":
            return ("time", open_half(value, text) or "", "") in self.known
        if kind == "phone":
            return any(phone.endswith(amount.removeprefix("0")) for phone in self.phones)
        return self.loose and kind == "price" and ("number", amount, "") in self.known


_COUNTED = ("nights", "times", "people", "items")
_COUNTS = re.compile(r"[a-z가-힣]| (?!(?:or|and|to|per|each|또는|이나|혹은)\b)[a-z가-힣]")


def _parts(key: Key) -> list[Key]:
    """What else a source knows by a value: a date without its year, the host of an address."""
    kind, value, _ = key
    if kind == "date":
        return [("date", part, "") for part in (value[:7], value[:4], "-" + value[4:], "-" + value[4:7])]
    host = re.split("[/?#@:]", value.partition("@")[2] or value)[0] if kind in {"url", "email"} else ""
    return [("url", host.split(".", start)[-1], "") for start in range(host.count("."))]


@lru_cache(maxsize=4096)
def company(texts: tuple[str, ...]) -> Sources:
    """What texts of the company name; remembered."""
    return Sources(texts)


@lru_cache(maxsize=4096)
def spoken(said: tuple[str, ...]) -> Sources:
    """What the turns of a customer, or of a whole conversation, name."""
    return Sources(said, loose=True)


def invented(answer: str, sources: Sources, said: Sequence[str]) -> list[str]:
    """The values of the answer, as written, that neither the company's texts nor the turns before have.
    Markers of lists, numbers below 4 that count nothing, and a single thing are no inventions."""
    found = read(answer)
    turns = spoken(tuple(said)) if found.values else None
    return [
        found.text[value.start : value.end]
        for value in found.values
        if turns and not trivial(value, found.text) and not sources.has(value, found.lower) and not turns.has(value, found.lower)
    ]


def trivial(value: Value, answer: str) -> bool:
    small = value.value == "1" or (not value.unit and value.value in {"0", "2", "3"})
    return value.kind == "number" and (small or listed(value, answer))
