"""The stage as a whole: its files, their invariants, and what a mistake leaves behind."""

import json
import random
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from data_tools.splits.near_duplicates import grams, jaccard
from data_tools.writer import endpoint
from frontdesk.answers.knowledge import read_entries
from frontdesk.errors import UserError
from frontdesk.files import read_json, read_jsonl, sha256
from tests.data_tools.texts import words
from tests.serve.stand_in import Engine, served

SPLITS = ("train", "valid", "test")
ALL = (*SPLITS, "valid_wordings", "test_wordings", "test_unseen")
REFUSALS = "".join(
    json.dumps({"id": f"no-{i}", "question": f"{words(random.Random(100 + i), 4)}?", "answer": f"I cannot see parcel {i}."}) + "\n"
    for i in range(12)
)
THINGS = [
    "kettle",
    "lamp",
    "apron",
    "tray",
    "clock",
    "basket",
    "curtain",
    "blanket",
    "mirror",
    "teapot",
    "ladder",
    "cushion",
    "napkin",
    "candle",
    "hammer",
]


def talk(number, *lines):
    return "".join(f"{number},{role},{text}\n" for role, text in lines)


def shop_talk(i):
    asked, said = words(random.Random(i), 8), words(random.Random(1000 + i), 6)
    return talk(
        i, ("agent", f"Welcome {i}"), ("customer", "hi"), ("customer", asked), ("system", "wait"), ("agent", said), ("customer", "thanks")
    )


CHATS = "conversation_id,role,text\n" + "".join(shop_talk(i) for i in range(30))


@pytest.fixture
def shop(write, make_data, faq_text):
    """Run the stage on an FAQ, refusals and chats."""
    write("faq.jsonl", faq_text)
    write("refusals.jsonl", REFUSALS)
    write("chats/a.csv", CHATS)
    return lambda *flags, **more: make_data(*flags, faq=["faq.jsonl"], out_of_scope=["refusals.jsonl"], chats=["chats"], **more)


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


def test_no_copy_of_a_held_out_row_is_trained(shop):
    folder = shop(valid_share=0.1, test_share=0.1)
    trained = [grams(row["messages"][0]["content"]) for row in rows_of(folder, "train") if len(row["messages"]) == 2]

    for row in rows_of(folder, "valid", "test", "valid_wordings", "test_wordings"):
        own = grams(row["messages"][0]["content"])
        assert max(jaccard(own, other) for other in trained) < 0.7, row
    assert read_json(folder / "manifest.json")["leak"]["splits"]["near"] == 0


def test_wordings_are_of_trained_entries_and_are_not_trained(shop):
    folder = shop()
    train = rows_of(folder, "train")

    held_out = rows_of(folder, "valid_wordings", "test_wordings")
    assert {row["group"] for row in held_out} <= {row["group"] for row in train}
    assert not {row["messages"][0]["content"] for row in held_out} & {row["messages"][0]["content"] for row in train}
    assert not {row["id"] for row in rows_of(folder, "valid_wordings")} & {row["id"] for row in rows_of(folder, "test_wordings")}
    assert rows_of(folder, "test_wordings")
    assert rows_of(folder, "valid_wordings")


def test_unseen_facts_are_asked_for_a_handoff(shop):
    handoff = {"en": "Shall I fetch somebody?", "ko": "상담원을 부를까요?"}
    folder = shop(handoff=handoff)

    unseen = rows_of(folder, "test_unseen")
    assert [row["messages"][0] for row in unseen] == [row["messages"][0] for row in rows_of(folder, "test") if row["kind"] == "faq"]
    assert {row["messages"][1]["content"] for row in unseen} == {handoff["en"]}


