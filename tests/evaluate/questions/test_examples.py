"""The sample shop is what the docs say it is, and its own answers pass the scorer."""

import json
from collections import Counter
from pathlib import Path

import pytest

from data_tools.pipeline.build import build
from frontdesk.config.schema import load_config
from frontdesk.facts.statements import states
from frontdesk.files import read_json, read_jsonl

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory, embedded_model: Path) -> Path:
    """The data of all sources of the sample shop, which the config of the large model names, for the embedded model's tokenizer."""
    return made("llama3-8b", tmp_path_factory.mktemp("everything"), embedded_model)


def made(name: str, folder: Path, model: Path) -> Path:
    config = load_config(ROOT / f"configs/{name}.yaml")
    own = config.model.model_copy(update={"base": str(model), "template": "chatml"})
    config = config.model_copy(update={"model": own, "encoder": ()})  # retrieval is not what is looked at here
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


def test_the_demo_reads_a_part_that_trains_in_minutes(tmp_path: Path, embedded_model: Path) -> None:
    folder = made("demo", tmp_path, embedded_model)
    assert sum(entry["facts"] != [] for entry in read_jsonl(folder / "faq.jsonl")) >= 60
    assert sum(len(json.dumps(row["messages"])) for row in rows(folder, "train")) < 400_000
