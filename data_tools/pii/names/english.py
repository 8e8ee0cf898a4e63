"""Names in English texts, by what stands around them."""

import re
from collections.abc import Iterator
from functools import lru_cache

from data_tools.pii.names import cues
from data_tools.pii.names.words import BRANDS, ENGLISH_WORDS, LATIN_SURNAMES, NAMES_THAT_ARE_WORDS, THINGS, is_given
from data_tools.pii.patterns import either, words
from data_tools.pii.spans import Span, small_words

NAMED = re.compile(rf"{cues.EDGE}(?P<name>{cues.PAIR})")
NUMBERED = re.compile(
    r"(?i)\s?[,:(/-]?\s?(?:passport|ssn|dob|date of birth|phone|tel\b|mobile|e-?mail|iban|card number"
    r"|(?!(?:19|20)\d\d-)\+?\d[\d -]{7}|\S{1,30}@)"
)
NUMBER_FOR = re.compile(r"\d{4}(?:,|:| for| under| name) $")
"""What stands right behind or before a person's name in a list of persons."""

ODD = re.compile(rf"({cues.CAP}) ({cues.CAP})")
ODD_NAMES = words("sure fine trust given blessed hopeful lovely gift innocent perfect kind precious justice beauty pretty prince early")
"""Given names that otherwise follow "I am" as ordinary words: names only before a surname."""

SECOND = re.compile(rf"\s?(?:and|&|or|\+|/)\s?(?P<name>{cues.FULL})")
ENDINGS = ("ing", "tion", "ulous", "rious", "eous", "ful", "able", "ible", "less", "ness", "ment", "ical")
"""Ends of words that are no names."""

RUNS_ON = re.compile(r"\s(?:you|i|it|we|the|they|he|she|this|that|be|there|your|my|\d)\b", re.IGNORECASE)
"""What stands behind a word that begins the next sentence ("Thanks Jane Will you")."""

ACRONYM = re.compile(r"\b[A-Z]{2,3}$")
KOREAN_SYLLABLES = words("ho hee woo hye sun won young min han song yang yong hong hwa")
"""Words that end Korean names in Latin letters ("Lee Min Ho")."""

ENDS = re.compile(rf"'s\b|{cues.STOP}")
COUNTED = re.compile(r"\b(?:\d+|the|de|an?|one|two|three|four) $", re.IGNORECASE)

ASKS = re.compile(
    r"(?i)(?:your|the|full|first|last|sur|holder's|caller's|customer's|guest's)\s{0,2}(?:\w+\s+){0,2}?names?\b|\bname(?:,? please)?\s?\?"
    r"|(?:what|which|whose|under|and) names?\b|name and |who am i (?:speaking|talking|chatting)|who(?:m)? (?:do i|am i|is this|are you)"
    r"|\ba name\b|names? (?:for the|of the|on the) (?:account|guest|passenger|card|order|booking|reservation)"
)
PLACE = "hotel restaurant product item company street user file brand shop store airline city bank business model plan event place"
NOT_ASKED = re.compile(rf"\b{either(PLACE)}(?:'s)?\s?names?\b|names? of (?:the |your |a )?{either(PLACE)}", re.IGNORECASE)
LEAD = re.compile(
    r"(?i)(?:(?:hi|hello|hey|yes|yeah|yep|yup|sure|sure thing|okay|ok|of course|certainly|absolutely|no "
    r"problem|oh|ah|um|uh|well|thanks|thank you"
    r"|great|good|alright|it ?'?s|it is|(?:it )?(?:should|must|might|would|could) be|probably|i (?:think|guess|believe)|maybe|perhaps|try|that ?'?s|that would be|that is|that'd be|this is|i ?'?m|i am|(?:my |the )?(?:full |first "
    r"|last )?name(?:'s| is)?"
    r"|call me|mr|mrs|ms|miss|dr|please use|under)(?![A-Za-z'])[\s,.!:-]{0,5}){0,6}"
)
LETTERS = re.compile(r"[A-Za-z](?:(?:-|\.|, ?| - | )[A-Za-z]){2,20}(?![\w'])")  # a name that is spelled
ANSWER = re.compile(rf"(?P<name>{cues.ANY})(?=\s{{0,3}}(?:$|[.,;!?\n(/:&+-]|[^\x00-ɏ])|\s{{1,3}}(?:\d|and\s))")
GOES_ON = re.compile(r"(?i)\W{0,3}(?:and|but|or|i|i'm|i've|my|with|from|for|here|speaking|on|is|at|the|please|thanks|again|lol)\b")


