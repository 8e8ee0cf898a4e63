"""Names in English texts, by what stands around them."""

import re
from collections.abc import Iterator

from data_tools.pii.spans import Span
from data_tools.pii.words import ENGLISH_WORDS, NAMES_THAT_ARE_WORDS, THINGS, either, is_given, words

LETTER = "A-Za-zÀ-ÖØ-öø-ɏ"
PARTS = "de van von der da del la bin al el di du"
CAP = rf"[A-ZÀ-ÖØ-Þ][{LETTER}'-]*"
PAIR = rf"(?:[A-Z]\. ?)?{CAP}(?: [A-Z]\.)? {CAP}"
FULL = rf"(?:[A-Z]\. ?){{0,3}}{CAP}(?: (?:{either(PARTS)} )*(?:{CAP}|[A-Z]\.)){{0,3}}"
TWO = rf"(?:[A-Z]\. ?){{0,3}}{CAP}(?: (?:{either(PARTS)} ){{0,2}}(?:{CAP}|[A-Z]\.)){{1,3}}"
ANY = rf"[{LETTER}][{LETTER}'.-]*(?: +[{LETTER}][{LETTER}'.-]*){{0,4}}"
EDGE = rf"(?<![{LETTER}\d_.@-])"
GAP = r"\s{1,3}"
STOP = r"(?=\s?(?:$|[.,!;:?)\n\"'-]|[^\x00-\x7f]))"

