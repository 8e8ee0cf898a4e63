"""What the bot is told of a conversation, and what becomes of an API that does not answer."""

import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from frontdesk.store.tables import Message
from serve.gateway.schema import BODY_BYTES
from tests.serve.stand_in import Engine, event, served
from tests.ui.desks import SOURCE, settings, told
from tests.waits import CEILING
from ui.desk.bot import MAX_CHARACTERS, MAX_TURNS, Assistant, StreamedAnswer, turns

CONFIG = settings(serve={"context_length": 512, "max_tokens": 100})
HI = [{"role": "user", "content": "Hi"}]
SPEAKERS = {"c": "customer", "b": "bot", "a": "agent"}


def talk(*said: str) -> list[Message]:
    """`c Hi` is a customer's, b the bot's, a an agent's."""
    return [Message(speaker=SPEAKERS[one[0]], text=one[2:]) for one in said]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ([], []),
        (["b Hello"], []),
        (["c one"], ["one"]),
        (["c one", "b first", "c two"], ["one", "first", "two"]),
        (["c one", "b first"], ["one"]),  # said again, it does not see its last answer
        (["c one", "c two", "b second", "c three"], ["one\ntwo", "second", "three"]),
        (["c one", "b offer", "a Anna here", "a It is 4", "c thanks"], ["one", "offer\nAnna here\nIt is 4", "thanks"]),
        (["c one", "b first", "a Anna here"], ["one"]),
    ],
)
def test_turns_alternate_and_end_with_the_customer(said: list[str], expected: list[str]) -> None:
    made = turns(talk(*said))
    assert [turn["content"] for turn in made] == expected
    assert [turn["role"] for turn in made] == [("user", "assistant")[place % 2] for place in range(len(expected))]


def test_of_a_long_talk_the_newest_go_and_the_customer_begins() -> None:
    made = turns(talk(*(f"{who} {number}" for number in range(100) for who in "cb"), "c last"))
    assert (len(made), made[0]["role"], made[-1]) == (MAX_TURNS, "user", {"role": "user", "content": "last"})


def test_of_long_messages_no_more_go_than_the_gateway_takes() -> None:
    """Also where one side has said many in a row, which are joined, and where the cut would leave the desk to begin."""
    long = "가나다라" * 500
    made = turns(talk(*(f"{who} {long}" for _ in range(100) for who in "ccb"), "c last"))
    assert MAX_CHARACTERS - 3 * len(long) < sum(len(turn["content"]) for turn in made) <= MAX_CHARACTERS
    assert (made[0]["role"], made[-1]) == ("user", {"role": "user", "content": "last"})
    assert len(json.dumps(made, ensure_ascii=False).encode()) < BODY_BYTES


def read(url: str, engine: Engine | None = None) -> StreamedAnswer:
    answer = StreamedAnswer()
    assistant = Assistant(CONFIG, url + "/v1", "none")
    asyncio.run(asyncio.wait_for(assistant.read("c1", HI, answer), CEILING))
    return answer


def test_the_request_is_the_products_and_its_end_tells_source_and_tokens() -> None:
    engine = Engine()
    engine.parts = told("4 ", "dollars.")
    with served(engine) as url:
        answer = read(url)
    assert (answer.text, answer.trouble, answer.source, answer.prompt_tokens, answer.completion_tokens) == ("4 dollars.", "", SOURCE, 50, 2)
    assert engine.conversations == ["c1"]
    body = engine.bodies[0]
    assert (body["model"], body["messages"], body["max_tokens"], body["temperature"]) == ("shop", HI, 100, 0)


@contextmanager
def silent_server() -> Iterator[str]:
    """Accepts connections (the backlog does) and never says a word: a hung machine."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def test_a_refused_connection_is_trouble_and_no_exception(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as unused:  # bound but not listening: every connection is refused
        unused.bind(("127.0.0.1", 0))
        answer = read(f"http://127.0.0.1:{unused.getsockname()[1]}")
    assert (answer.text, answer.trouble) == ("", "unreachable")
    told = json.loads(capsys.readouterr().out)
    assert (told["event"], told["error"]) == ("no whole answer", "APIConnectionError")


def test_silence_counts_as_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.desk.bot.SILENCE_SECONDS", 0.5)
    with silent_server() as url:
        assert read(url).trouble == "unreachable"


ERROR = b'data: {"error": {"message": "gone", "type": "server_error", "code": "cut_off"}}\n\n'


@pytest.mark.parametrize(
    ("parts", "text", "trouble"),
    [
        ([event(""), event("half an"), ERROR], "half an", "unreachable"),  # how the gateway ends a stream that it cannot go on with
        ([event(""), event("half an")], "half an", "unreachable"),
        (told(" ", "\n"), " \n", "empty"),
        (told(), "", "empty"),
    ],
)
def test_a_stream_that_is_not_whole_is_trouble(parts: list[bytes], text: str, trouble: str) -> None:
    engine = Engine()
    engine.parts = parts
    with served(engine) as url:
        answer = read(url)
    assert (answer.text, answer.trouble) == (text, trouble)


@pytest.mark.parametrize(("status", "trouble"), [(429, "busy"), (503, "unreachable"), (400, "unreachable")])
def test_a_refusal_is_tried_again_where_that_may_help(status: int, trouble: str, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine()
    engine.status, engine.error = status, b'{"error": {"message": "no", "type": "t", "code": "c"}}'
    with served(engine) as url:
        assert read(url).trouble == trouble
    assert len(engine.bodies) == (1 if status == 400 else 3)
