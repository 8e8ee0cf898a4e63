"""What stands around names in English texts: the patterns of introductions, labels, greetings, signatures and the like."""

import re
from typing import NamedTuple

from data_tools.pii.patterns import either, phrases, words

LETTER = "A-Za-zÀ-ÖØ-öø-ɏ"
PARTS = "de van von der da del la bin al el di du binti bint ibn los las den dos das af av le zu"
CAP = rf"[A-ZÀ-ÖØ-Þ][{LETTER}'-]*"
PAIR = rf"(?:[A-Z]\. ?)?{CAP}(?: [A-Z]\.)? {CAP}"
FULL = rf"(?:[A-Z]\. ?){{0,3}}{CAP}(?: (?:{either(PARTS)} )*(?:{CAP}|[A-Z]\.)){{0,3}}"
TWO = rf"(?:[A-Z]\. ?){{0,3}}{CAP}(?: (?:{either(PARTS)} ){{0,2}}(?:{CAP}|[A-Z]\.)){{1,3}}"
ANY = rf"[{LETTER}][{LETTER}'.-]*(?: +[{LETTER}][{LETTER}'.-]*){{0,4}}"
EDGE = rf"(?<![{LETTER}\d_.@-])"
GAP = r"\s{1,3}"
STOP = r"(?=\s?(?:$|[.,!;:?)\n\"'-]|[^\x00-\x7f]))"

