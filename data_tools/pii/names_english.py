"""Names in English texts, by what stands around them."""

import re
from collections.abc import Iterator

from data_tools.pii.spans import Span
from data_tools.pii.words import ENGLISH_WORDS, NAMES_THAT_ARE_WORDS, THINGS, either, is_given, words

LETTER = "A-Za-zÀ-ÖØ-öø-ɏ"
PARTS = "de van von der da del la bin al el di du"
CAP = rf"[A-ZÀ-ÖØ-Þ][{LETTER}'-]*"
PAIR = rf"(?:[A-Z]\. ?)?{CAP}(?: [A-Z]\.)? {CAP}"
FULL = rf"(?:[A-Z]\. ?)?{CAP}(?: (?:{either(PARTS)} )*(?:{CAP}|[A-Z]\.)){{0,3}}"
ANY = rf"[{LETTER}][{LETTER}'.-]*(?: +[{LETTER}][{LETTER}'.-]*){{0,4}}"
EDGE = rf"(?<![{LETTER}\d_.@-])"
GAP = r"\s{1,3}"

LABELLED = re.compile(
    rf"{EDGE}(?:(?P<of>[a-z']+)\s+)?name(?:{GAP}{either('on for of in')}{GAP}{either('the my this that')}{GAP}"
    rf"{either('card account order booking reservation ticket passport id package invoice')})?"
    rf"(?:\s{{0,3}}(?:'s|is|was|:|=|-|should be|to)(?=[\s:'\"]))+[\s\"']{{0,4}}(?P<name>{ANY})",
    re.IGNORECASE,
)
NOT_OF_PERSONS = words(
    "user product item file brand company store shop model street domain plan hotel restaurant business city country bank school wifi "
    "network app "
    "game host computer device channel project color colour category event airline movie book variable field column group team server class"
)
ROLE = (
    "recipient consignee passenger applicant driver patient traveller traveler tenant signatory guest card_?holder account_?holder "
    "beneficiary customer contact(?:_person)? receiver sender"
)
SAID_OF = (
    "addressed_to registered_to belongs_to made_out_to signed_for_by signed_by (?:under|in)_the_name(?:_of)? ask_for "
    "(?:label|invoice|ticket|card)_(?:should|to)_(?:say|read) attn:? attention:?"
)
HOLDER = re.compile(
    rf"{EDGE}(?:{either(ROLE)}(?:'s name)?(?:\s?\d)?\s?(?::|=|\bis\b)\s{{0,3}}|{either(SAID_OF)}{GAP})(?-i:(?P<name>{FULL}))", re.IGNORECASE
)
KIN = "wife husband son daughter mother mum mom father dad friend colleague partner boss sister brother neighbou?r"
RELATED = re.compile(
    rf"{EDGE}(?:(?:under|name){GAP}(?-i:(?P<pair>{PAIR}))"
    rf"|{either('my our his her your')}{GAP}{either(KIN)},?{GAP}(?-i:(?P<name>{FULL})))",
    re.IGNORECASE,
)
INTRODUCED = re.compile(
    rf"{EDGE}(?:I ?['`]?m|I am|call me|(?:chatting|speaking|talking) (?:with|to)){GAP}(?-i:(?P<name>{FULL}))",
    re.IGNORECASE,
)
LOWER_INTRODUCED = re.compile(
    rf"{EDGE}(?:i ?['`]?m|i am|this is){GAP}(?P<name>[a-z]{{3,15}}(?:\s[a-z]{{3,15}})?)(?={GAP}(?:from|speaking|calling|here)\b)",
    re.IGNORECASE,
)
THIS_IS = re.compile(
    rf"{EDGE}this is{GAP}(?-i:(?P<name>{FULL}))(?=\s?(?:$|[.,!;?\n-]|"
    r"(?:from|with|at|here|speaking|again|calling|and|I|I'm|for|on|in|regarding|about|writing|contacting)\b))",
    re.IGNORECASE,
)
HERE = re.compile(rf"(?:^|[.!?,\n]\s?)(?P<name>{FULL}){GAP}(?:here|speaking)\b")
TITLED = re.compile(rf"{EDGE}(?:Mr|Mrs|Ms|Miss|Dr|Prof|MR|MRS|MS)\b\.?{GAP}(?P<name>{FULL})")
GREETED = re.compile(
    rf"{EDGE}(?:hi|hello|hey|dear|good (?:morning|afternoon|evening)|welcome(?: back)?|nice to meet you|thanks(?: so much| a lot| again)?"
    r"|thank you(?: so much| very much| again)?|thx|sorry|bye|goodbye)[ ,]{1,3}"
    rf"(?-i:(?P<name>{FULL}))(?=\s?(?:$|[.,!;?\n-]|[^\x00-\x7f]))",
    re.IGNORECASE,
)
SIGNED = re.compile(
    rf"(?:(?:regards|sincerely|cheers|best|wishes|thanks|thank you|truly|love)[,.!]? ?\n{{1,3}} ?|[\n ][-~] ?)"
    rf"(?P<name>(?-i:{FULL}))\s{{0,3}}$",
    re.IGNORECASE,
)
PATTERNS = (
    ("name", LABELLED),
    (
        "recipient consignee passenger applicant driver patient travel tenant signatory guest holder beneficiary customer contact "
        "receiver sender "
        "addressed registered belongs made_out signed the_name ask_for label invoice ticket card attn attention",
        HOLDER,
    ),
    (
        "under_ name_ wife husband son_ son, daughter mother mum mom father dad friend colleague partner boss sister brother neighbo",
        RELATED,
    ),
    ("i'm i`m im_ i_'m i_am call_me ing_with ing_to", INTRODUCED),
    ("i'm i`m im_ i_'m i_am this_is", LOWER_INTRODUCED),
    ("this_is", THIS_IS),
    ("_here _speaking", HERE),
    ("mr ms miss dr prof", TITLED),
    ("hi hello hey dear good_ welcome meet_you thank thx sorry bye", GREETED),
    ("\N{SYMBOL FOR NEWLINE} _- _~", SIGNED),
)
"""Each with what every match contains one of, in small letters (`_` is a blank): to look for that first is much faster."""

