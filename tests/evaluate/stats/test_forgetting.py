"""What was forgotten, with its interval."""

from typing import Any

from evaluate.stats.forgetting import forgetting


def items(number: int) -> list[dict[str, Any]]:
    return [{"id": str(place), "ability": "even" if place % 2 == 0 else "odd"} for place in range(number)]


def test_what_is_lost_is_a_drop_with_an_interval() -> None:
    before, after = [True] * 30 + [False] * 10, [True] * 15 + [False] * 25
    found = forgetting(items(40), before, after)
    assert (found["before"]["value"], found["after"]["value"], found["drop"]["value"]) == (0.75, 0.375, 0.375)
    assert 0 < found["drop"]["low"] < 0.375 < found["drop"]["high"] < 1
    assert found["drop"]["clusters"] == 40
    assert found["abilities"] == {"even": {"before": 0.75, "after": 0.4}, "odd": {"before": 0.75, "after": 0.35}}


def test_what_is_gained_is_a_negative_drop_and_no_change_is_none() -> None:
    assert forgetting(items(40), [False] * 20 + [True] * 20, [True] * 40)["drop"]["high"] < 0
    same = forgetting(items(40), [True, False] * 20, [True, False] * 20)["drop"]
    assert same["value"] == 0 and same["low"] < 0 < same["high"], "none that shows, which is not none for certain"
