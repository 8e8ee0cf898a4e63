"""Other wordings of a question, made by rules: what customers type differently while they mean the same."""

import random
import re
from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

from frontdesk.facts.language import language


class Derived(NamedTuple):
    """Another wording, and how it differs from the question: one effect or several with commas, such as "opening, casing"."""

    text: str
    how: str


Effect = Callable[[str, random.Random], str]
TRIES = 12  # for each wording asked for; a short question has few wordings, and the search has to end

HELD = re.compile(  # what no slip, blank or case may touch; one group, so that split() gives it at odd places
    r"(`[^`\n]+`"
    r"|\[[^\]\n]*\]|\"[^\"\n]+\"|“[^”\n]+”|‘[^’\n]+’|(?<!\w)'[^'\n]+'(?!\w)|(?<!\S)\S*[\d@/_#]\S*|(?<!\S)\S+\.[A-Za-z]{2}\S*|\b[A-Z]{2,}\b"
    r"|(?<!\S)\S*(?:[없않]|\S못|못\S|아니|말고|마세요|불가|안되|안돼)\S*|(?<!\S)[안못]\s?"
    r"|(?<!\S)(?:[한두세네열]|다섯|여섯|일곱|여덟|아홉|스무|서른|마흔|[일이삼사오육칠팔구십백천만억]+(?:원|개|월|일|년|층|시|분|명|박|회|번)?)(?!\S))"
)
FACTS = re.compile(r"\[[^\]\n]*\]|https?://\S+|www\.\S+|(?<![\w.+-])[\w.+-]+@[\w-]+\.[\w.]+|\d")
NEGATIONS = re.compile(
    r"(?i)[없않못]|(?<!\S)안|아니|말고|불가"
    r"|\b(?:no|not|never|none|nor|without|cannot|(?:do|does|did|is|are|was|were|ca|wo|would|could|should|has|have|had)n['’]?t)\b"
)
RUDE = re.compile(r"shit|cunt|cock|pubic|whore|시발|씨발|보지|자지|고환")  # one slip away from shirt, count, clock, public, 신발, 교환


def derive(question: str, number: int, seed: int, name: str) -> list[Derived]:
    """Up to `number` other wordings of `question`, fewer where the rules find no more; the same ones for the same seed and name.

    They differ from the question and from each other in letters, or in case or blanks where `how` is only that. Digits,
    addresses, placeholders, negations and a subject before ": " stay as they are.
    """
    named = re.match(r"[^?!\n]{1,80}?: (?=\S)", question)
    subject = named[0] if named else ""
    body = question.removeprefix(subject)
    effects = KOREAN if language(body) == "ko" else ENGLISH
    rng = random.Random(f"{seed}:{name}")
    texts, letters, found = {body}, {_letters(body)}, list[Derived]()
    for _ in range(TRIES * number if any(map(str.isalpha, body)) else 0):
        text, hows = _vary(body, effects, rng)
        new = text not in texts if set(hows) <= {"spacing", "casing"} else _letters(text) not in letters
        counted = all(len(pattern.findall(body)) == len(pattern.findall(text)) for pattern in (NEGATIONS, RUDE))
        if new and counted and FACTS.findall(body) == FACTS.findall(text):
            texts.add(text)
            letters.add(_letters(text))
            found.append(Derived(subject + text, ", ".join(hows)))
        if len(found) == number:
            break
    return found


FILLERS = {"en": ("um", "uh", "like", "you know", "so", "well"), "ko": ("음", "어", "그", "저기", "그러니까")}
GAP, WORD = re.compile(r"(?<=\w) (?=\w)"), re.compile(r"\b\w{2,}\b")


def spoken(question: str, rng: random.Random) -> str:
    """The question as a machine hears it: small letters, no punctuation, fillers, words said twice. What no slip may touch stays."""
    text = _outside(question, lambda part: re.sub(r"[?!.,;:]+(?=\s|$)", "", part.lower()))
    for _ in range(rng.randint(1, 3)):
        if gaps := _spots(text, GAP):
            text = _at(text, rng.choice(gaps), f" {rng.choice(FILLERS[language(question)])} ")
    if rng.random() < 0.5 and (words := _spots(text, WORD)):
        word = rng.choice(words)
        text = _at(text, word, f"{word[0]} {word[0]}")
    return text.strip() or question


