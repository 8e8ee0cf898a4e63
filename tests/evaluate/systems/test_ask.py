"""The real client against an API on this machine: nothing is asked twice, dialogues go on from the system's own answers."""

import asyncio
import json
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from openai import AsyncOpenAI

from evaluate.questions.load import SETS, Question, Turn
from evaluate.systems.ask import AT_ONCE, Cache, Exchange, Model, Progress, ask, digest
from evaluate.systems.systems import System, plain
from frontdesk.answers.knowledge import Grounded
from frontdesk.errors import UserError
from frontdesk.facts.entries import Entry
from frontdesk.terminal import Bar

PATIENCE = 300
"""Seconds until a request that waits for others gives up, which a defect alone makes it do."""
PLAIN = System("tuned", "tuned", plain, 20, sets=SETS)


def model(api: Any, **changed: Any) -> Model:
    client = AsyncOpenAI(base_url=api.url, api_key="none", max_retries=0, timeout=60)
    return replace(Model(client, "shop", "weights-1", 0.0), **changed)


def question(*texts: str, set: str = "wordings") -> Question:
    turns = tuple(Turn(text, "facts", ("$4.90",)) for text in texts)
    return Question(f"q:{texts[0]}", set, "en", "shop", "fee", "facts", turns, "faq.jsonl:1")


def run(api: Any, folder: Path, *asked: Question, system: System = PLAIN, **changed: Any) -> list[Exchange]:
    """Ask with the cache as it lies in the folder, as a process that starts."""
    return asyncio.run(ask(system, model(api, **changed), asked, Cache(folder / "report/cache.jsonl"), "tuned"))


def echo(asked: dict[str, Any]) -> str:
    """An answer that shows what was asked: the customer's last words and how many messages there were."""
    return f"{asked['messages'][-1]['content']} {len(asked['messages'])}"


