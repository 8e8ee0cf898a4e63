"""Which language a customer writes in, and what the desk says in one that it does not speak.

The language is told from the words by py3langid, a naive Bayes classifier (Lui and Baldwin 2012, "langid.py:
An Off-the-shelf Language Identification Tool"). Short messages are where such classifiers fail, and to take a
customer's English for Dutch costs more than to miss a Dutch message. So a language counts as foreign only if
there are words enough and the desk's own languages are out of the question.
"""

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from heapq import nlargest
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import yaml

from frontdesk.facts.entries import Entry

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

Item = TypeVar("Item")

SAMPLE = 500  # entries that tell the languages of an FAQ
CHARACTERS, SENTENCES = 1000, 8
"""Of a text, that are looked at: its beginning, and of that the longest sentences each by itself."""
WORDS = 3
"""Different words that tell a language; from fewer none is told."""
UNLIKELY = 0.02
"""Probability of the desk's languages together, from which a text may be in one of them."""
LIKELY = 0.45
"""Probability from which a text is in a language."""
SHARE = 0.02
"""A desk speaks the languages that have this share of its FAQ."""
_MARKS = string.punctuation + "¿¡«»„“”‘’…·。、，！？：；（）「」।؟،\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\ufeff"
_QUOTED = re.compile(r'"[^"]*"|“[^”]*”|„[^“”]*[“”]|«[^»]*»|「[^」]*」')
_SENTENCE_ENDS = re.compile(r"[.!?。！？\n]+")
_NO_WORD = re.compile(r"[\d@/\\_<>{}=#|]|\w\.\w")


class Language(NamedTuple):
    """A language: what its speakers call it, what the desk says in it, how one accepts that, and how often it
    is met in comparison with others that are like it."""

    name: str
    sentence: str = ""
    agree: Sequence[str] = ()
    weight: float = 1.0


@lru_cache(maxsize=1)
def languages() -> dict[str, Language]:
    """All languages that are told apart, by ISO 639 code."""
    table = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
    return {code: Language(**row) for code, row in table.items()}


def foreign(text: str, spoken: Collection[str]) -> str | None:
    """The code of the language that a text is surely in, if it is none of those `spoken`; else None.

    None also for a text with a whole sentence in one of them: who writes in two languages knows both.
    """
    if not spoken:
        return None
    text = _QUOTED.sub(" ", text[:CHARACTERS])
    likely = _told(text)
    code = max(likely, key=likely.__getitem__, default="")
    if likely.get(code, 0.0) < LIKELY or _share(likely, spoken) >= UNLIKELY:
        return None
    sentences = nlargest(SENTENCES, dict.fromkeys(_SENTENCE_ENDS.split(text)), key=len)
    if any(_share(_told(one), spoken) >= LIKELY for one in sentences):
        return None
    return "zh-Hant" if code == "zh" and _traditional(text) else code


def sample(entries: Sequence[Item]) -> Sequence[Item]:
    """Entries enough to tell the languages of an FAQ, evenly spaced."""
    return entries[:: -(-len(entries) // SAMPLE) or 1]


def spoken_by(entries: Iterable[Entry]) -> tuple[str, ...]:
    """The languages of an FAQ, the most frequent first. None is foreign to a desk without entries."""
    sums: Counter[str] = Counter()
    for entry in entries:
        sums.update(_probabilities(" ".join(entry.texts)[:CHARACTERS]))
    return tuple(code for code, total in sums.most_common() if total >= SHARE * sums.total())


def sentence(code: str, spoken: Iterable[str]) -> str:
    """What the desk says in a language that it does not speak; in English if the language has no sentence."""
    table = languages()
    names = ", ".join(table[one].name for one in spoken if one in table)
    return (table.get(code, table["en"]).sentence or table["en"].sentence).format(languages=names)


def is_sentence(text: str) -> bool:
    """Whether a text is such a sentence."""
    return _said_in(text) is not None


def accepts(answer: str, reply: str) -> bool:
    """Whether a customer's reply accepts, in the answer's language, what such a sentence offers."""
    said_in = _said_in(answer)
    return said_in is not None and _accepting(said_in).match(_plain(reply)) is not None


def _said_in(text: str) -> str | None:
    """The code of the language of such a sentence; None if the text is none."""
    ends = ((code, one.sentence.split("{languages}")) for code, one in languages().items() if one.sentence)
    return next((code for code, (first, last) in ends if text.startswith(first) and text.rstrip().endswith(last)), None)


@lru_cache(maxsize=64)
def _accepting(code: str) -> re.Pattern[str]:
    """The beginnings of an answer that accept, as whole words where words are written apart."""
    beginnings = "|".join(re.escape(_plain(one)) for one in languages()[code].agree)
    return re.compile(rf"(?:{beginnings})(?![^\W\u0e00-\u0eff\u3040-\u9fff])")


def _plain(text: str) -> str:
    """Lower case, one form of each letter, plain apostrophes, nothing before the first word."""
    return re.sub("[’‘`´]", "'", unicodedata.normalize("NFKC", text)).lower().lstrip(_MARKS + string.whitespace)


def _told(text: str) -> dict[str, float]:
    """The probability of each language; empty if the text has too few words to tell. In scripts without
    capitals each letter counts as a word: many of those have no spaces either."""
    words = _words(text)
    known = sum(1 if word[0].lower() != word[0].upper() else len(word) for word in words)
    return _probabilities(" ".join(words)) if known >= WORDS else {}


def _words(text: str) -> list[str]:
    """The different words of a text that tell its language: no names, which begin with a capital, no codes
    and no addresses."""
    tokens = (text.lower() if text.isupper() else text).split()
    words = [token.strip(_MARKS) for token in tokens if not _NO_WORD.search(token)]
    plain = [word for place, word in enumerate(words) if word[:1].isalpha() and (place == 0 or not word[0].isupper())]
    return list(dict.fromkeys(plain))


def _traditional(text: str) -> bool:
    """Whether a Chinese text has letters of the traditional script, which Big5 encodes and GB 2312 does not."""
    return any(letter.encode("big5", "ignore") and not letter.encode("gb2312", "ignore") for letter in text)


def _share(probabilities: Mapping[str, float], spoken: Iterable[str]) -> float:
    return sum(probabilities.get(code, 0.0) for code in spoken)


def _probabilities(text: str) -> dict[str, float]:
    """Of each language; they sum to 1."""
    weighted = {code: one * languages()[code].weight for code, one in _identifier().rank(text)}
    total = sum(weighted.values())
    return {code: one / total for code, one in weighted.items()}


@lru_cache(maxsize=1)
def _identifier() -> "LanguageIdentifier":
    """The classifier: 0.4 s and 75 MB, once."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(languages().keys() & {*identifier.labels})
    return identifier
