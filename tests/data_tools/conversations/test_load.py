"""Exports as one stream of conversations: whole folders, people, and what cannot be read."""

import json
from collections import Counter
from pathlib import Path

import pytest

from data_tools.conversations.load import read_chats
from data_tools.sources.files import inputs
from data_tools.sources.reading import Reading
from frontdesk.errors import UserError

SLACK_USERS = [
    {"id": "U1", "name": "ida", "real_name": "Ida Lund", "is_bot": False, "profile": {"display_name": "Ida"}},
    {"id": "U2", "name": "desk", "real_name": "Desk Team", "is_bot": False, "profile": {"display_name": "Desk (Help)"}},
]


def slack(user, text, ts, thread=None):
    return {"type": "message", "user": user, "text": text, "ts": str(ts), **({"thread_ts": str(thread)} if thread else {})}


@pytest.fixture
def read(write):
    """The conversations of paths, and the reading with its accounts."""

    def run(*paths, agents=(), columns=None, strict=False):
        with inputs() as opened:
            reading = Reading(opened, strict)
            found = list(read_chats(reading, paths, agents, columns or {}))
            reading.report_skipped()
        return found, reading

    return run


def texts(conversation):
    return [(turn.role, turn.text) for turn in conversation.turns if turn.skipped is None]


@pytest.mark.parametrize("agent", ["Desk (Help)", "desk team", "desk", "Desk*"])
def test_a_slack_thread_goes_on_over_days_and_any_name_of_a_person_will_do(write, read, agent):
    write("out/users.json", json.dumps(SLACK_USERS))
    write("out/channels.json", json.dumps([{"id": "C1", "name": "help", "members": ["U1"]}]))
    first, second = 1772430000.1, 1772530000.1
    write(
        "out/help/2026-03-02.json", json.dumps([slack("U1", "the lamp hums", first, first), slack("U2", "since when?", first + 60, first)])
    )
    write(
        "out/help/2026-03-03.json", json.dumps([slack("U1", "since monday", second, first), slack("U2", "we swap it", second + 60, first)])
    )
    found, reading = read("out", agents=[agent])

    assert [texts(one) for one in found if texts(one)] == [
        [("customer", "the lamp hums"), ("agent", "since when?"), ("customer", "since monday"), ("agent", "we swap it")]
    ]
    assert {Path(account.source.path).name: account.counts["messages"] for account in reading.accounts} == {
        **{"users.json": 0, "channels.json": 0, "2026-03-02.json": 2, "2026-03-03.json": 2}
    }


def test_people_of_one_folder_do_not_reach_into_another(write, read):
    for folder, role in (("a", "agent"), ("b", "end-user")):
        write(f"{folder}/users.json", json.dumps([{"id": 5, "name": "Kit", "role": role, "email": "kit@mail.example"}]))
        comments = [{"id": 1, "author_id": 5, "plain_body": "hello", "public": True, "created_at": "2026-01-01T10:00:00Z"}]
        write(f"{folder}/t.ndjson", json.dumps({"id": 1, "requester_id": 9, "comments": comments}) + "\n")

    assert [one.turns[0].role for one in read("a", "b")[0]] == ["agent", "customer"]


def test_nobody_known_as_an_agent_is_an_error_that_lists_who_spoke(write, read):
    lines = ["[Ann] [3:00 PM] hi", "[Ben] [3:01 PM] yes", "[Ann] [3:02 PM] ok"]
    write("room.txt", "\n".join(lines))
    with pytest.raises(
        UserError, match=r"^room\.txt: found the speakers 'Ann' \(2 messages\), 'Ben' \(1 messages\).*set data\.agents.*--agent NAME"
    ):
        read("room.txt")
    assert texts(read("room.txt", agents=["Ben"])[0][0])[1] == ("agent", "yes")


def test_columns_of_the_config_reach_the_table(write, read):
    write("a.csv", "fall,wer,was\n1,customer,hallo\n1,agent,guten tag\n")
    found, _ = read("a.csv", columns={"conversation": "fall", "role": "wer", "text": "was"})

    assert texts(found[0]) == [("customer", "hallo"), ("agent", "guten tag")]


def test_every_message_is_counted_once(write, read):
    rows = "".join(f"{n % 7},{('customer', 'agent', 'system')[n % 3]},message {n}\n" for n in range(100))
    write("a.csv", "conversation_id,role,text\n" + rows + "8,robot king,x\n")
    found, reading = read("a.csv")

    assert reading.accounts[0].counts == Counter(messages=100, conversations=7, broken=1)
    assert sum(len(one.turns) for one in found) == 100
    assert reading.broken == ["a.csv:102"]


def test_strict_stops_at_what_is_skipped_otherwise(write, read, capsys):
    write("in/a.csv", "conversation_id,role,text\n1,customer,hi\n1,agent,yes\n")
    write("in/b.bin", "\0\1\2\3")
    assert len(read("in")[0]) == 1
    assert "in/b.bin: found bytes that are no text" in capsys.readouterr().err
    with pytest.raises(UserError, match=r"^in/b\.bin: found bytes that are no text"):
        read("in", strict=True)


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_text_that_was_read_in_a_wrong_encoding_is_fixed_and_counted(write, read, name):
    said = "배송은 언제 되나요".encode("cp949").decode("latin-1")
    rows = [{"conversation_id": 1, "role": role, "text": text} for role, text in (("customer", said), ("agent", "내일 갑니다"))]
    table = "conversation_id,role,text\n" + "".join(f"1,{row['role']},{row['text']}\n" for row in rows)
    write(name, table if name == "a.csv" else "".join(json.dumps(row) + "\n" for row in rows))
    found, reading = read(name)

    assert texts(found[0]) == [("customer", "배송은 언제 되나요"), ("agent", "내일 갑니다")]
    assert reading.accounts[0].source.fixed == 1
