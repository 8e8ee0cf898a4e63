"""What computers are told: EMAIL, IP and SECRET. Plain patterns, since Presidio's take a Korean particle for a part of
an address, fetch a list from the network and miss "192.168.0.17에서" (measured).
"""

import ipaddress
import re
from collections.abc import Iterator
from functools import lru_cache

from data_tools.pii.patterns import either, phrases, words
from data_tools.pii.spans import HOLE, Span, around, matches

LOCAL = r"[A-Za-z0-9._%+'-]"
PROVIDER = either("gmail naver daum hanmail kakao nate yahoo hotmail outlook icloud")
EMAIL = re.compile(rf"(?<!{LOCAL}){LOCAL}+ ?@ ?(?:(?:[A-Za-z0-9-]{{1,63}}\.){{1,8}}[A-Za-z]{{2,24}}|{PROVIDER}\b)")
REPOSITORY = re.compile(r"git@[\w.-]+:[\w~/.-]")  # git@host.example:team/repo.git
SPELLED_DOT = r"(?:\.|\s?(?:닷|점|쩜)\s?|\sdot\s|\s?[(\[]dot[)\]]\s?)"
SITE = either(
    "네이버 지메일 구글 다음 한메일 네이트 카카오 핫메일 야후 아이클라우드 gmail naver daum hanmail kakao nate yahoo hotmail outlook icloud"
)
SPELLED_EMAIL = re.compile(
    rf"(?i)(?<![A-Za-z0-9._%+-])(?:(?:영문|영어|숫자|소문자로?|대문자로?)\s){{0,3}}"
    r"(?:[A-Za-z0-9._%+-]{1,30}\s?(?:\sdot|\sunderscore|\sdash|\shyphen|\splus|점|닷|쩜|언더바|밑줄|하이픈|(?=\s?숫자))\s(?:숫자\s)?){0,4}"
    r"[A-Za-z0-9._%+-]{1,64}\s?(?:골뱅이|앳|[(\[]\s?at\s?[)\]]|\sat\ssign|\sat(?=\s\S{1,40}\sdot\s|\s(?:gmail|yahoo|hotmail|outlook|icloud|naver)\b))\s?"
    rf"(?:(?:[A-Za-z0-9-]{{1,63}}|{SITE})(?:{SPELLED_DOT}(?:컴|콤|넷|[A-Za-z]{{2,24}}(?![A-Za-z]))){{1,4}}|{SITE}(?:\s?com\b)?)"
)
IPV4 = re.compile(r"(?<![\w.-])(?:\d{1,3}\.){3}\d{1,3}(?![\dA-Za-z]|[.-]\d)")
IPV6 = re.compile(r"(?<![\w:.])(?=[0-9A-Fa-f:]{0,36}:[0-9A-Fa-f]{0,4}:)[0-9A-Fa-f:]{6,39}(?:(?:\.\d{1,3}){3})?(?![\w:])")
EVERYBODYS = words("127.0.0.1 0.0.0.0 192.168.0.1 192.168.1.1 10.0.0.1 255.255.255.0 255.255.255.255 8.8.8.8 8.8.4.4 1.1.1.1")
"""Addresses of every router and of public name servers."""

ROUTER = re.compile(
    r"(?i)router|gateway|subnet|admin (?:page|panel)|modem|default|browser|공유기|게이트웨이|라우터|서브넷|모뎀|설정 ?페이지|브라우저"
)
"""Beside these a private address is the same in every home."""

VERSION = re.compile(
    rf"{either('v ver version 버전 펌웨어 firmware release build')}\W{{0,3}}{HOLE}|{HOLE}\s?버전|[=~<>]={HOLE}", re.IGNORECASE
)

