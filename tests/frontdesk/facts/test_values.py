"""Values of each kind in both languages, and what is no value."""

import itertools
import re
from collections.abc import Iterator

import pytest

from frontdesk.facts.values import values
from tests.timing import cpu_seconds

ONE = [
    # prices
    ("3만원", "price", "30000", "KRW"),
    ("30,000원", "price", "30000", "KRW"),
    ("30000 won", "price", "30000", "KRW"),
    ("₩30,000", "price", "30000", "KRW"),
    ("￦30,000", "price", "30000", "KRW"),
    ("KRW 30,000", "price", "30000", "KRW"),
    ("30,000 KRW", "price", "30000", "KRW"),
    ("삼만 원", "price", "30000", "KRW"),
    ("３０，０００원", "price", "30000", "KRW"),
    ("1만 5천원", "price", "15000", "KRW"),
    ("1만5천 원", "price", "15000", "KRW"),
    ("만 오천원", "price", "15000", "KRW"),
    ("1만5000원", "price", "15000", "KRW"),
    ("1.5만원", "price", "15000", "KRW"),
    ("3만 9,900원", "price", "39900", "KRW"),
    ("만원", "price", "10000", "KRW"),
    ("천 원", "price", "1000", "KRW"),
    ("3백원", "price", "300", "KRW"),
    ("1억 2천만원", "price", "120000000", "KRW"),
    ("배송비2,500원", "price", "2500", "KRW"),
    ("5만원권", "price", "50000", "KRW"),
    ("$4.90", "price", "4.9", "USD"),
    ("4.90 dollars", "price", "4.9", "USD"),
    ("USD 4.9", "price", "4.9", "USD"),
    ("usd4.90", "price", "4.9", "USD"),
    ("US$4.90", "price", "4.9", "USD"),
    ("4.9 USD", "price", "4.9", "USD"),
    ("4.90$", "price", "4.9", "USD"),
    ("90 bucks", "price", "90", "USD"),
    ("ten dollars", "price", "10", "USD"),
    ("a hundred dollars", "price", "100", "USD"),
    ("50 cents", "price", "0.5", "USD"),
    ("$1,234.56", "price", "1234.56", "USD"),
    ("$100", "price", "100", "USD"),
    ("$2k", "price", "2000", "USD"),
    ("5달러", "price", "5", "USD"),
    ("€4,90", "price", "4.9", "EUR"),
    ("20 euros", "price", "20", "EUR"),
    ("10유로", "price", "10", "EUR"),
    ("GBP 50", "price", "50", "GBP"),
    ("£5.50", "price", "5.5", "GBP"),
    ("15 pounds", "price", "15", "GBP"),
    ("5,000엔", "price", "5000", "JPY"),
    ("¥500", "price", "500", "JPY"),
    ("It is free.", "price", "0", ""),
    ("free of charge", "price", "0", ""),
    ("no charge", "price", "0", ""),
    ("at no extra cost", "price", "0", ""),
    ("무료배송", "price", "0", ""),
    ("공짜예요", "price", "0", ""),
    ("0원", "price", "0", ""),
    ("$0", "price", "0", ""),
    # percentages
    ("12%", "percent", "12", ""),
    ("12 %", "percent", "12", ""),
    ("12 percent", "percent", "12", ""),
    ("fifty per cent", "percent", "50", ""),
    ("12퍼센트", "percent", "12", ""),
    ("십 퍼센트", "percent", "10", ""),
    ("10프로 할인", "percent", "10", ""),
    ("2.50%", "percent", "2.5", ""),
    ("100％", "percent", "100", ""),
    # durations
    ("3 days", "duration", "3", "day"),
    ("three days", "duration", "3", "day"),
    ("3일", "duration", "3", "day"),
    ("사흘", "duration", "3", "day"),
    ("삼 일 이내", "duration", "3", "day"),
    ("within 7 days", "duration", "7", "day"),
    ("a 30-day invoice", "duration", "30", "day"),
    ("twenty-one days", "duration", "21", "day"),
    ("3 more days", "duration", "3", "day"),
    ("5 calendar days", "duration", "5", "day"),
    ("하루 안에", "duration", "1", "day"),
    ("열흘", "duration", "10", "day"),
    ("보름", "duration", "15", "day"),
    ("구십 일", "duration", "90", "day"),
    ("a week", "duration", "1", "week"),
    ("일주일", "duration", "1", "week"),
    ("2주간", "duration", "2", "week"),
    ("이 주 정도", "duration", "2", "week"),
    ("한 달", "duration", "1", "month"),
    ("석 달", "duration", "3", "month"),
    ("3개월", "duration", "3", "month"),
    ("육개월", "duration", "6", "month"),
    ("six-month", "duration", "6", "month"),
    ("1년", "duration", "1", "year"),
    ("이 년", "duration", "2", "year"),
    ("5 yrs", "duration", "5", "year"),
    ("24시간", "duration", "24", "hour"),
    ("이십사 시간", "duration", "24", "hour"),
    ("두 시간", "duration", "2", "hour"),
    ("24h", "duration", "24", "hour"),
    ("an hour", "duration", "1", "hour"),
    ("3hrs", "duration", "3", "hour"),
    ("30분", "duration", "30", "minute"),
    ("삼십 분", "duration", "30", "minute"),
    ("15min", "duration", "15", "minute"),
    ("half an hour", "duration", "30", "minute"),
    ("an hour and a half", "duration", "90", "minute"),
    ("1.5 hours", "duration", "90", "minute"),
    ("1시간 30분", "duration", "90", "minute"),
    ("한 시간 반", "duration", "90", "minute"),
    ("2 hours and 15 minutes", "duration", "135", "minute"),
    ("60 seconds", "duration", "60", "second"),
    ("5 business days", "duration", "5", "business day"),
    ("5 working days", "duration", "5", "business day"),
    ("5영업일", "duration", "5", "business day"),
    ("영업일 5일", "duration", "5", "business day"),
    ("영업일 기준 5일", "duration", "5", "business day"),
    ("5일(영업일 기준)", "duration", "5", "business day"),
    ("2~3일", "duration", "2-3", "day"),
    ("2일에서 3일", "duration", "2-3", "day"),
    ("이삼일", "duration", "2-3", "day"),
    ("2–3 days", "duration", "2-3", "day"),
    ("2 or 3 days", "duration", "2-3", "day"),
    ("two to three days", "duration", "2-3", "day"),
    ("between 2 and 3 days", "duration", "2-3", "day"),
    ("하루 이틀", "duration", "1-2", "day"),
    ("a day or two", "duration", "1-2", "day"),
    ("3-5 business days", "duration", "3-5", "business day"),
    ("영업일 기준 3~5일", "duration", "3-5", "business day"),
    # dates
    ("3월 2일", "date", "--03-02", ""),
    ("March 2", "date", "--03-02", ""),
    ("march 2nd", "date", "--03-02", ""),
    ("2 March", "date", "--03-02", ""),
    ("the 2nd of March", "date", "--03-02", ""),
    ("Mar. 2, 2026", "date", "2026-03-02", ""),
    ("2026-03-02", "date", "2026-03-02", ""),
    ("2026.3.2", "date", "2026-03-02", ""),
    ("2026년 3월 2일", "date", "2026-03-02", ""),
    ("2026년 3월", "date", "2026-03", ""),
    ("March 2026", "date", "2026-03", ""),
    ("25/03/2026", "date", "2026-03-25", ""),
    ("03/25/2026", "date", "2026-03-25", ""),
    ("02/03/2026", "date", "02/03/2026", ""),
    ("3/2(월)", "date", "--03-02", ""),
    ("May 5", "date", "--05-05", ""),
    # times
    ("오전 9시", "time", "09:00", ""),
    ("9 am", "time", "09:00", ""),
    ("9am", "time", "09:00", ""),
    ("9 a.m.", "time", "09:00", ""),
    ("09:00", "time", "09:00", ""),
    ("9 o'clock", "time", "09:00", ""),
    ("아홉 시", "time", "09:00", ""),
    ("오후 두 시 반", "time", "14:30", ""),
    ("오후 2:30", "time", "14:30", ""),
    ("2.30pm", "time", "14:30", ""),
    ("14시 30분", "time", "14:30", ""),
    ("저녁 7시쯤", "time", "19:00", ""),
    ("밤 12시", "time", "00:00", ""),
    ("새벽 1시", "time", "01:00", ""),
    ("낮 12시", "time", "12:00", ""),
    ("12 am", "time", "00:00", ""),
    ("12 pm", "time", "12:00", ""),
    ("noon", "time", "12:00", ""),
    ("정오", "time", "12:00", ""),
    ("자정", "time", "00:00", ""),
    # addresses
    ("+1-555-0142", "phone", "15550142", ""),
    ("+82 10-1234-5678", "phone", "821012345678", ""),
    ("+44 20 7946 0958", "phone", "442079460958", ""),
    ("070-0000-0142", "phone", "07000000142", ""),
    ("010 1234 5678", "phone", "01012345678", ""),
    ("01012345678", "phone", "01012345678", ""),
    ("(02) 123-4567", "phone", "021234567", ""),
    ("031.123.4567", "phone", "0311234567", ""),
    ("1588-1234", "phone", "15881234", ""),
    ("(555) 123-4567", "phone", "5551234567", ""),
    ("1-800-555-0199", "phone", "18005550199", ""),
    ("call 555-0142", "phone", "5550142", ""),
    ("Help@Shop.example", "email", "help@shop.example", ""),
    ("메일은 help@shop.co.kr로", "email", "help@shop.co.kr", ""),
    ("https://Shop.example/Track/", "url", "shop.example/Track", ""),
    ("Go to shop.example/track.", "url", "shop.example/track", ""),
    ("shop.example에서", "url", "shop.example", ""),
    ("(www.shop.example)", "url", "www.shop.example", ""),
    ("shop.travel/a?b=C", "url", "shop.travel/a?b=C", ""),
    ("shop.example/a_b*c?d=(e)_f", "url", "shop.example/a_b*c?d=(e)_f", ""),
    ("**shop.example/track**", "url", "shop.example/track", ""),
    ("**shop.example/track.**", "url", "shop.example/track", ""),
    ("`shop.example/track`", "url", "shop.example/track", ""),
    ("_https://shop.example/track_", "url", "shop.example/track", ""),
    ("[here](https://shop.example/track)", "url", "shop.example/track", ""),
    ("<https://shop.example/track>", "url", "shop.example/track", ""),
    ('<a href="https://shop.example/track">here</a>', "url", "shop.example/track", ""),
    ("|shop.example/track|here|", "url", "shop.example/track", ""),
    ("스무 개부터", "number", "20", "items"),
    ("두 명부터", "number", "2", "people"),
    ("두 번부터", "number", "2", "times"),
    ("세 개입니다", "number", "3", "items"),
    ("세 명인데요", "number", "3", "people"),
    ("네 개예요", "number", "4", "items"),
    # numbers
    ("twelve", "number", "12", ""),
    ("열두 개", "number", "12", "items"),
    ("아흔아홉 명", "number", "99", "people"),
    ("구십구 개", "number", "99", "items"),
    ("ninety-nine items", "number", "99", "items"),
    ("a hundred and five", "number", "105", ""),
    ("스물한 개", "number", "21", "items"),
    ("하나만", "number", "1", ""),
    ("삼십", "number", "30", ""),
    ("3 nights", "number", "3", "nights"),
    ("3박", "number", "3", "nights"),
    ("세 번", "number", "3", "times"),
    ("3회", "number", "3", "times"),
    ("three times", "number", "3", "times"),
    ("once per order", "number", "1", "times"),
    ("twice a week", "number", "2", "times"),
    ("2인용", "number", "2", "people"),
    ("두 분", "number", "2", "people"),
    ("a 2-person tent", "number", "2", "people"),
    ("34개국", "number", "34", ""),
    ("3번 출구", "number", "3", ""),
    ("15kg", "number", "15", ""),
    ("3,000 mm", "number", "3000", ""),
    ("2.10 kg", "number", "2.1", ""),
    ("10k points", "number", "10000", ""),
    ("5만 포인트", "number", "50000", ""),
    ("only one code", "number", "1", ""),
    ("-20°C", "number", "-20", ""),
    ("open 24/7", "number", "24/7", ""),
    ("12 pounds of luggage", "number", "12", ""),
]

