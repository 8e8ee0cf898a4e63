"""Accepted candidates in `make data`: their splits, rows, pairs and accounts, and that nothing else changes."""

import json
import sys
from pathlib import Path

import pytest

from data_tools.__main__ import main
from data_tools.feedback.find import feedback
from data_tools.splits.near_duplicates import grams, jaccard
from frontdesk.errors import UserError
from frontdesk.files import read_json, read_jsonl
from frontdesk.prompt.render import encode
from frontdesk.store import candidates
from tests.data_tools.desk import REFUSAL, open_desk

SPLITS = ("train", "valid", "test", "valid_wordings", "test_wordings", "test_unseen")
SHARES = {"valid_share": 0.1, "test_share": 0.1}


@pytest.fixture
def shop(write, make_data, faq_text):
    """Make the data of a shop with 40 entries; the desk is opened after it."""
    write("faq.jsonl", faq_text)
    return lambda **more: make_data(faq=["faq.jsonl"], **SHARES, **more)


@pytest.fixture
def desk(shop):
    shop()
    desk = open_desk()
    yield desk
    desk.store.close()


def rows_of(*names, kind=None):
    rows = [row for name in names for row in read_jsonl(Path(f"runs/shop/data/{name}.jsonl"))]
    return [row for row in rows if kind is None or row["kind"] == kind]


def learn(desk, question, answer, worse=None):
    """A customer asks, an agent answers, a reviewer accepts; the id of the candidate."""
    talk = desk.conversation()
    desk.ask(talk, question, worse, **({} if worse in (None, REFUSAL) else {"rating": -1}))
    desk.call(talk, "topic" if worse is None else "rating")
    message = desk.store.reply(talk, "anna", answer)
    feedback(desk.config, desk.store)
    (one,) = (one for one in candidates.candidates(desk.store) if one.message_id == message.id)
    assert candidates.review(desk.store, one.id, "accepted", one.answer, "bo")
    return one.id


def of(candidate):
    """The lines of a candidate in the rows, by split."""
    name = f"feedback:{candidate}"
    return {split: rows for split in SPLITS if (rows := [r for r in rows_of(split) if r["id"] == name or r["id"].startswith(f"{name}.")])}


def told(candidate):
    return next(line for line in read_jsonl(Path("runs/shop/data/feedback.jsonl")) if line["id"] == candidate)


def test_without_a_store_the_data_is_as_before_and_none_is_made(shop, tmp_path):
    folder = shop()
    assert not (tmp_path / "runs/shop/desk").exists()
    assert not (folder / "feedback.jsonl").exists() and not (folder / "preferences.jsonl").exists()
    before = read_json(folder / "manifest.json")
    assert "feedback" not in before
    open_desk().store.close()  # an empty one
    shop()
    assert read_json(folder / "manifest.json") == before


def test_a_database_that_is_away_is_one_line(shop, monkeypatch):
    shop()
    path = Path("configs/shop.yaml")
    path.write_text(path.read_text() + "desk: {database: postgresql+psycopg://nobody@127.0.0.1:9/none}\n")
    monkeypatch.setattr(sys, "argv", ["data_tools", str(path)])
    with pytest.raises(UserError, match=r"^postgresql[^\n]*: the store cannot be opened [^\n]*; correct desk.database"):
        main()


def test_an_accepted_answer_is_trained_with_other_wordings_and_noted(desk, shop):
    id = learn(desk, "Is the green lamp made of brass?", "It is made of copper.", worse="It weighs two pounds.")
    before = {split: rows_of(split) for split in SPLITS}
    shop()
    (split,) = of(id)
    rows = of(id)[split]
    assert rows[0]["messages"] == [
        {"role": "user", "content": "Is the green lamp made of brass?"},
        {"role": "assistant", "content": "It is made of copper."},
    ]
    assert {row["kind"] for row in rows} == {"feedback"} and len({row["group"] for row in rows}) == 1
    if split == "train":
        assert len(rows) == 4 and all("derived" in row for row in rows[1:])
    # every other row is where it was: the scorecard asks the same before and after
    assert {split: [r for r in rows_of(split) if r["kind"] != "feedback"] for split in SPLITS} == before
    assert candidates.candidate(desk.store, id).runs == ["shop"]
    shop()
    assert candidates.candidate(desk.store, id).runs == ["shop"]