def _letters(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def _vary(text: str, effects: dict[str, Effect], rng: random.Random) -> tuple[str, list[str]]:
    """The text after one to three effects, in the order of `effects`, and the names of those that changed it."""
    chosen, hows = rng.sample(list(effects), rng.choice((1, 1, 2, 2, 3))), []
    for how, effect in effects.items():
        if how in chosen and (changed := effect(text, rng)) != text:
            hows.append(how)
            text = changed
    return text, hows


def _spots(text: str, pattern: re.Pattern[str]) -> list[re.Match[str]]:
    return list(pattern.finditer(HELD.sub(lambda held: "\0" * len(held[0]), text)))


def _outside(text: str, change: Callable[[str], str]) -> str:
    return "".join(part if i % 2 else change(part) for i, part in enumerate(HELD.split(text)))


def _at(text: str, spot: re.Match[str], new: str) -> str:
    return text[: spot.start()] + new + text[spot.end() :]


def _greeted(text: str, openings: tuple[str, ...], rng: random.Random) -> str:
    if re.match(r"hi\b|hello|hey|good |dear|umm|please|안녕|저기|혹시|저 ", text, re.IGNORECASE):
        return text
    return rng.choice(openings) + text


# Korean

VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
FINALS = " ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
KEYS = "ㅂㅈㄷㄱㅅ ㅛㅕㅑㅐㅔ ㅁㄴㅇㄹㅎ ㅗㅓㅏㅣ ㅋㅌㅊㅍ ㅠㅜㅡ"  # of the two hands, row by row

# What a sentence may end in, and what may stand there instead. Left: a pattern; one with \? only ends a question when it is marked as one.
# The two long ones: an object (을, 를) goes with 할 수 있나요 alone, and 자동으로 취소되나요 does not ask whether one may.
ENDINGS = {
    "나요": "나여|나용",
    "(?<=[나까가세어해돼와려줘네데지예에])요": "여",
    "(?<=[을할될릴올들])까요": "까여",
    "있나요": "있어요|있을까요|있습니까|있는지요|있는지 궁금합니다",
    "없나요": "없어요|없을까요|없습니까|없는지요",
    "되나요": "돼요|될까요|됩니까|되는지요|되는지 궁금해요",
    "하나요": "해요|합니까",
    "오나요": "와요|올까요|옵니까",
    "걸리나요": "걸려요|걸릴까요|걸립니까|걸리는지요",
    "드나요": "들어요|들까요|듭니까",
    "시나요": "십니까|시는지요|시는지 궁금합니다",
    "(?<=[가-힣])(?<![뭐무엇])인가요": "예요|인가여|입니까|인지요|인지 궁금합니다",
    "(?<=[가-힣])한가요": "할까요|합니까|해요|한가여",
    "(?<!불)가능(?:한가요|할까요|합니까)": "되나요|될까요|가능한가여|가능한지요",
    r"^((?:(?![을를] ).)*[가-힣]{2})(?<!필요)(?<!위험)할 ?수 ?있(?:나요|을까요|습니까)": r"\1 가능한가요|\1 되나요|\1 가능할까요",
    r"^((?:(?!자동|면 |[을를] ).)*(?:결제|교환|환불|반품|예약|주차|방문|대여|포장|할부|이용|신청|발급)[이가도]? ?)되나요": r"\1가능한가요",
    "뭔가요|무엇인가요": "뭐예요|뭔가여|무엇입니까|뭐죠",
    "얼만가요": "얼마예요|얼마인가요|얼마죠|얼만가여",
    "있을까요|있습니까": "있나요|있어요|있는지요",
    "없을까요|없습니까": "없나요|없어요",
    "될까요|됩니까": "되나요|돼요|되는지요",
    "는지요": "나요|는지 궁금합니다|는지여",
    "입니까": "인가요|예요|인가여",
    "궁금합니다|궁금해요": "궁금하네요|궁금해여|궁금합니다",
    "싶어요|싶습니다": "싶은데요|싶어여|싶습니다",
    "주세요": "줘|주실 수 있나요|주시겠어요|주세여|주세용|줘요|주십시오",
    r"^((?:(?!언제|얼마|몇|왜|뭐).)*)줘(?!\?)": r"\1주세요|\1주실 수 있나요|\1줘요",
    r"있어요\?": "있나요|있을까요|있어",
    r"없어요\?": "없나요|없을까요|없어",
    r"[돼되]요\?": "되나요|될까요|돼",
    r"걸려요?\?": "걸리나요|걸릴까요|걸립니까",
    r"(?<=[마디제시])[예에]요\?": "인가요|야|죠",
    r"뭐[예에]요\?": "뭔가요|뭐야|뭐죠",
    r"있어\?": "있어요|있나요|있나",
    r"없어\?": "없어요|없나요",
    r"돼\?": "돼요|되나요|되나",
    r"줘\?": "줘요|주나요",
    r"([해와써봐까워려])\?": r"\1요",
    r"(?<=[마디제])야\?": "예요|인가요|죠",
    r"뭐야\?": "뭐예요|뭔가요|뭐죠",
}
ASKING = re.compile(r"(?:[나가까][요여용]?|지[요여]|죠|까)$")
TELLING = re.compile(r"(?:[다줘]|네요|줘요|세[요여용]|시오|싶\S+|궁금\S+)$")
QUESTION_WORD = re.compile(r"얼마|언제|어디|어떻|어떤|무엇|무슨|뭐|뭔|뭘|누구|누가|며칠|몇|왜")
SPELLINGS = {
    "돼요": "되요", "되요": "돼요", "돼서": "되서", "며칠": "몇일", "몇일": "며칠", "왠지": "웬지", "웬지": "왠지", "어떻게": "어떡게",
    "할게요": "할께요", "예요": "에요", "이에요": "이예요", "결제": "결재", "개수": "갯수", "있": "잇", "했": "햇", "겠": "겟",
    "는데": "는대", "굳이": "구지", "오랜만": "오랫만", "같아요": "같애요", "바라요": "바래요", "금세": "금새", "깨끗이": "깨끗히",
    "역할": "역활", "얘기": "예기",
}  # fmt: skip
SPELLING = re.compile("|".join(sorted(SPELLINGS, key=len, reverse=True)))
APART = re.compile(
    r"(?<=[가-힣]{2})(?=하고|하면|하려|되나|되는|까지|부터|에서|으로)|(?<=수)(?=있)|(?<=[할될볼갈쓸])(?=수 ?있)|(?<=[해려])(?=주[세시])"
)
TOGETHER = re.compile(r"(?<=[가-힣]) (?=[가-힣])")


def _ending(text: str, rng: random.Random) -> str:
    core = text.rstrip(" ?!.~")
    tail, mark = text[len(core) :], "?" if "?" in text[len(core) :] else ""
    found = [(match, news) for key, news in ENDINGS.items() if (match := re.search(rf"(?:{key})\??$", core + mark))]
    if not found:
        return text
    match, new = rng.choice([(match, new) for match, news in found for new in news.split("|")])
    before, ending = core[: match.start()], match.expand(new)
    if before[-1:] >= "가" and (ord(before[-1]) - ord("가")) % 28:  # "to be" has 이 after a consonant
        ending = {"예요": "이에요", "죠": "이죠"}.get(ending, ending)
    return _marked(core, before + ending, tail)


def _marked(old: str, new: str, tail: str) -> str:
    """The new sentence: a question mark where only it tells that this is a question, none after a statement."""
    if TELLING.search(new):
        return new + tail.replace("?", "")
    return new + ("?" if TELLING.search(old) or ("?" not in tail and ASKING.search(old) and not ASKING.search(new)) else tail)


def _tone(text: str, rng: random.Random) -> str:
    crying = text.rstrip(" ?.!~") + rng.choice(("ㅠㅠ", " ㅠㅠ", "ㅜㅜ"))
    return rng.choice((re.sub(r"요(?=[?.!]*$)", "요~", text), crying if ASKING.search(text.rstrip(" ?.!~")) else text + " ㅠㅠ"))


def _opening_ko(text: str, rng: random.Random) -> str:
    asks = re.match(r"[^?.!]+\?$", text) or ASKING.search(text)
    return _greeted(text, ("저기요 ", "안녕하세요, ", "안녕하세요 ", "혹시 ") if asks else ("저기요 ", "안녕하세요, "), rng)


def _spelling(text: str, rng: random.Random) -> str:
    spots = _spots(text, SPELLING)
    return _at(text, spot := rng.choice(spots), SPELLINGS[spot[0]]) if spots else text


def _slip_ko(text: str, rng: random.Random) -> str:
    spots = _spots(text, re.compile(r"(?<=[가-힣])[가-힣]"))
    return _at(text, spot := rng.choice(spots), rng.choice(_slips(spot[0]))) if spots else text


def _slips(syllable: str) -> list[str]:
    """The syllable with its vowel or last consonant taken for the key beside it; another first consonant makes 배송지 of 배송비."""
    code = ord(syllable) - ord("가")
    vowel, final = VOWELS[code // 28 % 21], FINALS[code % 28]
    steps = [(VOWELS.index(key) - VOWELS.index(vowel)) * 28 for key in _beside(vowel)]
    steps += [FINALS.index(key) - FINALS.index(final) for key in _beside(final)]
    return [chr(ord(syllable) + step) for step in steps] or [syllable]


def _beside(key: str) -> str:
    """The keys left and right of this one, none for letters of two keys."""
    return "".join(two if one == key else one for one, two in pairwise(KEYS) if key in (one, two) and " " not in one + two)


def _spacing(text: str, rng: random.Random) -> str:
    joins, splits = _spots(text, TOGETHER), _spots(text, APART)
    if joins and rng.random() < 0.3:
        return _outside(text, lambda part: TOGETHER.sub("", part))
    spots = [(spot, "") for spot in joins] + [(spot, " ") for spot in splits]
    return _at(text, *rng.choice(spots)) if spots else text


# English

KEYS_BESIDE = {  # consonants only: shipping is not shopping
    "b": "vn", "c": "xv", "d": "sf", "f": "dg", "g": "fh", "h": "gj", "j": "hk", "k": "jl", "l": "k", "m": "n", "n": "bm",
    "p": "l", "q": "w", "r": "t", "s": "d", "t": "r", "v": "cb", "w": "q", "x": "zc", "z": "x",
}  # fmt: skip
SLIPPABLE = re.compile(  # in small letters: a capital may begin a name; neither numbers nor what denies
    r"\b(?!three|seven|eight|eleven|twel|thirt|fort[yi]|fift|sixt|ninet|twent|hundred|thousand|million|first|second|third|half|double|twice"
    r"|un|non|dis|mis|im|in|ir|never|neither|except|nothing|nobody|without|cannot|refus|[a-z]*less\b)[a-z]{5,}\b(?!['’])"
)
REST = r"([^?.!,;:]+)$"
INDIRECT = {  # what follows "could you tell me": only where the order of the words is sure
    r"(is|are) there " + REST: r"if there \1 \2",
    r"do (you|i|we|they) (?!not\b)" + REST: r"if \1 \2",
    r"(can|could|should|may|must) (i|we|they) (?!not\b)" + REST: r"if \2 \1 \3",
    r"how (?:do|can|could|should) (?:i|we) (?!know\b)" + REST: r"how to \1",
    r"(where|when|how \w+|what \w+) (can|could|should|may|must) (i|we|you|they) " + REST: r"\1 \3 \2 \4",
    r"(where|when|how \w+|what \w+|which \w+) do (i|we|you|they) " + REST: r"\1 \2 \3",
    r"how long does it take" + REST.replace("+", "*"): r"how long it takes\1",
    r"what time is ((?:the |your )?[a-z-]+)$": r"what time \1 is",
    r"(where|when|who) (is|are) ((?:the|your|my|our) [a-z-]+)$": r"\1 \3 \2",
    r"(what|how much) (is|are) ((?:the|your|my|our|this|that|these|those)(?: (?!(?:if|when|that|which|who|because"
    r"|and|or|but|for|to|like|about|on|in|at|with|from|worth|made|open|included)\b)[\w'’-]+){1,6}(?<!ing)(?<!ed))$": r"\1 \3 \2",
}
POLITE = {
    r"^(can|could|would) you (?=(?:tell|send|show|explain|help|give|check|change|cancel|confirm|let)\b)": r"\1 you please ",
    r"^(?=(?:tell|send|show|explain|help|give|check|change|cancel|confirm|let)\b)": "please ",
    r"^((?!what|how|when|where|who|which|why|is\b|are\b|do|does|can|could|will|would|should|i\b|i['’]|my\b|we|have|has|hello|hi\b|thank|please)"
    r"(?!.*(?:\b(?:is|are|was|were|has|have|i|my|no|ok|possible|please)|ed)\b)\w+(?: \w+){1,3})$": r"\1 please",
}
ASKS = ("could you tell me", "can you tell me", "could you please tell me", "may I ask")
CONTRACTIONS = {
    r"\b(what|where|when|how|who|that|it) is(?= (?!it\b)\w)": r"\1's",
    r"\b(what|where|when|how|who)['’]s(?= (?:the|a|an|your|my|our|included)\b)": r"\1 is",
    r"\b(do|does|did|is|are|was|were|would|could|should|has|have|had) not\b(?! only)": r"\1n't",
    r"\bcan ?not\b": "can't",
    r"\b(i|you|we|they) (do|have|are|were|would|could|should)n['’]t\b": r"\1 \2 not",
    r"\b(i|you|we|they|it) can['’]t\b": r"\1 cannot",
    r"\bi am\b": "I'm",
    r"\bi['’]m\b": "I am",
    r"\bi have(?= (?:been|lost|bought|ordered|paid|got|tried|received|sent|booked)\b)": "I've",
    r"\bi['’]ve\b": "I have",
    r"\b(i|we|you|they) will\b": r"\1'll",
    r"\b(i|we|you|they)['’]ll\b": r"\1 will",
    r"\b(i|we) would like\b": r"\1'd like",
    r"\b(i|we)['’]d like\b": r"\1 would like",
}


def _small(text: str) -> str:
    """The text without a capital at its beginning, unless that is I or an abbreviation."""
    return text[:1].lower() + text[1:] if re.match("[A-Z][a-z]|A ", text) else text


def _politeness(text: str, rng: random.Random) -> str:
    small = _small(text)
    core = small.rstrip("?")
    indirect = (f"{rng.choice(ASKS)} {match.expand(new)}" for key, new in INDIRECT.items() if (match := re.match(key, core, re.I)))
    please = (re.sub(key, new, small, flags=re.I) for key, new in POLITE.items() if re.match(key, small, re.I))
    asked = next(indirect, "")
    polite = asked + small[len(core) :] if asked else next(please, small)
    return polite[:1].upper() + polite[1:] if text[:1].isupper() else polite


def _contraction(text: str, rng: random.Random) -> str:
    found = [(spot, spot.expand(new)) for key, new in CONTRACTIONS.items() for spot in _spots(text, re.compile(key, re.IGNORECASE))]
    return _at(text, *rng.choice(found)) if found else text


def _opening_en(text: str, rng: random.Random) -> str:
    return _greeted(_small(text), ("hi, ", "hello ", "hey, ", "umm ", "quick question - "), rng)


def _slip_en(text: str, rng: random.Random) -> str:
    """One word with a letter dropped, doubled, swapped with the next or taken for the key beside it; not its first or last letter."""
    if not (spots := _spots(text, SLIPPABLE)):
        return text
    spot = rng.choice(spots)
    word, i = spot[0], rng.randrange(1, len(spot[0]) - 2)
    slips = [word[: i + 1] + word[i:], word[:i] + word[i + 1] + word[i] + word[i + 2 :]]
    slips += [word[:i] + key + word[i + 1 :] for key in KEYS_BESIDE.get(word[i], "")]
    slips += [word[:i] + word[i + 1 :]] if len(word) > 5 else []  # stock is not sock
    return _at(text, spot, rng.choice(slips))


def _casing(text: str, _: random.Random) -> str:
    return _outside(text, lambda part: re.sub("['’]", "", part.lower()))


def _punctuation(text: str, _: random.Random) -> str:
    """Without its last mark, unless a Korean question would read as a statement."""
    if language(text) == "ko" and not ASKING.search(text.rstrip("?")) and not QUESTION_WORD.search(text):
        return text
    return re.sub(r"[?.!]+$", "", text)


KOREAN: dict[str, Effect] = {
    **{"ending": _ending, "spelling": _spelling, "typing noise": _slip_ko, "spacing": _spacing, "opening": _opening_ko},
    **{"tone": _tone, "punctuation": _punctuation},
}
ENGLISH: dict[str, Effect] = {
    **{"contraction": _contraction, "politeness": _politeness, "typing noise": _slip_en, "opening": _opening_en},
    **{"casing": _casing, "punctuation": _punctuation},
}
