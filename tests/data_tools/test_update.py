"""An edit to the FAQ reaches the run's `faq.jsonl`, and nothing else; a mistake leaves all as it was."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from data_tools.update import main, update
from frontdesk.config.schema import load_config
from frontdesk.errors import UserError
from frontdesk.files import read_json, read_jsonl

DATA = Path("runs/shop/data")


def as_lines(entries):
    return "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries)


@pytest.fixture
def entries(faq_text):
    return [json.loads(line) for line in faq_text.splitlines()]


@pytest.fixture
def shop(write, make_data, entries):
    """Data is made of the FAQ; `shop(entries)` writes another FAQ and updates."""
    write("faq.jsonl", as_lines(entries))
    make_data(faq=["faq.jsonl"], valid_share=0.1, test_share=0.1)

    def edit(changed):
        write("faq.jsonl", as_lines(changed))
        return update(load_config("configs/shop.yaml"))

    return edit


def others():
    return {path.name: path.read_bytes() for path in DATA.rglob("*") if path.is_file() and path.name not in ("faq.jsonl", "changes.json")}


def known():
    return {entry["id"]: entry for entry in read_jsonl(DATA / "faq.jsonl")}


def test_new_changed_and_removed_entries_are_told_and_written(shop, entries):
    rest = others()
    entries[3]["answers"] = ["Another answer."]
    entries[4]["facts"] = ["other"]
    entries[5]["category"] = "moved"
    new = {"id": "kites", "category": "c1", "questions": ["Do you sell kites?"], "answers": ["We do."], "facts": []}

    first, *more = shop([new, *entries[1:]]).splitlines()
    assert first == "runs/shop/data/faq.jsonl: 3 changed, 1 removed, 1 added, 0 moved; 40 in all"
    assert more[:2] == [
        "  changed topic-3 answers: [-Answer 3 said plainly. Answer 3 said otherwise.-] {+Another answer.+}",
        "  changed topic-4 facts: [-4-] {+other+}",
    ]
    told = read_json(Path("runs/shop/data/changes.json"))
    assert told["counts"] == {"changed": 3, "removed": 1, "added": 1, "moved": 0}
    assert [(one["kind"], (one["after"] or one["before"])["id"]) for one in told["entries"]] == [
        ("changed", "topic-3"), ("changed", "topic-4"), ("changed", "topic-5"), ("removed", "topic-0"), ("added", "kites"),
    ]  # fmt: skip
    assert told["entries"][0]["before"]["answers"] == ["Answer 3 said plainly.", "Answer 3 said otherwise."]
    assert told["entries"][0]["after"]["answers"] == ["Another answer."]
    assert [{key: one[key] for key in new} for one in known().values()] == [new, *entries[1:]]
    assert known()["kites"]["split"] == "train" and known()["kites"]["held_out"] == []
    assert others() == rest, "rows and manifest are those of the training"
    assert not list(DATA.glob(".*"))


def test_splits_and_held_out_wordings_stay(shop, entries):
    before = known()
    assert {one["split"] for one in before.values()} == {"train", "valid", "test"}
    for entry in entries:
        entry["answers"] = [entry["answers"][0].replace("said", "told")]
        entry["questions"].append("And one more?" + entry["id"])
    shop(entries[::-1])

    after = known()
    assert list(after) == list(before)[::-1]
    for name in before:
        assert (after[name]["split"], after[name]["held_out"]) == (before[name]["split"], before[name]["held_out"])
        assert "told" in after[name]["answers"][0]
    assert any(one["held_out"] for one in after.values())


def test_a_held_out_wording_that_is_gone_is_dropped(shop, entries):
    gone = {text for one in known().values() for text in one["held_out"]}
    for entry in entries:
        entry["questions"] = [text for text in entry["questions"] if text not in gone]
    shop(entries)

    assert gone
    assert not any(one["held_out"] for one in known().values())
    assert not gone & {text for one in known().values() for text in one["questions"]}


def test_without_a_change_nothing_is_written(shop, entries):
    before = (DATA / "faq.jsonl").stat()
    assert "0 changed, 0 removed, 0 added, 0 moved" in shop(entries)
    assert (DATA / "faq.jsonl").stat().st_mtime_ns == before.st_mtime_ns


def test_what_people_accepted_is_an_entry_once_here_and_in_the_next_build(shop, make_data, write, entries):
    lines = f"question,answer,conversation\nDo you sell kites?,We do.,c1\nAnswer 3 please?,{entries[3]['answers'][0]},c2\n"
    path = write("runs/shop/feedback/faq_additions.csv", lines)
    assert "1 changed, 0 removed, 1 added, 0 moved; 41 in all" in shop(entries)
    assert known()["topic-3"]["questions"] == [*entries[3]["questions"], "Answer 3 please?"]
    assert ": 0 changed, 0 removed, 0 added" in shop(entries)
    for nothing in ("question,answer,conversation\n", ""):  # its last line was taken out
        write(str(path), nothing)
        assert "41 in all" not in shop(entries)
    write(str(path), lines)
    for faq in (["faq.jsonl"], ["faq.jsonl", str(path)], ["faq.jsonl", "runs/shop/feedback"]):
        make_data(faq=faq)
        found = [entry for entry in known().values() if "Do you sell kites?" in entry["questions"]]
        assert [(entry["questions"], entry["answers"]) for entry in found] == [(["Do you sell kites?"], ["We do."])]


def test_an_entry_that_only_moved_is_not_called_changed(shop, entries):
    assert "0 changed, 0 removed, 0 added, 0 moved" in shop([*entries[20:], *entries[:20]])
    assert known()["topic-20"]["source"] == "faq.jsonl:1"


def test_an_entry_without_an_id_keeps_the_one_it_had(shop, make_data, write, entries):
    """Its id is a digest of the answer; rows that are tested are found by it."""
    for entry in entries:
        del entry["id"]
        entry["answers"] = entry["answers"][:1]
    write("faq.jsonl", as_lines(entries))
    make_data(faq=["faq.jsonl"])
    before = known()
    assert all(re.fullmatch(r"faq-\w{10}", name) for name in before)
    edited = [entry | {"answers": [f"It is now {number}."]} if number % 2 else entry for number, entry in enumerate(entries)]

    assert ": 20 changed, 0 removed, 0 added" in shop(edited)
    after = known()
    for name in before:
        assert after[name]["questions"] == before[name]["questions"]
        assert after[name]["held_out"] == before[name]["held_out"]
    assert "0 changed, 0 removed, 0 added, 0 moved" in shop(edited), "the second time too"
    new = {"questions": ["Do you sell kites?"], "answers": ["We do."], "category": "c1", "facts": []}
    assert ": 0 changed, 1 removed, 1 added" in shop([*edited[1:], new])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"^faq\.jsonl:1: found an empty file"),
        ('{"topic": "a", "reply": "b"}\n', r"^faq\.jsonl: found no FAQ entry; expected at least one .*; add one"),
        ("\0\1\2", r"^faq\.jsonl: .*expected"),
        (None, r"^faq\.jsonl: no such file or folder; expected a source named in 'data\.faq'"),
    ],
)
def test_a_broken_faq_leaves_the_old_one(shop, write, text, message):
    before = (DATA / "faq.jsonl").read_bytes(), others()
    if text is None:
        Path("faq.jsonl").unlink()
    else:
        write("faq.jsonl", text)
    with pytest.raises(UserError, match=message):
        update(load_config("configs/shop.yaml"))
    assert ((DATA / "faq.jsonl").read_bytes(), others()) == before


def test_drafted_wordings_stay_as_long_as_the_answers_do(shop, entries):
    made = read_jsonl(DATA / "faq.jsonl")
    (DATA / "faq.jsonl").write_text(as_lines([entry | {"drafted": [f"Draft {entry['id']}?"]} for entry in made]), encoding="utf-8")
    entries[3]["answers"] = ["Another answer."]
    assert ": 1 changed, 0 removed, 0 added" in shop(entries)
    drafted = {name: entry.get("drafted") for name, entry in known().items()}
    assert drafted == {entry["id"]: [f"Draft {entry['id']}?"] for entry in entries} | {entries[3]["id"]: None}


def test_without_data_it_says_what_to_run(write, shop, entries):
    (DATA / "faq.jsonl").unlink()
    with pytest.raises(UserError, match=r"^runs/shop/data/faq\.jsonl: no such file; .*; run `make data CONFIG=configs/shop\.yaml`"):
        shop(entries)


def test_the_command_prints_one_line_and_loads_no_model_library(shop, entries, monkeypatch, capsys):
    capsys.readouterr()
    monkeypatch.setattr(sys, "argv", ["data_tools.update", "configs/shop.yaml"])
    main()
    assert re.fullmatch(r"runs/shop/data/faq\.jsonl: 0 changed, .* 40 in all\n", capsys.readouterr().out)

    root = Path(__file__).parents[2]
    script = (
        "import sys; sys.argv = ['x', 'configs/shop.yaml']; from data_tools.update import main; main(); "
        "sys.exit(len({'torch', 'transformers', 'bm25s', 'numpy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", script], env={"PYTHONPATH": str(root)}, check=False).returncode == 0
    Path("faq.jsonl").unlink()
    command = [sys.executable, "-m", "data_tools.update", "configs/shop.yaml"]
    done = subprocess.run(command, env={"PYTHONPATH": str(root)}, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert re.fullmatch(r"error: faq\.jsonl: no such file or folder; .*\n", done.stderr)


def test_documents_are_read_again_and_what_cannot_be_read_now_stays(write, make_data, entries, capsys):
    write("faq.jsonl", as_lines(entries))
    page = "# Tents\n\nDry the tent before you store it.\n\n# Poles\n\nPoles break at the joint, so bring the joint too.\n"
    write("docs/care.md", page)
    write("docs/hours.md", "# Hours\n\nBoth shops are open from 9:30 to 18:00.\n")
    make_data(faq=["faq.jsonl"], documents=["docs"], valid_share=0.1, test_share=0.1)
    passages = {entry["id"]: entry for entry in known().values() if entry.get("passage")}
    assert len(passages) == 3
    assert {entry["questions"][0] for entry in passages.values()} == {"care: Tents", "care: Poles", "Hours"}

    write("docs/care.md", page.replace("before you store it", "after each trip"))
    Path("docs/hours.md").write_bytes(b"\0\1\2\3" * 50)
    told = update(load_config("configs/shop.yaml"))
    after = {entry["questions"][0]: entry["answers"] for entry in known().values() if entry.get("passage")}

    assert "1 changed, 0 removed, 0 added, 0 moved; 43 in all" in told
    assert ["Dry the tent after each trip."] in after.values() and ["Both shops are open from 9:30 to 18:00."] in after.values()
    assert "warning: docs/hours.md: found bytes that are no text" in capsys.readouterr().err