SEVERAL = [
    ("10시~18시", ["10:00", "18:00"]),
    ("9 to 6 pm", ["09:00", "18:00"]),
    ("2-5pm", ["14:00", "17:00"]),
    ("11 to 5 pm", ["11:00", "17:00"]),
    ("9:00–18:00", ["09:00", "18:00"]),
    ("22:00-06:00", ["22:00", "06:00"]),
    ("오전 9~11시", ["09:00", "11:00"]),
    ("오후 2시~5시 30분", ["14:00", "17:30"]),
    ("12시 30분~1시 30분", ["12:30", "13:30"]),
    ("오전 10시부터 오후 6시까지", ["10:00", "18:00"]),
    ("$25, $50 and $100", ["25", "50", "100"]),
    ("$25-50", ["25", "50"]),
    ("3~5만원", ["30000", "50000"]),
    ("3,000~5,000원", ["3000", "5000"]),
    ("10~20%", ["10", "20"]),
    ("2박 3일", ["2", "3"]),
    ("2~3명", ["2", "3"]),
    ("42 to 52 cm", ["42", "52"]),
    ("80x120cm", ["80", "120"]),
    ("3월 1일~5일", ["--03-01", "--03-05"]),
    ("March 2-5", ["--03-02", "--03-05"]),
    ("1 week to 10 days", ["1", "10"]),
    ("3 and 5 days", ["3", "5"]),
    ("2026-03-02 09:30", ["2026-03-02", "09:30"]),
    ("$9 a night", ["9"]),
    ("$400 a year", ["400"]),
    ("24 hours a day", ["24"]),
    ("하루 2번", ["2"]),
    ("Call +1-555-0142 9 am to 6 pm", ["15550142", "09:00", "18:00"]),
    ("1박에 12,000원, 최소 3박", ["1", "12000", "3"]),
]

