"""Other domains than a shop by their configs alone: code support and a clinic, from data over training to the scorecard.

Code support is trained for some steps in fp32 with its seed, so that the outcome is the same each time; an untrained model fails what is
asked of it. The clinic is answered for by that model, which never saw it, and hardly any Korean: its data and its desk are looked at.
"""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from frontdesk.config.schema import HANDOFF
from frontdesk.facts.handoff import is_handoff
from frontdesk.files import read_jsonl
from tests import stages
from tests.stages import done
from ui.desk.handoff import topic_of

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("domains")]
ROOT = Path(__file__).parent.parent
Json = dict[str, Any]
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
PERSONAL = {
    "ferrywire": ["Priya", "oberholt", "fw_live_7", "555-0119"],
    "clinic": ["표은성", "0000-7730", "830412", "maeng", "Lindqvist", "302호"],
}
"""What people wrote of themselves in the chats."""
CHATS = {"ferrywire": "examples/ferrywire/slack/support/*.json", "clinic": "examples/clinic/chats.jsonl"}
"""Files with a message a line."""
TRAIN = {"evaluations": 1, "rank": 16, "dropout": 0.0, "precision": "fp32", "parity_prompts": 3}
SERVE = {"eager": True, "dtype": "float32", "context_length": 1024, "max_tokens": 64}
METRICS = ("facts_right", "facts_wrong", "chrf")
READ = ["base + FAQ in prompt", "tuned + FAQ in prompt", "desk"]
TRAINED = ["quote", "base", "base few-shot", "base chain of thought", READ[0], "tuned", *READ[1:]]
SYSTEMS = {"ferrywire": TRAINED, "clinic": ["quote", *READ]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where both runs are."""
    path = tmp_path_factory.mktemp("domains")
    for shared in ("examples", ".cache"):
        (path / shared).symlink_to(ROOT / shared)
    return path


def measured(folder: Path, name: str, *stages_before: str, **changes: Json) -> Path:
    """The run of a shipped config after these stages, with its scorecard, which may pass or not. `changes` are added to the
    config's sections."""
    config = yaml.safe_load((ROOT / f"configs/{name}.yaml").read_text(encoding="utf-8"))
    config["encoder"] = "faq-minilm"
    for section, values in {"serve": SERVE, **changes}.items():
        config[section] = config.get(section, {}) | values
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(config, allow_unicode=True), encoding="utf-8")
    for stage in stages_before:
        done(folder, stage, f"{name}.yaml")
    result = stages.run(folder, "evaluate", f"{name}.yaml")
    assert result.returncode in (0, 1), result.stdout + result.stderr
    return folder / "runs" / name


@pytest.fixture(scope="module")
def ferrywire(folder: Path, embedded_model: Path) -> Path:
    """Code support: JSON lines, a Markdown page and Slack; trained."""
    train = TRAIN | {"batch_size": 2, "epochs": 0.07, "max_length": 512}
    return measured(folder, "ferrywire", "data_tools", "train", train=train, evaluate={"sample": 6, "max_tokens": 48, "customers": []})


@pytest.fixture(scope="module")
def clinic(folder: Path, ferrywire: Path) -> Path:
    """The clinic: a Korean table and Channel Talk; read by the other's model."""
    model = {"base": "runs/ferrywire/model", "template": "chatml"}
    return measured(folder, "clinic", "data_tools", model=model, evaluate={"sample": 2, "max_tokens": 64})


@pytest.fixture(params=["ferrywire", "clinic"])
def run(request: pytest.FixtureRequest) -> Path:
    path: Path = request.getfixturevalue(request.param)
    return path


def rows(run: Path, file: str) -> list[Json]:
    return list(read_jsonl(run / f"data/{file}.jsonl"))


def said(row: Json) -> str:
    return str(row["messages"][-1]["content"])


def test_rows_of_each_kind(run: Path) -> None:
    plain = Counter(row["kind"] for row in rows(run, "train"))
    assert plain["faq"] > 70 and plain["chat"] >= 5 and plain["refusal"] >= 5
    if run.name == "ferrywire":  # the other is not trained, so it has none
        assert Counter(row["kind"] for row in rows(run, "grounded/train")).keys() == {"faq", "chat", "refusal", "reading"}
    assert len(rows(run, "test_wordings")) > 15 and rows(run, "test_unseen")
    assert len(rows(run, "faq")) >= 25 and (run / "data/report.html").is_file()


def test_every_message_is_in_the_ledger_once(run: Path) -> None:
    said = [(path, line) for path in ROOT.glob(CHATS[run.name]) for line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)]
    messages = [f"{path.relative_to(ROOT)}:{number}" for path, (number, line) in said if line.startswith("{")]
    ledger = rows(run, "ledger")
    assert len(messages) > 30
    assert sorted(one["source"] for one in ledger if not one["source"].startswith("canaries")) == sorted(messages)
    assert {one["fate"] for one in ledger} <= {"kept", "merged", "capped", "dropped"}


def test_nothing_personal_is_left(run: Path) -> None:
    written = "".join(path.read_text(encoding="utf-8") for path in (run / "data").rglob("*.jsonl") if path.name != "canaries.jsonl")
    assert not [text for text in PERSONAL[run.name] if text in written]
    masks = {"[NAME_1]", "[EMAIL_1]", "[PHONE_1]", *({"[SECRET_1]"} if run.name == "ferrywire" else {"[RRN_1]", "[ADDRESS_1]"})}
    assert {mask for mask in masks if mask in written} == masks