def test_entries_with_few_wordings_get_derived_ones_in_training_only(shop):
    folder = shop(min_paraphrases=6)
    entries = {entry["id"]: entry for entry in read_jsonl(folder / "faq.jsonl")}
    derived = [row for row in rows_of(folder, *ALL) if "derived" in row]

    assert derived == [row for row in rows_of(folder, "train") if "derived" in row]
    parents = {row["id"]: row for row in rows_of(folder, "train")}
    for row in derived:
        parent = parents[row["id"].rsplit(".", 1)[0]]
        assert row["messages"][0] != parent["messages"][0]
        assert row["messages"][1] == parent["messages"][1]
        assert row["group"] == parent["group"]
        assert row["derived"]
    asked = Counter(row["id"].split("#")[0] for row in rows_of(folder, "train") if row["kind"] == "faq")
    assert all(count <= 6 for count in asked.values())
    assert any(len(entries[name]["questions"]) == 3 and count == 6 for name, count in asked.items())
    assert not any("derived" in row for row in rows_of(shop(min_paraphrases=1), *ALL))


def test_questions_for_other_companies_fill_up_the_refusals(shop):
    train = rows_of(shop(refusal_share=0.2), "train")

    refusals = [row for row in train if row["kind"] == "refusal"]
    assert len(refusals) / len(train) == pytest.approx(0.2, abs=0.02)
    assert sum(row["id"].startswith("other:") for row in refusals) > 10
    own = rows_of(shop(refusal_share=0.01), "train")
    assert not [row for row in own if row["id"].startswith("other:")], "the config's own list is enough"