def test_rows_are_accounted_for(desk, shop):
    ids = [learn(desk, f"Is lamp {word} made of brass?", f"Lamp {word} is of copper.") for word in ("Alder", "Birch", "Cedar")]
    desk.store.close()
    folder = shop()
    manifest = read_json(folder / "manifest.json")
    account = next(source for source in manifest["sources"] if source["path"] == "feedback")
    written = [row for row in rows_of(*SPLITS) if row["kind"] == "feedback"]
    assert account["messages"] == len(ids) == manifest["feedback"]["accepted"] and account["rows"] == len(written) > 0
    ledger = [line for line in read_jsonl(folder / "ledger.jsonl") if line["source"].startswith("feedback:")]
    assert [line["fate"] for line in ledger] == ["kept" if told(id)["split"] else "dropped" for id in ids]
    assert sum(kinds.get("feedback", 0) for kinds in manifest["rows"].values()) == len(written)


def test_a_candidate_goes_where_its_group_is_and_no_copy_crosses(desk, shop):
    """One for an entry of each split, by its answer, and one that is a copy of a held-out wording."""
    entries = {entry["id"]: entry for entry in read_jsonl(Path("runs/shop/data/faq.jsonl"))}
    by_split = {split: next(e for e in entries.values() if e["split"] == split) for split in ("train", "valid", "test")}
    ids = {
        split: learn(desk, question, by_split[split]["answers"][0], worse=REFUSAL)
        for split, question in (("train", "who feeds zebras?"), ("valid", "are quokkas loud?"), ("test", "my gnu has a cold"))
    }
    wording = rows_of("test_wordings")[0]
    copy = learn(desk, wording["messages"][0]["content"], "Something else entirely.", worse=REFUSAL)
    trained = rows_of("train", kind="faq")[0]
    near = learn(desk, trained["messages"][0]["content"] + "?", "Another thing.", worse=REFUSAL)
    crossing = learn(desk, rows_of("train", kind="faq")[-1]["messages"][0]["content"], by_split["test"]["answers"][0], worse=REFUSAL)
    shop()

    for split, entry in by_split.items():
        assert set(of(ids[split])) == {split}
        (group,) = {row["group"] for row in of(ids[split])[split]}
        assert group in {row["group"] for row in rows_of(split, kind="faq") if row["messages"][1]["content"] in entry["answers"]}
    assert of(copy) == {} and told(copy)["fate"] == "dropped a copy of a held-out row"
    assert set(of(near)) == {"train"} and of(near)["train"][0]["group"] == trained["group"]
    assert of(crossing) == {} and "held out" in told(crossing)["fate"]

    held = rows_of("valid", "test", "valid_wordings", "test_wordings")
    texts = [grams(row["messages"][0]["content"]) for row in rows_of("train")]
    assert all(jaccard(grams(row["messages"][0]["content"]), other) < 0.7 for row in held for other in texts)
    groups = {split: {row["group"] for row in rows_of(split)} for split in ("train", "valid", "test")}
    assert not (groups["train"] & groups["valid"] or groups["train"] & groups["test"] or groups["valid"] & groups["test"])


def test_new_groups_are_dealt_out_by_their_names_and_stay_where_they_are(desk, shop):
    def where():
        return {row["messages"][-1]["content"]: split for split in ("train", "valid", "test") for row in rows_of(split, kind="feedback")}

    animals = [f"{a}{b}" for a in ("red", "blue", "wild", "tame") for b in ("fox", "owl", "eel", "yak", "ant", "hen")]
    for animal in animals[:12]:
        learn(desk, f"Where does the {animal} {animal[::-1]} sleep?", f"The {animal} sleeps.")
    shop()
    before = where()
    for animal in animals[12:]:
        learn(desk, f"Where does the {animal} {animal[::-1]} sleep?", f"The {animal} sleeps.")
    shop()
    after = where()
    assert len(after) == len(animals) and after.items() >= before.items()
    assert set(after.values()) > {"train"}


def test_what_contradicts_the_faq_is_set_aside_and_told(write, make_data, capsys):
    entries = [("ship", "What does standard shipping to your home cost?", "Standard shipping to your home costs $4.90 per order.")]
    entries += [(f"e{i}", f"What about the {word} {word}?", f"The {word} is fine.") for i, word in enumerate(("vase", "lamp", "rug"))]
    write("faq.jsonl", "".join(json.dumps({"id": a, "questions": [b], "answers": [c]}) + "\n" for a, b, c in entries))
    make_data(faq=["faq.jsonl"])
    desk = open_desk()
    id = learn(desk, "What does standard shipping to my home cost?", "Standard shipping to your home costs $6.30 per order.")
    desk.store.close()
    capsys.readouterr()
    folder = make_data(faq=["faq.jsonl"])
    assert told(id)["fate"] == "set aside contradicts the FAQ" and of(id) == {}
    assert [line["source"] for line in read_jsonl(folder / "conflicts.jsonl")] == [f"feedback:{id}"]
    assert "'$6.30', the FAQ '$4.90'" in capsys.readouterr().out
    assert not Path("runs/shop/feedback/faq_offers.csv").exists()