TOKENS = re.compile(
    r"(?<![A-Za-z0-9])(?:sk-[\w-]{8,}|(?:sk|pk|rk|whsec)_[A-Za-z0-9_]{12,}|gh[pousr]_\w{16,}|github_pat_\w{20,}|(?:AKIA|ASIA)[A-Z0-9]{12,}"
    r"|[a-z]{2,8}_(?:live|test|prod)_(?=[A-Za-z]*\d)[A-Za-z0-9]{12,}|xox[abprs]-[A-Za-z0-9-]{10,}"
    r"|AIza[\w-]{20,}|glpat-[\w-]{12,}|hf_[A-Za-z0-9]{16,}|npm_[A-Za-z0-9]{20,}|eyJ[\w-]{6,}\.[\w-]{6,}(?:\.[\w-]*)?"
    r"|(?=[a-f]{0,20}\d)(?=\d{0,20}[a-f])[0-9a-f]{32,128}(?![A-Za-z0-9]))"
    r"|-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[^-]*(?:-----END [A-Z ]{0,30}PRIVATE KEY-----)?",
    re.ASCII,
)
HEX = re.compile(r"[0-9a-f]{32}")
BEARER = re.compile(r"\bBearer\s([\w.~+/-]{10,}=*)", re.ASCII | re.IGNORECASE)
IS = r"(?:\s{0,2}(?:is|was|number|번호|코드|값은|[:=가이은는])){0,3}\s{0,2}"
KEY = re.compile(
    r"(?i)(?:(?:api|access|secret|private|license|recovery|backup)[ _-]?(?:key|code)|(?<![A-Za-z])token|(?<![A-Za-z])secret|client[ _-]?secret|webhook[ "
    r"_-]?secret|(?<![가-힣])키(?=\s?[는가:])|API\s?키|액세스\s?키|시크릿|토큰|인증키|복구\s?(?:키|코드)|백업\s?코드)"
    rf"{IS}[\"'`]?([A-Za-z0-9_\-./+=]{{10,}})"
)
PASSWORD = re.compile(
    rf"(?i)(?:\b{phrases('password, passwd, passcode, passphrase, pwd, pw, pass, pin(?: ?(?:code|number))?')}\b|비밀\s?번호|비번|패스워드|암호)"
    r"(?P<said>(?:\s{0,2}(?:(?:is|was|to|should be|as|used to be)\b|[:=]|번호|[가이은는를을로])){0,4})"
    r"\s{0,2}(?P<quote>[\"'“`]?)(?P<value>[!-~]{3,64})"
)
CODE_WORDS = (
    "인증 ?(?:번호|코드), \\bOTP\\b, \\bCV[CV]2?\\b, verification code, security code, (?:gate|door|entry|lobby|building|alarm) code, "
    "one.time (?:code|password), login code"
)
CODE = re.compile(rf"{phrases(CODE_WORDS)}{IS}([\d*#]{{3,10}})(?![\d-]|\s?(?:자리|분|digit|min|초))", re.IGNORECASE)
ASKED_CODE = re.compile(phrases(CODE_WORDS + ", passcode, \\bPIN\\b, 비밀 ?번호 \\S* ?(?:알려|말씀)"), re.IGNORECASE)
ANSWERED_CODE = re.compile(r"(?<![\w.-])\d{3,8}(?![\w.-]*\d|\s?(?:자리|분|원|개))")
ANSWERED = re.compile(r"\d{3}|[A-Za-z!-/]\d|\d[A-Za-z!-/]")
ASKED_PASSWORD = re.compile(r"password|passcode|비밀\s?번호|비번|패스워드", re.IGNORECASE)
ANSWERED_PASSWORD = re.compile(r"\W{0,3}(?:it'?s |is )?((?=[!-~]*\d)(?=[!-~]*[A-Za-z])[!-~]{6,40})[.\s]*", re.ASCII)
CUES = words(
    "_live_ _test_ _prod_ "
    "sk- sk_ pk_ rk_ whsec ghp_ gho_ ghu_ ghs_ ghr_ pat_ akia asia xox aiza hf_ npm_ eyj ----- bearer key token secret pass pin pw otp cvc cvv code "
    "키 시크릿 토큰 비밀 비번 워드 암호 인증 현관 도어락 출입 대문 택배함 자물쇠 금고 사물함 라커 보관함 코드 와이파이 wifi wi-fi alarm gate lockbox door buzz punch"
)
"""A text without any of these (small letters) announces no secret."""

