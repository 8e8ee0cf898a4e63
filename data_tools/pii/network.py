"""What computers are told: EMAIL, IP and SECRET.

Plain patterns, measured against Presidio's: EmailRecognizer takes a Korean particle for part of the address, and the library behind it fetches a
list from the network; IpRecognizer takes 25 us a message and misses "192.168.0.17에서".
"""

import ipaddress
import re
from collections.abc import Iterator

from data_tools.pii.spans import HOLE, Span, around

LOCAL = r"[A-Za-z0-9._%+'-]"
EMAIL = re.compile(
    rf"(?<!{LOCAL}){LOCAL}+ ?@ ?(?:(?:[A-Za-z0-9-]{{1,63}}\.){{1,8}}[A-Za-z]{{2,24}}|(?:gmail|naver|daum|hanmail|kakao|nate|yahoo|hotmail|outlook|icloud)\b)"
)
SPELLED_EMAIL = re.compile(
    r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}\s?(?:골뱅이|[(\[]\s?at\s?[)\]]|\s+at(?=\s+\S{1,40}\s+dot\s))\s?"
    r"(?:[A-Za-z0-9-]{1,63}(?:\.|\s?닷\s?|\s?점\s?|\s+dot\s+|\s?[(\[]dot[)\]]\s?)){1,4}[A-Za-z]{2,24}(?![A-Za-z])",
    re.IGNORECASE,
)
IPV4 = re.compile(r"(?<![\w.-])(?:\d{1,3}\.){3}\d{1,3}(?![\dA-Za-z]|[.-]\d)")
IPV6 = re.compile(r"(?<![\w:.])(?=[0-9A-Fa-f:]{0,36}:[0-9A-Fa-f]{0,4}:)[0-9A-Fa-f:]{4,39}(?:(?:\.\d{1,3}){3})?(?![\w:])")
EVERYBODYS = frozenset("127.0.0.1 0.0.0.0 192.168.0.1 192.168.1.1 10.0.0.1 255.255.255.0 255.255.255.255 8.8.8.8 8.8.4.4 1.1.1.1".split())
"""Addresses of every router and of public name servers."""

VERSION = re.compile(rf"(?:v|ver|version|버전|펌웨어|firmware|release|build)\W{{0,3}}{HOLE}|{HOLE}\s?버전", re.IGNORECASE)

TOKENS = re.compile(
    r"(?<![A-Za-z0-9])(?:sk-[\w-]{8,}|(?:sk|pk|rk|whsec)_[A-Za-z0-9_]{12,}|gh[pousr]_\w{16,}|github_pat_\w{20,}|(?:AKIA|ASIA)[A-Z0-9]{12,}|xox[abprs]-[A-Za-z0-9-]{10,}"
    r"|AIza[\w-]{20,}|glpat-[\w-]{12,}|hf_[A-Za-z0-9]{16,}|npm_[A-Za-z0-9]{20,}|(?=[a-f]{0,20}\d)(?=\d{0,20}[a-f])[0-9a-f]{32,128}(?![A-Za-z0-9])|eyJ[\w-]{6,}\.[\w-]{6,}(?:\.[\w-]*)?)"
    r"|-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[^-]*(?:-----END [A-Z ]{0,30}PRIVATE KEY-----)?",
    re.ASCII,
)
BEARER = re.compile(r"\bBearer\s+([\w.~+/-]{10,}=*)", re.ASCII | re.IGNORECASE)
KEY = re.compile(
    r"(?:(?:api|access|secret|private|license|recovery|backup)[ _-]?(?:key|code)|\btoken|\bsecret|client[ _-]?secret|webhook secret|API\s?키|액세스\s?키|시크릿|토큰|인증키|복구\s?(?:키|코드)|백업\s?코드)"
    r"(?:\s*(?:is|was|[:=]|가|이|은|는|값은))*\s*[\"'`]?([A-Za-z0-9_\-./+=]{10,})",
    re.IGNORECASE,
)
PASSWORD = re.compile(
    r"(?:\b(?:password|passwd|passcode|passphrase|pwd|pw|pass|pin(?:\s?(?:code|number))?)\b|비밀\s?번호|비번|패스워드|패스워드|암호|임시\s?비밀번호)"
    r"(\s*(?:(?:is|was|to|should be|as)\b|[:=]|번호|가|이|은|는|를|을|로)*)\s*([\"'“`]?)([!-~]{3,64})",
    re.IGNORECASE,
)
CODE = re.compile(
    r"(?:인증\s?(?:번호|코드)|\bOTP\b|\bCV[CV]2?\b|verification code|security code|one.time (?:code|password)|login code)"
    r"(?:\s*(?:is|was|number|번호|코드|[:=]|가|이|은|는))*\s*(\d{3,8})(?![\d-]|\s?(?:자리|분|digit|min|초))",
    re.IGNORECASE,
)
ASKED_PASSWORD = re.compile(r"password|passcode|비밀\s?번호|비번|패스워드", re.IGNORECASE)
ASKED_CODE = re.compile(
    r"인증\s?(?:번호|코드)|\bOTP\b|\bCV[CV]\b|verification code|security code|passcode|\bPIN\b|비밀\s?번호 \S*\s?(?:알려|말씀)",
    re.IGNORECASE,
)
SECRETS = tuple(
    "sk- sk_ pk_ rk_ whsec gh pat_ akia asia xox aiza hf_ npm_ eyj ----- bearer key token secret pass pin pw otp cvc cvv code 키 시크릿 토큰 비밀 비번 워드 암호 인증".split()
)
"""A text without any of these (small letters) holds no secret."""
PLAIN_ENGLISH = frozenset(
    "not wrong incorrect invalid expired required needed reset changed correct right case the a an my your too very still being never always also no being "
    "weak strong short long hidden missing working secure blank empty stored sent shown saved and or for with that this what when where how on in at of is was "
    "has does doesn't isn't won't didn't keeps link page field box field? manager protected?".split()
)


