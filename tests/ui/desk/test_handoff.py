"""When a person is called: clear wishes do it, the mere words do not."""

import json
from pathlib import Path

import pytest

from frontdesk.answers.languages import sentence
from frontdesk.config.schema import HANDOFF
from frontdesk.store.tables import Message, Speaker
from tests.timing import LINEAR, exponent
from ui.desk.handoff import (  # fmt: skip
    BACK,
    MANY,
    WISH_CHARACTERS,
    offers_person,
    reason_to_call,
    same_question,
    says_yes,
    topic_of,
    wants_person,
    wish_of,
)

EXAMPLES = Path(__file__).parents[3] / "examples"
TOPICS = {
    "complaint": ("complaint", "complain", "불만", "항의"),
    "dispute": ("charge back", "chargeback", "charged twice", "이중 결제"),
}

WISHES = {
    "en": """I want to talk to a human about my broken tent
Can I speak to a real person?
Connect me to an agent please
agent please
human
REAL HUMAN NOW!!!
Let me talk to someone from your team
I'd like to chat with a representative.
Please transfer me to customer service
get me a person
can a human help me?
I need to speak with your manager
put me through to support
operator!
i dont want to talk to a bot
Hi, is there a real person I can talk to?
My order is late. I would like to speak with an agent.
I want a human, please
Could someone from your team contact me?
how do i talk to a human here
talk to a person
No, I need a real person to look at this
i wanna speak to the supervisor
stop, let me speak to an agent""",
    "ko": """상담원 연결해 주세요
상담원 연결
사람이랑 얘기하고 싶어요
직원 바꿔 주세요
상담사님과 통화하고 싶습니다
담당자 연결 부탁드립니다
진짜 사람이랑 상담할래요
상담원이랑 채팅할 수 있을까요?
봇 말고 사람 연결해줘
사람 불러 줘
상담원!
책임자 바꿔주세요
어제 산 텐트가 언제 오는지 모르겠어요. 상담원 연결 좀요
로봇 말고 사람하고 말하고 싶다고요
상담원 좀요
상담 연결 부탁해요
사람 상담 원합니다
담당자분과 직접 이야기하고 싶습니다
상담원 연결 가능할까요?
반품 문제로 상담원한테 문의하고 싶은데요
챗봇 싫어요 사람이요""",
}
NO_WISHES = {
    "en": """Is a person allowed to collect my parcel for me?
Can another person return my order?
When can I reach a person at your support desk?
I'd rather talk than type. Is there a line I can ring?
What do I dial to speak with Pebble & Pine?
How many people fit in the tent?
Your agent was rude to me on the phone.
Do you have a travel agent discount?
customer service opening hours
email address of support
I spoke to an agent yesterday and my refund is still missing
Can you connect the tent to the tarp?
I want to talk about my order
Can I give a gift card to another person?
The person who delivered my parcel was rude
Does a real person pack the parcels?
I don't want to talk to a person, just tell me the price
can someone else sign for my package?
Do I need to speak to an agent to cancel my order?
Are you a human or a bot?
I need a tent for one person
Can I have someone else's points?
Which staff discount do employees get?
Is there a human-sized sleeping bag?""",
    "ko": """상담 시간이 언제예요?
상담원 근무 시간
상담원 연결은 몇 시부터 가능한가요?
몇 시에 상담원 연결돼요?
카카오톡 상담 되나요
직접 상담원분과 통화할 수 있는 번호가 있을까요?
텐트에 사람이 몇 명 들어가요?
다른 사람이 대신 받아도 되나요?
상담원이 불친절했어요
어제 상담원이랑 통화했는데 아직 답이 없어요
담당자 이메일 주소 알려주세요
직원 할인 있나요?
택배회사 직원 채용은 어떻게 지원하나요?
블루투스 연결이 안 돼요
다른 사람에게 선물하고 싶어요
상담원 연결 없이 취소할 수 있나요?
상담원 연결은 필요 없어요
상담원 연결 안 해도 돼요
전화 말고 채팅으로 여쭤보고 싶습니다
사람 두 명이 잘 수 있나요
상담은 무료인가요""",
}