CUES = [([cue.replace("_", " ").replace("\N{SYMBOL FOR NEWLINE}", "\n") for cue in cues.split()], pattern) for cues, pattern in PATTERNS]

NAMED = re.compile(rf"{EDGE}(?P<name>{PAIR})")
NUMBERED = re.compile(
    r"\s?[,:(/-]?\s?(?:passport|ssn|dob|date of birth|phone|tel\b|mobile|e-?mail|iban|card number"
    r"|(?!(?:19|20)\d\d-)\+?\d[\d -]{7}|\S{1,30}@)",
    re.IGNORECASE,
)
NUMBER_FOR = re.compile(r"\d{4}(?:,|:| for| under| name) $")
"""What stands right behind or before a person's name in a list of persons."""

COUNTED = re.compile(r"\b(?:\d+|the|de|an?|one|two|three|four) $", re.IGNORECASE)

ASKS = re.compile(
    r"(?:your|the|full|first|last|sur|holder's|caller's|customer's|guest's)\s{0,2}(?:\w+\s+){0,2}?names?\b|\bname(?:,? please)?\s?\?"
    r"|(?:what|which|whose|under|and) names?\b|name and |who am i (?:speaking|talking|chatting)|who(?:m)? (?:do i|am i|is this|are you)"
    r"|names? (?:of the|on the) (?:account|guest|passenger|card|order|booking|reservation)",
    re.IGNORECASE,
)
PLACE = "hotel restaurant product item company street user file brand shop store airline city bank business model plan event place"
NOT_ASKED = re.compile(rf"\b{either(PLACE)}(?:'s)?\s?names?\b|names? of (?:the |your |a )?{either(PLACE)}", re.IGNORECASE)
LEAD = re.compile(
    r"(?:(?:hi|hello|hey|yes|yeah|yep|yup|sure|sure thing|okay|ok|of course|certainly|absolutely|no "
    r"problem|oh|ah|um|uh|well|thanks|thank you"
    r"|great|good|alright|it ?'?s|it is|that ?'?s|that would be|that is|that'd be|this is|i ?'?m|i am|(?:my |the )?(?:full |first "
    r"|last )?name(?:'s| is)?"
    r"|call me|mr|mrs|ms|miss|dr|please use|under)(?![A-Za-z'])[\s,.!:-]{0,5}){0,6}",
    re.IGNORECASE,
)
ANSWER = re.compile(rf"(?P<name>{ANY})(?=\s{{0,3}}(?:$|[.,;!?\n(/:&+-]|[^\x00-ɏ])|\s{{1,3}}\d)")
GOES_ON = re.compile(
    r"\W{0,3}(?:and|but|or|i|i'm|i've|my|with|from|for|here|speaking|on|is|at|the|please|thanks|again|lol)\b", re.IGNORECASE
)