def test_rows_have_the_schema(shop):
    rows = rows_of(shop(), *ALL)

    assert len({row["id"] for row in rows}) == len(rows)
    for row in rows:
        assert list(row)[:5] == ["id", "messages", "kind", "group", "source"]
        assert set(row) <= {"id", "messages", "kind", "group", "source", "derived"}
        assert [message["role"] for message in row["messages"]] == ["user", "assistant"] * (len(row["messages"]) // 2)
        assert all(message["content"].strip() for message in row["messages"])
        if not row["source"].startswith("topics:") and "derived" not in row:
            path, line = row["source"].rsplit(":", 1)
            assert row["messages"][0]["content"].split("\n")[0] in Path(path).read_text().split("\n")[int(line) - 1]


def test_long_conversations_become_windows_that_train_each_answer_once(write, make_data, faq_text, tokenizer):
    from frontdesk.prompt.render import encode

    said = [(("customer", "agent")[n % 2], f"{THINGS[n % 15]} {n} " + "and so on " * 12) for n in range(30)]
    write("faq.jsonl", faq_text)
    write("long.csv", "conversation_id,role,text\n" + talk(1, *said))
    folder = make_data(faq=["faq.jsonl"], chats=["long.csv"], train={"max_length": 200})

    rows = [row for row in rows_of(folder, *SPLITS) if row["kind"] == "chat"]
    assert len(rows) > 3
    assert len({row["group"] for row in rows}) == 1
    assert all(len(encode(tokenizer, row["messages"])[0]) <= 200 for row in rows)
    trained = [m["content"] for row in rows for m in row["messages"] if m["role"] == "assistant" and m.get("weight", 1)]
    assert trained == [text.strip() for role, text in said if role == "agent"]


def test_personal_data_is_masked_but_for_what_the_faq_publishes(write, make_data, faq_text):
    public = json.dumps({"id": "line", "question": "Which number do I call?", "answer": "Call 1588-0011 or write to help@shop.example."})
    write("faq.jsonl", faq_text + public + "\n")
    write(
        "a.csv",
        "conversation_id,role,text\n"
        + talk(1, ("customer", "010-1234-5678 is mine"), ("agent", "I call 010-1234-5678; ours is 1588-0011")),
    )

    masked = [row for row in rows_of(make_data(faq=["faq.jsonl"], chats=["a.csv"]), *SPLITS) if row["kind"] == "chat"]
    assert [message["content"] for message in masked[0]["messages"]] == ["[PHONE_1] is mine", "I call [PHONE_1]; ours is 1588-0011"]
    ledger = read_jsonl(Path("runs/shop/data/ledger.jsonl"))
    assert [line.get("masked") for line in ledger] == [{"PHONE": 1}, {"PHONE": 1}]
    assert "010-1234-5678" not in "".join(path.read_text() for path in Path("runs/shop/data").iterdir())
    assert [row["messages"] for row in read_jsonl(Path("runs/shop/data/conversations.jsonl"))] == [masked[0]["messages"]]
    open_rows = [row for row in rows_of(make_data(faq=["faq.jsonl"], chats=["a.csv"], mask=False), *SPLITS) if row["kind"] == "chat"]
    assert open_rows[0]["messages"][0]["content"] == "010-1234-5678 is mine"
    assert not Path("runs/shop/data/conversations.jsonl").exists()


def test_an_answer_that_contradicts_the_faq_is_set_aside(write, make_data, faq_text):
    known = {
        "id": "return",
        "questions": ["How long can I return an item?"],
        "answers": ["You can return an item within 30 days of delivery."],
    }
    write("faq.jsonl", faq_text + json.dumps(known) + "\n")
    wrong = ("customer", "how long can I return an item?"), ("agent", "You can return an item within 14 days of delivery.")
    right = ("customer", "how long can I return an item I bought?"), ("agent", "You can return an item within 30 days of delivery.")
    write("a.csv", "conversation_id,role,text\n" + talk(1, *wrong) + talk(2, *right))
    folder = make_data(faq=["faq.jsonl"], chats=["a.csv"])

    conflicts = read_jsonl(folder / "conflicts.jsonl")
    assert [(one["source"], one["entry"], one["entry_source"]) for one in conflicts] == [("a.csv:3", "return", "faq.jsonl:41")]
    assert "14" in conflicts[0]["said"]
    assert "30" in conflicts[0]["known"]
    assert [line["fate"] for line in read_jsonl(folder / "ledger.jsonl")] == ["set aside"] * 2 + ["kept"] * 2
    assert [row["group"] for row in rows_of(folder, *SPLITS) if row["kind"] == "chat"] == ["chat:2"]


def test_no_agent_teaches_what_a_held_out_entry_says(write, make_data):
    """Each entry is told in a chat in other words: those of held-out entries are context only, and the ledger says so."""
    entries = [
        {"id": thing, "questions": [f"{words(random.Random(10 * i + n), 6)} {thing}?" for n in range(3)]}
        | {"answer": f"The {thing} costs ${10 + i}."}
        for i, thing in enumerate(THINGS)
    ]
    write("faq.jsonl", "".join(json.dumps(entry) + "\n" for entry in entries))
    talks = [talk(i, ("customer", f"about the {thing}"), ("agent", f"Ours is ${10 + i} for a {thing}!")) for i, thing in enumerate(THINGS)]
    write("a.csv", "conversation_id,role,text\n" + "".join(talks))
    folder = make_data(faq=["faq.jsonl"], chats=["a.csv"])

    held_out = {entry["id"] for entry in read_jsonl(folder / "faq.jsonl") if entry["split"] != "train"}
    said = [row["messages"] for row in rows_of(folder, "train") if row["kind"] == "chat"]
    trained = {messages[0]["content"].removeprefix("about the ") for messages in said if messages[1].get("weight", 1)}
    assert held_out and trained
    assert held_out.isdisjoint(trained)
    lost = [line for line in read_jsonl(folder / "ledger.jsonl") if line.get("reason") == "context without a row"]
    elsewhere = {row["messages"][0]["content"].removeprefix("about the ") for row in rows_of(folder, "valid", "test")}
    assert len(lost) == len(held_out - elsewhere)


def test_stock_sentences_are_trained_a_few_times_and_stay_as_context(write, make_data, faq_text):
    stock = "How may I help you today?"
    talks = "".join(
        talk(
            i,
            ("customer", f"hello {THINGS[i % 15]} {i}"),
            ("agent", stock),
            ("customer", f"the {i * 37} one"),
            ("agent", f"It is {i * 53}."),
        )
        for i in range(40)
    )
    write("faq.jsonl", faq_text)
    write("a.csv", "conversation_id,role,text\n" + talks)
    folder = make_data(faq=["faq.jsonl"], chats=["a.csv"])

    said = [m for row in rows_of(folder, "train") if row["kind"] == "chat" for m in row["messages"] if m["content"] == stock]
    assert len(said) > 30
    assert sum(m.get("weight", 1) for m in said) == 5
    counts = read_json(folder / "manifest.json")["messages"]
    assert counts["capped"] == sum(m.get("weight", 1) == 0 for m in said)


def test_the_ledger_has_every_message_once_and_its_counts_reconcile(shop, write):
    write(
        "chats/b.csv",
        CHATS.split("\n")[0] + "\n" + talk(5, ("agent", "alone")) + shop_talk(3) + "7,boss,what\n" + talk(8, ("customer", " ")),
    )
    folder = shop()
    ledger, manifest = read_jsonl(folder / "ledger.jsonl"), read_json(folder / "manifest.json")

    given = {
        f"chats/{name}.csv:{n}" for name in "ab" for n, line in enumerate(Path(f"chats/{name}.csv").read_text().split("\n"), 1) if line
    }
    assert Counter(line["source"] for line in ledger) == Counter(given - {"chats/a.csv:1", "chats/b.csv:1"})
    dispositions = Counter(line["fate"] for line in ledger)
    reasons = Counter(line["reason"] for line in ledger if line["fate"] == "dropped")
    counts = manifest["messages"]
    assert counts["read"] == len(ledger) == sum(dispositions.values())
    assert {disposition: counts[disposition] for disposition in ("kept", "merged", "capped", "set aside")} == {
        disposition: dispositions[disposition] for disposition in ("kept", "merged", "capped", "set aside")
    }
    assert counts["dropped"] == reasons
    assert reasons == {
        **{"system": 31, "leading agent": 32, "trailing customer": 31, "broken record": 1, "empty": 1},
        "in a duplicate conversation": 3,
    }
    chats = [row for row in rows_of(folder, *SPLITS) if row["kind"] == "chat"]
    assert dispositions["kept"] == sum(len(row["messages"]) for row in chats)
    assert dispositions["kept"] + dispositions["merged"] == sum(len(m["content"].split("\n")) for row in chats for m in row["messages"])


def test_the_faq_keeps_its_entries_and_their_splits(shop, faq_text):
    folder = shop()
    entries = read_jsonl(folder / "faq.jsonl")
    split_of = {row["group"]: split for split in SPLITS for row in rows_of(folder, split)}

    given = [json.loads(line) for line in faq_text.splitlines()]
    assert [{key: entry[key] for key in given[0]} for entry in entries] == given
    assert all(entry["split"] == split_of[entry["id"]] for entry in entries)


def test_the_faq_names_its_held_out_wordings(shop):
    folder = shop()
    held_out = rows_of(folder, "valid_wordings", "test_wordings")

    asked = {(row["id"].rsplit("#", 1)[0], row["messages"][0]["content"]) for row in held_out}
    entries = read_jsonl(folder / "faq.jsonl")
    assert {(entry["id"], text) for entry in entries for text in entry["held_out"]} == asked
    for entry in entries:
        assert set(entry["held_out"]) < set(entry["questions"])
        assert not entry["held_out"] or entry["split"] == "train"
    assert len(rows_of(folder, "test_wordings")) == sum(len(e["questions"]) // 4 for e in entries if e["split"] == "train")


def test_the_manifest_tells_of_files_and_rows(shop):
    folder = shop()
    manifest = read_json(folder / "manifest.json")

    for split, kinds in manifest["rows"].items():
        assert sum(kinds.values()) == len(rows_of(folder, split))
    rows = [row for row in rows_of(folder, *ALL) if not row["source"].startswith("topics:")]
    assert sum(source["rows"] for source in manifest["sources"]) == len(rows)
    assert manifest["files"] == {path.name: sha256(path) for path in folder.iterdir() if path.name != "manifest.json"}
    assert {source["path"]: source["sha256"] for source in manifest["sources"]} == {
        path: sha256(Path(path)) for path in ("faq.jsonl", "refusals.jsonl", "chats/a.csv")
    }
    report = (folder / "report.html").read_text(encoding="utf-8")
    assert manifest["data_hash"] in report


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_same_input_and_seed_give_the_same_bytes(shop):
    first, again, other = content(shop()), content(shop()), content(shop(seed=8))

    assert first == again
    assert first["train.jsonl"] != other["train.jsonl"]
    assert json.loads(first["manifest.json"])["data_hash"] != json.loads(other["manifest.json"])["data_hash"]


def test_the_number_of_workers_changes_no_byte(shop, write):
    write("chats/many.csv", "conversation_id,role,text\n" + "".join(shop_talk(i) for i in range(100, 400)))
    one, three = content(shop("--workers", "1")), content(shop("--workers", "3"))

    assert one == three


def test_the_order_of_the_faq_changes_no_split(shop, write, faq_text):
    def splits(folder):
        return {name: sorted(row["id"] for row in rows_of(folder, name)) for name in ALL}

    forward = splits(shop())
    write("faq.jsonl", "".join(reversed(faq_text.splitlines(keepends=True))))

    assert splits(shop()) == forward


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("faq.jsonl", '{"topic": "a", "reply": "b"}\n', r"^faq\.jsonl: found no FAQ entry; expected at least one .*; add one"),
        ("faq.csv", "topic,reply\na,b\n", r"^faq\.csv:1: found the columns topic, reply; expected .*; rename"),
        (
            "refusals.jsonl",
            '{"id": "topic-3", "question": "a", "answer": "b"}\n',
            r"^refusals\.jsonl:1: id 'topic-3' is also at faq\.jsonl:4; .*rename",
        ),
        (
            "chats/b.txt",
            "[A] [3:00 PM] hi\n[B] [3:01 PM] hello\n",
            r"^chats/b\.txt: found the speakers 'A' \(1 messages\), 'B' .*; expected .*; set data\.agents",
        ),
    ],
)
def test_a_mistake_is_explained_and_leaves_nothing(shop, make_data, write, name, text, message):
    write(name, text)
    run = shop if name != "faq.csv" else lambda: make_data(faq=["faq.csv"])
    with pytest.raises(UserError, match=message):
        run()

    assert not list(Path("runs/shop").glob("*"))


