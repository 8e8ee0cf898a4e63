"""The report of a desk with customers: what they lack and do not understand, in counts that are right, without personal data."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from data_tools.health.__main__ import main
from data_tools.health.drafts import gaps, weeks
from data_tools.health.questions import Reader, logged
from frontdesk.errors import UserError
from frontdesk.facts.entries import Entry
from frontdesk.files import read_json, write_jsonl
from tests.data_tools.desk import REFUSAL, Desk, open_desk

FAQ = [
    ("ship-cost", "What does standard shipping cost?", "Standard shipping costs $4.90."),
    ("hotline", "What is your phone number?", "Call us on 0800 555 0100."),
    ("gift", "Do you wrap gifts?", "Yes, in brown paper, for $2.50."),
    ("paper", "Do you wrap gifts?", "Only in the weeks before Christmas, with coloured ribbons."),
    ("kiln", "How do I fire the clay?", "Fire the clay in a kiln until it rings."),
]
PERSONAL = ("Jane Doe", "jane.doe@example.org", "+44 7700 900123", "PP-104233", "Jane")


@pytest.fixture
def desk(write, make_data):
    """A run with data, and its desk."""
    write("faq.jsonl", "".join(json.dumps({"id": id, "questions": [asked], "answers": [said]}) + "\n" for id, asked, said in FAQ))
    make_data(faq=["faq.jsonl"])
    desk = open_desk()
    yield desk
    desk.store.close()


@pytest.fixture
def look(monkeypatch):
    """What `make health` writes."""

    def run() -> dict[str, Any]:
        monkeypatch.setattr(sys, "argv", ["health", "configs/shop.yaml"])
        main()
        found: dict[str, Any] = read_json(Path("runs/shop/health/health.json"))
        return found

    return run


def refused(desk: Desk, question: str, *said: str) -> str:
    """The bot has no answer; an agent may."""
    talk = desk.conversation()
    desk.ask(talk, question, REFUSAL)
    if said:
        desk.ask(talk, "yes please")
        desk.call(talk, "refusal")
        for text in said:
            desk.store.reply(talk, "anna", text)
    return talk


def answered(desk: Desk, question: str, id: str, rating: int = 0) -> str:
    talk = desk.conversation()
    desk.ask(talk, question, {one[0]: one[2] for one in FAQ}[id], rating, source={"id": id, "question": question, "source": "x"})
    return talk


def test_what_several_customers_ask_is_drafted_in_the_agents_words(desk, look):
    first = refused(desk, "Do you ship to Norway?", "Hello!", "Yes, we ship to Norway for $19.", "Anything else?")
    refused(desk, "can you ship lamps to norway", "Let me check.", "We do ship to Norway, for $19. I have sent you the link.")
    refused(desk, "Is shipping to Norway possible?")
    refused(desk, "Are the curtains lined?", "Yes, they are lined with cotton.")  # one customer's question
    found = look()
    (gap,) = found["gaps"]
    assert (gap["question"], gap["customers"], gap["a_week"]) == ("Do you ship to Norway?", 3, 3.0)
    assert gap["answer"] == "Yes, we ship to Norway for $19."
    assert gap["asked"][0] == {
        "conversation": first,
        "question": gap["question"],
        "answer": "Hello!\n" + gap["answer"] + "\nAnything else?",
    }
    page = Path("runs/shop/health/index.html").read_text()
    assert gap["answer"] in page and "3 customers" in page and not list(Path("runs/shop").glob(".health*"))


def test_where_agents_say_something_else_each_time_nothing_is_drafted(desk, look):
    for day in ("Monday", "Thursday", "Saturday"):
        refused(desk, "When does the pottery van come to Leeds?", f"The van comes on {day} at {len(day)} o'clock.")
    (gap,) = look()["gaps"]
    assert (gap["answer"], gap["customers"]) == ("", 3)


def test_a_question_that_an_entry_answers_by_now_is_no_gap(desk, look):
    for _ in range(3):
        refused(desk, "What does standard shipping cost?", "Standard shipping costs $4.90.")
    assert look()["gaps"] == []


def test_what_somebody_has_decided_on_does_not_come_back(desk, look):
    for _ in range(2):
        refused(desk, "Do you ship to Norway?", "Yes, we ship to Norway for $19.")
    (gap,) = look()["gaps"]
    for decision, left in (("rejected", 0), ("accepted", 0), ("new", 1)):
        write_jsonl(Path("runs/shop/feedback/drafts.jsonl"), [gap | {"decision": decision}])
        assert len(look()["gaps"]) == left


def test_entries_that_are_not_understood_and_those_that_nobody_asks_for(desk, look):
    for text in ("What does the standard shipping cost?", "but what does standard shipping cost me"):
        talk = answered(desk, "What does standard shipping cost?", "ship-cost")
        desk.ask(talk, text)
    answered(desk, "Shipping cost?", "ship-cost", rating=-1)
    desk.call(answered(desk, "Shipping cost, please?", "ship-cost"), "wish")
    desk.ask(answered(desk, "Shipping cost?", "ship-cost"), "Thank you!")
    answered(desk, "Do you wrap gifts?", "gift", rating=-1)  # once is nothing
    found = look()
    (entry,) = found["unclear"]
    assert {key: entry[key] for key in ("id", "given", "again", "down", "called")} == {
        "id": "ship-cost",
        **{"given": 5, "again": 2, "down": 1, "called": 1},
    }
    assert len(entry["conversations"]) == 4
    assert [one["id"] for one in found["unasked"]] == ["hotline", "kiln"]
    assert [(one["kind"], [entry["id"] for entry in one["entries"]]) for one in found["pairs"]] == [("words", ["gift", "paper"])]


def test_no_personal_data_is_stored_or_shown(desk, look):
    name, mail, phone, order, _ = PERSONAL
    said = f"Hello {name}, yes, we ship to the islands for $19."
    refused(desk, f"My name is {name}, {mail}, {phone}. Do you ship to the islands?", said, "Bye Jane")
    mailed = f"I wrote to {mail} about order {order}, or call {phone}."
    refused(desk, "Do you ship to the islands?", "Yes, we ship to the islands for $19.", mailed)
    refused(desk, f"Where is order {order}?", f"It is with {name}.")
    found = look()
    assert "islands for $19" in found["gaps"][0]["answer"] and "[" not in found["gaps"][0]["answer"] + found["gaps"][0]["question"]
    for path in Path("runs/shop/health").iterdir():
        assert not [one for one in PERSONAL if one in path.read_text()], path
    assert "[EMAIL_1]" in json.dumps(found["gaps"][0]["asked"])


def test_without_conversations_and_without_data(desk, look, capsys):
    found = look()
    assert (found["conversations"], found["unasked"], found["gaps"], len(found["pairs"])) == ({"desk": 0, "logs": 0}, [], [], 1)
    assert "1 near duplicates that differ" in capsys.readouterr().out
    Path("runs/shop/data/manifest.json").unlink()
    with pytest.raises(UserError, match="no data; expected the run's; run `make data CONFIG=configs/shop"):
        look()


def test_logs_are_read_like_the_desk_and_count_weeks_where_they_have_dates():
    def row(day: str, *texts: str) -> dict[str, Any]:
        turns = [{"role": ("user", "assistant")[place % 2], "content": text} for place, text in enumerate(texts)]
        return {"messages": turns} | ({"day": day} if day else {})

    rows = [
        row("2026-03-02", "Hi", "Hello", "Do you ship to Norway?", "Yes, we ship to Norway for $19. Do you want that?"),
        row(
            "2026-03-16", "do you ship to norway?", "Thanks! Yes, we ship to Norway for $19.", "And there?", "There we do not ship, for $3."
        ),
    ]
    reader = Reader([Entry(id, (asked,), (said,)) for id, asked, said in FAQ], "Shop")
    for talk in logged(rows):
        reader.read(talk)
    (gap,) = gaps(reader.lacking, [])
    assert gap.answer == "Yes, we ship to Norway for $19." and gap.as_json(weeks(reader.lacking))["a_week"] == 1.0
    assert [one["conversation"] for one in gap.as_json(None)["asked"]] == ["log 1", "log 2"]
    assert weeks([one._replace(talk=next(logged([row("", "a", "b")]))) for one in reader.lacking]) is None
