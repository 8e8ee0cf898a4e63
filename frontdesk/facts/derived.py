"""What a right answer must state, for FAQ entries that name no facts: from question and answer."""

import re

from frontdesk.facts.fold import lower
from frontdesk.facts.statements import Reading, has_word, normalize, read, states, stems
from frontdesk.facts.values import Value, values
from frontdesk.facts.values.meaning import MARKED, listed, meaning
from frontdesk.facts.words import STOP, stem
from frontdesk.facts.yes_no import polarity, says

_ASKS = re.compile(
    r"(?:^|[.!?,] )(?:hi |hello |so |and |but )*"
    r"(?:is|are|am|was|were|do|does|did|can|could|may|will|would|should|shall|has|have|must)(?:n't)? "
    r"|(?:나요|까요|니까|인가요|은가요|한가요|있어|돼|되나|되죠|있나|있음|가능|되요|됩니까)\s*\??$"
)
_OPEN = re.compile(r"^\W*(?:what|which|how|when|where|who|why)\b|어떻|어떤|무엇|뭐|언제|어디|얼마|몇|누구|무슨|어느|며칠")
_ONLY = re.compile(r"\bonly\b|만 ")
_NEEDS = re.compile(r"\b(?:need|needed|required?|have to|must|should|necessary)\b|필요|해야")
_PLACE = re.compile(  # the name of the place that the answer is about: The Larch Inn has …, … at Larch House
    r"(?:\b(?:at|by|for|from|in|of)\s+(?:the\s+)?|^(?:the\s+)?)"
    r"[A-Z][\w'-]*(?:\s+(?:(?:and|of|&)\s+)?[A-Z][\w'-]*)+(?=[.,;!\s]|$)|\bat\s+[A-Z][\w'-]*"
)
_PARTICLES = re.compile(
    r"(?:입니다|이에요|예요|이며|이고|이라|으로|에서|에게|까지|부터|처럼|보다|마다|께서|이나|뿐|대로|[은는이가을를에의로와과도만나])$"
)
_VERBS = re.compile(r"(?:[다요죠고서면니는게한할된될며지려]|니다|세요|[하되][실신여어]|으[실신]|[해돼])$")


def derive_facts(question: str, answer: str, subject: str = "") -> list[str]:
    """What a right answer must state, for an FAQ entry that names no facts: the answer's values, or yes or
    no, or up to 4 of its words. What the question or the `subject` (the place or product that it is about)
    says already is no fact."""
    asked = read(f"{subject} {question}")
    known = {meaning(value) for value in asked.values}
    found = [_as_fact(value, answer) for value in values(answer) if meaning(value) not in known and not _trivial(value, answer)]
    facts = [fact for fact in dict.fromkeys(found) if states(answer, [fact])]  # not what is no value without the words around it
    wanted = lower(question)
    if facts or _OPEN.search(wanted):
        return facts or _content(answer, asked)
    word = polarity(answer) or (says(answer) if _ASKS.search(wanted) and not _ONLY.search(lower(answer)) else None)
    needs = _NEEDS.search(lower(answer)) and not _NEEDS.search(wanted)  # no account is needed: yes, guests can order
    return [word] if word and not needs else _content(answer, asked)


def _as_fact(value: Value, answer: str) -> str:
    """A value as written, with the thing that a bare number counts: `34 countries`, `15 kg`, `6자`."""
    text = answer[value.start : value.end].strip()
    if value.kind == "time" and int(value.value[:2]) > 12 and not MARKED.search(lower(text)) and not text.startswith(value.value[:2]):
        return value.value  # 1시 30분 in the afternoon
    if value.kind != "number" or value.unit:
        return text
    thing = re.match(r"[ -]?([A-Za-z]{1,2}\b|[A-Za-z][A-Za-z-]+|(?<! )[가-힣]+)", answer[value.end :])
    if not thing or (len(thing[1]) > 2 and stem(lower(thing[1])) in STOP):
        return text
    return text + (thing[0] if thing[0].isascii() else _PARTICLES.sub("", thing[0]))


def _trivial(value: Value, answer: str) -> bool:
    """A number that only counts steps, or a single thing."""
    return value.kind == "number" and ((value.value == "1" and not answer[value.start].isdigit()) or listed(value, answer))


def _content(answer: str, asked: Reading) -> list[str]:
    """Names of the answer that the question lacks, or other words of weight where it has few names."""
    text = " ".join(_PLACE.sub(" ", answer).split())
    names = [name for name in re.findall(r"\b[A-Z][\w'-]*(?: [A-Z][\w'-]*)*", text) if _new(name, asked)]
    if len(names) > 1:
        return list(dict.fromkeys(names))[:4]
    words = re.findall(r"[A-Za-z][\w'-]*|[가-힣]+", text)
    kept = [_PARTICLES.sub("", word) if not word.isascii() else word for word in words]
    return list(dict.fromkeys(word for word in kept if _new(word, asked) and states(answer, [word])))[:4]


def _new(word: str, asked: Reading) -> bool:
    parts = [one for one in stems(normalize(word)) if one not in STOP and not has_word(one, asked)]
    if not word.isascii():
        return bool(parts) and len(word) > 1 and not _VERBS.search(word)
    return bool(parts) and len(word) > 2
