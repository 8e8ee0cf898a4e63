"""Rows with the FAQ in the prompt: what they teach, and what must not be in them."""

import json
import random
import re
import shutil
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_tools.__main__ import summary
from data_tools.pipeline import build
from data_tools.rows import grounded, synthetic_faqs
from data_tools.rows.grounded import other_numbers, searched
from data_tools.rows.synthetic_faqs import companies
from frontdesk.answers.grounding import INSTRUCTION
from frontdesk.answers.knowledge import searchable
from frontdesk.answers.small_talk import small_talk
from frontdesk.config.schema import HANDOFF, Config
from frontdesk.files import read_json, read_jsonl, sha256, whole_folder
from frontdesk.prompt.render import encode
from frontdesk.retrieval.dense import indexed
from frontdesk.retrieval.index import Index
from frontdesk.retrieval.vectors import load_ranker, load_vectors
from tests.data_tools.texts import words
from tests.frontdesk.retrieval.by_words import ByWords

ROOT = Path(__file__).parents[3]
SPLITS = ("train", "valid", "valid_wordings")
SYSTEM = "You answer for Pebble & Pine."
THINGS = ("kettle", "lantern", "blanket", "whistle", "hammock", "compass", "teapot", "ladder", "candle", "apron")
TALKS = (
    ("do you know the fee for a lantern repair", "A lantern repair costs $41.", "and the kettle?", "A kettle repair costs $40."),
    ("what will a piano lesson cost me", "A piano lesson costs $913."),
    ("my parcel looks a bit wet", "Oh dear, I will have a look at it for you."),
    ("I paid $77.31 for it, is that right", "Yes, $77.31 is what we have here."),
)


def faq_text():
    """Repairs, prices and guarantees of ten things, each asked in eight ways; two entries have one answer."""
    rng = random.Random(3)
    entries = []
    for number, thing in enumerate(THINGS):
        for what, answer in (("repair", f"A {thing} repair costs ${40 + number}."), ("guarantee", f"A {thing} has {number + 2} years.")):
            questions = [f"{words(rng, 4)} {thing} {what}?" for _ in range(8)]
            entries.append({"id": f"{thing}-{what}", "questions": questions, "answers": [answer, f"{answer} Ask us."], "facts": ["$"]})
    lists = [{"id": f"list-{name}", "questions": [f"{name} list?"], "answers": ["It is on page 3."]} for name in ("price", "parts")]
    return "".join(json.dumps(entry) + "\n" for entry in (*entries, *lists))


def chats_text():
    lines = [f"{i},{('customer', 'agent')[n % 2]},{json.dumps(text)}" for i, talk in enumerate(TALKS) for n, text in enumerate(talk)]
    return "conversation_id,role,text\n" + "\n".join(lines) + "\n"


REFUSALS = "".join(json.dumps({"id": f"no-{i}", "question": f"{what}?", "answer": "I cannot see it."}) + "\n"
                   for i, what in enumerate(("where is my parcel", "change my password", "who won the game", "is it raining")))  # fmt: skip


def make(embedded_model, tokenizer, monkeypatch, **more):
    """Data of the sources in the working folder."""
    values = {"name": "shop", "company": "Pebble & Pine", "system_prompt": SYSTEM}
    values |= {"model": {"base": str(embedded_model), "template": "chatml"}, "train": {"max_length": 256}}
    data = {
        "faq": ["faq.jsonl"],
        "chats": ["chats.csv"],
        "out_of_scope": ["no.jsonl"],
        "canaries": 0,
        "valid_share": 0.1,
        "test_share": 0.1,
    }
    data |= more.pop("data", {})
    monkeypatch.setattr(build, "load_tokenizer", lambda config, folder: tokenizer)
    folder = Path("runs/shop/data")
    with whole_folder(folder) as temporary:
        build.build(Config(**(values | {"data": data} | more)), temporary)
    return folder


def write_sources(folder):
    for name, text in (("faq.jsonl", faq_text()), ("chats.csv", chats_text()), ("no.jsonl", REFUSALS)):
        (folder / name).write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def tuned(tmp_path_factory, embedded_model, tokenizer):
    """The tokenizer with this module's system prompt in its template."""
    from frontdesk.models.base import load_tokenizer

    model = {"base": str(embedded_model), "template": "chatml"}
    return load_tokenizer(Config(name="s", company="c", system_prompt=SYSTEM, model=model, data={"faq": ()}), embedded_model)


