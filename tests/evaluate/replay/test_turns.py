"""What an agent did, and whether desk and agent say the same, in English and Korean."""

from collections.abc import Sequence

import pytest

from evaluate.replay.conversations import Conversation
from evaluate.replay.turns import Replay
from frontdesk.answers.decision import Decision
from frontdesk.prompt.render import Message
from tests.evaluate.replay.desk import ENTRIES

SAID = [
    ("fee", "what does shipping cost?", "It's 4.90 dollars for standard shipping.", "agrees"),
    ("fee", "what does shipping cost?", "Standard shipping is $6.50.", "differs"),
    ("fee", "how long does shipping take", "3-5 business days usually", "agrees"),
    ("fee", "how long does shipping take", "About two weeks.", "differs"),
    ("pets", "can i bring my dog", "Yes of course, dogs are welcome!", "agrees"),
    ("pets", "can i bring my dog", "No, sorry, no dogs in the shop.", "differs"),
    ("boxes", "do you ship to PO boxes", "Unfortunately we can't deliver to a PO box.", "agrees"),
    ("boxes", "do you ship to PO boxes", "Yes we do deliver to PO boxes", "differs"),
    ("return", "is it 45 days?", "Yes, that's right, 45 days.", "agrees"),
    ("return", "can i send it back", "Can I have your order number please?", "silent"),
    ("return", "thanks", "You're welcome, have a great day!", "silent"),
    ("broken", "my lamp is broken", "So sorry! Could you send two photos of the damage? We'll send you a new one.", "agrees"),
    ("broken", "my lamp is broken", "That is bad. I will refund you $20.", "differs"),
    ("배송비", "배송비 얼마인가요", "네 고객님, 기본 배송비는 3천원이고 5만원 이상은 무료예요.", "agrees"),
    ("배송비", "배송비 얼마인가요", "배송비는 4,000원입니다.", "differs"),
    ("반품", "반품 며칠까지 돼요?", "받으신 날부터 14일 이내에 반품 가능합니다.", "agrees"),
    ("반품", "반품 며칠까지 돼요?", "7일 이내에만 가능합니다.", "differs"),
    ("반품", "반품할게요", "네, 주문번호 확인해 보겠습니다.", "silent"),
]
HANDED_OVER = [
    ("fee", "where is my order [ORDER_1]", "Hi [NAME_1], it left our warehouse, the carrier says Friday.", "agrees"),
    ("fee", "where is my order [ORDER_1]", "One moment, let me check.", "agrees"),
    ("fee", "and to Peru?", "To Peru it is $19.", "agrees"),
    ("fee", "sending it, how much", "Standard shipping is $4.90.", "differs"),
    ("fee", "hello", "Hello, this is [NAME_2] from Pebble & Pine! How can I help you today?", "silent"),
    ("배송비", "제 주문 어디예요", "네, [NAME_1] 고객님 주문 확인해 보겠습니다.", "agrees"),
    ("배송비", "취소해 주세요", "취소 처리해 드렸습니다. 3~5영업일 안에 환불됩니다.", "agrees"),
    ("배송비", "감사합니다", "감사합니다. 좋은 하루 되세요!", "silent"),
]
SMALL_TALK = [
    ("fee", "hello", "Hello! How can I help you today?", "agrees"),
    ("fee", "hi, and shipping?", "Standard shipping costs $4.90.", "differs"),
    ("fee", "ok", "May I have your order number?", "silent"),
    ("반품", "안녕하세요", "안녕하세요 고객님, 무엇을 도와드릴까요?", "agrees"),
]
ASKED_BACK = [
    ("fee", "how long", "Standard takes 3 to 5 working days.", "agrees"),
    ("return", "how long", "Standard takes 3 to 5 working days.", "differs"),
    ("return", "how long", "How long for what?", "silent"),
]
KINDS = {"say": SAID, "escalate": HANDED_OVER, "small talk": SMALL_TALK, "ask back": ASKED_BACK}
CASES = [(kind, *case) for kind, cases in KINDS.items() for case in cases]


def desk(kind: str, *names: str) -> Replay:
    """A desk that decides the same whatever it is asked."""
    decision = Decision(kind, "So it is.", [ENTRIES[name] for name in names], 0.5)  # type: ignore[arg-type]
    return Replay(lambda messages: decision, list(ENTRIES.values()), "Pebble & Pine")


def talk(*texts: str) -> Conversation:
    return Conversation(7, [{"role": ("user", "assistant")[place % 2], "content": text} for place, text in enumerate(texts)], [])


@pytest.mark.parametrize(("kind", "entry", "customer", "agent", "comparison"), CASES)
def test_the_desk_beside_the_agent(kind: str, entry: str, customer: str, agent: str, comparison: str) -> None:
    (turn,) = desk(kind, entry).turns(talk(customer, agent))

    assert (turn.comparison, turn.customer, turn.agent, turn.desk) == (comparison, customer, agent, "So it is.")


@pytest.mark.parametrize(
    ("agent", "did"),
    [
        ("You're welcome. Is there anything else I can help you with?", "courtesy"),
        ("Returns are free for 45 days.", "faq"),
        ("Pebble & Pine opened in 1987.", "states"),
        ("May I have your order number?", "acts"),
        ("Yes, let me look that up.", "acts"),
    ],
)
def test_what_an_agent_does(agent: str, did: str) -> None:
    (turn,) = desk("escalate").turns(talk("Can I return the lamp?", agent))

    assert turn.did == did


def test_each_turn_is_asked_in_the_whole_real_conversation() -> None:
    seen: list[list[Message]] = []

    def decide(messages: Sequence[Message]) -> Decision:
        seen.append(list(messages))
        return Decision("say", f"answer {len(seen)}", [ENTRIES["fee"]], 0.91239)

    conversation = talk("hello", "Hello!", "shipping?", "It is $4.90.", "thanks", "Bye!")
    turns = list(Replay(decide, list(ENTRIES.values()), "").turns(conversation))

    assert seen == [conversation.messages[:length] for length in (1, 3, 5)]
    assert [(one.conversation, one.turn, one.desk) for one in turns] == [(7, 1, "answer 1"), (7, 2, "answer 2"), (7, 3, "answer 3")]
    assert [one.comparison for one in turns] == ["silent", "agrees", "silent"]
    assert (turns[0].entries, turns[0].probability, turns[0].outcome) == (["fee"], 0.9124, "answered")