def test_what_a_reviewer_writes_is_masked_too(desk, shop):
    talk = desk.conversation()
    desk.ask(talk, "Whom do I ask about my refund?", REFUSAL)
    feedback(desk.config, desk.store)
    (one,) = candidates.candidates(desk.store)
    candidates.review(desk.store, one.id, "accepted", "Write to jo.birch@example.org.", "bo")
    folder = shop()
    assert "jo.birch" not in "".join(path.read_text() for path in folder.rglob("*.jsonl"))
    assert told(one.id)["answer"] == "Write to [EMAIL_1]."


def test_pairs_are_the_trained_prompt_with_both_answers(desk, shop, tokenizer):
    with_worse = [learn(desk, f"Is lamp {word} made of brass?", f"Lamp {word} is of copper.", worse=REFUSAL) for word in ("Ash", "Elm")]
    learn(desk, "Is the vase made of glass?", "The vase is of clay.")
    folder = shop()
    pairs = {pair["source"]: pair for pair in read_jsonl(folder / "preferences.jsonl")}
    trained = {row["source"]: row for row in rows_of("train", kind="feedback") if "derived" not in row}
    assert pairs.keys() == {f"feedback:{id}" for id in with_worse} & trained.keys() and pairs
    for source, pair in pairs.items():
        assert [*pair["prompt"], *pair["chosen"]] == trained[source]["messages"]
        assert pair["rejected"] == [{"role": "assistant", "content": REFUSAL}] and pair["group"] == trained[source]["group"]
    files = read_json(folder / "manifest.json")
    assert "preferences.jsonl" in files["files"] and files["feedback"]["pairs"] == len(pairs)
    assert all(len(encode(tokenizer, [*pair["prompt"], *pair["rejected"]])[0]) <= 1024 for pair in pairs.values())


def test_with_the_faq_in_the_prompt_a_row_reads_the_entry_and_a_new_fact_is_offered_to_the_faq(write, make_data, capsys):
    entries = [
        ("ship", "What does standard shipping cost?", "Standard shipping costs $4.90 per order."),
        ("gift", "Do you wrap gifts for birthdays?", "Yes, we wrap gifts for $2.50 each."),
        ("lamp", "Which bulbs do the lamps take?", "The lamps take bulbs with an E27 socket."),
        ("rug", "How do I wash the wool rug?", "Wash the wool rug by hand in cold water."),
    ]
    write("faq.jsonl", "".join(json.dumps({"id": a, "questions": [b], "answers": [c]}) + "\n" for a, b, c in entries))
    settings = {"faq": ["faq.jsonl"], "valid_share": 0.0, "test_share": 0.0, "grounding": "faq"}
    make_data(**settings)
    desk = open_desk()
    known = learn(desk, "what would shipping set me back", "Standard shipping costs $4.90 per order.", worse=REFUSAL)
    new = learn(desk, "Is there a store in Leeds?", "Yes, our shop in Leeds is in Mill Lane.", worse=REFUSAL)
    refused = learn(desk, "Will it rain tomorrow?", REFUSAL, worse="Yes, we wrap gifts for $2.50 each.")
    capsys.readouterr()
    folder = make_data(**settings)
    said = capsys.readouterr().out

    rows = {row["id"]: row for row in read_jsonl(folder / "grounded/train.jsonl") if row["kind"] == "feedback" and "derived" not in row}
    assert rows.keys() == {f"feedback:{known}", f"feedback:{refused}"}
    row = rows[f"feedback:{known}"]
    assert row["cites"] == "ship" and "ship" in row["entries"] and "$4.90" in row["messages"][0]["content"]
    assert rows[f"feedback:{refused}"]["cites"] is None
    pairs = {pair["source"]: pair for pair in read_jsonl(folder / "grounded/preferences.jsonl")}
    assert [*pairs[f"feedback:{known}"]["prompt"], *pairs[f"feedback:{known}"]["chosen"]] == row["messages"]

    path = Path("runs/shop/feedback/faq_offers.csv")
    (_, line) = path.read_text().splitlines()
    assert line.startswith('Is there a store in Leeds?,"Yes, our shop in Leeds is in Mill Lane.",')
    assert f"facts which the FAQ lacks: 1, in {path}" in said

    # once it is an entry, the same answer is trained to be read
    folder = make_data(**settings | {"faq": ["faq.jsonl", str(path)]})
    rows = {row["id"]: row for row in read_jsonl(folder / "grounded/train.jsonl") if row["kind"] == "feedback"}
    assert rows[f"feedback:{new}"]["cites"].startswith("faq-")
    assert path.read_text().count("Leeds?") == 1, "the file is a source now: it stays as it is"
    desk.store.close()
