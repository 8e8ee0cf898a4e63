"""Questions about other companies' topics: what a desk must escalate, chosen so that its own topics are not among them."""

import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

import yaml

from frontdesk.facts.language import language

WORD = re.compile(r"[a-z]+|[가-힣]+")
COMMON_WORDS = (  # words that say nothing about a topic; Korean ones by their beginning
    "about after again ago all also and any anybody are ask back because been before being but can cannot could did does doing don for"
    " from get give got had has have hello help her here him his how into just know let like long look make many may mean might more"
    " much must my need new nobody not now off one only other our out over please put really say see should show since some somebody"
    " someone still take tell than thank that the their them then there these they thing think this those through today too two until"
    " use very want was way week were what when where whether which while who why will with without would yes yet you your"
    " 가능 가서 감사 거기 건가 경우 계신 괜찮 궁금 그거 그냥 그때 그래 그런 그럼 그리 나서 나오 나와 누가 누구 누군 다른 다시 대해 돼요"
    " 되나 되는 되면 되지 될까 됐는 됩니 드려 드리 드릴 때문 또는 뭐가 뭐라 뭐야 뭐예 뭔가 무슨 무엇 문의 바로 받을 방법 보고 보려 부탁"
    " 사람 생각 수가 싶습 싶어 싶은 아직 안녕 알고 알려 어디 어때 어떤 어떻 언제 얼마 없나 없는 없어 없이 여기 예요 우리 이거 이것"
    " 이게 이런 인가 입니 있나 있는 있어 있을 자꾸 저기 저는 저희 정도 제가 제게 좋은 좋을 주나 주세 주시 주실 줄래 지금 지난 찾고"
    " 필요 하고 하나 하는 하니 하려 하면 하지 할까 합니 해도 해서 해야 해요 해주 혹시 확인 했는 했어"
)
COMMON = frozenset(word.rstrip("s")[:5] for word in COMMON_WORDS.split())


class OffTopic(NamedTuple):
    """A question to escalate; `topic` is a key of topics.yaml."""

    id: str
    question: str
    language: str
    topic: str


class Bank(NamedTuple):
    """topics.yaml: all its questions, and the topics of each keyword. English keywords are stems, Korean ones parts of a text."""

    questions: tuple[OffTopic, ...]
    english: dict[str, str]
    korean: dict[str, str]


def off_topic_questions(number: int, known: Iterable[str], languages: Counter[str], seed: int) -> list[OffTopic]:
    """`number` distinct questions in the proportion of `languages`, spread over topics; fewer where a language has no more.

    `known` are the company's own texts, read once. Left out are the topics of which two keywords occur in them, or one in three
    texts, and the questions that share half of their content words with one of them.
    """
    bank = _bank()
    own, similar = _sift(known, bank)
    left = [question for question in bank.questions if question.topic not in own and question.id not in similar]
    return [question for name, share in _shares(number, languages).items() for question in _spread(left, name, seed)[:share]]


@cache
def _bank() -> Bank:
    topics = yaml.safe_load(Path(__file__).with_name("topics.yaml").read_text(encoding="utf-8"))
    listed = ((topic, name, texts) for topic, content in topics.items() for name, texts in content["questions"].items())
    questions = (OffTopic(f"{topic}-{name}-{n:02}", text, name, topic) for topic, name, texts in listed for n, text in enumerate(texts, 1))
    english, korean = (
        {word: topic for topic, content in topics.items() for word in map(change, content["keywords"][name])}
        for name, change in (("en", lambda word: " ".join(_stems(word))), ("ko", str.casefold))
    )
    return Bank(tuple(questions), english, korean)


def _stems(text: str) -> list[str]:
    return [word.rstrip("s") for word in re.findall("[a-z]+", text.casefold())]


def content_words(text: str) -> set[str]:
    """The beginnings of words that carry the topic, so that "cancelled" and "cancel", 환불을 and 환불하려면 are one."""
    words = (word[:2] if word >= "가" else word for word in WORD.findall(text.casefold()))
    return {word.rstrip("s")[:5] for word in words if len(word) > 1 + (word < "가")} - COMMON


def _sift(known: Iterable[str], bank: Bank) -> tuple[set[str], set[str]]:
    """The topics that are the company's own, and the ids of questions much like one of its texts."""
    words = {question.id: content_words(question.question) for question in bank.questions}
    ids_of: defaultdict[str, list[str]] = defaultdict(list)
    for name, its in words.items():
        for word in its:
            ids_of[word].append(name)
    counts: Counter[tuple[str, str]] = Counter()
    similar: set[str] = set()
    for text in known:
        counts.update(set(_keywords(text, bank)))
        shared = Counter(name for word in content_words(text) for name in ids_of.get(word, ()))
        similar.update(name for name, number in shared.items() if 2 * number >= len(words[name]))
    found = Counter(topic for topic, _ in counts)
    often = {topic for (topic, _), number in counts.items() if number >= 3}
    return often | {topic for topic, number in found.items() if number >= 2}, similar


def _keywords(text: str, bank: Bank) -> Iterator[tuple[str, str]]:
    """Each keyword in the text, with its topic: English ones as whole words, of which none has more than four."""
    stems = _stems(text)
    for length in range(1, 5):
        for words in zip(*(stems[start:] for start in range(length)), strict=False):
            if topic := bank.english.get(keyword := " ".join(words)):
                yield topic, keyword
    if language(text) == "ko":
        folded = text.casefold()
        yield from ((topic, keyword) for keyword, topic in bank.korean.items() if keyword in folded)


def _shares(number: int, languages: Counter[str]) -> dict[str, int]:
    """How many of `number` each language gets: whole numbers that add up, the largest remainders rounded up."""
    total = languages.total()
    exact = {name: max(number, 0) * count / total for name, count in sorted(languages.items()) if count}
    shares = {name: int(share) for name, share in exact.items()}
    for name in sorted(exact, key=lambda name: shares[name] - exact[name])[: max(number, 0) - sum(shares.values())]:
        shares[name] += 1
    return shares


def _spread(questions: list[OffTopic], name: str, seed: int) -> list[OffTopic]:
    """The questions of one language in a random order that takes one of each topic in turn."""
    rng = random.Random(f"{seed}:{name}")
    topics: defaultdict[str, list[OffTopic]] = defaultdict(list)
    for question in rng.sample(questions, len(questions)):
        if question.language == name:
            topics[question.topic].append(question)
    return [question for turn in zip_longest(*topics.values()) for question in turn if question]
