"""The sample shop is what the docs say it is, its own answers pass the scorer, and no question of its customers is trained."""

import json
from collections import Counter
from pathlib import Path

import pytest

from data_tools.pipeline.build import build
from data_tools.splits.near_duplicates import Store, grams, near_pairs
from evaluate.questions.load import CUSTOMERS, Question, questions
from evaluate.scoring.records import Grader
from evaluate.systems.ask import Exchange, Said
from frontdesk.config.run import Run
from frontdesk.config.schema import Config, load_config
from frontdesk.facts.statements import states
from frontdesk.files import read_json, read_jsonl

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory, embedded_model: Path) -> Path:
    """The data of all sources of the sample shop, which the config of the large model names, for the embedded model's tokenizer."""
    return made("llama3-8b", tmp_path_factory.mktemp("everything") / "data", embedded_model)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, embedded_model: Path) -> Path:
    """The data of the demo, without rows that have entries in the prompt: `everything` has all kinds of them."""
    return made("demo", tmp_path_factory.mktemp("demo") / "data", embedded_model, grounding="none")


def made(name: str, folder: Path, model: Path, **changes: str) -> Path:
    config = load_config(ROOT / f"configs/{name}.yaml")
    own = config.model.model_copy(update={"base": str(model), "template": "chatml"})
    config = config.model_copy(update={"model": own, "encoder": (), **changes})  # retrieval is not what is looked at here
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        build(config, folder)
    return folder


def rows(folder: Path, *splits: str) -> list[dict[str, object]]:
    return [row for split in splits for row in read_jsonl(folder / f"{split}.jsonl")]


def test_every_answer_states_its_entrys_facts(everything: Path) -> None:
    entries = read_jsonl(everything / "faq.jsonl")
    assert [(entry["id"], answer) for entry in entries for answer in entry["answers"] if not states(answer, entry["facts"])] == []
    assert sum(bool(entry["facts"]) for entry in entries) > 100


def test_the_sample_shop_is_large_and_varied(everything: Path) -> None:
    entries, manifest = read_jsonl(everything / "faq.jsonl"), read_json(everything / "manifest.json")
    korean = [entry for entry in entries if entry["id"].startswith("ko-")]
    assert len(entries) - len(korean) >= 60
    assert len(entries) >= 90
    assert all(2 <= len(entry["answers"]) <= 4 for entry in entries)
    assert sum(len(entry["questions"]) >= 4 for entry in entries) > 0.9 * len(entries)
    assert manifest["conversations"]["rows"] >= 60
    assert len({source["format"] for source in manifest["sources"] if source["conversations"]}) >= 3
    assert sum(kinds.get("refusal", 0) for kinds in manifest["rows"].values()) >= 30


def test_the_sample_chats_do_not_contradict_the_faq(everything: Path) -> None:
    assert read_jsonl(everything / "conflicts.jsonl") == []


def test_no_question_stands_twice(everything: Path) -> None:
    splits = ("train", "valid", "test", "valid_wordings", "test_wordings")
    asked = [row["messages"][0]["content"] for row in rows(everything, *splits) if row["kind"] != "chat"]  # type: ignore[index]
    assert [question for question, count in Counter(text.casefold() for text in asked).items() if count > 1] == []


def test_the_demo_reads_a_part_that_trains_in_minutes(demo: Path) -> None:
    assert sum(entry["facts"] != [] for entry in read_jsonl(demo / "faq.jsonl")) >= 60
    assert sum(len(json.dumps(row["messages"])) for row in rows(demo, "train")) < 400_000


def asked(data: Path) -> list[Question]:
    """The questions of the shop's customers, about the FAQ of some data."""
    files = tuple(str(path) for path in sorted(ROOT.glob("examples/customers.*.jsonl")))
    config = Config(name="all", company="", system_prompt="", model={"base": "x"}, evaluate={"customers": files}, data={"faq": ()})  # type: ignore[arg-type]
    return [question for question in questions(config, Run("all", data.parent)) if question.set in CUSTOMERS]


def test_what_customers_ask_is_no_copy_of_any_row(everything: Path, demo: Path, tmp_path: Path) -> None:
    """Neither of what is trained, reading practice too, nor of what decides when to stop, nor of what retrieval
    knows. One that is a copy is found."""
    copy = "whats the capital of australia"
    texts = [*(question.turns[0].text for question in asked(everything)), copy]
    assert len(texts) > 300
    lines = [row for path in (*everything.rglob("*.jsonl"), *demo.rglob("*.jsonl")) for row in read_jsonl(path)]
    said = {turn["content"] for line in lines for turn in line.get("messages", []) if turn["role"] == "user"}
    known = sorted(said.union(*(line.get("questions", []) for line in lines)))
    assert len(known) > 2000
    with Store(tmp_path / "grams") as store:
        for text in [*texts, *known]:
            store.add(grams(text).tobytes())
        new, old = range(len(texts)), range(len(texts), len(store))
        copies = [(texts[one], known[other - len(texts)]) for one, other, _ in near_pairs(store, new, old, seed=0)]
        assert {text for text, _ in copies} == {copy}, copies
        assert [(texts[one], texts[other]) for one, other, _ in near_pairs(store, new, new, seed=0)] == []


def test_what_the_faq_says_itself_is_right(everything: Path) -> None:
    """Of entries that answer a question their answers, of near misses a handoff, of words that ask nothing small talk."""
    made, run = asked(everything), Run("all", everything.parent)
    grader = Grader(load_config(ROOT / "configs/llama3-8b.yaml"), run)
    best = {"facts": "", "handoff": "Let me connect you with an agent.", "chat": "Thank you, noted!"}
    wrong = []
    for question in made:
        said = Said(question.reference or best[question.expects], None, [], 1, True)
        messages = [*question.before, {"role": "user", "content": question.turns[0].text}, {"role": "assistant", "content": said.text}]
        record = grader.record(Exchange(question, "quote", 0, messages, [said]))
        wrong += [(question.id, said.text)] * (not record["right"] or record["wrong"])
    assert wrong == []