def lines(texts: dict[str, str]) -> list[str]:
    return [line for text in texts.values() for line in text.splitlines()]


@pytest.mark.parametrize("text", lines(WISHES))
def test_a_wish_for_a_person_is_heard(text: str) -> None:
    assert wants_person(text)


@pytest.mark.parametrize("text", lines(NO_WISHES))
def test_the_mere_word_is_no_wish(text: str) -> None:
    assert not wants_person(text)


def test_no_question_of_the_shops_faq_is_a_wish() -> None:
    questions = []
    for name in ("faq.en.jsonl", "faq.products.en.jsonl"):
        rows = (EXAMPLES / name).read_text(encoding="utf-8").splitlines()
        questions += [question for row in rows for question in json.loads(row)["questions"]]
    table = (EXAMPLES / "faq.ko.csv").read_text(encoding="utf-8-sig").splitlines()
    questions += [row.split(",", 2)[2] for row in table[1:]]
    assert len(questions) > 500
    assert [question for question in questions if wants_person(question)] == []


@pytest.mark.parametrize(
    "text",
    """yes
Yes please
yeah, sure
ok
Okay, do that
please do
go ahead
of course
That would be great
y
Yep, connect me
Sure, thanks
yes, my order is 4711 and it came broken
네
네!
넵
예 부탁드려요
응 해줘
그래 주세요
네, 연결해 주세요
연결해 주세요
좋아요
ㅇㅇ
그렇게 해 주세요
부탁드립니다
물론이죠
네 감사합니다""".splitlines(),
)
def test_a_yes_is_heard(text: str) -> None:
    assert says_yes(text)


@pytest.mark.parametrize(
    "text",
    """no
no thanks
not now
nope
ok, never mind
yes but first tell me the price
What is the shipping fee?
I already asked
maybe later
yesterday I ordered a tent
please don't
How do I return a tent?
아니요
괜찮아요
됐어요
아뇨 다음에요
네?
필요 없어요
나중에요
네트워크가 안 돼요
예약은 어떻게 하나요
어제 주문했어요
그래서 배송비가 얼마예요
네 근데 먼저 가격부터요""".splitlines(),
)
def test_what_is_no_yes(text: str) -> None:
    assert not says_yes(text)


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("I want to make a complaint", "complaint"),
        ("COMPLAINTS department?", "complaint"),
        ("I was charged  twice!", "dispute"),
        ("불만이 있어요", "complaint"),
        ("이중결제 됐어요", "dispute"),
        ("이 중 결제 방법은?", None),
        ("I am not complaining", None),
        ("uncomplaint", None),
        ("I was charged once", None),
        ("이중 결제입니다", "dispute"),
        ("배송비가 얼마예요?", None),
        ("", None),
    ],
)
def test_topics(text: str, topic: str | None) -> None:
    assert topic_of(text, TOPICS) == topic