LABELLED = re.compile(
    rf"{EDGE}(?:(?P<of>[a-z']+)\s+)?name(?:{GAP}{either('on for of in')}{GAP}(?:{either('the my this that')}{GAP})?"
    rf"{either('it card account order booking reservation ticket passport id package invoice door bell label parcel')})?"
    rf"(?:\s{{0,3}}(?:'s|is|was|:|=|-|should be|to)(?=[\s:'\"]))+[\s\"']{{0,4}}(?P<name>{ANY})",
    re.IGNORECASE,
)
NAME_THEN = re.compile(
    rf"{EDGE}(?:(?:first|last|full|sur|given|family|maiden|legal|holder|customer|guest|passenger)[ -]?name|(?<!the )name on (?:the )?card"
    rf"|forename|surname)[,:]?{GAP}(?-i:(?P<name>{FULL}))",
    re.IGNORECASE,
)
NOT_OF_PERSONS = words(
    "user product item file brand company store shop model street domain plan hotel restaurant business city country bank school wifi "
    "network app game host computer device channel project color colour category event airline movie book variable field column group "
    "team server class business's company's"
)
ROLE = (
    "recipient consignee passenger applicant driver patient traveller traveler tenant signatory guest card_?holder account_?holder "
    "beneficiary customer contact(?:_person)? receiver sender client buyer seller payee payer owner member caller agent host employee "
    "manager holder student next_of_kin emergency_contact"
)
COLON_ROLE = "from to cc ship(?:ped)?_to bill(?:ed)?_to deliver(?:ed|y)?_to sold_to send_to attn attention sent_by signed prepared_by"
SAID_OF = (
    "addressed_to registered_to belongs_to made_out_to signed_(?:for_)?by (?:under|in)_the_name(?:_of)? ask(?:ing|ed)?_for "
    "(?:label|invoice|ticket|card|badge|envelope|engraving)_(?:(?:should|to|must)_)?(?:says?|reads?) attn:? attention:? c/o care_of "
    "(?:leave|left)_(?:it_|them_)?with sp[eo]a?ke?n?_(?:to|with) talk(?:ed|ing)?_(?:to|with) dealt_with dealing_with chatt?(?:ed|ing)?_with "
    "(?:helped|served|handled|assisted|cc'?d|sent|written)_by on_behalf_of (?:love|regards|greetings|message|note)_from "
    "hand_(?:it_|them_)?(?:over_)?to give_(?:it_|them_)?to pass(?:ed)?_(?:it_|them_)?(?:on_)?to tell say_hi_to meet(?:ing)?_with "
    "(?:booked|reserved|reservation|table|room|tickets?|label|parcel|package|gift|present|seat|cake|appointment|invoice|order)_"
    "(?:(?:is|was)_)?for (?:guy|lady|woman|man|girl|boy|person|someone|somebody|rep|agent|employee|advisor|driver|courier|technician"
    "|engineer|colleague|son|daughter)_(?:was_)?(?:named|called)"
)
HOLDER = re.compile(
    rf"{EDGE}(?:{either(ROLE)}(?:'s name)?(?:\s?\d)?\s?(?::|=|\bis\b)|{either(COLON_ROLE)}\s?:)\s{{0,3}}(?-i:(?P<name>{FULL}))",
    re.IGNORECASE,
)
SAID = re.compile(rf"{EDGE}{either(SAID_OF)}[\s\"'(]{{1,3}}(?-i:(?P<name>{FULL}))", re.IGNORECASE)
KIN = (
    "wife husband son daughter mother mum mom mam father dad friend colleague partner boss sister brother neighbou?r fianc[eé]e? spouse "
    "room_?mate flatmate housemate landlord landlady girlfriend boyfriend cousin uncle aunt(?:ie)? nephew niece grand(?:ma|pa|mother|father"
    "|son|daughter) gran nan kid child baby teacher coach manager supervisor assistant nanny cleaner carer client guest mate co-?worker "
    "(?:delivery_)?(?:guy|man|driver|person|lady) courier postman mailman technician engineer installer plumber agent rep advis[eo]r "
    "representative waiter waitress receptionist concierge doctor nurse dentist accountant electrician dog_?sitter stepson"
)
RELATED = re.compile(
    rf"{EDGE}(?:(?:under|name){GAP}(?-i:(?P<pair>{PAIR}))"
    rf"|(?:booked|reserved|reservation|booking|ordered|registered|account|table|room|listed|filed|it'?s|is|was|its|appointment|put"
    rf"|check(?:ing)?[ -]?in|name)\b[^.!?\n]{{0,20}}\bunder{GAP}(?-i:(?P<under>{FULL}))"
    rf"|{either('my our his her your their the a an')}{GAP}(?:\w{{1,12}}{GAP})?{either(KIN)}(?:'s name is|'s called| is called)?,?{GAP}"
    rf"(?-i:(?P<name>{FULL})))",
    re.IGNORECASE,
)
INTRODUCED = re.compile(
    rf"{EDGE}(?:I ?['`]?m|I am|call me|(?:chatting|speaking|talking) (?:with|to)|it'?s me,?){GAP}(?-i:(?P<name>{FULL}))",
    re.IGNORECASE,
)
LOWER_INTRODUCED = re.compile(
    rf"{EDGE}(?:(?:i ?['`]?m|i am|this is|it'?s me,?){GAP}(?P<name>[a-z]{{3,15}}(?:\s[a-z]{{3,15}})?)"
    rf"(?={GAP}(?:from|speaking|calling|here)\b)"
    rf"|(?:(?<=^)|(?<=\n))(?:(?:hi|hiya|hey|hello|yo|oi|ok|okay|so|morning|evening|good|afternoon|all|there)[ ,!.]{{1,3}}){{0,3}}it'?s{GAP}"
    rf"(?P<its>[a-z]{{3,15}}(?:\s[a-z]{{3,15}})?)(?={GAP}(?:from|speaking|calling|here|again)\b))",
    re.IGNORECASE,
)
THIS_IS = re.compile(
    rf"{EDGE}(?:this is|it'?s){GAP}(?-i:(?P<name>{FULL}))(?=\s?(?:$|[.,!;?\n-]|"
    r"(?:from|with|at|here|speaking|again|calling|and|I|I'm|for|on|in|regarding|about|writing|contacting)\b))",
    re.IGNORECASE,
)
HERE = re.compile(rf"(?:^|[.!?,\n]\s?)(?P<name>{FULL})(?:{GAP}|, )(?:here|speaking|again)\b")
HONORIFICS = "Mr Mrs Ms Miss Mx Dr Prof Sir Madam MR MRS MS Aunt Auntie Uncle Grandma Grandpa Officer Captain Professor Coach Herr Frau Rev"
TITLED = re.compile(rf"{EDGE}{either(HONORIFICS)}\b\.?{GAP}(?P<name>{FULL})")
GREETED = re.compile(
    rf"{EDGE}(?:hi|hiya|hello|hey|dear|good (?:morning|afternoon|evening)|morning|welcome(?: back)?|nice to meet you"
    r"|(?:many )?thanks(?: so much| a lot| again| a million)?"
    r"|thank you(?: so much| very much| again)?|thx|ty|cheers|sorry|bye|goodbye|congrats|congratulations|happy birthday|take care)[ ,]{1,3}"
    rf"(?-i:(?P<name>{FULL})){STOP}",
    re.IGNORECASE,
)
CLOSING = "regards sincerely faithfully cheers best wishes thanks thank_you truly love yours respectfully cordially gratefully xx?x?"
SIGNED = re.compile(
    rf"(?:\b{either(CLOSING)}\b[ ,.!~]{{0,3}}(?:\n{{1,3}}[ ~-]{{0,3}}|(?<=,)(?<!\d,) ?|(?<=,) ?|\s?- ?)|[\n ][-~] ?)"
    rf"(?P<name>(?-i:{FULL}))(?=\s{{0,3}}(?:$|\n|[|/(]|, [A-Z]))",
    re.IGNORECASE,
)
LOWER_SIGNED = re.compile(
    rf"\b{either(CLOSING)}(?: again| so much)?(?:,\s{{0,2}}|[.!]?\s?\n{{1,2}}|\s?- ?)(?P<name>[a-z]{{3,12}})\s{{0,3}}$", re.IGNORECASE
)
LAST_LINE = re.compile(rf"(?:[.!?)]\s{{1,3}}|\n\s{{0,3}})(?P<name>{TWO})\s{{0,3}}$|\n\s{{0,3}}(?P<one>{CAP})\s{{0,3}}$")
BLOCK = re.compile(rf"(?:^|\n|: ?|[-*•] )(?P<name>{TWO})(?= ?[|/·•,;(<]? ?\n? ?[^\n]{{0,30}}?(?:\d[\d ()-]{{5}}|@))")
VOCATIVE = re.compile(
    rf"(?:^|[.!?\n]\s{{0,3}})(?P<name>{CAP}),{GAP}(?i:can|could|would|will|do|did|have|is|are|what|when|where|why|how|please|i|i'm|i've|we|you"
    rf"|your|the|it|this|thanks|thank|any|just|hi|hello|sorry)\b|(?<![{LETTER}'])[a-z][a-z']*, (?P<last>{CAP})(?=\s{{0,2}}(?:$|\n|[!?]|\.(?:\s|$)))"
)
SAYS = re.compile(
    rf"{EDGE}(?P<name>{FULL})(?=\s(?:(?:told|promised|assured|helped|offered|emailed|texted|called|rang|gave|sent) (?:me|us)\b|from (?:your|the)\b"
    r"|(?:said|says) (?:he|she|i|i'd|that|it|it's|they|you|we|to)\b|(?:will|is going to|can) (?:collect|pick|sign|receive)\b))"
)
OWNED = "order account parcel package birthday booking reservation wedding card name number phone email room seat ticket passport details dad mum mom"
POSSESSED = re.compile(rf"{EDGE}(?P<name>{CAP})(?='s {either(OWNED)}\b)")
SPELLED = re.compile(
    rf"{EDGE}(?:it'?s|is|was|as|not|to|be|say|says?|reads?|changed? to|from){GAP}['\"]?(?-i:(?P<name>{FULL}))(?:{STOP}|(?=\s(?:with|not|like|and|but|as|instead)\b))",
    re.IGNORECASE,
)
ABOUT_NAMES = re.compile(
    r"\b(?:first|last|full|sur|wrong|maiden|my|the|her|his)\s?-?names?\b|surname|spel[lt]|apostrophe|\bnames? (?:is|was|are)\b",
    re.IGNORECASE,
)
INITIALS = re.compile(rf"{EDGE}(?P<name>{CAP} [A-Z]\. {CAP}|(?:[A-Z]\. ?){{2,3}}{CAP})")
SURNAME_FIRST = re.compile(
    rf"(?:\b(?i:for|name|label|under|passenger|guest|to|with|by|of)|:|^|\n)\s{{0,2}}(?P<name>{CAP}, (?P<given>{CAP}))"
)
PATTERNS = (
    ("name", LABELLED),
    ("name surname firstname lastname forename", NAME_THEN),
    (
        "recipient consignee passenger applicant driver patient traveller traveler tenant signatory guest holder cardholder accountholder "
        "beneficiary customer contact receiver sender client buyer seller payee payer owner member caller agent host employee manager "
        "student kin cc attn attention :",
        HOLDER,
    ),
    (
        "addressed registered belongs made signed the_name ask asking asked label invoice ticket card badge envelope engraving attn attention "
        "c care leave left spoke speak spoken talk talked talking dealt dealing chatted chating chatting chated helped served handled assisted "
        "cc sent written behalf love regards greetings message note hand give pass passed tell say meet meeting booked reserved reservation "
        "table room tickets parcel package gift present seat cake appointment order in under named called",
        SAID,
    ),
    (
        f"under {re.sub('[^a-z_ ]', ' ', KIN)} u grandma grandpa grandmother grandfather grandson granddaughter roommate roomate fiance neighbor "
        "neighbour coworker co advisor adviser guy man lady person sitter",
        RELATED,
    ),
    ("m im am me with to", INTRODUCED),
    ("m im am this its it me", LOWER_INTRODUCED),
    ("this its it", THIS_IS),
    ("here speaking again", HERE),
    (HONORIFICS.lower(), TITLED),
    (
        "hi hiya hello hey dear good morning welcome meet thank thanks thx ty cheers sorry bye goodbye congrats congratulations birthday care",
        GREETED,
    ),
    (
        "\n - ~ regards sincerely faithfully cheers best wishes thanks thank truly love yours respectfully cordially gratefully x xx xxx",
        SIGNED,
    ),
    ("regards sincerely faithfully cheers best wishes thanks thank truly love yours respectfully x xx xxx", LOWER_SIGNED),
    (",", VOCATIVE),
    ("me us your the said says will can", SAYS),
    ("'s", POSSESSED),
)
"""Each with the words (in small letters) of which every match contains one: to look for them first is much faster."""