LABELLED = re.compile(
    rf"(?i){EDGE}(?:(?P<of>[a-z']+)\s+)?name(?:{GAP}{either('on for of in')}{GAP}(?:{either('the my this that')}{GAP})?"
    rf"{either('it card account order booking reservation ticket passport id package invoice door bell label parcel')})?"
    rf"(?:\s{{0,3}}(?:'s|is|was|:|=|-|should be|to)(?=[\s:'\"]))+[\s\"']{{0,4}}(?P<name>{ANY})"
)
NAME_THEN = re.compile(
    rf"(?i){EDGE}(?:(?:first|last|full|sur|given|family|maiden|legal|holder|customer|guest|passenger)[ -]?name|(?:ticket|card|account|policy)[ -]?holder|(?<!the )name on (?:the )?card"
    rf"|forename|surname)[,:]?{GAP}(?-i:(?P<name>{FULL}))"
)
NOT_OF_PERSONS = words(
    "user product item file brand company store shop model street domain plan hotel restaurant business city country bank school wifi "
    "network app game host computer device channel project color colour category event airline movie book variable field column group "
    "team server class business's company's"
)
ROLE = (
    "recipient, consignee, passenger, applicant, driver, patient, traveller, traveler, tenant, signatory, guest, card ?holder, account ?holder, "
    "beneficiary, customer, contact(?: person)?, receiver, sender, client, buyer, seller, payee, payer, owner, member, caller, agent, host, employee, "
    "manager, holder, student, next of kin, emergency contact"
)
COLON_ROLE = (
    "from, to, cc, ship(?:ped)? to, bill(?:ed)? to, deliver(?:ed|y)? to, sold to, send to, attn, attention, sent by, signed, prepared by"
)
SAID_OF = (
    "addressed to, registered to, belongs to, made out to, signed (?:for )?by, (?:under|in) the name(?: of)?, ask(?:ing|ed)? for, "
    "(?:label|invoice|ticket|card|badge|envelope|engraving) (?:(?:should|to|must) )?(?:says?|reads?), attn:?, attention:?, c/o, care of, "
    "(?:transfer|connect|pass|hand|put)(?:ring|ting|ing)? (?:you|me) (?:over |through )?to, (?:leave|left) (?:it |them )?with, sp[eo]a?ke?n? (?:to|with), ask, talk(?:ed|ing)? (?:to|with), dealt with, dealing with, chatt?(?:ed|ing)? with, "
    "cc, copy in, loop in, (?:helped|served|handled|assisted|sent|written) by, on behalf of, (?:love|regards|greetings|message|note) from, "
    "hand (?:it |them )?(?:over )?to, give (?:it |them )?to, pass(?:ed)? (?:it |them )?(?:on )?to, tell, say hi to, meet(?:ing)? with, "
    "(?:booked|booking|reserved|reservation|table|room|tickets?|label|parcel|package|gift|present|seat|cake|appointment|invoice|order) "
    "(?:(?:is|was) )?for, (?:guy|lady|woman|man|girl|boy|person|someone|somebody|rep|agent|employee|advisor|driver|courier|technician"
    "|engineer|colleague|son|daughter) (?:was )?(?:named|called)"
)
HOLDER = re.compile(
    rf"(?i){EDGE}(?:{phrases(ROLE)}(?:'s name)?(?:\s?\d)?\s?(?::|=|\bis\b)|{phrases(COLON_ROLE)}\s?:)\s{{0,3}}(?-i:(?P<name>{FULL}))"
)
SAID = re.compile(rf"{EDGE}{phrases(SAID_OF)}[\s\"'(]{{1,3}}(?-i:(?P<name>{FULL}))", re.IGNORECASE)
KIN = (
    "wife, husband, son, daughter, mother, mum, mom, mam, father, dad, friend, colleague, partner, boss, sister, brother, neighbou?r, fianc[eé]e?, spouse, "
    "room ?mate, flatmate, housemate, landlord, landlady, girlfriend, boyfriend, cousin, uncle, aunt(?:ie)?, nephew, niece, grand(?:ma|pa|mother|father"
    "|son|daughter), gran, nan, kid, child, baby, teacher, coach, manager, supervisor, assistant, nanny, cleaner, carer, client, guest, mate, co-?worker, "
    "(?:delivery )?(?:guy|man|driver|person|lady), courier, postman, mailman, technician, engineer, installer, plumber, agent, rep, advis[eo]r, "
    "representative, waiter, waitress, receptionist, concierge, doctor, nurse, dentist, accountant, electrician, dog ?sitter, stepson"
)
RELATED = re.compile(
    rf"(?i){EDGE}(?:(?:under|name){GAP}(?-i:(?P<pair>{PAIR}))"
    rf"|(?:booked|reserved|reservation|booking|ordered|registered|account|table|room|listed|filed|it'?s|is|was|its|appointment|put"
    rf"|check(?:ing)?[ -]?in|name)\b[^.!?\n]{{0,20}}\bunder{GAP}(?-i:(?P<under>{FULL}))"
    rf"|(?:{either('my our his her your their the a an')}{GAP}(?:\w{{1,12}}{GAP})?{phrases(KIN)}(?:'s name(?: is)?|'s called| is called)?|{phrases(KIN)}'s name(?: is|:)?),?{GAP}"
    rf"(?-i:(?P<name>{FULL})))"
)
INTRODUCED = re.compile(
    rf"(?i){EDGE}(?:I ?['`]?m|I am|call me|(?:chatting|speaking|talking) (?:with|to)|it'?s me,?){GAP}(?-i:(?P<name>{FULL}))"
)
LOWER_INTRODUCED = re.compile(
    rf"(?i){EDGE}(?:(?:i ?['`]?m|i am|this is|it'?s me,?){GAP}(?P<name>[a-z]{{3,15}}(?:\s[a-z]{{3,15}})?)"
    rf"(?={GAP}(?:from|speaking|calling|here)\b)"
    rf"|(?:(?<=^)|(?<=\n))(?:(?:hi|hiya|hey|hello|yo|oi|ok|okay|so|morning|evening|good|afternoon|all|there)[ ,!.]{{1,3}}){{0,3}}it'?s{GAP}"
    rf"(?P<its>[a-z]{{3,15}}(?:\s[a-z]{{3,15}})?)(?={GAP}(?:from|speaking|calling|here|again)\b))"
)
THIS_IS = re.compile(
    rf"(?i){EDGE}(?:this is|it'?s){GAP}(?-i:(?P<name>{FULL}))(?=\s?(?:$|[.,!;?\n-]|"
    r"(?:from|with|at|here|speaking|again|calling|and|I|I'm|for|on|in|regarding|about|writing|contacting)\b))"
)
HERE = re.compile(
    rf"(?:^|[.!?,\n]\s?)(?P<name>{FULL})(?:{GAP}|, )(?:here|speaking|again)\b"
    rf"|(?i:\b(?:hi|hiya|hey|hello|morning)(?: \w+)?), (?P<from>{FULL}) from\b"
)
HONORIFICS = "Mr Mrs Ms Miss Mx Dr Prof Sir Madam MR MRS MS Aunt Auntie Uncle Grandma Grandpa Officer Captain Professor Coach Herr Frau Rev"
TITLED = re.compile(rf"{EDGE}{either(HONORIFICS)}\b\.?{GAP}(?P<name>{FULL})")
GREETED = re.compile(
    rf"(?i){EDGE}(?:hi|hiya|hello|hey|dear|good (?:morning|afternoon|evening)|morning|welcome(?: back)?|nice to meet you"
    r"|(?:many )?thanks(?: so much| a lot| again| a million)?"
    r"|thank you(?: so much| very much| again)?|thx|ty|cheers|sorry|bye|goodbye|congrats|congratulations|happy birthday|take care)[ ,]{1,3}"
    rf"(?-i:(?P<name>{FULL})){STOP}"
)
CLOSING = "regards, sincerely, faithfully, cheers, best, wishes, thanks, thank you, truly, love, yours, respectfully, cordially, gratefully, xx?x?"
SIGNED = re.compile(
    rf"(?i)(?:\b{phrases(CLOSING)}\b[ ,.!~]{{0,3}}(?:\n{{1,3}}[ ~-]{{0,3}}|(?<=,)(?<!\d,) ?|(?<=,) ?|\s?- ?)|[\n ][-~] ?)"
    rf"(?P<name>(?-i:{FULL}))(?=\s{{0,3}}(?:$|\n|[|/(]|, [A-Z]))"
)
LOWER_SIGNED = re.compile(
    rf"(?i)\b{phrases(CLOSING)}(?: again| so much)?(?:,\s{{0,2}}|[.!]?\s?\n{{1,2}}|\s?- ?)(?P<name>[a-z]{{3,12}})\s{{0,3}}$"
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
    rf"(?i){EDGE}(?:it'?s|is|was|as|not|to|be|say|says?|reads?|changed? to|from){GAP}['\"]?(?-i:(?P<name>{FULL}))(?:{STOP}|(?=\s(?:with|not|like|and|but|as|instead)\b))"
)
ABOUT_NAMES = re.compile(
    r"(?i)\b(?:first|last|full|sur|wrong|maiden|my|the|her|his)\s?-?names?\b|surname|spel[lt]|apostrophe|\bnames? (?:is|was|are)\b"
)
INITIALS = re.compile(rf"{EDGE}(?P<name>{CAP} [A-Z]\. {CAP}|(?:[A-Z]\. ?){{2,3}}{CAP})")
SURNAME_FIRST = re.compile(
    rf"(?:\b(?i:for|name|label|under|passenger|guest|to|with|by|of|says?|shows|reads|as|is)|:|^|\n)\s{{0,2}}(?P<name>{CAP}(?: {CAP})?, (?P<given>{CAP}))"
)
TICKETED = re.compile(r"(?<![A-Za-z/])(?P<name>(?P<surname>[A-Z]{2,20})/(?P<given>[A-Z]{2,20})(?: [A-Z]{2,20})?)(?![A-Za-z/])")
"""As on an air ticket: "PARK/SEOYEON MS"."""


