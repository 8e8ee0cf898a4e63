"""The stage as a whole: its files, their invariants, and what a mistake leaves behind."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from frontdesk.errors import UserError
from frontdesk.files import read_json, read_jsonl, sha256

SPLITS = ("train", "valid", "test")
REFUSALS = "".join(
    json.dumps({"id": f"no-{i}", "question": f"Where is order {i}?", "answer": f"I cannot see order {i}."}) + "\n" for i in range(12)
)
CHATS = "conversation_id,role,text\n" + "".join(
    f"{i},agent,Welcome {i}\n{i},customer,hi\n{i},customer,price of {i}?\n{i},system,wait\n{i},agent,{i} dollars\n{i},customer,thanks\n"
    for i in range(30)
)


@pytest.fixture
def shop(write, make_data, faq_text):
    """Run the stage on an FAQ, refusals and chats."""
    write("faq.jsonl", faq_text)
    write("refusals.jsonl", REFUSALS)
    write("chats/a.csv", CHATS)
    return lambda **more: make_data(faq=["faq.jsonl"], out_of_scope=["refusals.jsonl"], chats=["chats"], **more)


def rows_of(folder, *names):
    return [row for name in names for row in read_jsonl(folder / f"{name}.jsonl")]


def test_groups_and_answers_never_cross_the_splits(shop):
    folder = shop(valid_share=0.1, test_share=0.1)

    for one, two in (("train", "valid"), ("train", "test"), ("valid", "test")):
        assert not {row["group"] for row in rows_of(folder, one)} & {row["group"] for row in rows_of(folder, two)}
        assert not {row["messages"][1]["content"] for row in rows_of(folder, one)} & {
            row["messages"][1]["content"] for row in rows_of(folder, two)
        }
    for split in SPLITS:
        assert {row["kind"] for row in rows_of(folder, split)} == {"faq", "chat", "refusal"}


def test_wordings_are_of_trained_entries_and_are_not_trained(shop):
    folder = shop()
    train = rows_of(folder, "train")

    for name in ("valid_wordings", "test_wordings"):
        held_out = rows_of(folder, name)
        assert held_out
        assert {row["group"] for row in held_out} <= {row["group"] for row in train}
        assert not {row["messages"][0]["content"] for row in held_out} & {row["messages"][0]["content"] for row in train}
    assert not {row["id"] for row in rows_of(folder, "valid_wordings")} & {row["id"] for row in rows_of(folder, "test_wordings")}


def test_rows_have_the_schema(shop):
    rows = rows_of(shop(), *SPLITS, "valid_wordings", "test_wordings")

    assert len({row["id"] for row in rows}) == len(rows)
    for row in rows:
        assert list(row) == ["id", "messages", "kind", "group", "source"]
        assert [message["role"] for message in row["messages"]] == ["user", "assistant"] * (len(row["messages"]) // 2)
        assert all(message["content"].strip() for message in row["messages"])
        path, line = row["source"].rsplit(":", 1)
        assert row["messages"][0]["content"].split("\n")[0] in Path(path).read_text().split("\n")[int(line) - 1]


def test_the_faq_keeps_its_entries_and_their_splits(shop, faq_text):
    folder = shop()
    entries = read_jsonl(folder / "faq.jsonl")
    split_of = {row["group"]: split for split in SPLITS for row in rows_of(folder, split)}

    given = [json.loads(line) for line in faq_text.splitlines()]
    assert [{key: entry[key] for key in given[0]} for entry in entries] == given
    assert all(entry["split"] == split_of[entry["id"]] for entry in entries)


def test_the_manifest_counts_every_message_and_row(shop):
    folder = shop()
    manifest = read_json(folder / "manifest.json")

    counts = manifest["messages"]
    assert counts["read"] == CHATS.count("\n") - 1
    assert counts["kept"] == sum(len(row["messages"]) for row in rows_of(folder, *SPLITS) if row["kind"] == "chat")
    lost = {reason: n for reason, n in manifest["dropped"].items() if reason.startswith("message: ")}
    assert lost == {"message: system": 30, "message: leading agent": 30, "message: trailing customer": 30}
    assert counts["read"] == counts["kept"] + counts["merged"] + sum(lost.values())
    for split, kinds in manifest["rows"].items():
        assert sum(kinds.values()) == len(rows_of(folder, split))
    assert sum(source["rows"] for source in manifest["sources"]) == sum(sum(kinds.values()) for kinds in manifest["rows"].values())
    assert manifest["files"] == {path.name: sha256(path) for path in folder.glob("*.jsonl")}
    assert {source["path"]: source["sha256"] for source in manifest["sources"]} == {
        path: sha256(Path(path)) for path in ("faq.jsonl", "refusals.jsonl", "chats/a.csv")
    }


def test_the_same_input_and_seed_give_the_same_bytes(shop):
    def content(folder):
        return {path.name: path.read_bytes() for path in folder.iterdir()}

    first, again, other = content(shop()), content(shop()), content(shop(seed=8))

    assert first == again
    assert first["train.jsonl"] != other["train.jsonl"]
    assert json.loads(first["manifest.json"])["data_hash"] != json.loads(other["manifest.json"])["data_hash"]


def test_the_order_of_the_input_changes_no_split(shop, write, faq_text):
    def splits(folder):
        return {name: sorted(row["id"] for row in rows_of(folder, name)) for name in (*SPLITS, "valid_wordings", "test_wordings")}

    forward = splits(shop())
    write("faq.jsonl", "".join(reversed(faq_text.splitlines(keepends=True))))

    assert splits(shop()) == forward


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("faq.jsonl", '{"question": "a", "answer": "b"}\n{"broken\n', r"^faq\.jsonl:2: not valid JSON .*; expected .*; mend or remove"),
        ("faq.jsonl", "topic,reply\na,b\n", r"^faq\.jsonl:1: found the columns topic, reply; expected .*; rename"),
        ("faq.jsonl", "question,answer\nWhy?,\n", r"^faq\.jsonl: found no FAQ entry; expected at least one .*; add one"),
        (
            "refusals.jsonl",
            '{"id": "topic-3", "question": "a", "answer": "b"}\n',
            r"^refusals\.jsonl:1: id 'topic-3' is also at faq\.jsonl:4; .*rename",
        ),
        ("chats/a.csv", "conversation_id,role,text\n1,boss,x\n", r"^chats/a\.csv:2: found 'boss' .*; expected .*; correct"),
        (
            "chats/b.txt",
            "[A] [3:00 PM] hi\n[B] [3:01 PM] hello\n",
            r"^chats/b\.txt: found the speakers 'A' .*; expected .*; set data\.agents",
        ),
        ("chats/c.bin", "\0\1\2", r"^chats/c\.bin: found bytes that are no text; expected text in .*; save it as"),
    ],
)
def test_a_mistake_is_explained_and_leaves_nothing(shop, write, name, text, message):
    write(name, text)
    with pytest.raises(UserError, match=message):
        shop()

    assert not Path("runs").exists()


def test_a_missing_source_leaves_the_former_data_whole(shop, make_data):
    folder = shop()
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    with pytest.raises(UserError, match=r"^gone\.csv: no such file or folder; expected a source named in 'data\.faq'"):
        make_data(faq=["gone.csv"])
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_data_is_whole_or_absent_when_writing_fails(shop, monkeypatch):
    def full_disk(path, value):
        raise OSError("No space left on device")

    monkeypatch.setattr("data_tools.dataset.write_json", full_disk)
    with pytest.raises(OSError, match="No space"):
        shop()

    assert list(Path("runs/shop").iterdir()) == []


def test_the_command_ends_with_2_and_one_line_and_loads_no_model_library(shop):
    shop()
    root = Path(__file__).parents[2]
    check = "import sys, data_tools.__main__; sys.exit(len({'torch', 'transformers', 'gradio'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", check], env={"PYTHONPATH": str(root)}, check=False).returncode == 0

    Path("faq.jsonl").unlink()
    command = [sys.executable, "-m", "data_tools", "configs/shop.yaml"]
    done = subprocess.run(command, env={"PYTHONPATH": str(root)}, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert re.fullmatch(r"error: faq\.jsonl: no such file or folder; .*\n", done.stderr)


def test_the_counts_are_printed(shop, capsys):
    shop()

    printed = capsys.readouterr().out
    assert "chats/a.csv  chat table, utf-8: 30 conversations, 180 messages, 30 rows" in printed
    assert "messages  180 read = 60 kept + 30 merged + 90 dropped" in printed
    assert "written to runs/shop/data/" in printed