def asks_english(text: str) -> bool:
    """Whether a text asks for a person's name."""
    return bool(ASKS.search(text)) and not NOT_ASKED.search(text)


def introduced_english(text: str) -> Iterator[Span]:
    """Names that a text introduces, addresses, signs with or labels, and pairs of a known first name and another capitalized word."""
    low = text.lower()
    seen = {*small_words(text), *(sign for sign in cues.SIGNS if sign in text)}
    capital = any(map(_may_begin, cues.CAPITALS.findall(text)))
    for rule in cues.RULES:
        if (capital or rule.lower) and not rule.cues.isdisjoint(seen):
            for match in rule.pattern.finditer(text):
                yield from _introduced(match, rule)
    if capital:
        yield from _by_capitals(text, low, seen)


def _by_capitals(text: str, low: str, seen: set[str]) -> Iterator[Span]:
    for pattern in _by_shape(text, low, seen):
        for match in pattern.finditer(text):
            if match[match.lastgroup or "name"].split()[-1].lower() in THINGS or (pattern is cues.BLOCK and ACRONYM.search(match["name"])):
                continue
            yield from (span for span in name_words(match, word_names=True) if span.end == match.end(match.lastgroup or "name"))
    for match in NAMED.finditer(text):
        if _is_person(text, match):
            yield from (span for span in name_words(match) if not is_brand(text, span))
    for match in cues.TICKETED.finditer(text) if "/" in text else ():
        if match["surname"].lower() in LATIN_SURNAMES or is_given(match["given"]):
            yield Span(*match.span("name"), "NAME")
    for match in cues.SURNAME_FIRST.finditer(text) if "," in seen else ():
        if is_given(match["given"]) and all(map(_can_be_name, match["name"].split(",")[0].split())):
            yield Span(*match.span("name"), "NAME")


@lru_cache(maxsize=1 << 16)
def _may_begin(word: str) -> bool:
    """Whether a name may begin with a capitalized word: most of a text's begin sentences."""
    bare = _bare(word)
    return _can_be_name(bare) or bare.lower() in NAMES_THAT_ARE_WORDS or bare.lower() in ODD_NAMES


def _introduced(match: re.Match[str], rule: cues.Rule) -> Iterator[Span]:
    pattern = rule.pattern
    if pattern is cues.LABELLED and (match["of"] or "").lower() in cues.NOT_OF_PERSONS:
        return
    if pattern is cues.TITLED and BRANDS.match(match.string, match.start()):
        return
    if pattern is cues.VOCATIVE and cues.ADVERB.fullmatch(match[match.lastgroup or "name"]):
        return
    ends = ENDS.match(match.string[match.end() :][:4]) is not None  # "I'm Will." is a name, "I'm Happy to" is none
    for span in name_words(match, lower=rule.lower, word_names=rule.word_names or ends):
        if pattern is not cues.LOWER_SIGNED or match["name"].lower() not in cues.NO_LOWER:
            yield span
            yield from second(match.string, span)
    if pattern is cues.INTRODUCED and (odd := ODD.fullmatch(match["name"])) and _can_be_name(odd[2]) and odd[1].lower() in ODD_NAMES:
        yield Span(*match.span("name"), "NAME")


def second(text: str, span: Span) -> Iterator[Span]:
    """The other person in "Priya and Tom", behind the first one's span."""
    if match := SECOND.match(text, span.end):
        yield from name_words(match)


def _by_shape(text: str, low: str, seen: set[str]) -> Iterator[re.Pattern[str]]:
    """The patterns without words of their own that may match here."""
    if ("name" in low or "sp" in low or "apostrophe" in low) and cues.ABOUT_NAMES.search(text):
        yield cues.SPELLED
    if "." in text:
        yield cues.INITIALS
    if "\n" in seen or text[-1:].isalpha():
        yield cues.LAST_LINE
    if cues.NUMBER.search(text):
        yield cues.BLOCK