@pytest.mark.parametrize(
    ("name", "text", "warning"),
    [
        ("faq.jsonl", '\n{"broken\n', r"faq\.jsonl:42: found no valid JSON .*; fix or remove"),
        ("chats/b.csv", "conversation_id,role,text\n90,customer,y\n90,agent,z\n90,boss,x\n", r"chats/b\.csv:4: found 'boss' .*; expected"),
        ("chats/c.bin", "\0\1\2", r"chats/c\.bin: found bytes that are no text; expected text in .*; save it as"),
    ],
)
def test_one_bad_record_is_told_and_skipped_unless_strict(shop, write, capsys, faq_text, name, text, warning):
    write(name, faq_text + text if name == "faq.jsonl" else text)
    assert rows_of(shop(), "train")
    assert re.search(rf"^warning: {warning}.*\(skipped\)$", capsys.readouterr().err, re.MULTILINE)

    with pytest.raises(UserError, match=warning):
        shop("--strict")


def test_a_missing_source_leaves_the_former_data_whole(shop, make_data):
    folder = shop()
    before = content(folder)

    with pytest.raises(UserError, match=r"^gone\.csv: no such file or folder; expected a source named in 'data\.faq'"):
        make_data(faq=["gone.csv"])
    assert content(folder) == before


def test_data_is_whole_or_absent_when_writing_fails(shop, monkeypatch):
    def full_disk(path, value):
        raise OSError("No space left on device")

    monkeypatch.setattr("data_tools.pipeline.manifest.write_json", full_disk)
    with pytest.raises(OSError, match="No space"):
        shop()

    assert list(Path("runs/shop").iterdir()) == []


