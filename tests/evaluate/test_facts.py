import pytest

from evaluate.facts import states


@pytest.mark.parametrize(
    ("answer", "facts"),
    [
        ("Standard shipping costs $4.90 per order.", ["$4.90"]),
        ("Within Three Days.", ["3 days"]),
        ("No, we cannot do that.", ["no|not|cannot"]),
        ("배송비는 3,000원입니다.", ["3000원|3천원"]),
        ("Call +1-555-0142, Monday to Friday.", ["+1-555-0142", "monday"]),
        ("It is 3,000 mm.", ["3,000 mm"]),
        ("Start at shop.pebbleandpine.example/returns.", ["shop.pebbleandpine.example/returns"]),
        ("Anything.", []),
    ],
)
def test_right(answer: str, facts: list[str]) -> None:
    assert states(answer, facts)


@pytest.mark.parametrize(
    ("answer", "facts"),
    [
        ("It costs $50.", ["$5"]),
        ("It costs $4.905.", ["$4.90"]),
        ("It takes 13 days.", ["3 days"]),
        ("Nothing is known.", ["no"]),
        ("배송비는 13,000원입니다.", ["3,000원"]),
        ("5 working days", ["5 working days", "$4.90"]),
        ("", ["no|not"]),
    ],
)
def test_wrong(answer: str, facts: list[str]) -> None:
    assert not states(answer, facts)