CUED = re.compile("|".join(map(re.escape, sorted(CUES))))

DIGITS, LONG = re.compile(r"[\d*#]{3}"), re.compile(r"\S{10}")  # what a code of digits and a key hold
NO_PASSWORD = words(
    "not wrong incorrect invalid expired required needed reset changed correct right case the a an my your too very still being never "
    "always also no weak strong short long hidden missing working secure blank empty stored sent shown saved and or for with that this "
    "what when where how on in at of is was has does doesn't isn't won't didn't keeps link page field box manager"
)


ACCESS = "lock ?box, key ?(?:safe|box|pad), door, gate, alarm, entry, entrance, building, lobby, garage, buzzer, intercom, locker, safe, access, callbox, elevator"
KOREAN_ACCESS = "공동 ?현관, 현관, 도어락, 출입문, 대문, 자물쇠, 비상문, 무인 ?택배함, 택배함, 사물함, 보관함, 라커, 금고, 세대 ?현관, 출입, 경비, 열쇠함, 키박스, 주차장, 차단기, 건물"
PLACE_CODE = re.compile(
    rf"(?i)(?:\b{phrases(ACCESS)}\s(?:(?:pass)?code|pin|number|combo|combination)|\b(?:buzz|punch in|key in|type in|dial)\b"
    rf"|{phrases(KOREAN_ACCESS)}\s?(?:출입\s?)?(?:비밀\s?번호|비번|번호|코드|암호)?|(?<!\w )(?:the|its|it's|your|my)\scode)"
    rf"[^\d\n#*]{{0,14}}?\s?((?:(?:종|별|샵|열쇠|호출)\s?)?[#*]?\d[\d#*]{{2,11}})(?![\w-]|\s?(?:호|동|층|번지|원|분|시|개|명|박|년|월|일|minutes|people|units))"
)
HASHED = re.compile(r"(?<![\w#*-])(?:[A-Z]?\d{3,8}[#*]+|[#*]\d{3,8}[#*]|\d{3,5}[#*]\d{3,5}[#*]?)(?![\w#*-])")
HASHED_WORDS = re.compile(rf"{phrases(KOREAN_ACCESS)}|비번|비밀번호|\b(?:{phrases(ACCESS)}|code|pin)\b", re.IGNORECASE)
WIFI = re.compile(
    r"(?:wi-?fi|와이파이|와파)(?:[^.\n]{0,24}?(?:비밀\s?번호|비번|암호|password|passcode|pass|pw|key))?(?:\s?(?:is|:|=|는|은|가|이|->)){1,2}\s{0,2}[\"'`]?"
    r"((?=[!-~]{0,40}\d)[!-~]{5,40}|(?=[!-~]{0,40}[!@#$%^&*_-])[!-~]{6,40})",
    re.IGNORECASE | re.ASCII,
)
NEAR_PASSWORD = re.compile(
    r"(?:비번|비밀\s?번호|패스워드|암호|password|passcode|\bpwd?\b)[^\n]{1,28}?\s[\"'`]?"
    r"(?=[!-~]{0,40}\d)(?=[!-~]{0,40}[A-Za-z])(?=[!-~]{0,40}[!@#$%^&*_]|[!-~]{0,40}(?-i:[a-z][A-Z]|[A-Z][a-z]))([!-~]{6,40})",
    re.ASCII | re.IGNORECASE,
)


AT = ("골뱅이", "앳", " at", "(at", "[at", "( at")
AT_HINT = re.compile(r"(?i)골뱅이|앳|[(\[]\s?at\s?[)\]]|\sat\s(?:sign|\S{1,40}\sdot\s|(?:gmail|yahoo|hotmail|outlook|icloud|naver)\b)")