CUES = [(frozenset(cues.split(" ")), pattern) for cues, pattern in PATTERNS]
SIGNS = ("\n", ",", ":", "'s", "-", "~")
WORD = re.compile("[a-z]+")
NUMBER = re.compile(r"\d[\d ()-]{5}|@")
CAPITAL = re.compile(rf"[A-ZÀ-ÖØ-Þ][{LETTER}'.-]")
ADVERB = re.compile(r"\w{3,}(?:ly|ed|ing)")
WITH_WORD_NAMES = {LABELLED, NAME_THEN, HOLDER, SAID, RELATED, GREETED, SIGNED, TITLED, POSSESSED, HERE, VOCATIVE}
LOWER = {LABELLED, LOWER_INTRODUCED, LOWER_SIGNED}
NO_NAMES = words(
    "happy good golden gay early quick rich wise sharp short small smart strong sweet true white young black brown green grey gray low "
    "high long little sunny stormy lucky noble sunday summer autumn winter day early easy late sales son sun town street shop package park "
    "shirt shoe shoes ship sir buddy sell self stock store train trip price pay order home house hotel head hand key land lake law page pack pen"
)
"""Of the names that are words, those that are so rarely names that a place for a name does not make them one."""
VERBS = words("will may mark bill sue grant chase pat can rob bob hunt drew hope trust")
NO_LOWER = words(
    "mate mates dude hun hon babe darling anyways alot xx xxx heaps tons loads man love sir maam everyone buddy pal advance lads ladies"
)

