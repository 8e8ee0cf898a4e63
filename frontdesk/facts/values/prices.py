"""Prices, what is free, and percentages."""

import re
from collections.abc import Iterator
from decimal import Decimal

from frontdesk.facts.values.numerals import AMOUNT, ENGLISH, KO_SINO, MONEY, NUMERAL, TO, each
from frontdesk.facts.values.value import A_DIGIT, Rule, Value, read_nothing, value_at


def price_rules() -> list[Rule]:
    words = r"dollars?|bucks?|usd|won|krw|euros?|eur|pounds?|gbp|yen|jpy|cents?"
    number = rf"{MONEY}|{ENGLISH}"
    before = rf"(?P<unit>us\$|[$€£¥₩]|(?:usd|krw|eur|gbp|jpy)(?![a-z])) ?(?P<a>{MONEY})(?:-(?P<b>{MONEY})(?![a-z\d]))?"
    after = rf"(?P<a>{number})(?:(?:{TO}| to | or )(?P<b>{number}))?[ -]?(?P<unit>(?:{words})(?![a-z])|[$€£¥₩])"
    want = r"(?: (?!원[하해했함한])|(?! ))"  # 3개만 원해요
    korean_unit = r"(?P<unit>원|달러|불(?![가-힣])|유로|파운드|엔(?![진터]))"
    korean = rf"(?=\d|[가-힣]*[십백천만억])(?P<a>{AMOUNT})(?:(?:{TO}|에서 ?)(?P<b>{AMOUNT}))?{want}{korean_unit}"
    costs = r"(?:at )?no (?:extra |additional )?(?:costs?|charges?|fees?)\b|without charge|complimentary"
    free = r"free of charge|free(?!\w|-\w| (?:to (?:ask|contact|call|write|reach)|time|spot|space|room|seat|from|up)\b)"
    code = r"\d{6,}(?:-\d+)+|\d+(?:-\d+){2,}|\d+(?:\.\d+){2,}"
    return [
        (A_DIGIT, rf"(?<![a-z0-9]){before}", _read_price),
        ("[nrsdpfyt$€£¥₩]", rf"(?<![a-z0-9])(?<!\d[.,]){after}", _read_price),
        ("[원불엔러로드]", rf"(?<![a-z0-9])(?<!\d[.,]){korean}", _read_price),
        ("free|no |charge|complimentary|무료|공짜|무상", rf"(?<![\w-])(?:{free}|{costs})|(?<!유)무료|공짜|무상", _read_free),
        (r"\d[-.]\d", rf"(?<![\w-])(?:{code})(?![\w-])", read_nothing),  # account numbers, versions
    ]


def percent_rules() -> list[Rule]:
    after = r" ?(?:할인|환불|적립|인하|인상|수수료|[가를만]|정도|까지|이상|이하)"
    sign = rf" ?(?:%|퍼센트|프로(?={after})|percent(?![a-z])|per cent(?![a-z]))"
    numeral = rf"{NUMERAL}|{KO_SINO}"
    percent = rf"(?<![a-z0-9])(?<!\d[.,])(?P<a>{numeral})(?:(?:{TO}| to | or |에서 ?)(?P<b>{numeral}))?{sign}"
    return [("%|퍼센트|프로|per ?cent", percent, lambda match, text: each(match, "percent", ""))]


_CURRENCIES = {
    word: unit
    for unit, words in {
        "USD": "$ us$ usd dollar buck cent 달러 불",
        "KRW": "₩ krw won 원",
        "EUR": "€ eur euro 유로",
        "GBP": "£ gbp pound 파운드",
        "JPY": "¥ jpy yen 엔",
    }.items()
    for word in words.split()
}


def _read_price(match: re.Match[str], text: str) -> Iterator[Value]:
    word = match["unit"].rstrip("s") if match["unit"].isalpha() and match["unit"] != "us" else match["unit"]
    around = match.string[max(0, match.start() - 40) : match.end() + 15]
    if word == "pound" and re.search(r"weigh|heav|lift|luggage|baggage|load|carr(?:y|ies)", around):
        return
    for value in each(match, "price", _CURRENCIES[word], Decimal("0.01") if word == "cent" else Decimal(1)):
        yield value if value.value != "0" else value._replace(unit="")


def _read_free(match: re.Match[str], text: str) -> Iterator[Value]:
    before, after = match.string[: match.start()], match.string[match.end() :]
    other = r"\b(?:feel|are you|i'm|you're|am|we're|gluten|pet|smoke|sugar|dairy|lactose|nut|alcohol|duty|tax|hassle|risk) $"
    denied = r"(?:\b(?:not|never|no|cannot|without)|n't)\b[^.,;:!?]*$"
    if match[0].startswith("free") and (re.search(other, before) or re.search(denied, before)):
        return
    if not re.match(r"(?:[가는]|로는|배송[이은]?)? ?(?:아니|아닙|안 |불가)", after):
        yield value_at(match, "price", "0")
