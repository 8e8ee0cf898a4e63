"""An invented FAQ of any size: hotels, shops and tents, two in ten of them Korean, 20 entries of each.

The same number gives the same FAQ. Four in ten entries have several wordings; half of the entries name their
subject in the question, the others have it in a column only.
"""

import random
from collections.abc import Iterator
from itertools import islice, product
from typing import Any

OF_A_SUBJECT = 20
FIRST = [
    "Alder",
    "Birch",
    "Cedar",
    "Dune",
    "Elm",
    "Fern",
    "Gorse",
    "Hazel",
    "Iris",
    "Juniper",
    "Kelp",
    "Linden",
    "Maple",
    "Nettle",
    "Osier",
]
SECOND = ["gate", "haven", "moor", "ridge", "mouth", "stead", "brook", "wick", "field", "cliff", "bury", "combe", "fold", "shore", "hurst"]
KINDS = ["Inn", "Hotel", "Store", "Tent", "Backpack", "Stove", "Lodge", "Cafe", "Jacket", "Hostel"]
KOREAN_FIRST = ["가람", "나루", "다솔", "라온", "마루", "바다", "새벽", "아람", "자연", "초롱", "푸른", "하늘", "솔빛", "별빛", "달빛"]
KOREAN_KINDS = ["호텔", "펜션", "매장", "카페", "캠핑장", "텐트", "배낭", "점", "게스트하우스", "스토브"]