def find_network(text: str, asked: str) -> Iterator[Span]:
    """All e-mail addresses, IP addresses and secrets. `asked` is what the other side said just before."""
    if "@" in text:
        for match in EMAIL.finditer(text):
            if REPOSITORY.match(text, match.start()):
                continue
            yield Span(match.start() + len(match[0]) - len(match[0].lstrip("'.-")), match.end(), "EMAIL")
    if any(map(text.lower().__contains__, AT)) and AT_HINT.search(text):
        yield from matches("EMAIL", SPELLED_EMAIL, text)
    for pattern in [IPV4] * (text.count(".") > 2) + [IPV6] * (text.count(":") > 1):
        yield from matches("IP", pattern, text, 0, lambda match: _is_ip(text, match))
    yield from _answered(text, asked)
    if may_be_secret(text):
        yield from _secrets(text)


@lru_cache(maxsize=16)
def may_be_secret(text: str) -> bool:
    """Whether a text announces a secret or looks like one; cheap."""
    return CUED.search(text.lower()) is not None or HEX.search(text) is not None


def _is_ip(text: str, match: re.Match[str]) -> bool:
    try:
        private = ipaddress.ip_address(match[0]).is_private
    except ValueError:
        return False
    if match[0] in EVERYBODYS or not any(map(str.isdigit, match[0])) or (private and ROUTER.search(text)):
        return False
    return not VERSION.search(around(text, *match.span(), left=12, right=4))


def _answered(text: str, asked: str) -> Iterator[Span]:
    if not asked or not ANSWERED.search(text):
        return
    codes = list(ANSWERED_CODE.finditer(text))
    if codes and ASKED_CODE.search(asked):
        yield from (Span(*match.span(), "SECRET") for match in codes)
    if (answer := ANSWERED_PASSWORD.fullmatch(text)) and ASKED_PASSWORD.search(asked):
        yield Span(*answer.span(1), "SECRET")


def _secrets(text: str) -> Iterator[Span]:
    yield from matches("SECRET", TOKENS, text)
    digits, run = DIGITS.search(text), LONG.search(text)
    for pattern in [BEARER, KEY] * (run is not None) + [CODE] * (digits is not None):
        yield from matches("SECRET", pattern, text, 1, lambda match: re.search(r"\d", match[1]))
    for pattern in [PLACE_CODE] * (digits is not None) + [WIFI]:
        for match in pattern.finditer(text):
            yield Span(match.start(1), match.start(1) + len(match[1].rstrip(".,;:?!)'\"")), "SECRET")
    for match in NEAR_PASSWORD.finditer(text):
        value = match[1].rstrip(".,;:?)'\"`")
        if not value.lower().startswith(("http", "[")) and "@" not in value[1:-1]:
            yield Span(match.start(1), match.start(1) + len(value), "SECRET")
    if ("#" in text or "*" in text) and HASHED_WORDS.search(text):
        yield from matches("SECRET", HASHED, text)
    for match in PASSWORD.finditer(text):
        start, quote = match.start("value"), match["quote"].replace("“", "”")
        value = match["value"].split(quote)[0] if quote else match["value"].rstrip(".,?;)'\"”`")
        if _is_password(value, match["said"], bool(quote)):
            yield Span(start, start + len(value), "SECRET")


def _is_password(value: str, said: str, quoted: bool) -> bool:
    """A word of letters alone is a password only in quotes or behind a colon: "the password is wrong"."""
    if value.lower() in NO_PASSWORD or value.startswith(("[", "http")):
        return False
    if re.search(r"\d|[!@#$%^&*_]|\w-\w+-\w", value):
        return len(value) >= 4 or (quoted and len(value) == 3)
    return (quoted or ":" in said or "=" in said) and len(value) >= 4