CLOSINGS = words("regards sincerely faithfully cheers best wishes thanks thank truly love yours respectfully cordially gratefully x xx xxx")


class Rule(NamedTuple):
    """A pattern, and the words of which every match contains one: to look for those first saves a third of the time."""

    pattern: re.Pattern[str]
    cues: frozenset[str]
    lower: bool = False  # names in small letters will do
    word_names: bool = False  # so will names that are words ("Will"), with a capital


KIN_CUES = words(
    "under name u grandma grandpa grandmother grandfather grandson granddaughter roommate fiance neighbor neighbour coworker co advisor "
    "adviser guy man lady person sitter"
)
RULES = (
    Rule(LABELLED, words("name"), lower=True, word_names=True),
    Rule(NAME_THEN, words("name surname firstname lastname forename holder cardholder"), word_names=True),
    Rule(
        HOLDER,
        words(
            "recipient consignee passenger applicant driver patient traveller traveler tenant signatory guest holder cardholder "
            "accountholder beneficiary customer contact receiver sender client buyer seller payee payer owner member caller agent host "
            "employee manager student kin cc attn attention :"
        ),
        word_names=True,
    ),
    Rule(
        SAID,
        words(
            "addressed registered belongs made signed ask asking asked label invoice ticket card badge envelope engraving attn attention "
            "o care leave left spoke speak spoken talk talked talking dealt dealing chatted chatting helped served handled assisted "
            "cc sent written behalf love regards greetings message note hand give pass passed tell say meet meeting booked reserved "
            "reservation table room tickets booking parcel package gift present seat cake appointment order name copy loop under named "
            "called transfer transferring connect connecting passing handing put putting"
        ),
        word_names=True,
    ),
    Rule(RELATED, KIN_CUES | frozenset(re.findall("[a-z]+", KIN)), word_names=True),
    Rule(INTRODUCED, words("m im am me chatting speaking talking")),
    Rule(LOWER_INTRODUCED, words("from speaking calling here again"), lower=True),
    Rule(THIS_IS, words("this its 's")),
    Rule(HERE, words("here speaking again from"), word_names=True),
    Rule(TITLED, words(HONORIFICS.lower()), word_names=True),
    Rule(
        GREETED,
        words(
            "hi hiya hello hey dear good morning welcome meet thank thanks thx ty cheers sorry bye goodbye congrats congratulations "
            "birthday care"
        ),
        word_names=True,
    ),
    Rule(
        SIGNED,
        words(
            "- ~ regards sincerely faithfully cheers best wishes thanks thank truly love yours respectfully cordially gratefully x xx xxx"
        )
        | {"\n"},
        word_names=True,
    ),
    Rule(LOWER_SIGNED, CLOSINGS, lower=True),
    Rule(VOCATIVE, words(","), word_names=True),
    Rule(SAYS, words("told promised assured helped offered emailed texted called rang gave sent from said says collect pick sign receive")),
    Rule(POSSESSED, words("'s"), word_names=True),
)

SIGNS = ("\n", ",", ":", "'s", "-", "~")
NUMBER = re.compile(r"\d[\d ()-]{5}|@")
CAPITALS = re.compile(rf"[A-ZÀ-ÖØ-Þ][{LETTER}'.-]+")
CAPITAL = re.compile(rf"[A-ZÀ-ÖØ-Þ][{LETTER}'.-]")
ADVERB = re.compile(r"\w{3,}(?:ly|ed|ing)")
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