NAMED = re.compile(rf"{EDGE}(?P<name>{PAIR})")
NUMBERED = re.compile(
    r"\s?[,:(/-]?\s?(?:passport|ssn|dob|date of birth|phone|tel\b|mobile|e-?mail|iban|card number"
    r"|(?!(?:19|20)\d\d-)\+?\d[\d -]{7}|\S{1,30}@)",
    re.IGNORECASE,
)
NUMBER_FOR = re.compile(r"\d{4}(?:,|:| for| under| name) $")
"""What stands right behind or before a person's name in a list of persons."""

ODD = re.compile(rf"({CAP}) ({CAP})")
ODD_NAMES = words("sure fine trust given blessed hopeful lovely gift innocent perfect kind precious justice beauty pretty prince early")
"""Given names that otherwise follow "I am" as ordinary words: names only before a surname."""

SECOND = re.compile(rf"\s?(?:and|&|or|\+|/)\s?(?P<name>{FULL})")
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
    """Names that a text introduces, addresses, signs with or labels, and pairs of a known first name and another capitalized word."""
    low = text.lower()
    seen = {*WORD.findall(low), *(sign for sign in SIGNS if sign in text)}
    capital = CAPITAL.search(text) is not None
    for cues, pattern in CUES:
        if (capital or pattern in LOWER) and not cues.isdisjoint(seen):
            for match in pattern.finditer(text):
                yield from _introduced(match, pattern)
    if capital:
        yield from _by_capitals(text, low, seen)


def _by_capitals(text: str, low: str, seen: set[str]) -> Iterator[Span]:
    """Names without a word that announces them."""
    for pattern in _by_shape(text, low, seen):
        for match in pattern.finditer(text):
            yield from (span for span in name_words(match, word_names=True) if span.end == match.end(match.lastgroup or "name"))
    for match in NAMED.finditer(text):
        if _is_person(text, match):
            yield from name_words(match)
    for match in SURNAME_FIRST.finditer(text) if "," in seen else ():
        if is_given(match["given"]) and _can_be_name(match["name"].split(",")[0]):
            yield Span(*match.span("name"), "NAME")


