"""`python -m data_tools.read`: one conversation a line, as it was spoken."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOM = """Talk with KakaoTalk Chats
Date Saved : 2026-05-04 10:00:11

--------------- Monday, May 04, 2026 ---------------
[Min] [9:12 AM] hello
[Min] [9:13 AM] Photo
Min left this chatroom.
[Fern Shop] [9:14 AM] Good morning.
What can we do?
[Min] [9:15 AM] write to min@mail.example
"""


def run(*arguments):
    command = [sys.executable, "-m", "data_tools.read", *arguments]
    return subprocess.run(command, env={"PYTHONPATH": str(ROOT), "PATH": ""}, capture_output=True, text=True, check=False)


def test_turns_are_as_spoken_without_cleaning_or_masking(write):
    write("room.txt", ROOM)
    done = run("room.txt", "--agent", "fern*")

    assert done.returncode == 0, done.stderr
    [line] = done.stdout.splitlines()
    conversation = json.loads(line)
    assert list(conversation) == ["id", "source", "turns"]
    assert (conversation["id"], conversation["source"]) == ("room-1", "room.txt:5")
    assert conversation["turns"] == [
        {"role": "customer", "text": "hello", "at": "2026-05-04T09:12:00", "source": "room.txt:5"},
        {"role": "customer", "text": "Photo", "at": "2026-05-04T09:13:00", "source": "room.txt:6"},
        {"role": "agent", "text": "Good morning.\nWhat can we do?", "at": "2026-05-04T09:14:00", "source": "room.txt:8"},
        {"role": "customer", "text": "write to min@mail.example", "at": "2026-05-04T09:15:00", "source": "room.txt:10"},
    ]
    assert done.stderr == "1 conversations, 4 turns; no turns: 1 room event\n"


def test_who_speaks_is_listed_where_no_agent_is_named(write):
    write("room.txt", ROOM)
    done = run("room.txt")

    assert done.returncode == 2
    assert done.stderr.startswith("error: room.txt: found the speakers 'Min' (3 messages), 'Fern Shop' (1 messages)")
    assert done.stderr.count("\n") == 1


def test_columns_can_be_named(write):
    write("a.csv", "fall,wer,was\n1,customer,hallo\n1,agent,guten tag\n")
    done = run("a.csv", "--column", "conversation=fall", "-c", "role=wer", "-c", "text=was")

    assert [turn["text"] for turn in json.loads(done.stdout)["turns"]] == ["hallo", "guten tag"]
    assert run("a.csv", "--column", "was").returncode == 2
