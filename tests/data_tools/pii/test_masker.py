"""What holds for every masked conversation, and how long masking may take."""

import pickle
import random
import socket

import pytest

from data_tools.pii import KINDS, Masker, allowed
from data_tools.pii.__main__ import LABELLED, read_examples
from data_tools.pii.names import cues as names_cues
from data_tools.pii.recognizers import addresses, network, orders, phones
from data_tools.pii.spans import PLACEHOLDER, RANK, Span, collapse, count_digits, original, small_words, without_overlaps
from tests.timing import LINEAR, exponent

PIECES = [
    "my name is Oliver Quill",
    "call 010-1234-5678",
    "010.1234.5678로 전화",
    "저는 김하늘이라고 합니다",
    "하늘씨",
    "order #10234",
    "주문번호 20260227-0001234",
    "jane@example.com",
    "JANE@Example.com",
    "카드 4532-2011-9876-5417",
    "서울 강남구 테헤란로 152, 3층",
    "[PHONE_1]",
    "[NAME_7]님",
    "six thousand",
    "6,000원",
    "비밀번호는 abcd1234!",
    "국민은행 123456-04-789012",
    "Thanks Oliver",
    "02-123-4567",
    "hello\n\n",
    "주민번호 880214-1543219",
    "이에요",
    "#",
    "-",
    "010",
    "5678",
    "계좌",
    "account number",
    "Bearer abcdefghij1234",
    "192.168.0.17",
    "１２３",
    "ß",
    "👍",
    "my name is",
    "예금주 ",
    "May 5",
]


def conversations(count: int) -> list[list[str]]:
    """Random texts of pieces that touch each other in all ways."""
    dice = random.Random(7)
    return [
        ["".join(dice.choice(PIECES) + dice.choice([" ", ", ", "", "\n", "-"]) for _ in range(dice.randint(1, 7))) for _ in range(4)]
        for _ in range(count)
    ]


@pytest.mark.parametrize("roles", [None, ["customer", "agent", "customer", "agent"]])
def test_masking_twice_changes_nothing_and_the_rest_stays(roles: list[str] | None) -> None:
    masker = Masker()
    for texts in conversations(400):
        masked = masker.mask(texts, ["김하늘", "Jane Roe"], roles)
        again = masker.mask([item.text for item in masked], ["김하늘", "Jane Roe"], roles)
        assert [item.text for item in again] == [item.text for item in masked]
        assert not any(item.spans for item in again)
        for text, item in zip(texts, masked, strict=True):
            rest = item.text
            for piece in between(text, item.spans):
                assert rest.startswith(piece)
                rest = PLACEHOLDER.sub("", rest[len(piece) :], count=1) if PLACEHOLDER.match(rest[len(piece) :]) else rest[len(piece) :]
            assert not rest


def between(text: str, spans: tuple[Span, ...]) -> list[str]:
    """What a text holds outside its spans."""
    edges = [0, *(edge for span in spans for edge in span[:2]), len(text)]
    assert edges == sorted(edges)
    return [text[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True)]


def labelled_texts() -> list[str]:
    """What the development sets hold."""
    names = ("labelled", "unseen", "odd", "blind")
    return [example.text for name in names for example in read_examples(LABELLED.with_name(f"{name}.jsonl"))]


def test_what_is_looked_for_first_stands_in_every_match() -> None:
    """The conditions before the costly patterns let pass whatever the patterns match."""
    for text in labelled_texts():
        signs = small_words(text) | {sign for sign in names_cues.SIGNS if sign in text}
        for rule in names_cues.RULES:
            assert not rule.pattern.search(text) or rule.cues & signs, (rule.pattern.pattern[:60], text)
        for condition, patterns in (
            (addresses.ROAD_NUMBER, [addresses.REGION_ROAD, addresses.BARE_ROAD]),
            (addresses.LOT_NUMBER, [addresses.LOT]),
            (addresses.FLAT_NUMBER, [addresses.APARTMENT]),
            (network.AT_HINT, [network.SPELLED_EMAIL]),
            (orders.OWN_HINT, [orders.OWN_FORM]),
        ):
            assert condition.search(text) or not any(pattern.search(text) for pattern in patterns), (condition.pattern, text)
        for pattern in (phones.MOBILE, phones.CERTAIN, phones.LIKELY):
            assert not pattern.search(text) or count_digits(text) >= phones.LEAST or "***" in text


def test_one_value_has_one_placeholder_and_another_value_another() -> None:
    texts = ["010-1234-5678 or 010 1234 5678", "+82 10-1234-5678, 공일공 일이삼사 오육칠팔, 010-9999-8888", "A@x.com b@x.com a@X.com"]
    masked = [item.text for item in Masker().mask(texts)]
    assert masked == ["[PHONE_1] or [PHONE_1]", "[PHONE_1], [PHONE_1], [PHONE_2]", "[EMAIL_1] [EMAIL_2] [EMAIL_1]"]


def test_new_placeholders_are_numbered_after_those_already_there() -> None:
    masked = Masker().mask(["call 010-1234-5678", "[PHONE_3] is old"])
    assert [item.text for item in masked] == ["call [PHONE_4]", "[PHONE_3] is old"]