def find_network(text: str, asked: str) -> Iterator[Span]:
    """All e-mail addresses, IP addresses and secrets. `asked` is what the other side said just before."""
    yield from _emails(text)
    yield from _addresses(text)
    yield from _secrets(text, asked)


HEX = re.compile(r"[0-9a-f]{32}")


def may_be_secret(text: str) -> bool:
    """Whether a text holds a word that announces a secret; cheap."""
    low = text.lower()
    return any(word in low for word in SECRETS) or bool(HEX.search(text))


def _emails(text: str) -> Iterator[Span]:
    if "@" in text:
        for match in EMAIL.finditer(text):
            yield Span(match.start() + len(match[0]) - len(match[0].lstrip("'.-")), match.end(), "EMAIL")
    for match in SPELLED_EMAIL.finditer(text):
        yield Span(*match.span(), "EMAIL")


def _addresses(text: str) -> Iterator[Span]:
    for pattern, least in ((IPV4, 7), (IPV6, 6)):
        for match in pattern.finditer(text):
            if len(match[0]) >= least and _is_ip(match[0]) and not VERSION.search(around(text, *match.span(), left=12, right=4)):
                yield Span(*match.span(), "IP")


def _is_ip(value: str) -> bool:
    if value in EVERYBODYS:
        return False
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return value.count(":") != 2 or any(char.isdigit() for char in value)


def _secrets(text: str, asked: str) -> Iterator[Span]:
    if ASKED_CODE.search(asked):
        for match in re.finditer(r"(?<![\w.-])\d{3,8}(?![\w.-]*\d|\s?(?:자리|분|원|개))", text):
            yield Span(*match.span(), "SECRET")
    if ASKED_PASSWORD.search(asked) and (
        match := re.fullmatch(r"\W{0,3}(?:it'?s |is )?((?=[!-~]*\d)(?=[!-~]*[A-Za-z])[!-~]{6,40})[.\s]*", text, re.ASCII)
    ):
        yield Span(*match.span(1), "SECRET")
    if not may_be_secret(text):
        return
    for match in TOKENS.finditer(text):
        yield Span(*match.span(), "SECRET")
    for pattern in (BEARER, KEY, CODE):
        for match in pattern.finditer(text):
            if re.search(r"\d", match[1]):
                yield Span(*match.span(1), "SECRET")
    for match in PASSWORD.finditer(text):
        value = match[3].rstrip(".,?;)'\"”`") if not match[2] else match[3].split(match[2].replace("“", "”"))[0]
        if HOLE not in value and _is_password(value, match[1].strip(), bool(match[2])):
            yield Span(match.start(3), match.start(3) + len(value), "SECRET")


def _is_password(value: str, said: str, quoted: bool) -> bool:
    if len(value) < 3 or value.lower() in PLAIN_ENGLISH or value.startswith(("[", "http")):
        return False
    mixed = bool(re.search(r"\d|[!@#$%^&*_]", value))
    if mixed:
        return len(value) >= 4 or quoted
    return (quoted or ":" in said or "=" in said) and len(value) >= 4