@pytest.fixture(scope="module")
def built(tmp_path_factory, embedded_model, tuned):
    """The data folder of a whole build, with the synthetic FAQs."""
    place = tmp_path_factory.mktemp("grounded")
    write_sources(place)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        folder = make(embedded_model, tuned, patch)
    return place / folder


@pytest.fixture
def shop(tmp_path, monkeypatch, embedded_model, tuned):
    """Make data anew, with few synthetic FAQs, which take most of the time."""
    monkeypatch.chdir(tmp_path)
    cut = synthetic_faqs.content("en") | {"companies": synthetic_faqs.content("en")["companies"][:2]}
    monkeypatch.setattr(synthetic_faqs, "content", {"en": cut}.__getitem__)
    write_sources(tmp_path)
    return lambda **more: make(embedded_model, tuned, monkeypatch, **more)


@pytest.fixture(scope="module")
def rows(built):
    return {split: read_jsonl(built / f"grounded/{split}.jsonl") for split in SPLITS}


@pytest.fixture(scope="module")
def faq(built):
    return {entry["id"]: entry for entry in read_jsonl(built / "faq.jsonl")}


@pytest.fixture(scope="module")
def plain(built):
    return {row["id"]: row for split in SPLITS for row in read_jsonl(built / f"{split}.jsonl")}


def every(rows, kind=None):
    return [row for split in SPLITS for row in rows[split] if kind in (None, row["kind"])]


def blocks(row):
    """The entries in a row's system message, as (question or None, answer)."""
    lines = row["messages"][0]["content"].split("\n")
    first = next((place for place, line in enumerate(lines) if line in INSTRUCTION.values()), None)
    assert first is not None
    shown, question = [], None
    for line in lines[first + 1 :]:
        if line.startswith("Q: "):
            question = line[3:]
        else:
            assert line.startswith("A: "), line
            shown.append((question, line[3:]))
            question = None
    return shown


def as_zeros(text):
    return re.sub(r"\d", "0", text)


# Shape ----------------------------------------------------------------------------------------------------------------