def test_a_korean_name_and_its_given_name_are_one_person() -> None:
    masked = Masker().mask(["김하늘 고객님", "하늘씨 계세요?", "네 김하늘이에요"], ["김하늘"])
    assert [item.text for item in masked] == ["[NAME_1] 고객님", "[NAME_1]씨 계세요?", "네 [NAME_1]이에요"]


FAQ = [
    "Call 1588-1234 or write to help@pebble.example.",
    "환불은 신한은행 110-234-567890 (예금주 페블앤파인), 주소는 서울 강남구 테헤란로 152, 3층입니다.",
    "사업자등록번호 105-82-90045",
]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("1588 - 1234로 HELP@pebble.example", "1588 - 1234로 HELP@pebble.example"),
        ("입금은 110-234-567890, 사업자 1058290045", "입금은 110-234-567890, 사업자 1058290045"),
        ("강남구 테헤란로 152로 오세요", "강남구 테헤란로 152로 오세요"),
        ("강남구 테헤란로 99, 2층에 살아요", "[ADDRESS_1]에 살아요"),
        ("예금주 페블앤파인, 입금은 110-234-567891", "예금주 페블앤파인, 입금은 [BANK_ACCOUNT_1]"),
        ("Hi, this is Pebble & Pine. Thanks, Pebble & Pine!", "Hi, this is Pebble & Pine. Thanks, Pebble & Pine!"),
    ],
)
def test_what_the_company_publishes_stays_and_nothing_else(text: str, masked: str) -> None:
    masker = Masker(allowed(FAQ, "Pebble & Pine"))
    assert masker.mask([text], ["Pebble & Pine"])[0].text == masked


def test_without_an_allow_list_public_values_are_masked() -> None:
    assert "1588" not in Masker().mask([FAQ[0]])[0].text


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("order 4532-2011-9876-5417", "CARD"),
        ("주문번호 880214-1543219 주민번호", "RRN"),
        ("계좌 연락처 010-1234-5678", "PHONE"),
        ("Apt #302, 12 Maple Street, Apt #302", "ADDRESS"),
    ],
)
def test_the_more_specific_kind_wins(text: str, kind: str) -> None:
    assert kind in [span.kind for span in Masker().mask([text])[0].spans]


def test_of_two_spans_the_earlier_kind_then_the_longer_stays() -> None:
    spans = [Span(0, 9, "ORDER"), Span(3, 6, "CARD"), Span(20, 24, "NAME"), Span(20, 29, "NAME")]
    assert without_overlaps(spans) == [Span(3, 6, "CARD"), Span(20, 29, "NAME")]
    assert list(RANK) == list(KINDS)


def test_spans_of_a_collapsed_text_are_found_again_in_the_original() -> None:
    text, holes = "ab[PHONE_1]cd[EMAIL_12]ef", [Span(2, 11, ""), Span(13, 23, "")]
    work = collapse(text, holes)
    for part in ("ab", "cd", "ef"):
        at = work.index(part)
        (span,) = original([Span(at, at + 2, "NAME")], holes)
        assert text[span.start : span.end] == part


def test_roles_tell_whose_question_is_answered() -> None:
    texts = ["May I have your name, please?", "one moment", "Zorvane"]
    assert Masker().mask(texts, (), ["agent", "customer", "customer"])[2].text == "[NAME_1]"
    assert Masker().mask(texts, (), ["agent", "customer", "agent"])[2].text == "Zorvane"


def test_nothing_asks_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    (masked,) = Masker().mask(["a@example.com 4532-2011-9876-5417 214-87-03311 GB82 WEST 1234 5698 7654 32"])
    assert masked.text == "[EMAIL_1] [CARD_1] [BUSINESS_NUMBER_1] [BANK_ACCOUNT_1]"


def test_a_masker_survives_pickling() -> None:
    masker = pickle.loads(pickle.dumps(Masker(allowed(FAQ, "Pebble & Pine"))))
    assert masker.mask(["1588-1234, 1588-9999"])[0].text == "1588-1234, [PHONE_1]"


@pytest.mark.parametrize("texts", [[], [""], ["", "hello", ""]])
def test_nothing_to_mask_is_returned_as_it_is(texts: list[str]) -> None:
    assert [item.text for item in Masker().mask(texts)] == texts


HARD = [
    "1-",
    "a@",
    "김",
    "1",
    "a",
    "010-",
    "1 ",
    "A1 ",
    ".\n",
    "\n",
    " ",
    "name is ",
    "서울 강남구 ",
    "가동 ",
    "1.",
    "a:",
    "eyJ",
    "*",
    "공",
    "#1",
    "01012345678 ",
    "Main St ",
    "one ",
    "-",
    "order ",
    "12 a ",
    "Anna, ",
    "Jane and ",
    "name Jane\n",
    "비번 a1",
    "wifi:",
    "door code ",
    "하늘이 ",
    "- 김하늘",
    " dot at ",
    "하시모토 ",
    "저 마리아 ",
    "Anna Roe ",
    "0 1 ",
    "010ㅡ",
    "KIM/",
    "where is A-12",
    "AB12-",
    "A de ",
    "order KX1 ",
]


@pytest.mark.parametrize("piece", HARD)
def test_time_grows_with_the_length_alone(piece: str) -> None:
    masker = Masker()
    assert exponent(lambda length: masker.mask([piece * (length // len(piece))]), 5_000, 20_000) < LINEAR
