"""The sample shop is what the docs say it is, and its own answers pass the scorer."""

import json
from collections import Counter
from pathlib import Path

import pytest

from data_tools.__main__ import build
from evaluate.facts import states
from frontdesk.config import Config, load_config

ROOT = Path(__file__).parents[2]


@pytest.fixture
def everything(monkeypatch: pytest.MonkeyPatch) -> Config:
    """The config that names all sources of the sample shop."""
    monkeypatch.chdir(ROOT)
    return load_config("configs/llama3-8b.yaml")


def test_every_answer_states_its_entrys_facts(everything: Config) -> None:
    entries = build(everything).entries
    assert [(entry.id, answer) for entry in entries for answer in entry.answers if not states(answer, entry.facts)] == []
    assert sum(bool(entry.facts) for entry in entries) > 100


def test_the_sample_shop_is_large_and_varied(everything: Config) -> None:
    data = build(everything)
    korean = [entry for entry in data.entries if entry.id.startswith("ko-")]
    assert len(data.entries) - len(korean) >= 60
    assert len(data.entries) >= 90
    assert all(2 <= len(entry.answers) <= 4 for entry in data.entries)
    assert sum(len(entry.questions) >= 4 for entry in data.entries) > 0.9 * len(data.entries)
    conversations = [row for row in data.rows if row.kind == "chat"]
    assert len(conversations) >= 60
    assert len({source["format"] for source in data.sources if "conversations" in source}) >= 3
    assert sum(row.kind == "refusal" for row in data.rows) >= 30


def test_no_question_stands_twice(everything: Config) -> None:
    questions = Counter(row.messages[0]["content"].casefold() for row in build(everything).rows if row.kind != "chat")
    assert [question for question, count in questions.items() if count > 1] == []


def test_the_demo_reads_a_part_that_trains_in_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    data = build(load_config("configs/demo.yaml"))
    assert sum(entry.facts != [] for entry in data.entries) >= 60
    train = [row for row in data.rows if row.split == "train"]
    assert sum(len(json.dumps(row.messages)) for row in train) < 400_000
