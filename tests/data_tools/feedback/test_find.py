"""From what was said at the desk to candidates: each source of them, masks, clusters, groups, and that they follow the store."""

import json
import sys
from pathlib import Path

import pytest
import yaml

from data_tools.feedback.find import feedback
from data_tools.feedback.find import main as make_feedback
from frontdesk.config.schema import load_config
from frontdesk.errors import UserError
from frontdesk.files import read_jsonl
from frontdesk.models.adapters import load_adapters
from frontdesk.store import candidates
from frontdesk.store.forget import forget
from frontdesk.store.tables import Conversation
from tests.data_tools.desk import REFUSAL, Desk, open_desk
from tests.serve.adapters import write_provenance

FAQ = "".join(
    json.dumps({"id": name, "questions": questions, "answers": [answer]}) + "\n"
    for name, questions, answer in (
        ("ship-cost", ["What does standard shipping cost?", "How much is the delivery?"], "Standard shipping costs $4.90."),
        ("hotline", ["What is your phone number?", "How do I call you?"], "Call us on 0800 555 0100."),
        ("gift", ["Do you wrap gifts?", "Can you gift wrap my order?"], "Yes, we wrap gifts for $2.50."),
    )
)


@pytest.fixture
def desk(write, make_data):
    """A run with data, and its desk."""
    write("faq.jsonl", FAQ)
    make_data(faq=["faq.jsonl"])
    desk = open_desk()
    yield desk
    desk.store.close()


def found(desk, **filters):
    feedback(desk.config, desk.store)
    return candidates.candidates(desk.store, run="shop", **filters)


def asked(candidate):
    return [turn["content"] for turn in candidate.messages]


def test_a_liked_answer_with_the_turns_before_it(desk):
    talk = desk.conversation()
    desk.ask(talk, "Do you sell lamps?", "Yes, in three sizes.")
    liked = desk.ask(talk, "Which ones?", "Small, medium and large.", rating=1)

    (one,) = found(desk)
    assert (one.kind, one.message_id, one.conversation_id, one.answer, one.worse) == ("thumbs", liked.id, talk, liked.text, None)
    assert one.messages == [
        {"role": "user", "content": "Do you sell lamps?"},
        {"role": "assistant", "content": "Yes, in three sizes."},
        {"role": "user", "content": "Which ones?"},
    ]


@pytest.mark.parametrize("columns", [{"cut": True}, {"refusal": True}])
def test_what_is_no_answer_is_not_liked(desk, columns):
    message = desk.store.say(talk := desk.conversation(), "customer", "Do you sell lamps?")
    message = desk.store.say(talk, "bot", "Well, you see", **columns)
    desk.rate(message, 1)
    assert [one.kind for one in found(desk)] == ["unanswered"]


def test_an_edited_reply_is_better_than_the_suggested_one(desk):
    talk = desk.conversation()
    desk.ask(talk, "Which oil is in the lamp?")
    desk.call(talk, "topic")
    sent = desk.store.reply(talk, "anna", "Lavender oil.", suggested="Olive oil.")
    (one,) = found(desk)
    assert (one.kind, one.message_id, one.answer, one.worse) == ("edit", sent.id, "Lavender oil.", "Olive oil.")
    assert asked(one) == ["Which oil is in the lamp?"]


def test_a_suggestion_sent_as_it_was_is_no_edit(desk):
    talk = desk.conversation()
    desk.ask(talk, "Which oil is in the lamp?")
    desk.call(talk, "topic")
    desk.store.reply(talk, "anna", "Olive  oil.", suggested="Olive oil.")
    (one,) = found(desk)
    assert (one.kind, one.worse) == ("agent", None)


def test_an_agent_answers_the_question_that_the_bot_refused_and_not_the_yes(desk):
    talk = desk.conversation()
    desk.ask(talk, "Is the lamp made of brass?", REFUSAL)
    desk.ask(talk, "yes please")
    desk.call(talk, "refusal")
    desk.store.reply(talk, "anna", "Hello!")
    desk.store.reply(talk, "anna", "It is made of copper.")
    desk.ask(talk, "And the shade?")
    desk.store.reply(talk, "anna", "Of linen.")

    first, second = found(desk)
    assert (asked(first), first.answer, first.worse) == (["Is the lamp made of brass?"], "Hello!\nIt is made of copper.", REFUSAL)
    assert (asked(second)[-1], len(second.messages), second.answer, second.worse) == ("And the shade?", 5, "Of linen.", None)