NONE = [
    "",
    "Hello, how can I help?",
    "안녕하세요 고객님, 무엇을 도와드릴까요?",
    "WH-1000XM5",
    "SM-G991N",
    "the iPhone15 case",
    "갤럭시 S24",
    "A4 용지",
    "a 4K screen with 5G",
    "USB-C",
    "version v2.3.1 or 2.3.1",
    "[PHONE_1] and [NAME] and <ORDER_12>",
    "order PP-47713",
    "order #12345",
    "20260310-0000051",
    "110-123-456789",
    "1234-5678-9012-3456",
    "the 1st and 2nd floor",
    "Feel free to ask.",
    "interest-free",
    "gluten free options",
    "It is not free.",
    "We do not offer free WiFi.",
    "무료가 아닙니다",
    "유료입니다",
    "one of them, this one, the right one",
    "One moment please, just a minute",
    "Have a good day",
    "once your order ships",
    "you may go",
    "i.e. this, e.g. that, and/or",
    "It ends here.Next one",
    "네, 이 상품은 이번 주문과 같이 나갑니다",
    "금요일도 하나요?",
    "열이 나요",
    "넷플릭스와 백화점",
    "눌러 두시면 됩니다",
    "한 번 더 확인해 주세요",
    "직원, 회원, 병원, 원룸",
    "이 시간 이후에",
    "이 일은 제가",
    "다시, 역시, 즉시",
    "사천 매장과 이천 매장",
    "네이버",
]