def asks_english(text: str) -> bool:
    """Whether a text asks for a person's name."""
    return bool(ASKS.search(text)) and not NOT_ASKED.search(text)


def introduced_english(text: str) -> Iterator[Span]:
    """Names that a text introduces, and pairs of a well-known first name and another capitalized word."""
    low = text.lower()
    for cues, pattern in CUES:
        if any(cue in low for cue in cues):
            for match in pattern.finditer(text):
                if pattern is not LABELLED or (match["of"] or "").lower() not in NOT_OF_PERSONS:
                    yield from name_words(match, lower=pattern in {LABELLED, LOWER_INTRODUCED}, word_names=pattern is LABELLED)
    for match in NAMED.finditer(text):
        if _is_person(text, match):
            yield from name_words(match)


def answered_english(text: str) -> Iterator[Span]:
    """The name in an answer to a question for it."""
    lead = LEAD.match(text)
    match = ANSWER.match(text, lead.end() if lead else 0)
    if match and (match["name"][0].isupper() or len(match["name"].split()) <= 3):
        for found in name_words(match, lower=True, word_names=True):
            rest = text[found.end : match.end("name")]
            if not rest.strip(" .'-") or GOES_ON.match(rest):
                yield found


def name_words(match: re.Match[str], lower: bool = False, word_names: bool = False) -> Iterator[Span]:
    """The name a match begins with: its words until one that is no name.

    `lower`: small letters will do. `word_names`: so will names that are words ("Will"), with a capital.
    """
    group = match.lastgroup or "name"
    value = match[group]
    capital = value[0].isupper()
    if not capital and not lower:
        return
    size = 0
    for count, word in enumerate(re.finditer(r"\S+", value)):
        part = word[0] if re.fullmatch(r"[A-Z]\.", word[0]) else re.sub(r"'s$", "", word[0].rstrip(".'-"))
        named = word_names and capital and part.lower() in NAMES_THAT_ARE_WORDS
        small = capital and not part[:1].isupper() and part not in PARTS.split()
        if not (named or _can_be_name(part)) or small or (not capital and count == 2):
            break
        size = word.start() + len(part)
        if part != word[0]:
            break
    acronym = value[:size].isupper() and size <= (2 if word_names else 4) and " " not in value[:size]
    if size >= 2 and not acronym:
        yield Span(match.start(group), match.start(group) + size, "NAME")


def _can_be_name(word: str) -> bool:
    plain = word.lower().strip("'.-")
    ending = len(plain) > 5 and plain.endswith(("ing", "tion")) and plain not in {"sterling", "fleming", "browning"}
    return bool(plain) and plain not in ENGLISH_WORDS and not ending and not plain.endswith(("n't", "'ll", "'ve", "'re", "'m", "'d"))


def _is_person(text: str, match: re.Match[str]) -> bool:
    first, *_, last = match["name"].lower().split()
    before = text[max(0, match.start() - 12) : match.start()]
    if last in THINGS or COUNTED.search(before):
        return False
    return is_given(first) or bool(NUMBERED.match(text, match.end()) or NUMBER_FOR.search(before))
