"""Write a synthetic chat export of any size: `python bench/export.py MESSAGES FILE.csv`.

A table of messages in the order of time, so that conversations are interleaved, half English and half Korean,
with greetings and stock sentences, personal data in about a tenth of the messages, and a few conversations
that are copies of earlier ones. The same size gives the same file.
"""

import csv
import itertools
import random
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

OPEN_AT_ONCE = 40
"""Conversations that go on at the same time."""
WORDS = {
    "good": {
        "en": "walnut tray, linen apron, copper kettle, wool blanket, oak shelf, paper lamp, stone mug, garden fork, bread tin, "
        "tea strainer, cork board, wall clock, rain coat, desk mat, salt mill",
        "ko": "호두나무 쟁반, 리넨 앞치마, 구리 주전자, 양모 담요, 참나무 선반, 종이 조명, 머그컵, 정원용 포크, 식빵 틀, 찻잎 거름망, "
        "코르크 보드, 벽시계, 우비, 책상 매트, 소금 그라인더",
    },
    "trouble": {
        "en": "arrived with a crack, has the wrong colour, is missing a screw, smells odd, does not fit my kitchen, came two days late, "
        "stopped working after a week, is smaller than the picture, has a loose handle, was packed badly",
        "ko": "금이 간 채로 왔어요, 색이 주문한 것과 달라요, 나사가 하나 빠져 있어요, 냄새가 좀 나요, 주방에 안 맞네요, "
        "이틀이나 늦게 왔어요, 일주일 만에 고장 났어요, 사진보다 작아요, 손잡이가 헐거워요, 포장이 엉망이었어요",
    },
    "place": {
        "en": "by the window, in the hall, next to the sink, for my mother, as a gift, for the office, in the guest room, for the balcony",
        "ko": "창가에 두려고, 현관에 두려고, 싱크대 옆에 쓰려고, 어머니 드리려고, 선물하려고, 사무실에서 쓰려고, "
        "손님방에 두려고, 베란다에 두려고",
    },
    "colour": {"en": "grey, olive, white, navy, rust, cream", "ko": "회색, 올리브, 흰색, 남색, 벽돌색, 크림색"},
    "name": {"en": "Nora Whitfield, Sam Okafor, Lena Marsh, Theo Brandt, Ivy Castell", "ko": "한지우, 오세린, 문태경, 배소율, 남궁현"},
    "street": {"en": "{n}4 Alder Lane, 1{n} Quarry Road", "ko": "서울시 마포구 물빛로 {n}길 12, 부산시 수영구 은하로 1{n}"},
    "more": {  # what makes one customer's message differ from another's
        "en": "also, actually, last week, by the way, honestly, at first, this time, for now, as before, I guess, on monday, "
        "in the evening, with the lid, without the box, from the sale, the big one, the second one, near the door",
        "ko": "그리고, 사실, 지난주에, 참고로, 솔직히, 처음에는, 이번에는, 일단, 전처럼, 아마, 월요일에, 저녁에, 뚜껑까지, 상자 없이, "
        "세일 때, 큰 것, 두 번째 것, 문 옆에",
    },
}
CUSTOMER = {
    "en": [
        "Hi, the {good} I bought {place} {trouble}.",
        "I ordered {n} of the {good} {place}, and one {trouble}.",
        "can you check order #{order} please, the {good} {trouble}",
        "my number is {phone}, call me after {hour} pm about the {good}",
        "you can write to {mail}, I wanted it {place} by the {day}th",
        "It was {n} days ago, I think. Colour {colour}, size {n}.",
        "My name is {name}, I live at {street}.",
        "is the {good} also there in {colour}? {place} it would look better",
        "thanks, and how long would the {good} take from here",
    ],
    "ko": [
        "안녕하세요, {place} 산 {good} {trouble}",
        "{good} {n}개 주문했는데 하나가 {trouble}",
        "주문번호 {order} 확인 부탁드려요. {good} {trouble}",
        "제 번호는 {phone} 이고 {hour}시 이후에 전화 주세요, {good} 건이요",
        "{mail} 로 보내주셔도 돼요. {place} {day}일까지 필요해요",
        "{n}일 전이었던 것 같아요. 색상은 {colour}, {n}호요",
        "제 이름은 {name}이고 주소는 {street}입니다",
        "{good} {colour} 색상도 있나요? {place} 사려는데요",
        "네 감사합니다. {good} 받는 데 얼마나 걸릴까요",
    ],
}
AGENT = {
    "en": [
        "Thank you for contacting us. How may I help you today?",
        "I am sorry to hear that. Could you send us a photo of the {good}?",
        "I have found the order, the {good} left our house on the {day}th.",
        "We can send a new {good} in {colour}, it takes {n} working days.",
        "Please give me a moment while I look into it.",
        "The {good} costs {price} dollars, and {n} are left.",
        "Is there anything else that I can do for you?",
    ],
    "ko": [
        "안녕하세요 고객님, 무엇을 도와드릴까요?",
        "불편을 드려 죄송합니다. {good} 사진을 보내주시겠어요?",
        "주문 확인했습니다. {good}은 {day}일에 출고되었습니다.",
        "{colour} {good}(으)로 다시 보내드릴게요. {n}일 정도 걸립니다.",
        "잠시만 기다려 주시면 확인해 보겠습니다.",
        "{good}은 {price},000원이고 {n}개 남아 있습니다.",
        "더 필요하신 것이 있으실까요?",
    ],
}


