"""What bench/engines.py counts and simulates; the engines are stand-ins that find two of five tokens in their cache."""

import asyncio
from typing import Any

import pytest

from bench import engines
from bench.engines import late, measured, most, shared
from tests.serve.stand_in import respond, served
from tests.serve.test_elsewhere import KEY, Copy


class Counting(Copy):
    """An engine whose metrics count 100 tokens for each prompt, 40 of them cached."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope.get("path") == "/metrics":
            asked = len(self.bodies)
            lines = (f"vllm:prefix_cache_{what}_total {count * asked}\n" for what, count in (("hits", 40), ("queries", 100)))
            await respond(send, 200, "".join(lines).encode())
        else:
            await super().__call__(scope, receive, send)


def test_hits_and_other_answers_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "KEY", KEY)
    first, second = Counting(), Counting()
    second.text = "Hello elsewhere"
    talks = [[[{"role": "user", "content": f"{talk}"}], [{"role": "user", "content": f"{talk} again"}]] for talk in range(6)]
    with served(first) as one, served(second) as two:
        routers = {"consistent_hash": one, "round_robin": two}
        found = asyncio.run(measured("shop", [one, two], routers, [*routers], talks, 2))  # type: ignore[arg-type]
    assert found["hits"] == {"consistent_hash": [0.4], "round_robin": [0.4]}
    assert (found["answers"], found["differ"]) == (8, 4), "four of the second's, which says something else"
    assert {*found["seconds"]} == {"1", "4", "16"} and len({*first.conversations}) > 2


def test_an_engine_shares_its_speed() -> None:
    assert shared([0.0, 0.5], {"1": 1.0, "2": 2.0}) == pytest.approx([1.5, 1.5])
    assert shared([0.0, 0.5], {"1": 1.0, "2": 1.0}) == pytest.approx([1.0, 1.0]), "two are answered as fast as one"


def test_more_engines_answer_more_and_none_answers_more_than_it_can() -> None:
    seconds = {"1": 1.0, "4": 2.0, "16": 6.0}
    assert late(seconds, "round_robin", 1, 0.01, 200) == pytest.approx(1.0, abs=0.05)
    one, two = (most(seconds, "round_robin", count, 300) for count in (1, 2))
    assert one < 16 / 6 * 1.5 and one < two