def test_an_agent_answers_what_the_bot_got_wrong(desk):
    rated, repeated, wish = (desk.conversation() for _ in range(3))
    desk.ask(rated, "Is the lamp made of brass?", "It weighs two pounds.", rating=-1)
    desk.call(rated, "rating")
    desk.ask(repeated, "Can the basket hold bottles?", "It is brown.")
    desk.ask(repeated, "can the basket hold bottles??")
    desk.call(repeated, "repeated")
    desk.ask(wish, "Are the curtains lined?", "They are blue.")
    desk.ask(wish, "a person please")
    desk.call(wish, "wish")
    for talk in (rated, repeated, wish):
        desk.store.reply(talk, "anna", f"An answer, number {(rated, repeated, wish).index(talk)}.")

    pairs = [(asked(one), one.worse) for one in found(desk)]
    assert pairs == [
        (["Is the lamp made of brass?"], "It weighs two pounds."),
        (["Can the basket hold bottles?"], "It is brown."),
        (["Are the curtains lined?"], None),  # nothing says that the bot's answer was wrong
    ]


def test_unanswered_questions_are_one_with_their_near_copies(desk):
    for question in ("Do you have a shop in Leeds?", "do you have a shop in leeds", "Do you have a shop in Leeds??"):
        desk.ask(desk.conversation(), question, REFUSAL)
    desk.ask(desk.conversation(), "Who made the blue vase?", "We sell vases.", rating=-1)
    desk.ask(desk.conversation(), "May dogs come in?", "Of cour", cut=True)

    ones = found(desk, kind="unanswered")
    assert [(asked(one), one.answer, one.worse, one.size) for one in ones] == [
        (["Do you have a shop in Leeds?"], "", REFUSAL, 3),
        (["Who made the blue vase?"], "", "We sell vases.", 1),
        (["May dogs come in?"], "", None, 1),
    ]


def test_what_a_person_has_answered_or_put_aside_is_not_asked_again(desk):
    talk = desk.conversation()
    desk.ask(talk, "Do you have a shop in Leeds?", REFUSAL)
    desk.call(talk, "wish")
    desk.store.reply(talk, "anna", "No, only in York.")
    desk.ask(desk.conversation(), "do you have a shop in leeds?", REFUSAL)
    desk.ask(desk.conversation(), "What is the meaning of life?", REFUSAL)
    agent, skipped = found(desk)
    assert (agent.kind, skipped.kind) == ("agent", "unanswered")

    candidates.review(desk.store, skipped.id, "rejected", "", "bo")
    desk.ask(desk.conversation(), "what is the meaning of life", REFUSAL)
    assert [one.id for one in found(desk)] == [agent.id, skipped.id]
    candidates.review(desk.store, agent.id, "rejected", "", "bo")
    assert {asked(one)[0] for one in found(desk, status="new")} == {"do you have a shop in leeds?"}


def test_personal_data_is_masked_alike_throughout_and_what_the_faq_says_is_not(desk):
    talk = desk.conversation()
    desk.ask(talk, "My number is (212) 555-0142 and my mail jo.birch@example.org. Which is yours?", REFUSAL)
    desk.call(talk, "wish", agent="Marguerite")
    answer = "Marguerite here. Call us on 0800 555 0100, or we call (212) 555-0142."
    desk.store.reply(talk, "Marguerite", answer, suggested="We call (212) 555-0142.")
    (one,) = found(desk)
    whole = json.dumps([one.messages, one.answer, one.worse])
    assert "555-0142" not in whole and "jo.birch" not in whole and "Marguerite" not in whole
    assert "0800 555 0100" in one.answer
    assert "[PHONE_1]" in asked(one)[0] and "[PHONE_1]" in one.answer and one.worse == "We call [PHONE_1]."


def test_finding_again_changes_nothing_and_a_changed_rating_withdraws(desk):
    liked = desk.ask(desk.conversation(), "Do you sell lamps?", "Yes, three.", rating=1)
    other = desk.ask(desk.conversation(), "Is the vase old?", "Very.", rating=1)
    before = [(one.id, one.at) for one in found(desk)]
    assert [(one.id, one.at) for one in found(desk)] == before

    candidates.review(desk.store, before[1][0], "accepted", "Very old.", "bo")
    for message in (liked, other):
        desk.rate(message, -1)
    kept = found(desk)
    assert [(one.kind, one.message_id, one.status) for one in kept] == [
        ("thumbs", other.id, "accepted"),  # what was decided stays
        ("unanswered", liked.id - 1, "new"),
    ]
    assert (kept[0].answer, kept[0].worse) == ("Very old.", "Very.")


def test_what_the_data_has_is_no_candidate_unless_the_bot_said_something_else(desk):
    desk.ask(desk.conversation(), "what does standard shipping cost", "Standard shipping costs $4.90.", rating=1)
    assert found(desk) == []
    talk = desk.conversation()
    desk.ask(talk, "What does standard shipping cost?", REFUSAL)
    desk.call(talk, "wish")
    desk.store.reply(talk, "anna", "Standard shipping costs $4.90.")
    (one,) = found(desk)
    assert one.worse == REFUSAL