def test_what_was_answered_before_costs_no_request(api: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = run(api, tmp_path, question("fee?"), question("hours?"))
    assert len(api.asked) == 2
    assert run(api, tmp_path, question("fee?"), question("hours?")) == first
    assert len(api.asked) == 2
    run(api, tmp_path, question("fee?"), question("returns?"))
    assert [asked["messages"][-1]["content"] for asked in api.asked[2:]] == ["returns?"]
    printed = capsys.readouterr().out.splitlines()
    assert [line.split(" in ")[0] for line in printed] == [f"eval: tuned: 2 answers ({new} new)" for new in (2, 0, 1)]


def test_one_client_serves_several_event_loops(api: Any, tmp_path: Path) -> None:
    """As in a scorecard, where an engine's systems are asked one after the other."""
    one, cache = model(api), Cache(tmp_path / "cache.jsonl")
    for place in range(5):
        asked = [question(f"{place} {number}?") for number in range(20)]
        assert len(asyncio.run(ask(PLAIN, one, asked, cache, "tuned"))) == 20
    assert len(api.asked) == 100


def test_an_answer_comes_with_its_tokens_and_end(api: Any, tmp_path: Path) -> None:
    exchange = run(api, tmp_path, question("fee?"))[0]
    said = exchange.answers[0]
    assert (said.text, said.tokens, said.stopped, said.cited, said.shown) == ("It costs $4.90.", 3, True, None, [])
    assert (exchange.system, exchange.number, exchange.question.id) == ("tuned", 0, "q:fee?")
    assert exchange.messages == [{"role": "user", "content": "fee?"}, {"role": "assistant", "content": "It costs $4.90."}]
    request = api.asked[0]
    assert (request["model"], request["temperature"], request["max_tokens"]) == ("shop", 0.0, 20) and "seed" not in request


@pytest.mark.parametrize("kept", [True, False])
def test_a_line_that_a_kill_cut_off_is_asked_again(api: Any, tmp_path: Path, kept: bool) -> None:
    """The cut may fall into a letter, and what is answered next must not be written behind it."""
    api.reply = lambda asked: "배송비\u2028는 4,900원\x85입니다 가"
    asked = [question("fee?"), question("hours?")]
    first = run(api, tmp_path, *asked)
    path = tmp_path / "report/cache.jsonl"
    content = path.read_bytes()
    lines = content.split(b"\n")
    assert len(lines) == 3 and lines[2] == b""
    path.write_bytes(content[: content.rindex("가".encode()) + 1] if kept else lines[1][:5])
    assert run(api, tmp_path, *asked) == first
    assert len(api.asked) == 2 + (1 if kept else 2)
    assert run(api, tmp_path, *asked) == first
    assert len(api.asked) == 2 + (1 if kept else 2), "all is kept again"


def test_a_dialogue_goes_on_from_the_systems_own_answers(api: Any, tmp_path: Path) -> None:
    api.reply = echo
    exchange = run(api, tmp_path, question("fee?", "and express?", "thx", set="dialogues"))[0]
    assert [said.text for said in exchange.answers] == ["fee? 1", "and express? 3", "thx 5"]
    assert [message["content"] for message in exchange.messages] == ["fee?", "fee? 1", "and express?", "and express? 3", "thx", "thx 5"]
    assert api.asked[2]["messages"] == exchange.messages[:5]


def test_a_question_at_the_end_of_a_conversation_is_asked_with_it(api: Any, tmp_path: Path) -> None:
    api.reply = echo
    before = ({"role": "user", "content": "hi"}, {"role": "assistant", "content": "Hello!"})
    exchange = run(api, tmp_path, replace(question("fee?", set="long"), before=before))[0]
    assert [said.text for said in exchange.answers] == ["fee? 3"]
    assert exchange.messages == [*before, {"role": "user", "content": "fee?"}, {"role": "assistant", "content": "fee? 3"}]
    assert api.asked[0]["messages"] == exchange.messages[:3]


def test_the_next_turn_sees_what_the_customer_saw(api: Any, tmp_path: Path) -> None:
    """Not the steps of a chain of thought."""
    api.reply = lambda asked: "Think. Answer: $4.90"
    entries = [Entry(name, (), (text,)) for name, text in (("fee", "$3.50"), ("express", "$4.90"))]
    changes: dict[str, Any] = {"prompt": lambda question, turns: Grounded(list(turns), entries)}
    system = replace(PLAIN, **changes, final=lambda text: text.partition("Answer:")[2].strip())
    exchange = run(api, tmp_path, question("fee?", "sure?", set="dialogues"), system=system)[0]
    assert api.asked[1]["messages"][1] == {"role": "assistant", "content": "$4.90"}
    assert [said.cited for said in exchange.answers] == [entries[1], entries[1]]
    assert exchange.answers[0].shown == entries


def test_a_system_is_asked_its_sets_only(api: Any, tmp_path: Path) -> None:
    asked = [question("fee?"), question("hours?", set="injections")]
    assert [one.question.id for one in run(api, tmp_path, *asked, system=replace(PLAIN, sets=("wordings",)))] == ["q:fee?"]
    assert len(api.asked) == 1


def test_dialogues_are_held_in_passes_and_questions_asked_once(api: Any, tmp_path: Path) -> None:
    asked = [question("fee?"), question("hours?", "thx", set="dialogues")]
    exchanges = run(api, tmp_path, *asked, system=replace(PLAIN, passes=3), temperature=0.5)
    assert [(exchange.question.id, exchange.number) for exchange in exchanges] == [
        ("q:fee?", 0),
        ("q:hours?", 0),
        ("q:hours?", 1),
        ("q:hours?", 2),
    ]
    assert len(api.asked) == 1 + 3 * 2
    assert sorted(one["seed"] for one in api.asked if one["messages"][0]["content"] == "hours?") == [0, 0, 1, 1, 2, 2]
    assert {(one["messages"][0]["content"], one["temperature"]) for one in api.asked} == {("fee?", 0.0), ("hours?", 0.5)}


def test_without_chance_a_dialogue_is_held_once_and_counts_for_all_passes(api: Any, tmp_path: Path) -> None:
    asked = [question("fee?"), question("hours?", "thx", set="dialogues")]
    exchanges = run(api, tmp_path, *asked, system=replace(PLAIN, passes=3), temperature=0.0)
    assert [(one.question.id, one.number) for one in exchanges] == [("q:fee?", 0), ("q:hours?", 0), ("q:hours?", 1), ("q:hours?", 2)]
    assert all(one.answers == exchanges[1].answers for one in exchanges[2:]) and len(api.asked) == 1 + 2


@pytest.mark.parametrize(
    "change",
    [
        lambda system: (system, {"identity": "weights-2"}),
        lambda system: (replace(system, max_tokens=21), {}),
        lambda system: (replace(system, prompt=lambda question, turns: Grounded([{"role": "system", "content": "x"}, *turns], [])), {}),
    ],
    ids=["model", "settings", "prompt"],
)
def test_what_an_answer_depends_on_is_in_its_key(
    api: Any, tmp_path: Path, change: Callable[[System], tuple[System, dict[str, Any]]]
) -> None:
    run(api, tmp_path, question("fee?"))
    system, changed = change(PLAIN)
    run(api, tmp_path, question("fee?"), system=system, **changed)
    assert len(api.asked) == 2
    run(api, tmp_path, question("fee?"), system=replace(PLAIN, name="another name"))
    assert len(api.asked) == 2, "the same prompt to the same model is the same answer, whatever the system is called"


@pytest.mark.parametrize("status", [404, 500])
def test_an_endpoint_that_refuses_is_one_line(api: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture, status: int) -> None:
    api.status = status
    with pytest.raises(
        UserError, match=r"^http://127\.0\.0\.1:\d+/v1/: model 'shop' gave no answer \(.*no such model.*\); check that it is up$"
    ) as caught:
        run(api, tmp_path, *(question(f"{place}?") for place in range(50)))
    assert "\n" not in str(caught.value)
    assert [record for record in caplog.records if record.name == "asyncio"] == []


def test_an_endpoint_that_is_not_there_is_one_line(api: Any, tmp_path: Path) -> None:
    away = AsyncOpenAI(base_url="http://127.0.0.1:9/v1", api_key="none", max_retries=0)
    with pytest.raises(UserError, match=r"^http://127\.0\.0\.1:9/v1/: model 'shop' gave no answer"):
        run(api, tmp_path, question("fee?"), client=away)


def test_what_was_answered_before_an_endpoint_failed_is_kept(api: Any, tmp_path: Path) -> None:
    run(api, tmp_path, question("fee?"))
    api.status = 500
    with pytest.raises(UserError):
        run(api, tmp_path, question("fee?"), question("hours?"))
    api.status = 200
    before = len(api.asked)
    run(api, tmp_path, question("fee?"), question("hours?"))
    assert [one["messages"][-1]["content"] for one in api.asked[before:]] == ["hours?"]


def test_many_are_asked_at_once_but_not_all(api: Any, tmp_path: Path) -> None:
    together = threading.Barrier(AT_ONCE)

    def with_others(asked: dict[str, Any]) -> str:
        together.wait(PATIENCE)
        return echo(asked)

    api.reply = with_others
    run(api, tmp_path, *(question(f"{place}?") for place in range(3 * AT_ONCE)))
    assert api.most_at_once == AT_ONCE


def test_answers_come_in_the_order_of_the_questions(api: Any, tmp_path: Path) -> None:
    last = threading.Event()

    def first_at_last(asked: dict[str, Any]) -> str:
        text = asked["messages"][0]["content"]
        if text == "4?":
            last.set()
        assert text != "0?" or last.wait(PATIENCE)
        return echo(asked)

    api.reply = first_at_last
    assert [one.answers[0].text for one in run(api, tmp_path, *(question(f"{place}?") for place in range(5)))] == [
        f"{i}? 1" for i in range(5)
    ]


def test_a_digest_is_of_all_parts_and_stays_the_same() -> None:
    assert digest(["a", {"x": 1, "y": 2}]) == digest(["a", {"y": 2, "x": 1}])
    assert len({digest(parts) for parts in (["a", "b"], ["ab"], ["b", "a"], [["a", "b"]], ["a", "b", 0])}) == 5


def test_the_cache_holds_json_lines(api: Any, tmp_path: Path) -> None:
    run(api, tmp_path, question("fee?"))
    line = json.loads((tmp_path / "report/cache.jsonl").read_text(encoding="utf-8"))
    assert (line["text"], line["tokens"], line["stopped"]) == ("It costs $4.90.", 3, True) and len(line["key"]) == 24


def test_the_time_left_is_that_of_these_and_of_the_systems_that_come_after() -> None:
    progress = Progress(Bar("tuned", 100, "answers", timed=False), total=100, ahead=200, started=0.0)
    progress.done, progress.fresh = 40, 20  # half of them were kept from before
    assert progress.left(60.0) == "180 s left, about 13 min with all systems"
    progress.ahead = 0
    assert progress.left(60.0) == "180 s left"
    progress.fresh = 3
    assert progress.left(60.0) == "asking", "three answers tell nothing of a hundred"