TOPICS: list[tuple[list[str], str]] = [
    (["What time is check-in?", "from when can I get my room", "How early may I arrive?"],
     "Check-in at {s} is from {h} pm. Ask at the desk, which is open from {a} am, whether your room is ready; we keep your bags."),
    (["Is there parking?", "where do I leave my car", "Do you have a car park and what does it cost?", "parking price?"],
     "Yes. {s} has {n} parking spaces behind the building at ${p} a day. They cannot be reserved."),
    (["Can I cancel my booking free of charge?", "cancel without paying", "Until when is cancelling free?"],
     "A booking at {s} can be cancelled free of charge up to {n} hours before arrival, then for ${p}."),
    (["How much does it weigh?", "is it heavy", "Weight with the bag?"], "{s} weighs {n}.{h} kg with its bag, and {h}.{a} kg without."),
    (["Is it waterproof?", "can I use it in heavy rain", "What water column does it withstand?"],
     "{s} withstands a water column of {n}00 mm: {h} days of rain. Treat the fabric and its seams every {a} months."),
    (["How long is the warranty?", "guarantee period", "What does your guarantee cover, and for how many years?"],
     "{s} has a warranty of {h} years on material and seams. Wear and tear is not covered; repairs start at ${p}."),
    (["Are dogs allowed?", "can I bring my pet along", "Do you take pets, and is there a fee?"],
     "Dogs up to {n} kg are welcome at {s} for ${p} a night. Please keep them on a lead in the breakfast room."),
    (["When are you open?", "opening hours", "Are you open on Sundays as well?", "what time do you close tonight"],
     "{s} is open Monday to Saturday from {a} am to {h} pm, and on Sundays until {h}:30 pm."),
    (["Do you offer breakfast?", "breakfast included?", "When is breakfast and what does it cost?"],
     "Breakfast at {s} is from {a} to 10:{n} am and costs ${p}. Children under {h} eat for free."),
    (["How many people fit in?", "for how many persons is it", "Is there room for a family?"],
     "{s} has room for {h} people and their luggage; with the extension, for {a}. It measures {n}0 by 2{p} cm."),
    (["How do I clean it?", "washing instructions please", "Can it go into the washing machine?"],
     "Wash {s} by hand at {n} degrees with mild soap and let it dry for {h} hours in the shade. Never use bleach."),
    (["Is there wifi?", "internet access and its password", "How fast is the internet?"],
     "{s} has wifi of {n} Mbit/s in all rooms. It is free for {h} devices; a further one costs ${p} a day."),
    (["Where can I buy spare parts?", "a pole broke, can I get another", "Do you sell replacement parts?"],
     "Spare parts of {s} cost from ${p} and are sent within {h} working days. Tell us the number on the label, {n}-{a}."),
    (["Can I rent one for a weekend?", "rental price", "What does renting cost, and is there a deposit?"],
     "You can rent {s} for ${p} a day. We ask for a deposit of ${n}0, which you get back within {h} days of the return."),
    (["How do I get there by train?", "nearest station", "Which bus goes to you from the station?"],
     "Take line {h} to the terminus and then bus {n}, which stops {p}0 m from {s}. The last one leaves at {a}:40 pm."),
    (["Do you have rooms without steps?", "wheelchair access", "Is the building barrier-free?"],
     "{s} has {h} rooms without steps and a lift that is {n} cm wide. Please call us {a} hours ahead for the ramp."),
    (["Can I bring it back if it does not fit?", "returns", "How many days do I have to send it back?"],
     "You can return {s} unused within {n} days. Sending it back costs ${h}.{p}; we refund the price in {a} days."),
    (["Which colours are there?", "does it come in green", "Is it available in other colours and sizes?"],
     "{s} comes in {h} colours, among them moss, slate and sand, and in {a} sizes. Other colours take {n} days and ${p} more."),
    (["Do you rent out meeting rooms?", "a room for a seminar", "What does a meeting room cost per hour?"],
     "{s} has a meeting room for {n} people at ${p} an hour, projector and water included. Book it {h} days ahead."),
    (["Is there a discount for groups?", "group price for a school class", "From how many people on do you give a discount?"],
     "From {n} people on, {s} gives a discount of {h} %. Students pay ${p} less if they show their card."),
    (["What happens if I arrive late?", "arriving after midnight", "Is the reception staffed at night?"],
     "The reception of {s} closes at {h} pm. After that, take your key from the box with the code that we send {n} minutes before."),
    (["Can I pay by card?", "which cards do you take", "Is cash accepted as well?"],
     "{s} takes all common cards from ${h} on, and cash up to ${p}0. An invoice is sent within {a} days."),
]  # fmt: skip
KOREAN_TOPICS: list[tuple[list[str], str]] = [
    (["체크인은 몇 시부터인가요?", "몇시에 들어갈 수 있어요"], "{s} 체크인은 오후 {h}시부터입니다. 짐은 오전 {a}시부터 맡아 드립니다."),
    (["주차되나요?", "주차비는 얼마인가요?", "차를 세울 곳이 있나요?"], "{s}에는 주차 공간이 {n}면 있으며 하루 {p},000원입니다."),
    (["무료로 취소할 수 있나요?", "예약 취소 수수료"], "{s} 예약은 도착 {n}시간 전까지 무료로 취소됩니다. 그 후에는 {p},000원입니다."),
    (["무게가 얼마나 되나요?", "무거운가요?"], "{s}의 무게는 가방 포함 {n}.{h}kg입니다."),
    (["방수가 되나요?", "비 올 때 써도 되나요?"], "{s}의 내수압은 {n}00mm입니다. {a}개월마다 다시 코팅해 주세요."),
    (["보증 기간은 얼마인가요?", "AS는 몇 년 되나요?"], "{s}의 보증 기간은 구입일로부터 {h}년입니다. 유상 수리는 {p},000원부터입니다."),
    (["반려동물과 함께 갈 수 있나요?", "강아지 되나요"], "{s}에는 {n}kg 이하의 반려견이 1박 {p},000원에 함께할 수 있습니다."),
    (["영업시간이 어떻게 되나요?", "몇 시까지 하나요?", "일요일에도 여나요?"], "{s}은 오전 {a}시부터 오후 {h}시까지 엽니다."),
    (["조식이 있나요?", "아침 식사는 얼마인가요?"], "{s} 조식은 오전 {a}시부터 10시 {n}분까지이고 성인 {p},000원입니다."),
    (["몇 명이 쓸 수 있나요?", "4인 가족도 되나요?"], "{s}은 {h}명까지 쓸 수 있고, 추가하면 {a}명까지 가능합니다."),
    (["세탁은 어떻게 하나요?", "세탁기에 돌려도 되나요?"], "{s}은 {n}도의 물에 손으로 씻어 {h}시간 동안 그늘에서 말려 주세요."),
    (["와이파이 되나요?", "인터넷 비밀번호 알려 주세요"], "{s} 전 객실에서 {n}Mbps 와이파이를 기기 {h}대까지 무료로 쓸 수 있습니다."),
    (["부품은 어디서 사나요?", "폴대만 따로 살 수 있나요?"], "{s} 부품은 {p},000원부터이며 영업일 {h}일 안에 보내 드립니다."),
    (["대여되나요?", "주말 대여료가 얼마예요"], "{s} 대여료는 하루 {p},000원, {h}일 안에 돌려드리는 보증금은 {n}0,000원입니다."),
    (["지하철로 어떻게 가나요?", "가까운 역이 어디예요"], "{h}호선 종점에서 {n}번 버스로 {s} 앞까지 오세요. 막차는 {a}시입니다."),
    (["휠체어로 갈 수 있나요?", "엘리베이터가 있나요?"], "{s}에는 턱이 없는 방이 {h}개 있고 엘리베이터 폭은 {n}cm입니다."),
    (["반품하고 싶어요", "며칠 안에 반품해야 하나요?"], "{s}은 {n}일 안에 반품됩니다. 반품비는 {p},000원, 환불은 {a}일 걸립니다."),
    (["색상은 뭐가 있나요?", "초록색도 있나요?"], "{s}은 {h}가지 색상, {a}가지 크기로 나옵니다. 주문 색상은 {n}일 걸립니다."),
    (["회의실을 빌릴 수 있나요?", "세미나실 가격"], "{s} 회의실은 {n}명까지 시간당 {p},000원입니다. {h}일 전에 예약해 주세요."),
    (["단체 할인이 되나요?", "학생 할인 있나요?"], "{s}은 {n}명부터 {h}% 할인해 드립니다."),
]  # fmt: skip