def test_groups_are_those_of_the_rows_that_they_are_like(desk):
    rows = read_jsonl(Path("runs/shop/data/train.jsonl"))  # three entries are too few for anything to be held out
    group_of = {row["messages"][-1]["content"]: row["group"] for row in rows if row["kind"] == "faq"}
    desk.ask(desk.conversation(), "what is it to send a parcel", "Standard shipping costs $4.90.", rating=1)  # the same answer
    desk.ask(desk.conversation(), "Can you gift wrap my orders?", "Sure.", rating=1)  # a near question
    for question in ("Is the vase old?", "is the vase old"):
        desk.ask(desk.conversation(), question, f"{question} Very.", rating=1)
    groups = [one.group for one in found(desk)]
    assert groups[:2] == [group_of["Standard shipping costs $4.90."], group_of["Yes, we wrap gifts for $2.50."]]
    assert groups[2] == groups[3] and groups[2] not in group_of.values()


def test_what_was_offered_to_the_faq_goes_when_its_conversation_is_gone(desk):
    talk = desk.conversation()
    desk.ask(talk, "Is there a store in Leeds?", REFUSAL)
    desk.call(talk, "wish")
    desk.store.reply(talk, "anna", "Yes, our shop in Leeds is in Mill Lane.")
    (one,) = found(desk)
    candidates.review(desk.store, one.id, "accepted", one.answer, "bo")
    path = Path("runs/shop/feedback/faq_offers.csv")
    found(desk)
    assert "Leeds" in path.read_text()
    forget(desk.store, Conversation, talk)
    assert found(desk) == [] and not path.exists()


def test_another_runs_conversations_are_its_own(desk):
    desk.ask(desk.conversation("other"), "Do you sell lamps?", "Yes, three.", rating=1)
    assert found(desk) == []


def test_the_command_prints_the_counts_and_where_to_review(desk, monkeypatch, capsys):
    desk.ask(desk.conversation(), "Do you sell lamps?", "Yes, three.", rating=1)
    monkeypatch.setattr(sys, "argv", ["feedback", "configs/shop.yaml"])
    make_feedback()
    said = capsys.readouterr().out
    assert "1 conversations: 1 candidates added" in said and "/desk" in said
    assert any(line.split()[-3:] == ["1", "0", "0"] for line in said.splitlines() if "liked" in line)


def test_it_works_on_postgresql_with_groups_of_any_name(write, make_data, request):
    name = "how much is the delivery of a parcel to an island, and how long does it take " * 3
    write("faq.jsonl", FAQ + json.dumps({"id": name, "questions": ["Do you ship to islands?"], "answers": ["Yes, in nine days."]}))
    make_data(faq=["faq.jsonl"])
    config = load_config("configs/shop.yaml")
    config = config.model_copy(
        update={"desk": config.desk.model_copy(update={"database": request.getfixturevalue("cluster").new("feedback")})}
    )
    desk = Desk(config)
    desk.ask(desk.conversation(), "do you ship to the islands?", "Yes, in nine days.", rating=1)
    desk.ask(desk.conversation(), "Is the vase old?", REFUSAL)
    assert {one.kind: len(one.group) > 64 for one in found(desk)} == {"thumbs": True, "unanswered": False}
    desk.store.close()


def test_an_adapters_run_learns_from_the_desk_that_serves_it(write, make_data, embedded_model, monkeypatch, capsys):
    """The two configs name one store, as docs/adapters.md says."""
    write("faq.jsonl", FAQ)
    make_data(faq=["faq.jsonl"])
    desk = {"desk": {"database": "sqlite:///runs/desk/desk/store.db"}}
    own = yaml.safe_load(Path("configs/shop.yaml").read_text())
    write("configs/shop.yaml", yaml.safe_dump(own | desk))
    write("configs/desk.yaml", yaml.safe_dump(own | desk | {"data": {"faq": []}, "serve": {"adapters": {"shop": "runs/shop"}}}))
    write_provenance(Path("runs/shop"), load_config("configs/shop.yaml"), embedded_model)
    write("runs/shop/adapter/adapter_config.json", json.dumps({"peft_type": "LORA", "r": 4}))
    write("runs/shop/adapter/adapter_model.safetensors", "x")

    serving = load_config("configs/desk.yaml")
    (adapter,) = load_adapters(serving)  # whose config is the page's
    page = Desk(serving)
    page.ask(page.conversation(adapter.config.name), "Do you sell lamps?", "Yes, three.", rating=1)
    page.store.close()
    monkeypatch.setattr(sys, "argv", ["feedback", "configs/shop.yaml"])
    make_feedback()
    assert "1 conversations: 1 candidates added" in capsys.readouterr().out


def test_without_a_store_there_is_a_line_and_no_store(write, make_data, monkeypatch, tmp_path):
    write("faq.jsonl", FAQ)
    make_data(faq=["faq.jsonl"])
    monkeypatch.setattr(sys, "argv", ["feedback", "configs/shop.yaml"])
    with pytest.raises(UserError, match="no such store; expected the conversations of a desk"):
        make_feedback()
    assert not (tmp_path / "runs/shop/desk").exists()
