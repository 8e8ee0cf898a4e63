"""What is told of a change: what rests on it, what a person reads of it, and what stays where nothing changed."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from data_tools.changes import DAYS, NOTHING, changes, former, last, past, resting, told
from frontdesk.config import hours
from frontdesk.config.run import Run
from frontdesk.config.schema import Config, load_config
from frontdesk.files import write_json, write_jsonl
from frontdesk.store import store as store_module
from tests.data_tools.conftest import BASE
from tests.data_tools.desk import Desk, open_desk
from tests.data_tools.faq.test_compare import entry

Json = dict[str, Any]
FEE, GIFT, HOURS = entry("fee", "It is $4.90.", "Fee?"), entry("gift", "Yes, for $2.", "Gift?"), entry("hours", "9 to 5.", "When?")
BEFORE = {one["id"]: one for one in (FEE, GIFT, HOURS)}
AFTER = [FEE | {"answers": ["It is $5.20."]}, HOURS | {"questions": ["When?", "Open?"]}]
"""The fee changed, the gift is gone; of the hours a question was added, and what they say stayed."""


@pytest.fixture
def config(write: Any, monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.setattr(hours, "today", lambda desk: "2026-11-30")
    return shop(write)


def shop(write: Any, **more: Any) -> Config:
    return load_config(write("configs/shop.yaml", yaml.safe_dump({**BASE, "data": {"faq": ["faq.csv"]}, **more})))


def rests(config: Config, after: list[Json] = AFTER) -> Json:
    found = changes(config, BEFORE, after)
    assert found is not None
    return found["rests"]  # type: ignore[no-any-return]


def row(id: str, kind: str = "faq", **more: Any) -> Json:
    return {"id": id, "kind": kind, "messages": [], "group": "g", "source": "faq.csv:2", **more}


def test_where_nothing_changed_there_is_nothing_to_tell(config: Config) -> None:
    assert changes(config, BEFORE, list(BEFORE.values())) is None
    assert last(Run("shop")) == NOTHING and former(Run("shop")) == {}


def test_the_trained_rows_are_those_that_cite_what_changed(config: Config) -> None:
    run = Run("shop")
    rows = [
        row("fee#0", cites="fee"), row("fee#0.1", cites=None), row("hours#0", cites="hours"), row("chat:1.1", "chat", cites="gift"),
        row("reading#0", "reading", cites=None),
    ]  # fmt: skip
    write_jsonl(run.rows("faq") / "train.jsonl", rows)
    write_json(run.manifest, {"data_hash": "abc"})
    assert rests(config)["rows"] == {"count": 2, "ids": ["fee#0", "chat:1.1"], "data": "abc", "model": None}
    assert ("rows of the former data", 2) in resting(rests(config))
    write_json(run.provenance, {"data_hash": "abc"})
    assert ("rows that the model has learned", 2) in resting(rests(config))
    write_json(run.provenance, {"data_hash": "older"})
    assert ("rows of the former data", 2) in resting(rests(config))


def test_what_is_learned_by_heart_is_known_by_the_rows_ids(write: Any, config: Config) -> None:
    by_heart = shop(write, grounding="none")
    rows = [row("fee#0"), row("fee#12.3"), row("fees#0"), row("kb#1#0"), row("fee#0", "chat"), row("other:gift", "refusal")]
    write_jsonl(Run("shop").data / "train.jsonl", rows)
    assert rests(by_heart)["rows"]["ids"] == ["fee#0", "fee#12.3"]


def test_scored_answers_are_those_about_an_entry_or_citing_it(config: Config) -> None:
    def answer(id: str, about: str | None, cited: str | None, system: str) -> Json:
        return {"id": id, "entry": about, "cited": cited, "system": system}

    records = [
        answer("q1", "fee", "fee", "desk"), answer("q1", "fee", None, "base"), answer("q2", "hours", "gift", "desk"),
        answer("q3", "hours", "hours", "desk"), answer("q4", None, None, "desk"),
    ]  # fmt: skip
    write_jsonl(Run("shop").report / "answers.jsonl", records)
    assert rests(config)["answers"] == {"count": 3, "ids": ["q1", "q2"]}


def source(id: str, question: str) -> Json:
    return {"id": id, "question": question, "source": "faq.csv:2"}


@pytest.fixture
def desk(config: Config) -> Desk:
    return open_desk()


def test_replies_are_those_of_the_last_days_that_rest_on_what_changed(config: Config, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    talk, now = desk.conversation(), store_module.now()
    one = desk.ask(talk, "fee?", "It is $4.90.", source=source("fee", "Fee?"))
    desk.ask(talk, "when?", "9 to 5.", source=source("hours", "When?"), sources=[{"id": "hours"}])
    both = desk.ask(talk, "when, and gift?", "…", source=source("hours", "When?"), sources=[{"id": "hours"}, {"id": "gift"}])
    older = desk.ask(talk, "fee?", "It is $4.90.", source=source("faq-0123456789", "Fee?"))
    desk.ask(talk, "fee?", "It is $9.", source=source("faq-9999999999", "Another fee?"))
    desk.ask(desk.conversation("another"), "fee?", "It is $4.90.", source=source("fee", "Fee?"))

    said = rests(config)["replies"]
    assert (said["count"], said["days"]) == (3, DAYS)
    assert [(reply["message"], reply["entry"]) for reply in said["said"]] == [(one.id, "fee"), (both.id, "gift"), (older.id, "fee")]
    assert all(reply["conversation"] == talk for reply in said["said"])
    assert "4.90" not in json.dumps(said), "no customer's words, nor the desk's"

    monkeypatch.setattr(store_module, "now", lambda: now + 15 * 86400)
    assert rests(config)["replies"]["count"] == 0


def test_a_store_that_cannot_be_read_is_no_reason_to_stop(write: Any, config: Config, capsys: pytest.CaptureFixture[str]) -> None:
    broken = shop(write, desk={"database": "sqlite:///broken.db"})
    Path("broken.db").write_bytes(b"no database" * 1000)
    assert rests(broken)["replies"]["count"] == 0
    error = capsys.readouterr().err
    assert "the desk's replies were not looked through" in error and error.count("\n") == 1


def test_broken_files_of_former_stages_cost_a_line_each(config: Config, capsys: pytest.CaptureFixture[str]) -> None:
    run = Run("shop")
    for path in (run.faq, run.report / "answers.jsonl", run.rows("faq") / "train.jsonl"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('{"id": "cut sho')
    run.changes.write_text("{")
    assert former(run) == {} and last(run) == NOTHING
    assert rests(config)["rows"]["count"] == rests(config)["answers"]["count"] == 0
    error = capsys.readouterr().err
    assert "faq.jsonl: the FAQ is not compared" in error and "answers.jsonl: not valid JSON lines" in error


# What a person reads --------------------------------------------------------------------------------------------------


def test_only_the_first_few_changes_are_shown(config: Config) -> None:
    found = changes(config, {}, [entry(f"new{number}", "Yes.") for number in range(9)])
    assert found
    assert told(config, found) == [
        *(f"  added new{number} What about new{number}? Yes." for number in range(5)),
        "  and 4 more; all are in runs/shop/data/changes.json",
    ]


def test_a_long_text_is_shown_where_it_changed(config: Config) -> None:
    rule = " ".join(f"Rule {number} is about tents." for number in range(60))
    found = changes(config, {"a": entry("a", f"{rule} It costs $4. {rule}")}, [entry("a", f"{rule} It costs $5. {rule}")])
    assert found
    (line,) = told(config, found)
    assert "[-$4.-] {+$5.+}" in line and len(line) < 170


def test_what_a_page_says_gives_no_commands_to_the_terminal(config: Config) -> None:
    found = changes(config, {}, [entry("a", "Yes\x1b[2J\nno\x07\u202e", "Gift\r?")])
    assert found
    assert told(config, found) == ["  added a Gift ? Yes [2J no"]


def test_what_rests_on_it_is_summed_up(config: Config) -> None:
    write_jsonl(Run("shop").report / "answers.jsonl", [{"id": "q", "entry": "fee", "cited": "fee"}] * 1200)
    found = changes(config, BEFORE, AFTER)
    assert found
    assert told(config, found)[-1] == "  on what the FAQ no longer says rest: 1,200 scored answers"
    assert told(config, found)[0] == "  changed fee answers: It is [-$4.90.-] {+$5.20.+}"


@pytest.mark.parametrize(
    ("policy", "then"), [("say", "the desk still says them (answers.expired)"), ("withhold", "a person is called for them")]
)
def test_what_is_past_its_date_is_told(write: Any, config: Config, policy: str, then: str) -> None:
    entries = [entry(f"e{day}", "Yes.", f"Sale {day}?", origin={"expires": f"2026-11-{day}"}) for day in range(23, 31)]
    first = ", ".join(f"Sale {day}? (2026-11-{day})" for day in range(23, 28))
    assert past(shop(write, answers={"expired": policy}), entries) == [f"expired  7 of the entries: {first}, …; {then}"]
    assert past(config, entries[-1:]) == [], "it holds on its last day"
