"""Numbers, and what they count where that is distinguished: nights, times, people and items."""

import re
from collections.abc import Iterator

from frontdesk.facts.values.numerals import DIGITS, ENGLISH, KO_NATIVE, NATIVE_ONE, NUMERAL, SINO, TO, each, to_number, to_text
from frontdesk.facts.values.value import A_DIGIT, START, Rule, Value, value_at

_PARTICLE = r"(?![가-힣])|(?=[만이가을를은는씩도에로까이뿐당용짜]|의 |부터|입니[다까]|예요|인데)"
_MEASURE = r"(?:kgs?|g|mg|mm|cm|m|km|ml|l|lbs?|oz|inch(?:es)?|in|ft|gb|mb|tb|kw|w|v|mah|hz|k|px|cc|x|pcs)(?![a-z0-9])|x\d"
_VOWELS = "[aeiou]"  # one of them is in each English numeral


def number_rules() -> list[Rule]:
    pair = rf"(?P<a>{{0}})(?:(?:{TO}| to | or |에서 ?)(?P<b>{{0}}))?"
    things = r"(?P<unit>nights?|times|people|persons?|items?|pieces?|pcs)(?![a-z])"
    exit_number = r"(?! ?(?:출구|게이트|버스|창구|플랫폼|을|키))"
    after_digits = (
        rf"(?P<unit>박(?!스)|번{exit_number}|회(?![원사의차])|명(?![절의])|인(?![치분터스증])|사람|개(?![월국소사년점강정통봉업]))"
    )
    counters = (
        r"개|명|사람|번|차례|회|박|분|가지|장|대|병|권|잔|건|곳|자|통|벌|켤레|마리|배|줄|칸|팀|쌍|종|박스|상자|봉지|세트|층|단계|조각|군데"
    )
    counted = rf"(?P<unit>{counters})(?:{_PARTICLE})"
    again = r"(?:(?<!한번)(?<!한 번)|(?! ?(?:더|확인|문의|시도|봐|보|해|말|알려|부탁|다시|연락)))"  # 한 번 더 is no count
    tens = rf"(?<![가-힣])(?:[{SINO}]?백[{SINO}]?십?[{SINO}]?|[{SINO}]?십[{SINO}]?)"
    sino = rf"(?P<a>{tens}|(?<![가-힣])[{SINO}](?= ?박)|(?<![가-힣])[일삼오육칠팔구](?= (?:개|명|회)))(?P<b>) ?{counted}"
    bare = rf"(?:하나|둘|셋|넷|다섯|여섯|일곱|여덟|아홉|열(?:{NATIVE_ONE})|(?:스물|서른|마흔|쉰|예순|일흔|여든|아흔)(?:{NATIVE_ONE})?)"
    end = r"(?:(?![가-힣])|(?=[만을를씩도은는이가의로](?!요)|이상|까지|뿐))"
    bare_sino = rf"(?:[{SINO}]?십[{SINO}]|[{SINO}]십)(?:(?![가-힣])|(?=까지|이상|이하))"
    minus = r"(?P<minus>(?<![\w)] )-(?=\d+(?:\.\d+)? ?(?:°|도|degrees|℃))|영하 ?)?"
    return [
        ("night|time|people|person|item|piece|pcs", rf"{START}{pair.format(NUMERAL)}[ -]{things}", _read_some),
        (
            "once|twice",
            r"(?<![a-z])(?<!at )(?:once|twice)(?= (?:per|an?|every|only|daily|weekly)(?![a-z])|[^ a-z]|$)",
            lambda match, text: [value_at(match, "number", "1" if match[0] == "once" else "2", "times")],
        ),
        ("[박번회명인람개]", rf"{START}{pair.format(DIGITS)} ?{after_digits}", _read_some),
        (f"[{counters}]", rf"{pair.format(KO_NATIVE)} ?{counted}{again}", _read_some),
        ("[십백박개명회]", sino, _read_some),
        ("[나둘셋넷섯곱덟홉열물른흔쉰순든십]", rf"(?<![가-힣])(?:{bare}{end}|{bare_sino})", _read_word),
        (
            A_DIGIT,
            rf"(?:{START}|(?<=\dx)){minus}(?P<number>\d+/\d+(?!/)|{DIGITS}(?:[천만억]|k(?![a-z]))?)(?:(?![a-z0-9_])|(?={_MEASURE}))",
            _read_number,
        ),
        (_VOWELS, rf"(?<![a-z-]){ENGLISH}(?![a-z-])", _read_word),
    ]


def _read_some(match: re.Match[str], text: str) -> Iterator[Value]:
    """What a number counts, where that is distinguished: nights, times, people and items."""
    word = match["unit"]
    once_more = word == "번" and match["a"] == "한" and re.search("(?:다시|꼭) ?$", match.string[: match.start()])
    if not once_more:
        yield from each(match, "number", _COUNTED.get(word.removesuffix("s"), ""))


_COUNTED = {
    "night": "nights", "박": "nights", "time": "times", "번": "times", "회": "times", "차례": "times",
    "people": "people", "person": "people", "명": "people", "인": "people", "분": "people", "사람": "people",
    "item": "items", "piece": "items", "pc": "items", "개": "items",
}  # fmt: skip


def _read_number(match: re.Match[str], text: str) -> Iterator[Value]:
    word = match["number"]
    if re.match(r"\d?K(?!G)|\dG(?!B)", text[match.end() - 1 :]):
        return  # 4K, 5G
    sign = "-" if match["minus"] else ""
    as_written = "/" in word or re.fullmatch(r"0\d+", word)  # 24/7, the code 0142
    yield value_at(match, "number", word if as_written else sign + to_text(to_number(word)))


_BEFORE_ONE = r"\b(?:only|has|have|get|is|are|with|for|from|at least|just|than|to|in|per|by|of|and|use) $|^$|[,.:;(] ?$"
_AFTER_ONE = r" (?!of|is|was|that|which|with|for|in|on|at|to|and|or|can|will|has|you|we|more|another|by|moment|sec)[a-z]+"


def _read_word(match: re.Match[str], text: str) -> Iterator[Value]:
    """`one` is a number only before a thing: not in `this one`, `one of them`, `the right one`."""
    before, after = match.string[: match.start()], match.string[match.end() :]
    if match[0] != "one" or (re.search(_BEFORE_ONE, before) and re.match(_AFTER_ONE, after)):
        yield value_at(match, "number", to_text(to_number(match[0])))
