"""The values of an answer that no source has."""

import pytest

from frontdesk.facts.sources import Sources, invented

SHOP = Sources(
    [
        "Standard shipping costs $4.90 and takes 5 to 8 working days.",
        "Courses start on 3 May 2027 at 2 pm.",
        "Call 02-000-0175 or see shop.pebbleandpine.example/track.",
        "Gift cards come in $25, $50 and $100.",
        "기본 배송비는 3,000원입니다.",
    ]
)


@pytest.mark.parametrize(
    ("answer", "strings"),
    [
        ("It costs $4.90 and takes at most 8 working days.", []),
        ("It costs 4.90 dollars.", []),
        ("It takes 5 to 8 days.", ["5 to 8 days"]),
        ("It takes 6 working days.", ["6 working days"]),
        ("1. Pay $4.90. 2. Wait. 5. Be glad.", []),
        ("You need 2 photos.", []),
        ("You need 4 photos.", ["4"]),
        ("25, 50 or 100 dollars.", []),
        ("We have 25 shops.", ["25"]),
        ("They start in May 2027.", []),
        ("They start on 3 May.", []),
        ("They start on 4 May.", ["4 May"]),
        ("They start at 14:00.", []),
        ("두 시에 시작해요.", []),
        ("They start at 2 am.", ["2 am"]),
        ("+82 2 000 0175", []),
        ("02-000-0157", ["02-000-0157"]),
        ("See shop.pebbleandpine.example.", []),
        ("See shop.pebbleandpine.example/help.", ["shop.pebbleandpine.example/help"]),
        ("Write to me@pebbleandpine.example.", ["me@pebbleandpine.example"]),
        ("배송비는 삼천 원이에요.", []),
        ("배송비는 2천 원이에요.", ["2천 원"]),
        ("한 번만 됩니다.", []),
        ("", []),
    ],
)
def test_invented(answer: str, strings: list[str]) -> None:
    assert invented(answer, SHOP, []) == strings


def test_what_was_said_before_is_not_invented() -> None:
    assert invented("With $60 you are close.", SHOP, []) == ["$60"]
    assert invented("With $60 you are close.", SHOP, ["I have 60 in my basket."]) == []