def answered_english(text: str) -> Iterator[Span]:
    """The name in an answer to a question for it."""
    lead = LEAD.match(text)
    if letters := LETTERS.match(text, lead.end() if lead else 0):
        yield Span(*letters.span(), "NAME")
    match = ANSWER.match(text, lead.end() if lead else 0)
    if match and (match["name"][0].isupper() or len(match["name"].split()) <= 3):
        for found in name_words(match, lower=True, word_names=True):
            rest = text[found.end : match.end("name")]
            if not rest.strip(" .'-") or GOES_ON.match(rest):
                yield found
                yield from second(text, found)


def name_words(match: re.Match[str], lower: bool = False, word_names: bool = False) -> Iterator[Span]:
    """The name a match begins with: its words until one that is no name.

    `lower`: small letters will do. `word_names`: so will names that are words ("Will"), with a capital.
    """
    group = match.lastgroup or "name"
    value = match[group]
    capital = next((word for word in value.split() if word not in cues.PARTS.split()), value)[0].isupper()
    if not capital and not lower:
        return
    parts = [(word.start(), _bare(word[0]), word[0]) for word in re.finditer(r"\S+", value)]
    size = 0
    for count, ((start, part, whole), (_, after, _)) in enumerate(zip(parts, [*parts[1:], (0, "", "")], strict=True)):
        if (capital != part[:1].isupper() and part not in cues.PARTS.split()) or (count == 2 and not capital):
            break
        runs_on = size and part.lower() in NAMES_THAT_ARE_WORDS and RUNS_ON.match(match.string, match.start(group) + start + len(part))
        if runs_on or not _fits(part, after, capital, word_names, size > 0):
            break
        size = start + len(part)
        if part != whole:
            break
    if re.fullmatch(r"[A-Z](?:-[A-Z])+", value[:size]):  # letters spelled
        return
    acronym = value[:size].isupper() and size <= (2 if word_names else 4) and " " not in value[:size]
    if size >= 2 and not acronym and value[:size] not in cues.PARTS.split():
        yield Span(match.start(group), match.start(group) + size, "NAME")


def is_brand(text: str, span: Span) -> bool:
    """Whether a brand or a work is named after the person."""
    start = max(0, span.start - 24)
    near = BRANDS.finditer(text[start : span.end + 24])
    return any(start + match.start() < span.end and span.start < start + match.end() for match in near)


@lru_cache(maxsize=1 << 14)
def _bare(word: str) -> str:
    return word if re.fullmatch(r"(?:[A-Z]\.)+", word) else re.sub(r"'s$", "", word.rstrip(".'-"))


def _fits(part: str, after: str, capital: bool, word_names: bool, inside: bool) -> bool:
    """Whether a word may stand in a name: no ordinary word, or one that is a name, too, where names stand or before a surname."""
    low, before_capital = part.lower(), after[:1].isupper()
    if _can_be_name(part) or part in cues.PARTS.split():
        return True
    if inside and part[0].isupper() and (low in KOREAN_SYLLABLES or (len(part) == 1 and before_capital)):
        return True
    if not capital or low not in NAMES_THAT_ARE_WORDS or (low in cues.NO_NAMES and not inside):
        return False
    return word_names or inside or (before_capital and _can_be_name(after) and after.lower() not in THINGS)


def _can_be_name(word: str) -> bool:
    plain = word.lower().strip("'.-")
    ending = len(plain) > 5 and "-" not in plain and plain.endswith(ENDINGS) and plain not in {"sterling", "fleming", "browning", "clement"}
    return bool(plain) and plain not in ENGLISH_WORDS and not ending and not plain.endswith(("n't", "'ll", "'ve", "'re", "'m", "'d"))


def _is_person(text: str, match: re.Match[str]) -> bool:
    first, *_, last = match["name"].lower().split()
    before = text[max(0, match.start() - 12) : match.start()]
    if last in THINGS or ACRONYM.search(match["name"]) or COUNTED.search(before):
        return False
    if first in NAMES_THAT_ARE_WORDS - cues.NO_NAMES - cues.VERBS:
        return bool(re.match(r"\s?(?:$|[,.!?;:)(\n])", text[match.end() :][:2])) and _can_be_name(last)
    return is_given(first) or bool(NUMBERED.match(text, match.end()) or NUMBER_FOR.search(before))
