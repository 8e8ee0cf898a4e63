"""E-mail addresses, URLs and phone numbers; and codes, which are no values."""

import re
from collections.abc import Iterator

from frontdesk.facts.fold import fold
from frontdesk.facts.values.dates import read_iso, read_slashes
from frontdesk.facts.values.value import Rule, Value, read_nothing, value_at

_HOST = r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+"
_ENDINGS = "com|net|org|kr|io|co|jp|uk|de|fr|eu|app|dev|shop|store|info|biz|ai|example|test"
_PATH = r"(?::\d+)?(?:[/?#](?:(?!\]\(|\*\*)[!#-;=?-_a-{}~])*)?"  # it ends at Markdown's signs and at "<>`|
_FOUR_DIGITS, _SIX_DIGITS = (rf"[0-9](?:\D*\d){{{more}}}" for more in (3, 5))


def address_rules() -> list[Rule]:
    known = rf"(?:{_ENDINGS})(?![a-z0-9-])|[a-z]{{2,}}(?=/[a-z0-9])"
    url = rf"(?:https?://[a-z0-9.-]+|www\.{_HOST}[a-z]{{2,}}|{_HOST}(?:{known})){_PATH}"
    groups = r"(?:\(\d{1,4}\) ?)?\d{1,4}"
    world = rf"\+\d{{8,15}}(?!\d)|\+\d{{1,3}}[ -]?{groups}(?:-\d{{2,4}}){{1,3}}|\+\d{{1,3}} {groups}(?: \d{{2,4}}){{1,4}}"
    korea = r"01[016789]\d{7,8}|070\d{8}|02\d{7,8}|1[568]\d\d-\d{4}"
    america = r"(?:1[ -])?\(?[2-9]\d\d\)?[ .-]{1,2}\d{3}[.-]\d{4}|[2-9]\d\d-\d{4}"
    phone = rf"(?:{world}|\(?0\d{{1,4}}\)?[ .-]{{0,2}}\d{{3,4}}[ .-]\d{{3,4}}|{korea}|{america})(?![\d-]|[.,]\d)"
    iso = r"(?P<year>(?:19|20)\d\d)(?P<mark>[-./]) ?(?P<month>\d{1,2})(?P=mark) ?(?P<day>\d{1,2})(?!\d|-\d)"
    weekday = r"(?P<year>)(?P<month>\d{1,2})/(?P<day>\d{1,2}) ?(?=\([월화수목금토일]\))"
    slashes = r"(?P<one>\d{1,2})(?P<mark>[-./])(?P<two>\d{1,2})(?P=mark)(?P<year>(?:19|20)\d\d)(?![\d-])"
    code = r"(?!(?:usd|krw|eur|gbp|jpy)-?\d|(?:[ap]m|won|to|days?|hours?)-)[a-z][a-z_-]*\d[a-z0-9_-]*(?:\.\d+)*|#\d[\d-]*"
    return [
        (r"[\[<{]", r"[\[<{][a-z]+(?:_[a-z]+)*_?\d*[\]>}]", read_nothing),
        ("@", rf"(?<![a-z0-9._%+-])[a-z0-9._%+-]+@{_HOST}[a-z]{{2,}}", lambda match, text: [value_at(match, "email", match[0])]),
        (r"\.[a-z0-9]|:/", rf"(?<![a-z0-9@.-]){url}", _read_url),
        (_SIX_DIGITS, rf"(?<![a-z0-9./-]){iso}", read_iso),
        ("[월화수목금토일]", rf"(?<![a-z0-9./-]){weekday}", read_iso),
        (_SIX_DIGITS, rf"(?<![a-z0-9./-]){slashes}", read_slashes),
        (_FOUR_DIGITS, rf"(?<![a-z0-9+-])(?<!\d[.,]){phone}", _read_phone),
        (r"[a-z_#-]\d", rf"(?<![a-z0-9])(?:{code})", read_nothing),
    ]


def _read_url(match: re.Match[str], text: str) -> Iterator[Value]:
    start, end = match.start(), match.start() + len(match[0].rstrip(".,;:!?)'\"]>*_`|"))
    host, slash, path = re.sub("^https?://", "", text[start:end], flags=re.IGNORECASE).partition("/")
    yield Value("url", (fold(host) + slash + path).rstrip("/"), "", start, end)


def _read_phone(match: re.Match[str], text: str) -> Iterator[Value]:
    digits = "".join(letter for letter in match[0] if letter.isdecimal())
    named = r"(?:call|dial|phone|tel|number|ring|text|전화|번호)(?![a-z])[^\d\0]{0,15}$"
    if len(digits) > 7 or re.search(named, match.string[: match.start()]):  # 555-0142 may be a range
        yield value_at(match, "phone", digits)
