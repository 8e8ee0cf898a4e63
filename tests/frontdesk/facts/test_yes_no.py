"""What an answer says as a whole."""

import pytest

from frontdesk.facts.statements import states
from frontdesk.facts.yes_no import opening, polarity, says


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        ("No, we don't.", "no"),
        ("Yes, we do.", "yes"),
        ("There is no live music.", "no"),
        ("We have live music.", "yes"),
        ("No problem, children can stay.", "yes"),
        ("It is not true that pets are not allowed.", "yes"),
        ("There is no room without wifi.", "yes"),
        ("Sorry! Pets must stay outside, they are not allowed.", "no"),
        ("I don't have that information.", None),
        ("제가 답변드릴 수 없습니다.", None),
        ("아니요, 어렵습니다.", "no"),
        ("수영장은 없습니다.", "no"),
        ("네, 됩니다.", "yes"),
        ("수영장이 있습니다.", "yes"),
        ("", None),
    ],
)
def test_yes_or_no(answer: str, word: str | None) -> None:
    assert says(answer) == word
    for fact in ("yes", "no"):
        assert states(answer, [fact]) == (fact == word)


@pytest.mark.parametrize(
    "answer",
    [
        "Yes, we do.",
        "yes you can",
        "Yep!",
        "Of course. You can cancel within 1 hour.",
        "Hi Anneke, yes. An address can be changed.",
        "Good morning! Yes, it does.",
        "Children are welcome at this house.",
        "Parking is available behind the shop.",
        "네, 가능합니다.",
        "네 고객님, 색상 교환이 됩니다.",
        "예, 그렇습니다.",
        "넵!",
        "네~",
        "안녕하세요 고객님, 네 됩니다.",
        "그럼요, 언제든 오세요.",
        "물론입니다.",
        "카드 결제도 가능합니다.",
        "집에서 빠셔도 됩니다.",
    ],
)
def test_yes(answer: str) -> None:
    assert polarity(answer) == "yes"


@pytest.mark.parametrize(
    "answer",
    [
        "No, we don't.",
        "No.",
        "No. Your data is never sold.",
        "no it is not",
        "Nope, sorry.",
        "Hi Dominic, no, we don't.",
        "Pets are not allowed.",
        "Sorry, pets aren't allowed here.",
        "Room service is not available at the moment.",
        "Free parking is not currently available.",
        "No shuttle service is provided.",
        "Sale items cannot be returned.",
        "The inn does not offer breakfast.",
        "There is no pool on site.",
        "아니요, 안 됩니다.",
        "아니오.",
        "아뇨 괜찮아요",
        "주말 배송은 불가합니다.",
        "방문 수령은 불가능해요.",
        "전자레인지는 사용할 수 없습니다.",
        "주말에는 출고하지 않습니다.",
        "각인한 머그는 반품이 어렵습니다.",
        "외부 음식은 안 돼요.",
    ],
)
def test_no(answer: str) -> None:
    assert polarity(answer) == "no"


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "Standard shipping costs $4.90.",
        "No problem, I will send it.",
        "No worries!",
        "No. 5 is the blue one.",
        "Yes and no.",
        "Yesterday it was sent.",
        "Nobody knows.",
        "Not quite: the label costs $6.",
        "Sure, what can I change for you?",
        "If it is available, we will call you.",
        "There is no charge for parking.",
        "You don't have to, ordering without an account is possible.",
        "It is available only on Saturdays.",
        "Is it available?",
        "네 개 남았습니다.",
        "예약은 홈페이지에서 해 주세요.",
        "네이버에서 검색해 주세요.",
        "반품 기한은 14일입니다.",
        "'반품 신청'을 누르시면 됩니다.",
        "오늘 출고됩니다.",
        "같은 색상만 가능합니다.",
        "14일 안에는 반품이 가능합니다.",
        "부치지 않으셔도 됩니다.",
        "확인 후 연락드리겠습니다.",
    ],
)
def test_unsure(answer: str) -> None:
    assert polarity(answer) is None


@pytest.mark.parametrize(
    ("answer", "begins"),
    [
        ("Yes, within 45 days.", "yes"),
        ("Hi Dana! Yes, within 45 days.", "yes"),
        ("네, 고객님. 14일입니다.", "yes"),
        ("No, it is 45 days.", "no"),
        ("아니요, 14일입니다.", "no"),
        ("Returns are accepted within 45 days.", None),  # which says yes, but does not begin with it
        ("No problem, within 45 days.", None),
        ("", None),
    ],
)
def test_how_an_answer_begins(answer: str, begins: str | None) -> None:
    assert opening(answer) == begins
