"""Finds known people in a conversation: participants' and introduced names, in full and in parts, with Korean particles and honorifics."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from data_tools.pii.names.cues import LETTER
from data_tools.pii.names.korean import AFTER_FULL, AFTER_GIVEN, is_korean_name
from data_tools.pii.names.words import ENGLISH_WORDS, KOREAN_GIVEN_WORDS, NAMES_THAT_ARE_WORDS, ROLES, SURNAME, given_names
from data_tools.pii.spans import HOLE, Span, usual

HANGUL = re.compile(r"[가-힣]+")
LATIN_WORD = re.compile(rf"[{LETTER}][{LETTER}'-]*")
AFTER_PLAIN = r"(?=[이가은는을를도와과의랑](?![가-힣]))"
SEASON = re.compile(
    r"(?i)\b(?:in|since|until|by|before|after|this|next|last|of|every|mid|early|late) "
    r"(?:april|may|june|august|summer|autumn|winter|dawn|sunday)$"
)
GOES_ON = re.compile(r"'s? |\s(?:will|is|has|was|said|says|wants|called|asked|told)\s(?!you\b|it\b|there\b)")
NOT_SENTENCE_START = re.compile(
    r"(?i)(?:[A-Za-z0-9,;)'\"]\s+|(?:^|[.!?\n]\s*)(?:(?:hi|hello|hey|dear|thanks|thank "
    r"you|mr|mrs|ms|miss|dr|by|for|to|from|ask|and)\.?,?\s+))$"
)


class People:
    """Who is known in a conversation. `aliases` gives the full name for a part that only one person has."""

    def __init__(self, names: Iterable[str], company: str = "") -> None:
        self.names = list(dict.fromkeys(kept for name in names if (kept := person(name, company))))
        self.aliases = _aliases(self.names)

    def find(self, text: str) -> Iterator[Span]:
        """Spans of all known names in a text, which may overlap."""
        folded = text.casefold()
        for name in self.names:
            for needle, pattern, careful in patterns(name):
                if needle in folded:
                    found = (match for match in pattern.finditer(text) if not careful or _stands_as_name(text, match))
                    yield from (Span(*match.span(), "NAME") for match in found)


@lru_cache(maxsize=4096)
def person(label: str, company: str = "") -> str:
    """The person's name in a participant's label: no role, remark, company or honorific. Empty where none is left."""
    label = re.sub(r"\(.*?\)|\[.*?\]|<.*?>", " ", usual(label))
    label = re.split(r"[/|,·@:]| - ", label)[0].replace(HOLE, " ")
    if company:
        label = re.sub(rf"(?<![\w]){re.escape(usual(company))}(?!\w)", " ", label, flags=re.IGNORECASE)
    label = re.sub(r"(?<=[가-힣]{2})\s?(?:고객님|회원님|님|씨)$", "", label.strip())
    bare = {word: word.strip(".#-_*~!").casefold() for word in label.split()}
    roles = {word for word, low in bare.items() if low in ROLES or re.sub(r"[\d_#]+$", "", low) in ROLES}
    return " ".join(word for word in label.split() if word not in roles and re.search(r"[^\W\d_]", bare[word]))


def _aliases(names: list[str]) -> dict[str, str]:
    owners: dict[str, set[str]] = {}
    for name in names:
        for part in parts(name):
            owners.setdefault(name_key(part), set()).add(name_key(name))
    longest = {part: max(sorted(full), key=len) for part, full in owners.items()}
    return {part: longest[part] for part, full in owners.items() if all(other in longest[part] for other in full)}


@lru_cache(maxsize=4096)
def name_key(name: str) -> str:
    """A name without case, blanks and points."""
    return "".join(char for char in name.casefold() if char.isalnum())


def parts(name: str) -> list[str]:
    """The name, and its words of three or more letters; the given name of a Korean name."""
    korean = name.replace(" ", "")
    if HANGUL.fullmatch(korean):
        given = _given(korean)
        return [korean, given] if given else [korean]
    words = [word for word in LATIN_WORD.findall(name) if len(word) >= 3]
    return [name, *(word for word in words if word.casefold() not in ENGLISH_WORDS or word.casefold() in NAMES_THAT_ARE_WORDS)]


def _given(name: str) -> str:
    surname = None if name in given_names()["korean"] else SURNAME.match(name)
    return name[surname.end() :] if surname and 2 <= len(name) <= 4 else ""


@lru_cache(maxsize=4096)
def patterns(name: str) -> tuple[tuple[str, re.Pattern[str], bool], ...]:
    """What to look for: a casefolded string that must occur, the pattern, and whether the match may be an ordinary word."""
    korean = name.replace(" ", "")
    if HANGUL.fullmatch(korean):
        return tuple((needle, re.compile(pattern), False) for needle, pattern in _korean_patterns(korean))
    found = []
    for part in parts(name):
        pattern = r"\s+".join(map(re.escape, part.split()))
        careful = part.casefold() in NAMES_THAT_ARE_WORDS
        found.append((part.split()[0].casefold(), re.compile(rf"(?<![{LETTER}\d_]){pattern}(?![{LETTER}\d_])", re.IGNORECASE), careful))
    return tuple(found)


def _korean_patterns(name: str) -> Iterator[tuple[str, str]]:
    given = _given(name)
    if given or len(name) > 2:
        after = AFTER_FULL if is_korean_name(name) else AFTER_GIVEN
        yield name, rf"(?<![가-힣]){name}{after}"
        if given and len(given) == 2:
            yield given, rf"(?<![가-힣]){name[: -len(given)]} {given}{after}"
    short = given or name
    if len(short) >= 2:
        after = AFTER_GIVEN if short in KOREAN_GIVEN_WORDS or not is_korean_name(short) else rf"(?:{AFTER_GIVEN}|{AFTER_PLAIN})"
        yield short, rf"(?<![가-힣]){short}{after}|(?<=['\"‘“]){short}(?=['\"’”])"
    elif short:
        yield short, rf"(?<![가-힣]){short}(?=님|씨|아(?![가-힣]))"
    if not given and len(name) == 2 and name not in KOREAN_GIVEN_WORDS and is_korean_name(name):
        yield name, rf"(?<![가-힣]){name}(?=$|[^가-힣])"


def _stands_as_name(text: str, match: re.Match[str]) -> bool:
    """A capitalized word that is also a name: not at the head of a sentence that goes on, not before a number ("May 5")."""
    if not match[0][0].isupper() or re.match(r"\s*\d", text[match.end() :][:6]):
        return False
    if SEASON.search(text[max(0, match.start() - 10) : match.start()] + match[0]):
        return False
    alone = re.match(r"\s*(?:$|[.,!?;:)\n]|[^\x00-\x7f])", text[match.end() :][:4])
    if NOT_SENTENCE_START.search(text[max(0, match.start() - 24) : match.start()]):
        return True
    return bool(alone or GOES_ON.match(text, match.end()))
