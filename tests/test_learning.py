"""The circle: a wrong answer at the desk → an agent's correction → `make feedback` → review → `make data train` → the right answer.

On the embedded model, trained twice on a few entries with the FAQ learned by heart, which takes the least time. How a corrected fact
reaches a desk with the FAQ in its prompts, without any training, is the second test.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from frontdesk.answers.knowledge import knowledge_of
from frontdesk.config.run import Run
from frontdesk.config.schema import Config, load_config
from frontdesk.files import read_json, read_jsonl
from frontdesk.models.base import load_tokenizer
from frontdesk.models.generate import greedy_answers
from frontdesk.store import candidates
from frontdesk.store.store import open_store
from tests.stages import done

pytestmark = pytest.mark.xdist_group("training")  # one process imports what the stages need
ROOT = Path(__file__).parent.parent
ENTRIES, WORDINGS = 8, 5
"""Of the demo's FAQ: enough to hold some out."""
QUESTION = "May I bring my dog to the candle workshop?"
RIGHT = "Yes, dogs are welcome in the candle workshop on Tuesdays after 4 pm."
FACT = "on Tuesdays after 4 pm"


def stage(folder: Path, name: str) -> str:
    """Run `python -m NAME shop.yaml`; what it printed."""
    return done(folder, name, "shop.yaml").stdout


def project(folder: Path, base: Path, template: str = "chatml", **train: Any) -> Config:
    """A shop with a few entries, as shop.yaml in the folder, which becomes the working folder."""
    entries = [json.loads(line) for line in (ROOT / "examples/faq.en.jsonl").read_text(encoding="utf-8").splitlines()[:ENTRIES]]
    lines = (json.dumps(entry | {"questions": entry["questions"][:WORDINGS]}) for entry in entries)
    (folder / "faq.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    values = {
        "company": "Pebble & Pine",
        "system_prompt": "You are the customer service assistant of Pebble & Pine.",
        "grounding": "none",
        "model": {"base": str(base), "template": template},
        "data": {"faq": ["faq.jsonl"], "canaries": 0, "valid_share": 0, "test_share": 0},
        "train": {
            "method": "lora", "rank": 16, "dropout": 0.0, "learning_rate": 1e-3, "epochs": 6, "batch_size": 8, "evaluations": 1,
            "max_length": 256, "parity_prompts": 0, "dpo": {"epochs": 4},
        } | train,
    }  # fmt: skip
    (folder / "shop.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")
    os.chdir(folder)
    return load_config("shop.yaml")


def answer(config: Config) -> str:
    """What the run's merged model says to the question."""
    import torch
    from transformers import AutoModelForCausalLM

    run = Run(config.name)
    model = AutoModelForCausalLM.from_pretrained(run.model, dtype=torch.bfloat16)
    return greedy_answers(model, load_tokenizer(config, run.model), [[{"role": "user", "content": QUESTION}]])[0].text


def corrected(config: Config, wrong: str) -> None:
    """At the desk: the bot's answer gets a thumb down, a person is called, and answers; then a reviewer accepts that."""
    store = open_store(config)
    customer = store.add_customer()[1].id
    talk = store.open(customer, config.name, "en").id
    store.say(talk, "customer", QUESTION)
    store.rate(customer, store.say(talk, "bot", wrong or "I do not know.").id, -1, "that is not what I asked")
    store.say(talk, "customer", "a person, please")
    store.call_person(talk, "wish", QUESTION)
    store.take(talk, "anna")
    store.reply(talk, "anna", RIGHT)
    store.finish(talk, "anna", "solved")
    store.close()


def reviewed(config: Config) -> int:
    """The id of the only candidate, once it is accepted."""
    store = open_store(config)
    (one,) = candidates.candidates(store, "new")
    assert (one.kind, [turn["content"] for turn in one.messages], one.answer) == ("agent", [QUESTION], RIGHT)
    assert candidates.review(store, one.id, "accepted", one.answer, "bo")
    store.close()
    return one.id


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)  # and back
    return tmp_path


@pytest.mark.slow
def test_a_corrected_answer_is_given_after_the_next_training(folder: Path, embedded_model: Path) -> None:
    circle(project(folder, embedded_model), folder)
    run = Run("shop")
    wrong, right = (folder / name for name in ("before.txt", "after.txt"))
    print(f"before: {wrong.read_text()}\nafter: {right.read_text()}")
    assert FACT not in wrong.read_text() and FACT in right.read_text()
    before, after = json.loads((folder / "first.json").read_text()), read_json(run.training)
    assert after["held_out"]["wordings"]["after"] < 1.2 * before["held_out"]["wordings"]["after"], "what the FAQ taught is kept"
    preferences = read_json(run.root / "dpo.json")
    assert preferences["pairs"] == 1 and preferences["accuracy"] == 1
    assert preferences["held_out"]["after"] < 1.1 * preferences["held_out"]["before"]


def circle(config: Config, folder: Path) -> None:
    """All of it; the answers before and after stand in two files."""
    run = Run(config.name)
    stage(folder, "data_tools")
    stage(folder, "train")
    wrong = answer(config)
    (folder / "before.txt").write_text(wrong)
    (folder / "first.json").write_text(run.training.read_text())
    corrected(config, wrong)
    assert "1 candidates added" in stage(folder, "data_tools.feedback")
    id = reviewed(config)
    assert "1 accepted: 1 trained, 1 preference pairs" in stage(folder, "data_tools")
    store = open_store(config)
    row = candidates.candidate(store, id)
    assert row is not None and row.runs == [config.name]
    store.close()
    (pair,) = read_jsonl(run.data / "preferences.jsonl")
    assert pair["rejected"][0]["content"] == row.worse != RIGHT and pair["chosen"][0]["content"] == RIGHT
    assert "1 preference pairs" in stage(folder, "train")
    (folder / "after.txt").write_text(answer(config))
    assert "nothing to do" in stage(folder, "train")


def test_a_corrected_fact_is_in_the_prompt_without_training(folder: Path, embedded_model: Path) -> None:
    config = project(folder, embedded_model)
    additions = Path("runs/shop/feedback/faq_offers.csv")
    values = yaml.safe_load(Path("shop.yaml").read_text())
    stage(folder, "data_tools")
    corrected(config, "We sell candles.")
    stage(folder, "data_tools.feedback")
    reviewed(config)
    assert f"facts which the FAQ lacks: 1, in {additions}" in stage(folder, "data_tools.feedback")
    prompts = knowledge_of(config, Run("shop"))
    asked = [{"role": "user", "content": QUESTION}]
    assert FACT not in prompts.ground(asked).messages[0]["content"]

    values["data"]["faq"].append(str(additions))
    Path("shop.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")
    assert "0 changed, 0 removed, 1 added" in stage(folder, "data_tools.update")
    entries = prompts.changed()  # as the desk's watcher does
    assert entries is not None
    prompts.use(entries)
    shown = prompts.ground(asked)
    assert RIGHT in shown.messages[0]["content"] and shown.entries[0].answers == (RIGHT,)
    assert "which the FAQ lacks" not in stage(folder, "data_tools.feedback"), "the FAQ has it now"
    assert additions.is_file(), "it is a source"
