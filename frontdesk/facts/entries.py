"""An FAQ entry, and which one an answer rests on."""

from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from frontdesk.facts.statements import read
from frontdesk.facts.values.meaning import Key, listed, meaning
from frontdesk.facts.words import features

WORDS = 0.6
"""Share of the words of an answer, and of their pieces, from which it rests on an entry that has them."""


CITED = ("title", "heading", "page", "url", "updated")
"""What an answer's citation names of an origin."""


class Origin(NamedTuple):
    """Where a text was published, as far as its source says; "" where it does not."""

    title: str = ""  # of the page or document
    heading: str = ""  # above the text, with those above it: "Returns > Final sale"
    page: str = ""  # of a document that has pages
    url: str = ""  # where customers can read it
    updated: str = ""  # dates, ISO 8601: when it was changed last,
    reviewed: str = ""  # when somebody last found it right,
    expires: str = ""  # and the last day on which it holds

    def as_json(self) -> dict[str, str]:
        """What is known of it."""
        return {key: value for key, value in self._asdict().items() if value}

    def expired(self, day: str) -> bool:
        """Whether it no longer holds on a day (ISO 8601)."""
        return "" < self.expires[:10] < day

    def citation(self) -> dict[str, str]:
        """What a customer may know of it: title, heading, page, url, updated. The url only where it is a link for them."""
        known = {key: value for key in CITED if (value := getattr(self, key))}
        return known if is_link(self.url) else {key: value for key, value in known.items() if key != "url"}


class Entry(NamedTuple):
    """What a company knows of one thing, as the prompt, retrieval and the comparison of facts need it: an FAQ
    entry, or a passage of a page or document, whose question is its heading."""

    id: str
    questions: tuple[str, ...]
    answers: tuple[str, ...]
    subject: str = ""
    source: str = ""
    origin: Origin = Origin()
    passage: bool = False

    @property
    def texts(self) -> tuple[str, ...]:
        """All that it says."""
        return (*self.questions, *self.answers)


def is_link(url: str) -> bool:
    """Whether it is a web address for a customer: http or https, a host, no name and password before it."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc


def rests_on(answer: str, entries: Sequence[Entry], said: Sequence[str] = ()) -> Entry | None:
    """The entry that an answer rests on: one with most of its words and all values in it, or else the first
    with all of its values. Values that were `said` before, by whomever, need not be in the entry, unless
    there are no others."""
    words, stated = features(answer).keys(), new_values(answer, said)
    shares = [max((len(words & features(text).keys()) for text in one.answers), default=0) / max(1, len(words)) for one in entries]
    best = max(range(len(shares)), key=shares.__getitem__, default=None)
    if best is not None and shares[best] >= WORDS and stated <= values_of(*entries[best].answers):
        return entries[best]
    return with_values(stated or values_of(answer), entries)


def with_values(stated: set[Key], entries: Sequence[Entry]) -> Entry | None:
    """The first entry that has all values `stated`, if there are any."""
    return next((one for one in entries if stated and stated <= values_of(*one.answers)), None)


def new_values(answer: str, said: Sequence[str] = ()) -> set[Key]:
    """The values of an answer that were not `said` before."""
    return values_of(answer) - values_of(*said)


def values_of(*texts: str) -> set[Key]:
    """The values of some texts; the numbers that only begin the entries of a list are none."""
    return {meaning(value) for text in texts for value in read(text).values if not listed(value, read(text).text)}
