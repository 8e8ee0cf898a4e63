"""What the table of a release says of the messages in the store."""

import re
import sqlite3
from pathlib import Path

import pytest

from bench.releases import Step, answers, main, table
from frontdesk.errors import UserError

OLD, NEW = "a" * 12, "b" * 12
MESSAGES = [
    ("one", "customer", 10.0, 0, None),
    ("one", "bot", 11.0, 0, f"{OLD}0"),  # asked before the promotion
    ("one", "customer", 20.5, 0, None),
    ("one", "bot", 21.0, 0, f"{OLD}0"),  # the wrong one, for half a second
    ("one", "customer", 22.0, 0, None),
    ("one", "bot", 23.0, 1, f"{NEW}0"),
    ("one", "customer", 29.9, 0, None),
    ("one", "bot", 31.0, 0, f"{OLD}0"),  # overtaken by the next step
    ("three", "customer", 24.0, 0, None),  # no answer
    ("two", "customer", 25.0, 0, None),  # a person was called
    ("two", "agent", 26.0, 0, None),
    ("two", "customer", 27.0, 0, None),
    ("two", "bot", 28.0, 0, None),
]


def test_who_answered_each_message_and_until_when_the_wrong_version_did(tmp_path: Path) -> None:
    store = sqlite3.connect(tmp_path / "store.db")
    store.execute("CREATE TABLE messages (id INTEGER PRIMARY KEY, conversation_id, speaker, at, cut, model_version)")
    store.execute("CREATE TABLE handoffs (conversation_id)")
    store.execute("INSERT INTO handoffs VALUES ('two')")
    store.executemany("INSERT INTO messages (conversation_id, speaker, at, cut, model_version) VALUES (?, ?, ?, ?, ?)", MESSAGES)
    store.commit()
    store.close()
    said = answers(f"sqlite:///{tmp_path / 'store.db'}")
    header, _, row = table([Step("promote", 20.0, 20.01, 20.01, 30.0)], said, OLD, NEW).splitlines()
    told = dict(zip(re.findall(r"[^|]+", header.replace(" ", "")), re.findall(r"[^|]+", row.replace(" ", "")), strict=True))
    assert told == {
        "step": "promote", "command,s": "0.01", "inforceafter,s": "0.0", "wrongversionuntil,s": "0.5", "served": "2", "candidate": "1",
        "bynomodel": "1", "cut": "1", "toaperson": "1", "unanswered": "1",
    }  # fmt: skip


def test_one_version_is_too_few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("shop.yaml").write_text("{company: Shop, system_prompt: Answer., model: {base: none, template: chatml}, data: {faq: [faq.csv]}}")
    monkeypatch.setattr("sys.argv", ["releases", "shop.yaml"])
    with pytest.raises(UserError, match="found 0 version"):
        main()