SAME = [
    ("How much is shipping?", "how much is shipping"),
    ("How much is shipping?", "And how much is the shipping???"),
    ("Where's my order 4711?", "where's my order 4711"),
    ("Do you repair tents?", "Do you repair tent?"),
    ("Can I return a used tent?", "can I retrun a used tent"),
    ("shipping fee", "Shipping fee please!!"),
    ("hello, is delivery free?", "Is delivery free?"),
    ("What warranty do stoves have?", "WHAT WARRANTY DO STOVES HAVE"),
    ("배송비가 얼마예요?", "배송비 얼마에요"),
    ("반품은 어떻게 하나요?", "반품 어떻게 하나요"),
    ("텐트 보증기간 알려주세요", "텐트 보증 기간 알려주세요"),
    ("환불은 언제 되나요", "환불은 언제 되나요???"),
]
OTHER = [
    ("How long is the warranty on tents?", "How long is the warranty on stoves?"),
    ("Do you ship to Portugal?", "Do you ship to Poland?"),
    ("Where is my order 4711?", "Where is my order 4712?"),
    ("How do I return a tent?", "How do I repair a tent?"),
    ("What is the return period?", "What is the refund period?"),
    ("thanks", "Thanks!"),
    ("yes please", "yes please"),
    ("", ""),
    ("How much is express shipping?", "How much is shipping?"),
    ("토요일 배송 되나요", "일요일 배송 되나요"),
    ("텐트 보증 기간은 어떻게 되나요", "버너 보증 기간은 어떻게 되나요"),
    ("교환 되나요", "반품 되나요"),
    ("네 감사합니다", "네 감사합니다"),
    ("2인용 텐트 있나요", "4인용 텐트 있나요"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_question(one: str, other: str) -> None:
    assert same_question(one, other) and same_question(other, one)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_another_question(one: str, other: str) -> None:
    assert not same_question(one, other) and not same_question(other, one)


def talk(*said: tuple[Speaker, str], **columns: object) -> list[Message]:
    return [
        Message(id=i, speaker=speaker, text=text, cut=bool(columns.get("cut")), refusal=False) for i, (speaker, text) in enumerate(said, 1)
    ]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_refusal_and_a_yes_call_a_person(language: str) -> None:
    offer = HANDOFF[language]
    assert offers_person(offer)
    yes = {"en": "Yes please", "ko": "네, 부탁드려요"}[language]
    no = {"en": "No thanks", "ko": "아니요 괜찮아요"}[language]
    asked: tuple[Speaker, str] = ("customer", "Where is order 4711?")
    assert reason_to_call(talk(asked, ("bot", offer), ("customer", yes)), {}, list(HANDOFF.values())) == "refusal"
    assert reason_to_call(talk(asked, ("bot", offer), ("customer", no)), {}, list(HANDOFF.values())) is None
    assert reason_to_call(talk(asked, ("bot", "It left on Monday."), ("customer", yes)), {}, list(HANDOFF.values())) is None


@pytest.mark.parametrize(
    ("code", "asked", "yes", "no"),
    [
        ("es", "¿dónde está mi pedido?", "sí, por favor", "no gracias"),
        ("de", "wo ist meine bestellung", "Ja bitte", "nein danke"),
        ("ja", "注文した商品がまだ届きません", "はい", "いいえ"),
        ("ru", "где мой заказ", "да", "нет"),
        ("fr", "où est ma commande", "yes please", "non"),
    ],
)
def test_a_yes_in_the_customers_language_calls_a_person(code: str, asked: str, yes: str, no: str) -> None:
    offer: tuple[Speaker, str] = ("bot", sentence(code, ("en", "ko")))
    accepted = talk(("customer", asked), offer, ("customer", yes))
    assert reason_to_call(accepted, {}, []) == "refusal"
    assert wish_of(accepted) == asked
    assert reason_to_call(talk(("customer", asked), offer, ("customer", no)), {}, []) is None
    assert reason_to_call(talk(("customer", asked), ("bot", "Shipping is 4 dollars."), ("customer", yes)), {}, []) is None


@pytest.mark.parametrize(
    "answer",
    ["I can't look into payments on your account. Shall I connect you with a human agent?", "Would you like to talk to a person?",
     "회원님의 계정 정보는 제가 열어 볼 수 없습니다. 상담원 연결을 도와드릴까요?"],
)  # fmt: skip
def test_an_offer_in_other_words_is_one(answer: str) -> None:
    assert offers_person(answer)
    assert reason_to_call(talk(("customer", "?"), ("bot", answer), ("customer", "ok")), {}, list(HANDOFF.values())) == "refusal"


@pytest.mark.parametrize(
    "answer",
    [
        "Jokes are not my department. Is there something about our shop I can help with?",
        "Shipping is 4 dollars.",
        "You can talk to a person from 9 to 5.",
        "Would you like gift wrapping?",
        "상담 시간은 10시부터입니다.",
        "",
    ],
)
def test_an_answer_is_no_offer(answer: str) -> None:
    assert not offers_person(answer)
    assert reason_to_call(talk(("customer", "?"), ("bot", answer), ("customer", "ok")), {}, list(HANDOFF.values())) is None


def test_a_question_is_repeated_only_where_it_was_answered() -> None:
    asked: tuple[Speaker, str] = ("customer", "How much is shipping?")
    again: tuple[Speaker, str] = ("customer", "how much is the shipping??")
    more: tuple[Speaker, str] = ("customer", "And express delivery?")
    assert reason_to_call(talk(asked, ("bot", "4 dollars."), more, ("bot", "9 dollars."), again), {}, []) == "repeated"
    assert reason_to_call(talk(asked, again), {}, []) is None  # nobody answered
    assert reason_to_call(talk(asked, ("bot", "4 dol"), again, cut=True), {}, []) is None
    assert reason_to_call(talk(asked, ("agent", "4 dollars."), again), {}, []) is None
    assert reason_to_call(talk(asked), {}, []) is None


def test_the_clearest_reason_counts() -> None:
    both = talk(("customer", "I have a complaint, connect me to an agent"))
    assert reason_to_call(both, TOPICS, []) == "wish"
    assert reason_to_call(talk(("customer", "I have a complaint")), TOPICS, []) == "topic"


@pytest.mark.parametrize(
    ("said", "wish"),
    [
        (["My tent came broken", "I want to talk to a human"], "My tent came broken"),
        (["Hello", "Where is order 4711?", "yes please"], "Where is order 4711?"),
        (["Hi", "I want to talk to a human about my broken tent"], "I want to talk to a human about my broken tent"),
        (["agent please"], "agent please"),
        (["텐트가 찢어져서 왔어요", "상담원 연결해 주세요"], "텐트가 찢어져서 왔어요"),
        (["안녕하세요", "네"], "네"),
        ([], ""),
        (["two\nlines  of it"], "two lines of it"),
    ],
)
def test_the_wish_in_one_line(said: list[str], wish: str) -> None:
    assert wish_of(talk(*(("customer", text) for text in said))) == wish


def test_a_long_wish_is_cut() -> None:
    wish = wish_of(talk(("customer", "word " * 400)))
    assert len(wish) <= WISH_CHARACTERS and wish.endswith("…")


@pytest.mark.parametrize(
    ("begin", "again", "end"),
    [
        ("", "i want to ", ""),
        ("", "can a the an ", ""),
        ("", "상담원", ""),
        ("", "a ", ""),
        ("", "connect me ", ""),
        ("상담원", "좀", "X"),
        ("상담원", "바로", "X"),
    ],
)
def test_a_text_twice_as_long_takes_twice_as_long(begin: str, again: str, end: str) -> None:
    def all_at_once(length: int) -> None:
        text = begin + again * (length // len(again)) + end
        wants_person(text), says_yes(text), same_question(text, text[:-3] + "x"), wish_of(talk(("customer", text)))

    assert exponent(all_at_once, 2000, 16_000) < LINEAR


def test_of_a_long_history_few_words_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of short words with one initial, of which none is another: the most that can be compared."""
    compared: list[str] = []
    monkeypatch.setattr("ui.desk.handoff._alike", lambda one, other: compared.append(one))
    made = [" ".join(f"a{one}{two}" for two in "bcdefgh" for one in letters) for letters in ("ijklmnop", "qrstuvwx")]
    before = [(speaker, text) for _ in range(200) for speaker, text in (("customer", made[0][:280]), ("bot", "Well."))]
    history = talk(*before, ("customer", made[1][:280]))
    assert reason_to_call(history, TOPICS, ()) is None and not compared
    short = talk(*((speaker, " ".join(text.split()[:20])) for speaker, text in before), ("customer", " ".join(made[1].split()[:20])))
    assert reason_to_call(short, TOPICS, ()) is None and len(compared) <= BACK * MANY
