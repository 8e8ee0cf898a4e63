"""Facts stated in other spellings, and what does not state them."""

import pytest

from frontdesk.facts.statements import stated, states

RIGHT = [
    ("Standard shipping costs $4.90 per order.", ["$4.90"]),
    ("Within Three Days.", ["3 days"]),
    ("No, we cannot do that.", ["no|not|cannot"]),
    ("배송비는 3,000원입니다.", ["3000원|3천원"]),
    ("Call +1-555-0142, Monday to Friday.", ["+1-555-0142", "monday"]),
    ("It is 3,000 mm.", ["3,000 mm"]),
    ("Start at shop.pebbleandpine.example/returns.", ["shop.pebbleandpine.example/returns"]),
    ("Anything.", []),
    ("사흘 걸려요.", ["3 days"]),
    ("3일 안에 됩니다.", ["사흘"]),
    ("₩30,000입니다.", ["3만원"]),
    ("9:00-18:00", ["9 am to 6 pm"]),
    ("오전 9시부터 오후 6시까지요.", ["9 am to 6 pm"]),
    ("18:00에 닫아요.", ["18시|6시"]),
    ("Dial +1 555 0142.", ["+1-555-0142"]),
    ("Dial +1 (555) 0142.", ["+1-555-0142"]),
    ("+82 2 000 0175로 전화하세요.", ["02-000-0175"]),
    ("5–8 business days", ["5 to 8 working days"]),
    ("Between 5 days and 8 days.", ["5 to 8 days"]),
    ("Within a day.", ["24 hours"]),
    ("일주일 안에요.", ["7일"]),
    ("두 시 전에 결제하세요.", ["오후 2시"]),
    ("We open on weekdays.", ["Monday to Friday"]),
    ("월~금 10시에 엽니다.", ["평일", "10시"]),
    ("It's 2.1 kg.", ["2.1kg"]),
    ("한 장만 됩니다.", ["1장"]),
    ("You get gift cards.", ["gift card"]),
    ("재입고알림을 눌러 주세요.", ["재입고 알림"]),
    ("There is no charge.", ["free"]),
    ("Use https://shop.pebbleandpine.example/track/", ["shop.pebbleandpine.example/track"]),
    ("PO boxes can't be used.", ["no,|not|cannot"]),
    ("Yes, but in stores only.", ["no|in stores"]),
    ("주말에는 안됩니다.", ["안"]),
    ("색은 고르실 수 있어요.", ["색"]),
]
WRONG = [
    ("It costs $50.", ["$5"]),
    ("It costs $4.905.", ["$4.90"]),
    ("It costs €4.90.", ["$4.90"]),
    ("It is $14.50, not $4.90.", ["$4.90"]),
    ("3,000원이 아니라 4,000원입니다.", ["3,000원"]),
    ("It takes 13 days.", ["3 days"]),
    ("It takes 3 working days.", ["3 days"]),
    ("1시간 30분 걸립니다.", ["30분"]),
    ("오전 2시 전에 결제하세요.", ["오후 2시"]),
    ("Nothing is known.", ["no"]),
    ("배송비는 13,000원입니다.", ["3,000원"]),
    ("5 working days", ["5 working days", "$4.90"]),
    ("At least 5 working days.", ["5 to 8 working days"]),
    ("We have 34 shops.", ["34 countries"]),
    ("It is 15 lb.", ["15 kg"]),
    ("It is not free.", ["free"]),
    ("Yes, PO boxes are possible, no problem.", ["no|not|cannot"]),
    ("", ["no|not"]),
    ("Yes, we ship there, no matter where.", ["no|not possible"]),
    ("30분 안내로 끝납니다.", ["안"]),
    ("not within 45 days, only within 30", ["45 days"]),
]


@pytest.mark.parametrize(("answer", "facts"), RIGHT)
def test_right(answer: str, facts: list[str]) -> None:
    assert states(answer, facts)


@pytest.mark.parametrize(("answer", "facts"), WRONG)
def test_wrong(answer: str, facts: list[str]) -> None:
    assert not states(answer, facts)


def test_each_fact_is_told_apart() -> None:
    assert stated("It costs $4.90.", ["$4.90", "2 days", "costs"]) == [True, False, True]