def test_the_command_ends_with_2_and_one_line_and_loads_no_model_library(shop):
    shop()
    root = Path(__file__).parents[3]
    check = (
        "import sys, data_tools.pipeline.build, data_tools.__main__; sys.exit(len({'torch', 'transformers', 'gradio'} & set(sys.modules)))"
    )
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
    assert "messages  180 read = 60 kept + 30 merged + 0 capped + 0 set aside + 90 dropped" in printed
    assert "written to runs/shop/data/" in printed


class Drafting(Engine):
    """A writer that drafts a good question, a near copy of one that is known, and one that is wrong."""

    async def answer(self, asked, send):
        known, answer = asked["messages"][-1]["content"].split("\n\n")
        copies = [f"{question[:-1]} !?" for question in known.split("\n")]
        self.text = json.dumps(
            {"questions": [answer.replace("Answer", "Is answer").replace(".", "?"), *copies, "Is answer 999 said plainly?"]}
        )
        await super().answer(asked, send)


def test_drafted_questions_are_trained_and_searched_and_never_tested(shop, capsys):
    writing = Drafting()
    with served(writing) as url:
        writer = {"url": f"{url}/v1", "model": "big"}
        folder = shop(min_paraphrases=12, valid_share=0.1, test_share=0.1, writer=writer)
        first = content(folder)
        assert content(shop(min_paraphrases=12, valid_share=0.1, test_share=0.1, writer=writer)) == first
        assert len(writing.bodies) == 40
    entries = {entry["id"]: entry for entry in read_jsonl(folder / "faq.jsonl")}
    rows = [row for row in rows_of(folder, *ALL) if row.get("derived") == "drafted"]
    assert rows == [row for row in rows_of(folder, "train") if row.get("derived") == "drafted"]
    drafted = {name: entry.get("drafted", []) for name, entry in entries.items()}
    trained = {name for name, entry in entries.items() if entry["split"] == "train"}
    assert Counter((row["id"].split("#")[0], row["messages"][0]["content"]) for row in rows) == Counter(
        (name, text) for name in trained for text in drafted[name]
    )
    assert {row["messages"][1]["content"] for row in rows} <= {answer for entry in entries.values() for answer in entry["answers"]}
    assert all(f"Is answer {name.split('-')[1]} said plainly?" in drafted[name] for name in trained)
    held_out = [text for entry in entries.values() for text in entry["held_out"]]
    copies = [(one, two) for name in trained for one in drafted[name] for two in held_out if jaccard(set(grams(one)), set(grams(two))) == 1]
    assert held_out and not copies, "a draft like a wording held out would be found by it"
    read = {entry.id: entry.questions for entry in read_entries(folder / "faq.jsonl")}
    for name, entry in entries.items():
        assert read[name] == (*(text for text in entry["questions"] if text not in entry["held_out"]), *drafted[name])
    manifest, report = read_json(folder / "manifest.json"), (folder / "report.html").read_text(encoding="utf-8")
    assert manifest["faq"]["derived"]["drafted"] == len(rows)
    dropped = manifest["faq"]["drafts"]["dropped"]
    assert dropped["naming what the text does not name"] == 40
    assert "Is answer 7 said plainly?" in report and "Is answer 999" not in report
    shown = capsys.readouterr()
    assert f"drafted {sum(map(len, drafted.values())):5}  questions; {sum(dropped.values())} dropped" in shown.out
    assert shown.err.count("warning: data.writer") == 2, "one line a build"


def test_a_writer_that_is_away_changes_nothing_but_a_line(shop, capsys, monkeypatch):
    monkeypatch.setattr(endpoint, "RETRIES", 0)
    with served(Drafting()) as url:
        pass
    with_writer = {
        name: data for name, data in content(shop(writer={"url": f"{url}/v1", "model": "big"})).items() if name.endswith("jsonl")
    }
    assert "data.writer" in capsys.readouterr().err
    assert with_writer == {name: data for name, data in content(shop()).items() if name.endswith("jsonl")}