def _introduced(match: re.Match[str], pattern: re.Pattern[str]) -> Iterator[Span]:
    if pattern is LABELLED and (match["of"] or "").lower() in NOT_OF_PERSONS:
        return
    if pattern is VOCATIVE and ADVERB.fullmatch(match[match.lastgroup or "name"]):
        return
    for span in name_words(match, lower=pattern in LOWER, word_names=pattern in WITH_WORD_NAMES or _ends(match)):
        if pattern is not LOWER_SIGNED or match["name"].lower() not in NO_LOWER:
            yield span
            yield from _second(match.string, span)
    if pattern is INTRODUCED and (odd := ODD.fullmatch(match["name"])) and _can_be_name(odd[2]) and odd[1].lower() in ODD_NAMES:
        yield Span(*match.span("name"), "NAME")


def _ends(match: re.Match[str]) -> bool:
    """Whether a sentence or phrase ends behind a match: "I'm Will." is a name, "I'm Happy to" is none."""
    return bool(re.match(rf"'s\b|{STOP}", match.string[match.end() :][:4]))


def _second(text: str, span: Span) -> Iterator[Span]:
    """The other person in "Priya and Tom"."""
    if match := SECOND.match(text, span.end):
        yield from name_words(match)


def _by_shape(text: str, low: str, seen: set[str]) -> Iterator[re.Pattern[str]]:
    """The patterns without words of their own that may match here."""
    if ("name" in low or "sp" in low or "apostrophe" in low) and ABOUT_NAMES.search(text):
        yield SPELLED
    if "." in text:
        yield INITIALS
    if "\n" in seen or text[-1:].isalpha():
        yield LAST_LINE
    if NUMBER.search(text):
        yield BLOCK


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
    parts = [(word.start(), _bare(word[0]), word[0]) for word in re.finditer(r"\S+", value)]
    size = 0
    for count, (start, part, whole) in enumerate(parts):
        after = parts[count + 1][1] if count + 1 < len(parts) else ""
        if capital != part[:1].isupper() and part not in PARTS.split():
            break
        if count == 2 and not capital:
            break
        if not _fits(part, after, capital, word_names, size > 0) or (
            size and _runs_on(part, match.string[match.start(group) + start + len(part) :])
        ):
            break
        size = start + len(part)
        if part != whole:
            break
    acronym = value[:size].isupper() and size <= (2 if word_names else 4) and " " not in value[:size]
    if size >= 2 and not acronym:
        yield Span(match.start(group), match.start(group) + size, "NAME")


def _bare(word: str) -> str:
    return word if re.fullmatch(r"(?:[A-Z]\.)+", word) else re.sub(r"'s$", "", word.rstrip(".'-"))


def _fits(part: str, after: str, capital: bool, word_names: bool, inside: bool) -> bool:
    """Whether a word may stand in a name: no ordinary word, or one that is a name, too, where names stand or before a surname."""
    low = part.lower()
    if _can_be_name(part) or part in PARTS.split():
        return True
    if not capital or (low in NO_NAMES and not inside):
        return False
    return low in NAMES_THAT_ARE_WORDS and (
        word_names or inside or (after[:1].isupper() and _can_be_name(after) and after.lower() not in THINGS)
    )


def _runs_on(part: str, rest: str) -> bool:
    """Whether a word behind a name begins the next sentence ("Thanks Jane Will you")."""
    return part.lower() in NAMES_THAT_ARE_WORDS and bool(
        re.match(r"\s(?:you|i|it|we|the|they|he|she|this|that|be|there|your|my|\d)\b", rest, re.IGNORECASE)
    )


def _can_be_name(word: str) -> bool:
    plain = word.lower().strip("'.-")
    ending = len(plain) > 5 and "-" not in plain and plain.endswith(("ing", "tion")) and plain not in {"sterling", "fleming", "browning"}
    return bool(plain) and plain not in ENGLISH_WORDS and not ending and not plain.endswith(("n't", "'ll", "'ve", "'re", "'m", "'d"))


def _is_person(text: str, match: re.Match[str]) -> bool:
    first, *_, last = match["name"].lower().split()
    before = text[max(0, match.start() - 12) : match.start()]
    if last in THINGS or COUNTED.search(before):
        return False
    if first in NAMES_THAT_ARE_WORDS - NO_NAMES - VERBS:
        return bool(re.match(r"\s?(?:$|[,.!?;:)(\n])", text[match.end() :][:2])) and _can_be_name(last)
    return is_given(first) or bool(NUMBERED.match(text, match.end()) or NUMBER_FOR.search(before))