def main() -> None:
    """Write the file."""
    number, path = int(sys.argv[1]), Path(sys.argv[2])
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["conversation_id", "time", "role", "name", "message"])
        writer.writerows(messages(number))


def messages(number: int) -> Iterator[list[str]]:
    """Rows of the table, `number` of them."""
    rng, at = random.Random(number), datetime(2025, 1, 1, 9)
    conversations = map(conversation, itertools.count(1))
    live: list[Iterator[list[str]]] = []
    for _ in range(number):
        at += timedelta(seconds=rng.randint(1, 20))
        live += itertools.islice(conversations, OPEN_AT_ONCE - len(live))
        place = rng.randrange(len(live))
        while (row := next(live[place], None)) is None:
            live[place] = next(conversations)
        yield [row[0], at.isoformat(" "), *row[1:]]


def conversation(number: int) -> Iterator[list[str]]:
    """The messages of one conversation; every fortieth is that of the one before."""
    rng = random.Random(number - (number % 40 == 0))
    language = rng.choice(("en", "ko"))
    words = {kind: texts[language].split(", ") for kind, texts in WORDS.items()}
    name, good = rng.choice(words["name"]), rng.choice(words["good"])
    for turn in range(rng.randint(4, 16)):
        agent = turn % 3 == 1 or rng.random() < 0.2
        text = _filled(rng, rng.choice((AGENT if agent else CUSTOMER)[language]), words, name=name, good=good)
        if not agent:
            text = f"{text} {' '.join(rng.sample(words['more'], rng.randint(2, 6)))}"
        yield [f"c{number}", "agent" if agent else "customer", "Desk" if agent else name, text]


def _filled(rng: random.Random, pattern: str, words: dict[str, list[str]], **known: str) -> str:
    n = rng.randint(2, 9)
    found = {kind: rng.choice(words[kind]) for kind in ("trouble", "place", "colour", "street")}
    numbers = {
        "order": rng.randint(10_000_000, 99_999_999),
        "phone": f"010-{rng.randint(2000, 9999)}-{rng.randint(1000, 9999)}",
        "mail": f"{rng.choice('abcdefgh')}{rng.randint(1, 9999)}@mail.example",
        "hour": rng.randint(1, 9),
        "day": rng.randint(4, 28),
        "price": rng.randint(5, 99),
    }
    return pattern.format(n=n, **known, **found | {"street": found["street"].format(n=n)}, **numbers)


if __name__ == "__main__":
    main()