def invented(entries: int) -> list[dict[str, Any]]:
    """So many entries, as lines of an FAQ's JSONL."""
    return list(islice(_entries(), entries))


def _entries() -> Iterator[dict[str, Any]]:
    english = [f"{one}{two} {kind}{more}" for more in ("", " North", " South", " II") for kind, two, one in product(KINDS, SECOND, FIRST)]
    korean = [
        f"{one}{two}{more} {kind}" for more in ("", "본", "신") for kind, one, two in product(KOREAN_KINDS, KOREAN_FIRST, KOREAN_FIRST)
    ]
    rng = random.Random(0)
    rng.shuffle(english)
    rng.shuffle(korean)
    for number in range(len(english)):
        is_korean = number % 5 == 4
        name, topics = (korean[number // 5], KOREAN_TOPICS) if is_korean else (english[number], TOPICS)
        for place, (questions, answer) in enumerate(rng.sample(topics, OF_A_SUBJECT)):
            yield _entry(f"{number}-{place}", name, questions, answer, rng)


def _entry(name: str, subject: str, questions: list[str], answer: str, rng: random.Random) -> dict[str, Any]:
    asked = rng.sample(questions, rng.randint(2, len(questions)) if rng.random() < 0.4 else 1)
    asked = [f"{one} {subject}" for one in asked] if rng.random() < 0.5 else asked
    figures = {"n": rng.randint(11, 59), "p": rng.randint(11, 99), "h": rng.randint(2, 9), "a": rng.randint(6, 11)}
    return {"id": name, "subject": subject, "questions": asked, "answers": [answer.format(s=subject, **figures)]}
