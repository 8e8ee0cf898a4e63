"""A small shop with some entries, and turns as a replay writes them."""

from typing import Any

from evaluate.replay.turns import Turn
from frontdesk.facts.entries import Entry

ENTRIES = {
    entry.id: entry
    for entry in (
        Entry("fee", ("What does shipping cost?",), ("Standard shipping costs $4.90 and takes 3 to 5 working days.",)),
        Entry("pets", ("Are dogs welcome?",), ("Yes, dogs are welcome in our shop.",)),
        Entry("boxes", ("Do you deliver to PO boxes?",), ("No, we cannot deliver to PO boxes.",)),
        Entry("return", ("Can I return it?",), ("Returns are free for 45 days.",)),
        Entry("broken", ("It arrived broken",), ("Please send us two photos of the damage within 72 hours and we will send a new one.",)),
        Entry("배송비", ("배송비는 얼마예요?",), ("기본 배송비는 3,000원이며 5만원 이상 주문하시면 무료입니다.",)),
        Entry("반품", ("반품 기간이 며칠이에요?",), ("수령 후 14일 안에 반품하실 수 있습니다.",)),
    )
}


def turn(outcome: str = "answered", comparison: str = "agrees", conversation: int = 1, **changed: Any) -> Turn:
    """A turn, with what is named changed."""
    made = Turn(
        conversation=conversation,
        turn=1,
        customer="What does shipping cost?",
        agent="It is $4.90.",
        did="faq",
        outcome=outcome,  # type: ignore[arg-type]
        desk="Standard shipping costs $4.90.",
        entries=["fee"],
        probability=0.9,
        comparison=comparison,  # type: ignore[arg-type]
    )
    return made._replace(**changed)