@pytest.mark.parametrize(("text", "kind", "value", "unit"), ONE)
@pytest.mark.parametrize("around", ["{}", "({})", "Well, {}!", "답변: {}, 감사합니다"])
def test_one_value(text: str, kind: str, value: str, unit: str, around: str) -> None:
    assert [found.key for found in values(around.format(text))] == [(kind, value, unit)]


@pytest.mark.parametrize(("text", "expected"), SEVERAL)
def test_several_values_in_order(text: str, expected: list[str]) -> None:
    assert [found.value for found in values(text)] == expected


@pytest.mark.parametrize("text", NONE)
def test_no_value(text: str) -> None:
    assert values(text) == []


@pytest.mark.parametrize("text", [text for text, *_ in ONE + SEVERAL])
def test_spans_are_in_order_and_hold_the_value(text: str) -> None:
    text = f"Yes, {text} and {text}."
    found = values(text)

    assert found
    assert all(one.end <= two.start for one, two in itertools.pairwise(found))
    assert all(one.start < one.end and text[one.start : one.end] == text[one.start : one.end].strip() for one in found)


NATIVE = ["", "열", "스물", "서른", "마흔", "쉰", "예순", "일흔", "여든", "아흔"]
ONES = ["", "하나", "둘", "셋", "넷", "다섯", "여섯", "일곱", "여덟", "아홉"]
COUNTED = {"하나": "한", "둘": "두", "셋": "세", "넷": "네", "": ""}
ENGLISH = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
)
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


def spellings(number: int) -> Iterator[tuple[str, str]]:
    ten, one = divmod(number, 10)
    counted = COUNTED.get(ONES[one], ONES[one])
    yield f"{'스무' if number == 20 else NATIVE[ten] + counted} 개", "items"
    yield (
        f"{'일이삼사오육칠팔구'[ten - 1] if ten > 1 else ''}{'십' if ten else ''}{'일이삼사오육칠팔구'[one - 1] if one else ''} 퍼센트",
        "",
    )
    word = ENGLISH.split()[number] if number < 20 else TENS[ten - 2] + ("-" + ENGLISH.split()[one] if one else "")
    yield f"{word} items", "items"
    yield f"{word.replace('-', ' ')} dollars", "USD"


@pytest.mark.parametrize("number", range(1, 100))
def test_numerals_up_to_a_hundred(number: int) -> None:
    for text, unit in spellings(number):
        assert [(found.value, found.unit) for found in values(text)] == [(str(number), unit)], text


@pytest.mark.parametrize(
    "text",
    ["İstanbul 3 days", "①②③", "٣ days", "1,,2", "1.2.3.4", "$", "9" * 400, "1e5", "～～3～～", "二日", "½ hour", "0시 0분", "99:99"],
)
def test_odd_text_does_not_fail(text: str) -> None:
    for found in values(text):
        assert re.search(r"\w", text[found.start : found.end])


@pytest.mark.parametrize("text", ["한 달에 1" + "0" * 500, "it is 1" + ",000" * 300, "1" + ".0" * 500, "000 " * 300])
def test_endless_digits_take_no_time_and_are_no_value(text: str) -> None:
    assert cpu_seconds(lambda: values(text), 1) < 1
    assert [value.value for value in values(f"5 days and {text}")][:1] == ["5"]


def test_dots_that_lead_to_a_column_are_no_digits() -> None:
    assert [value.value for value in values("$5" + "." * 40 + " postage")] == ["5"]
