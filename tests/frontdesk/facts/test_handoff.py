"""What hands over, and what only sounds like it."""

import json
from pathlib import Path

import pytest

from frontdesk.facts.handoff import handoff_sentences, is_handoff, repeats

HANDOFFS = [
    "I'm not able to answer that one myself. Shall I connect you with one of our agents?",
    "그 부분은 제가 답변드리기 어렵습니다. 상담원에게 연결해 드릴까요?",
]


@pytest.mark.parametrize(
    "answer",
    [
        *HANDOFFS,
        "I'm not able to answer that myself. Shall I connect you with an agent?",
        "I don't have that information",
        "Let me pass you to our team.",
        "We don't have any information on that.",
        "상담원에게 연결해 드릴까요?",
        "죄송하지만 그건 잘 모르겠습니다.",
        "날씨는 제가 알려 드릴 수 없어요.",
    ],
)
def test_a_handoff(answer: str) -> None:
    assert is_handoff(answer, HANDOFFS)


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "We cannot deliver to PO boxes.",
        "You can reach an agent at +1-555-0142.",
        "Standard shipping costs $4.90. Would you like to talk to an agent about anything else?",
        "세일 상품은 반품할 수 없습니다.",
        "상담원 연결은 070-0000-0142로 전화 주세요.",
        "배송비는 3,000원입니다. 더 궁금하신 점은 상담원에게 연결해 드릴게요.",
        "'결제 완료' 단계에서는 수수료가 없습니다.",
    ],
)
def test_no_handoff(answer: str) -> None:
    assert not is_handoff(answer, HANDOFFS)


def test_one_of_the_desks_sentences_is_a_handoff_whatever_it_says() -> None:
    own = ["Please visit the sister shop for lamps."]
    assert not is_handoff(own[0], HANDOFFS)
    assert is_handoff(own[0], own) and repeats(own[0], own)
    assert not repeats("Jokes are not my department.", HANDOFFS) and is_handoff("Jokes are not my department.", HANDOFFS)


def test_the_sentences_of_a_run(tmp_path: Path) -> None:
    train = tmp_path / "train.jsonl"
    assert handoff_sentences(HANDOFFS, train) == tuple(HANDOFFS)
    rows = [("refusal", "Not here."), ("faq", "No refusals of returns."), ("refusal", "Not here."), ("refusal", HANDOFFS[0])]
    lines = [json.dumps({"kind": kind, "messages": [{"content": "?"}, {"content": answer}]}) for kind, answer in rows]
    train.write_text("\n".join(lines), encoding="utf-8")
    assert handoff_sentences(HANDOFFS, train) == (*HANDOFFS, "Not here.")