def test_every_row_is_a_system_message_and_turns_that_fit(rows, tuned):
    assert {row["kind"] for row in rows["train"]} == {"faq", "chat", "refusal", "reading"}
    assert all(rows.values())
    for row in every(rows):
        messages = row["messages"]
        assert [one["role"] for one in messages] == ["system", *("user", "assistant") * (len(messages) // 2)]
        assert INSTRUCTION["en"] in messages[0]["content"]
        assert row["kind"] == "reading" or messages[0]["content"].startswith(SYSTEM + "\n")
        assert len(encode(tuned, messages)[0]) <= 256
        assert set(row) <= {"id", "messages", "kind", "group", "source", "derived", "entries", "cites"}
        assert len(blocks(row)) == len(row["entries"]) == len(set(row["entries"])) <= 3
    assert len({row["id"] for row in every(rows)}) == len(every(rows))


def test_rows_are_those_of_the_plain_files_in_their_splits(rows, built):
    for split in SPLITS:
        expected = [row for row in read_jsonl(built / f"{split}.jsonl") if row["kind"] in ("faq", "refusal")]
        made = [row for row in rows[split] if row["kind"] in ("faq", "refusal")]
        assert [row["id"] for row in made] == [row["id"] for row in expected]
        assert [row["group"] for row in made] == [row["group"] for row in expected]
        pairs = [(row["messages"][-2]["content"], one["messages"][0]["content"]) for row, one in zip(made, expected, strict=True)]
        heard = [(text, asked) for text, asked in pairs if text != asked]
        assert 0.05 * len(pairs) < len(heard) < 0.3 * len(pairs) if split == "train" else not heard
        for text, asked in heard:  # as a machine hears it
            assert text == text.lower() or re.search("[A-Z]{2}|[0-9]", asked)
            assert set(re.findall("[a-z0-9$]+", asked.lower())) <= set(re.findall("[a-z0-9$]+", text.lower()))


def test_of_all_turns_only_the_last_is_trained(rows):
    longer = [row for row in rows["train"] if len(row["messages"]) > 3]
    assert {row["kind"] for row in longer} == {"faq", "chat", "reading"}
    for row in every(rows):
        *earlier, last = [one for one in row["messages"] if one["role"] == "assistant"]
        assert last.get("weight", 1) == 1
        assert all(one["weight"] == 0 for one in earlier)


def test_before_some_questions_stands_an_exchange_about_something_else_or_about_nothing(rows):
    """As customers talk: a name, thanks, one moment."""
    before = [row["messages"][1]["content"] for row in rows["train"] if row["kind"] in ("faq", "reading") and len(row["messages"]) == 5]
    talk = {said for one in small_talk("en") for said in one.questions}
    chatted = sum(text in talk for text in before)
    asked = sum(row["kind"] in ("faq", "reading") for row in rows["train"])
    assert 0.04 < chatted / asked < 0.15 and 0.08 < (len(before) - chatted) / asked < 0.22


# What an answer rests on ----------------------------------------------------------------------------------------------


def test_an_answer_is_that_of_the_entry_shown(rows):
    citing = [row for row in every(rows) if row["cites"] and row["kind"] != "chat"]
    assert len(citing) > 200
    for row in citing:
        assert blocks(row)[row["entries"].index(row["cites"])][1] == row["messages"][-1]["content"]
        assert row["kind"] == "reading" or row["cites"] == row["id"].rsplit("#", 1)[0]


def test_refusals_rest_on_nothing(rows):
    assert not any(row["cites"] for row in every(rows, "refusal"))


def test_without_the_right_entry_the_answer_is_the_handoff(rows, faq):
    without = [row for row in rows["train"] if row["kind"] == "faq" and not row["cites"]]
    assert 0.04 < len(without) / sum(row["kind"] == "faq" for row in rows["train"]) < 0.24
    for row in without:
        entry = row["id"].rsplit("#", 1)[0]
        assert row["messages"][-1]["content"] == HANDOFF["en"]
        assert entry not in row["entries"]
        assert not {faq[name]["answers"][0] for name in row["entries"]} & {faq[entry]["answers"][0]}
    assert all(row["cites"] for split in ("valid", "valid_wordings") for row in rows[split] if row["kind"] == "faq")


def test_an_entry_with_the_same_answer_is_no_distractor(rows, faq):
    for row in every(rows, "faq"):
        answers = [faq[name]["answers"][0] for name in row["entries"]]
        assert len(set(answers) - {"It is on page 3."}) >= len(answers) - 1
        if row["id"].startswith("list-"):
            assert sum(name.startswith("list-") for name in row["entries"]) <= 1


def test_distractors_are_near(rows):
    """About the same thing or the same matter: the question's words are in most of them."""
    shown = [(row["id"].rsplit("#")[0], name) for row in every(rows, "faq") for name in row["entries"] if name != row["cites"]]
    near = [any(part in name for part in own.split("-")) for own, name in shown]
    assert sum(near) / len(near) > 0.9


def test_the_right_entry_has_each_place_the_first_most_often(rows):
    places = Counter(row["entries"].index(row["cites"]) for row in every(rows, "faq") if row["cites"])
    assert places[0] > places[1] > places[2] > 0.02 * places.total()


def test_some_entries_stand_without_their_questions_and_none_shows_the_question_asked(rows):
    train = [row for row in rows["train"] if blocks(row)]
    bare = [row for row in train if all(question is None for question, _ in blocks(row))]
    assert 0.03 < len(bare) / len(train) < 0.2
    assert all(question for row in train if row not in bare for question, _ in blocks(row))
    for row in every(rows, "faq"):
        if row["cites"] and not row["id"].startswith("list-"):
            assert row["messages"][-2]["content"] not in {question for question, _ in blocks(row)}


# Numbers --------------------------------------------------------------------------------------------------------------


def test_numbers_are_changed_in_about_half_of_the_rows_alike_in_entry_and_answer(rows, plain):
    pairs = [(row, plain[row["id"]]["messages"][1]["content"]) for row in rows["train"] if row["kind"] == "faq" and row["cites"]]
    pairs = [(row, old) for row, old in pairs if re.search(r"\d", old)]
    changed = 0
    for row, old in pairs:
        new = row["messages"][-1]["content"]
        assert as_zeros(new) == as_zeros(old)
        changed += new != old
    assert 0.35 < changed / len(pairs) < 0.65


def test_held_out_rows_have_the_faqs_own_numbers(rows, plain):
    for split in ("valid", "valid_wordings"):
        for row in rows[split]:
            if row["kind"] == "faq":
                assert row["messages"][-1]["content"] == plain[row["id"]]["messages"][1]["content"]


@given(st.text("0123456789 $.,:a", max_size=30), st.text("0123456789 a", max_size=8), st.integers(0, 99))
def test_other_numbers(answer, question, seed):
    new = other_numbers(answer, question, random.Random(seed))
    assert as_zeros(new) == as_zeros(answer)
    pairs = list(zip(re.findall(r"\d+", answer), re.findall(r"\d+", new), strict=True))
    assert len(set(pairs)) == len({old for old, _ in pairs}), "the same number is changed alike"
    for old, made in pairs:
        assert (made == old) == (old in question)
        assert made == old or made[0] != "0"


# What must not be seen ------------------------------------------------------------------------------------------------


def test_held_out_entries_are_in_no_trained_prompt(rows, faq):
    splits = {split: {faq[name]["split"] for row in rows[split] if row["kind"] != "reading" for name in row["entries"]} for split in SPLITS}
    assert splits == {"train": {"train"}, "valid_wordings": {"train"}, "valid": {"train", "valid"}}
    assert {entry["split"] for entry in faq.values()} == {"train", "valid", "test"}


def test_no_held_out_wording_is_in_a_trained_row(rows, faq):
    held_out = {text for entry in faq.values() for text in entry["held_out"]}
    assert len(held_out) > 15
    lines = {
        line for row in rows["train"] for one in row["messages"] for line in re.sub(r"^\[\d\] ", "", one["content"], flags=re.M).split("\n")
    }
    assert not held_out & lines
    asked = {row["messages"][-2]["content"] for row in rows["valid_wordings"]}
    assert asked and asked <= held_out
    shown = {question for row in every(rows) for question, _ in blocks(row)}
    assert not held_out & shown


# Chats ----------------------------------------------------------------------------------------------------------------


def test_an_agents_answer_is_trained_if_its_values_are_known(shop):
    folder = shop(data={"valid_share": 0, "test_share": 0})
    chats = {row["id"]: row for row in read_jsonl(folder / "grounded/train.jsonl") if row["kind"] == "chat"}
    assert sorted(chats) == ["chat:0.1", "chat:0.2", "chat:2.1", "chat:3.1"]
    assert read_json(folder / "manifest.json")["grounded"]["dropped"] == {"chat: states what no entry has": 1}

    assert chats["chat:0.1"]["cites"] == "lantern-repair"
    second = chats["chat:0.2"]
    assert [one["content"] for one in second["messages"][1:-1]] == [*TALKS[0][:2], TALKS[0][2]]
    assert second["cites"] == "kettle-repair"
    assert second["messages"][-1]["content"] == TALKS[0][3]
    assert chats["chat:2.1"]["messages"][-1]["content"] == TALKS[2][1], "states nothing and rests on nothing"
    assert chats["chat:3.1"]["messages"][-1]["content"] == TALKS[3][1], "the customer said it before"


def test_turns_of_weight_0_have_no_row(shop):
    talk = "".join(f"{i},customer,the {thing} {i}?\n{i},agent,How may I help you today?\n" for i, thing in enumerate(THINGS * 3))
    Path("chats.csv").write_text("conversation_id,role,text\n" + talk, encoding="utf-8")
    folder = shop(data={"valid_share": 0, "test_share": 0})
    stock = [row for row in read_jsonl(folder / "grounded/train.jsonl") if row["kind"] == "chat"]
    assert (
        len(stock) == sum(row["messages"][1].get("weight", 1) for row in read_jsonl(folder / "train.jsonl") if row["kind"] == "chat") == 5
    )


def test_a_row_that_does_not_fit_loses_its_oldest_turns_or_is_counted(shop, tuned):
    folder = shop(train={"max_length": 120}, data={"valid_share": 0, "test_share": 0})
    rows = read_jsonl(folder / "grounded/train.jsonl")
    assert rows
    assert all(len(encode(tuned, row["messages"])[0]) <= 120 for row in rows)
    counts = read_json(folder / "manifest.json")["grounded"]
    assert counts["dropped"]["longer than train.max_length"] > 0
    assert sum(counts["rows"]["train"].values()) == len(rows)


# The build ------------------------------------------------------------------------------------------------------------


def content(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_the_same_input_and_seed_give_the_same_bytes(shop):
    first, again, other = content(shop()), content(shop()), content(shop(data={"seed": 8}))
    assert first == again
    assert first["grounded/train.jsonl"] != other["grounded/train.jsonl"]


def test_without_grounding_there_is_no_folder_and_another_hash(shop):
    with_faq = read_json(shop() / "manifest.json")
    folder = shop(grounding="none")
    without = read_json(folder / "manifest.json")
    assert not (folder / "grounded").exists()
    assert not (folder / "vectors.npz").exists()
    assert "grounded" not in without and "with FAQ" not in summary(without)
    assert without["data_hash"] != with_faq["data_hash"]
    assert without["rows"] == with_faq["rows"], "the plain rows are the same"


def test_the_hash_is_another_when_only_grounded_rows_are(shop, monkeypatch):
    first = read_json(shop() / "manifest.json")
    monkeypatch.setattr(grounded, "WITHOUT", 0.5)
    other = read_json(shop() / "manifest.json")
    assert {name for name in first["files"] if first["files"][name] != other["files"][name]} == {"grounded/train.jsonl", "report.html"}
    assert first["data_hash"] != other["data_hash"]


def test_the_manifest_tells_of_files_and_rows(built, rows):
    manifest = read_json(built / "manifest.json")
    files = {path.relative_to(built).as_posix(): sha256(path) for path in built.rglob("*") if path.is_file()}
    assert manifest["files"] == {name: digest for name, digest in files.items() if name != "manifest.json"}
    assert manifest["grounded"]["rows"] == {split: Counter(row["kind"] for row in rows[split]) for split in SPLITS}
    assert re.search(
        rf"^with FAQ train +{len(rows['train'])}  \d+ chat, \d+ faq, \d+ reading, \d+ refusal$", summary(manifest), re.MULTILINE
    )


BY_WORDS = "by-words"


@pytest.fixture
def encoder(monkeypatch):
    """What the stand-in for an encoder was asked."""
    made = ByWords(16)
    monkeypatch.setattr("frontdesk.retrieval.encoder.load_encoder", lambda name: made)
    return made.asked


def of_companies():
    return {text for one in searchable([entry for company in companies("en")[0] for entry in company.entries]) for text in indexed(one)}


def test_vectors_of_the_faq_and_the_synthetic_ones_are_kept_and_of_nothing_else(shop, encoder):
    folder = shop(encoder=BY_WORDS)
    known = load_vectors(folder / "vectors.npz", BY_WORDS)
    faq = read_jsonl(folder / "faq.jsonl")
    own = [[q for q in one["questions"] if q not in one["held_out"]] for one in faq]
    expected = [text for asked, one in zip(own, faq, strict=True) for text in (*asked, f"{asked[0]} {one['answers'][0]}")]
    texts = list(dict.fromkeys(expected))
    assert list(known)[: len(texts)] == texts
    assert set(known) - set(texts) <= of_companies()
    assert {text for one in small_talk("en") for text in indexed(one)} <= set(known)
    assert TALKS[0][0] in encoder, "it was encoded to be searched for"
    ranker = load_ranker(folder / "vectors.npz", BY_WORDS)
    assert ranker is not None and ranker.weights.shape == (4,)


def test_without_an_encoder_a_ranker_of_words_is_kept(shop, encoder):
    folder = shop()
    ranker = load_ranker(folder / "vectors.npz", None)
    assert ranker is not None and ranker.weights.shape == (1,)
    assert encoder == [] and load_vectors(folder / "vectors.npz", BY_WORDS) == {}


def test_with_an_encoder_a_second_build_has_the_same_bytes_and_encodes_no_entry_again(shop, encoder):
    first = content(shop(encoder=BY_WORDS))
    encoder.clear()
    again = content(shop(encoder=BY_WORDS))
    assert first == again
    assert not set(encoder) & set(load_vectors(Path("runs/shop/data/vectors.npz"), BY_WORDS))


@pytest.mark.slow
def test_another_run_with_the_encoder_does_not_encode_the_synthetic_faqs_again(shop, encoder):
    first = content(shop(encoder=BY_WORDS))
    shutil.rmtree("runs")
    encoder.clear()
    assert content(shop(encoder=BY_WORDS)) == first
    assert encoder and not set(encoder) & of_companies()


@given(st.lists(st.text(max_size=30), min_size=1, max_size=6))
def test_what_is_searched_for_is_known_before(texts):
    """At each question of a conversation, what `Index.read` looks at, so that a search encodes nothing new."""
    talk = [{"role": ("user", "assistant")[place % 2], "content": text} for place, text in enumerate(texts)]
    known, looked = set(searched(talk)), []

    class Noting(Index):
        def features(self, asked):
            looked.extend(asked)
            return super().features(asked)

    index = Noting(companies("en")[0][0].entries)
    for place in range(0, len(texts), 2):
        index.read(texts[: place + 1])
    assert looked and set(looked) == known


# Invented companies ---------------------------------------------------------------------------------------------------


def test_half_of_the_invented_companies_entries_are_asked_about_in_the_language_of_the_faq(rows):
    reading = [row for row in rows["train"] if row["kind"] == "reading" and row["group"] != "reading:small talk"]
    made, unanswerable = companies("en")
    asked_of = Counter(row["id"] for row in reading)
    entries = {f"{entry.id}#0" for company in made for entry in company.entries}
    assert set(asked_of) - entries == {f"{company.name}#none" for company in made} and set(asked_of.values()) == {1}
    assert 0.5 * len(entries) <= len(set(asked_of) & entries) < 0.65 * len(entries)
    systems = {company.name: company.system for company in made}
    for row in reading:
        company = row["group"].removeprefix("reading:")
        assert row["messages"][0]["content"].startswith(systems[company] + "\n")
        assert all(name.startswith(company) for name in row["entries"])
        if row["id"].endswith("#none"):
            assert row["messages"][-2]["content"] in unanswerable
            assert row["messages"][-1]["content"] == HANDOFF["en"]


def test_small_talk_is_answered_without_an_entry_and_without_a_person(rows):
    """In the desk's own name, as the desk says it where no model is asked."""
    talk = [row for row in rows["train"] if row["group"] == "reading:small talk"]
    said = {row["messages"][-2]["content"]: row["messages"][-1]["content"] for row in talk}
    assert said == {question: one.answers[0] for one in small_talk("en") for question in one.questions}
    assert len(said) == len(talk) and HANDOFF["en"] not in said.values()
    for row in talk:
        assert row["entries"] == [] and row["cites"] is None
        assert row["messages"][0]["content"].startswith(SYSTEM + "\n")


def test_small_talk_is_no_entry_of_a_prompt(rows):
    ids = {one.id for name in ("en", "ko") for one in small_talk(name)}
    assert not any(ids & set(row["entries"]) for row in every(rows))


# What a reader sees of a conversation ---------------------------------------------------------------------------------


def test_a_reader_is_trained_on_as_much_of_a_conversation_as_the_desk_shows_it(rows, shop):
    talk = [(("customer", "agent")[n % 2], f"the {thing} is {'very ' * 200}nice") for n, thing in enumerate(THINGS)]
    lines = "".join(f"1,{role},{text}\n" for role, text in talk)
    Path("chats.csv").write_text("conversation_id,role,text\n" + lines, encoding="utf-8")
    folder = shop(data={"valid_share": 0, "test_share": 0}, train={"max_length": 2048})
    chats = [row for row in read_jsonl(folder / "grounded/train.jsonl") if row["kind"] == "chat"]
    assert [len(row["messages"]) for row in chats] == [3, 5, 5, 5, 5], "the question, and the exchange before it"
    for row in chats[1:]:
        _, asked, answered, question, _ = row["messages"]
        assert len(asked["content"]) == len(answered["content"]) == 600 < len(question["content"])


def test_of_a_large_faq_some_rows_are_written_its_own_wordings_first_and_refusals_in_proportion():
    rows = [{"id": f"{number}#0", "kind": "faq"} for number in range(40)]
    rows += [{"id": f"{number}#0.1", "kind": "faq", "derived": "opening"} for number in range(60)]
    rows += [{"id": f"no {number}", "kind": "refusal"} for number in range(10)] + [{"id": "c", "kind": "chat"}]
    few, many = (grounded._kept(rows, split, 7) for split in ("valid", "train"))
    assert few == many == set(range(len(rows))), "all of a small one"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grounded, "MOST", {"train": 50, "valid": 10})
        train, valid = (grounded._kept(rows, split, 7) for split in ("train", "valid"))
        turned = grounded._kept(rows[::-1], "train", 7)
    kinds = Counter(rows[place]["kind"] for place in train)
    assert kinds == {"faq": 50, "refusal": 5, "chat": 1} and set(range(40)) <= train
    assert Counter(rows[place]["kind"] for place in valid) == {"faq": 10, "refusal": 1, "chat": 1}
    assert not any("derived" in rows[place] for place in valid)
    assert {rows[place]["id"] for place in train} == {rows[::-1][place]["id"] for place in turned}, "in whichever order they come"