def test_what_a_company_publishes_is_not_masked(run: Path) -> None:
    public = [fact for entry in rows(run, "faq") for fact in entry["facts"]]
    chats = [str(turn["content"]) for row in rows(run, "train") if row["kind"] == "chat" for turn in row["messages"]]
    assert sum(any(fact in text for text in chats) for fact in public) >= 5


def test_unknown_questions_escalate(run: Path) -> None:
    refused = [row for file in ("train", "test", "test_unseen") for row in rows(run, file) if row["kind"] == "refusal"]
    assert len(refused) > 10
    assert [said(row) for row in refused if not is_handoff(said(row), HANDOFF.values())] == []


def test_training_lowered_the_held_out_loss_and_what_is_served_is_what_was_trained(ferrywire: Path) -> None:
    loss = json.loads((ferrywire / "training.json").read_text())["held_out"]["wordings"]
    assert loss["after"] < 0.75 * loss["before"]
    parity = json.loads((ferrywire / "parity.json").read_text())
    assert parity["passed"] and parity["agreement"]["served"] > 0.95 and parity["tokens"] > 20


def test_a_clinics_emergencies_escalate_in_rows_and_at_the_desk(clinic: Path) -> None:
    topics = yaml.safe_load((ROOT / "configs/clinic.yaml").read_text(encoding="utf-8"))["desk"]["topics"]
    emergencies = [row for file in ("train", "valid", "test") for row in rows(clinic, file) if row["id"].startswith("emergency-")]
    assert len(emergencies) >= 10
    for row in emergencies:
        assert "119" in said(row) and is_handoff(said(row), HANDOFF.values())
        assert topic_of(row["messages"][0]["content"], topics) == "응급"
    assert not [text for entry in rows(clinic, "faq") for text in entry["questions"] if topic_of(text, topics)]


def snippets(*texts: str) -> set[str]:
    return {code for text in texts for code in CODE.findall(text)}


def test_code_survives_byte_for_byte(ferrywire: Path) -> None:
    """From the input into `faq.jsonl`, the answers and the prompts, where numbers may be others, but in prompt and answer alike."""
    page = (ROOT / "examples/ferrywire/errors.md").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in (ROOT / "examples/ferrywire/faq.jsonl").read_text(encoding="utf-8").splitlines()]
    written = snippets(page, *(text for entry in lines for text in (*entry["questions"], *entry["answers"])))
    entries = [text for entry in rows(ferrywire, "faq") for text in (*entry["questions"], *entry["answers"])]
    assert len(written) > 40 and snippets(*entries) == written
    answers = snippets(*(said(row) for file in ("train", "valid", "test") for row in rows(ferrywire, file) if row["kind"] == "faq"))
    assert answers <= written and "```python\nclient = Client(\n    retries=5,\n    backoff=0.5,  # seconds\n)\n```" in answers
    grounded = [row for row in rows(ferrywire, "grounded/train") if row["kind"] == "faq" and row["cites"]]
    assert sum(bool(snippets(said(row))) for row in grounded) > 20
    for row in grounded:
        assert snippets(said(row)) <= snippets(row["messages"][0]["content"])
    chats = [row for file in ("train", "valid", "test") for row in rows(ferrywire, file) if row["kind"] == "chat"]
    asked = [str(turn["content"]) for row in chats for turn in row["messages"]]
    assert any('    if message.body["total"] > 0 && ok:\n        message.ack()```' in text for text in asked)


def test_each_row_of_the_scorecard_was_measured(run: Path) -> None:
    card = json.loads((run / "report/scores.json").read_text(encoding="utf-8"))
    assert list(card["systems"]) == SYSTEMS[run.name] and card["served"] == "desk"
    for scores in card["systems"].values():
        assert all(scores[metric]["value"] is not None for metric in ("facts_right", "facts_wrong", "facts_invented", "handoff_right"))
    assert (run / "report/index.html").stat().st_size > 50_000


def test_a_scorecard_that_misses_keeps_the_desk_closed(ferrywire: Path) -> None:
    """So few steps make no desk for customers."""
    card = json.loads((ferrywire / "report/scores.json").read_text(encoding="utf-8"))
    assert not card["gate"]["passed"] and card["served"] == "desk" and card["outcomes"] and card["calibration"]["of"] > 0
    served, base = (card["systems"][name]["facts_right"]["value"] for name in (card["served"], "base"))
    assert served > base
    assert card["general"]["before"]["of"] == card["general"]["after"]["of"] == 24
    assert max(card["questions"].values()) == 6
    refused = stages.run(ferrywire.parent.parent, "serve", "ferrywire.yaml")
    assert refused.returncode == 2 and "the last scorecard of this model missed" in refused.stderr


def test_the_tuned_model_reads_better_than_the_untuned(ferrywire: Path) -> None:
    """Both with the same FAQ entries in their prompts."""
    systems = json.loads((ferrywire / "report/scores.json").read_text(encoding="utf-8"))["systems"]
    of = {metric: [systems[name][metric]["value"] for name in ("base + FAQ in prompt", "tuned + FAQ in prompt")] for metric in METRICS}
    assert of["facts_right"][1] >= of["facts_right"][0]
    assert of["facts_wrong"][1] <= of["facts_wrong"][0] - 0.25
    assert of["chrf"][1] >= of["chrf"][0] + 10, "it answers in the entry's words"
