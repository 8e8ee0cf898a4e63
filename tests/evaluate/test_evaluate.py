"""The command: its arguments and one-line errors; and a whole scorecard of the shop, with an API in place of the engine."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from openai import AsyncOpenAI

from evaluate import __main__ as command
from evaluate.__main__ import scorecard
from evaluate.preconditions import earlier, other_run
from evaluate.questions import load as module
from evaluate.questions.load import Question, questions
from evaluate.scoring.judge import judged
from evaluate.systems.ask import Model
from evaluate.systems.systems import BASE
from frontdesk.config.run import Run
from frontdesk.config.schema import Config, Endpoint
from frontdesk.files import read_json, read_jsonl, write_json, write_jsonl
from tests.evaluate.conftest import Letters
from tests.stages import Result, run

pytestmark = pytest.mark.xdist_group("training")  # one process imports what the stages need
HANDOFF = "I'm not able to answer that one myself. Shall I connect you with one of our agents?"
ENTRIES = {"room": ("train", ["What is a room?", "a room, how much?"], "A room costs $80.", ["$80"])}
PROVENANCE = {"key": "model-1", "base_path": "base", "data_hash": "abc", "config": {"grounding": "faq"}}


def right_answer(question: Question) -> str:
    expects = question.turns[-1].expects
    return question.reference if expects == "facts" else HANDOFF if expects == "handoff" else "I cannot do that."


@pytest.fixture
def engine(shop: Run, api: Any, monkeypatch: pytest.MonkeyPatch, make_run: Callable[..., Run]) -> list[str]:
    """Which models were started. The API answers as the tuned model all rightly, with the number of an entry where it was shown some."""
    started: list[str] = []

    @contextmanager
    def start(config: Config, run: Run, folder: Path, which: str) -> Iterator[Model]:
        started.append(which)
        client = AsyncOpenAI(base_url=api.url, api_key="none", max_retries=0)
        yield Model(client, which, which, 0.0)

    monkeypatch.setattr("evaluate.systems.collect.engine", start)
    monkeypatch.setattr("evaluate.systems.collect.load_tokenizer", lambda config, folder: Letters())
    few = [{"id": "1", "ability": "x", "language": "en", "prompt": "ab", "choices": ["a", "b"], "answer": 0}]
    monkeypatch.setattr("evaluate.systems.collect.packaged", lambda name, languages: few)
    packaged = module.packaged
    monkeypatch.setattr(module, "packaged", lambda name, languages: packaged(name, languages)[:4])  # the rest only takes time
    config = Config(name="shop", company="", system_prompt="", model={"base": "x", "template": "chatml"}, data={"faq": ()})  # type: ignore[arg-type]
    asked = [*questions(config, shop), *questions(config, shop, make_run("inn", ENTRIES))]
    entries = [*read_jsonl(shop.faq), *read_jsonl(Run("inn").faq)]
    answers = {text: entry["answers"][0] for entry in entries for text in entry["questions"]}  # what is pressed
    answers |= {question.turns[-1].text: right_answer(question) for question in reversed(asked)}  # "unseen" before "unanswerable"

    def reply(request: dict[str, Any]) -> str:
        text = str(request["messages"][-1]["content"])
        if request["model"] == BASE:
            return "I am a robot."
        if request["model"] == "judge":
            return "A"
        shown = bool(request["messages"][0]["role"] == "system")
        hidden = shown and text in unseen and "3 weeks" not in request["messages"][0]["content"]
        return HANDOFF if hidden else answers[text]

    unseen = {question.turns[0].text for question in asked if question.set == "unseen"}
    api.reply = reply
    write_json(shop.provenance, PROVENANCE)
    return started


def card_of(folder: str) -> dict[str, Any]:
    return dict(read_json(Path(folder) / "scores.json"))


def test_a_scorecard(engine: list[str], shop: Run, config: Config, capsys: pytest.CaptureFixture[str]) -> None:
    assert scorecard(config, shop, PROVENANCE, None, None) is True
    assert engine == ["base", "tuned"], "one engine at a time, each once"
    records, card = read_jsonl(shop.root / "report/answers.jsonl"), card_of("runs/shop/report")
    systems = list(dict.fromkeys(record["system"] for record in records))
    names = ["quote", "base", "base few-shot", "base chain of thought", "base + FAQ in prompt", "tuned", "tuned + FAQ in prompt", "desk"]
    assert systems == list(card["systems"]) == names and card["served"] == names[-1]
    asked = questions(config, shop)
    assert sum(record["system"] == names[-1] for record in records) == len(asked)
    assert {record["system"] for record in records if record["set"] == "unseen"} == {names[0], names[4], names[6], names[7]}, "who reads"
    assert sum(card["questions"].values()) == len(asked) and card["questions"]["unseen"] == 2
    served = card["systems"][names[-1]]
    rights = ("facts_right", "unseen_right", "handoff_right", "injection_resisted")
    assert {served[metric]["value"] for metric in rights} == {1} and served["leaked"]["value"] == 0
    assert card["systems"]["base"]["facts_right"]["value"] == 0
    assert card["gate"]["passed"] and (card["key"], card["data_hash"], card["faq"], card["judge"]) == ("model-1", "abc", "shop", None)
    assert card["general"]["drop"]["value"] == 0
    page = (shop.root / "report/index.html").read_text(encoding="utf-8")
    assert "The desk may talk to customers" in page
    printed = capsys.readouterr().out
    assert "tuned + FAQ in prompt  " in printed and f"eval: {len(records)} answers in" in printed
    assert f"eval: quote (1 of 8): {len(asked)} questions, no model\neval: base (2 of 8): " in printed
    assert f"\nWhat desk did with {sum(card['outcomes'].values())} turns: " in printed and "\nProbabilities of " in printed
    assert "The same desk without a model" in page and "reliability diagram" in page
    assert served["asked_right"]["value"] == 1 / 3 and "asked_right" not in card["systems"]["tuned + FAQ in prompt"]
    assert card["outcomes"]["said"] > 0 and card["outcomes"]["asked back"] > 0 and card["calibration"]["auroc"] > 0.5
    assert "\neval: The desk may talk to customers: " in printed and "\neval: That the model earns its place is not shown: " in printed
    assert "answer_tokens" not in card["systems"]["quote"], "nothing is generated"


@pytest.mark.parametrize("has_base", [True, False])
def test_a_run_that_is_not_trained_is_scored_with_its_reader_beside_the_readers_base(
    engine: list[str], shop: Run, config: Config, has_base: bool
) -> None:
    """All that the run would be asked when it is trained, of those who read; the base where it is on this machine."""
    if has_base:
        Path("base").mkdir()
    scorecard(config, shop, PROVENANCE | {"reader": "runs/demo/model"}, None, None)
    assert engine == ["base"] * has_base + ["tuned"]
    card = card_of("runs/shop/report")
    assert [name for name in card["systems"] if name.startswith("base")] == ["base + FAQ in prompt"] * has_base
    assert {"quote", "tuned + FAQ in prompt", card["served"]} <= card["systems"].keys() and "tuned" not in card["systems"]
    assert sum(card["questions"].values()) == len(questions(config, shop)) and card["gate"]["checks"] and card["general"] is None


def test_made_again_it_asks_nothing_and_finds_nothing_changed(
    engine: list[str], shop: Run, config: Config, api: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    scorecard(config, shop, PROVENANCE, None, None)
    before, requests = earlier("runs/shop"), len(api.asked)
    scorecard(config, shop, PROVENANCE, None, before)
    assert len(api.asked) == requests
    assert f"eval: against shop: 0 better, 0 worse, {len(questions(config, shop))} the same" in capsys.readouterr().out


def test_a_desk_that_misses_a_limit_does_not_pass(engine: list[str], shop: Run, config: Config, api: Any) -> None:
    """A model that answers by heart says what it says."""
    api.reply = lambda request: "I am a robot."
    config = config.model_copy(update={"grounding": "none"})
    assert scorecard(config, shop, PROVENANCE, None, None) is False
    failed = {check["metric"] for check in card_of("runs/shop/report")["gate"]["checks"] if not check["passed"]}
    assert {"facts_right", "handoff_right"} <= failed


def test_a_model_that_talks_nonsense_says_nothing_at_a_desk_that_reads(engine: list[str], shop: Run, config: Config, api: Any) -> None:
    """It is worth no more than quoting, and the page tells."""
    api.reply = lambda request: "I am a robot. It costs $99."
    scorecard(config, shop, PROVENANCE, None, None)
    card, records = card_of("runs/shop/report"), read_jsonl(shop.root / "report/answers.jsonl")
    said = {system: [record["answer"] for record in records if record["system"] == system] for system in ("desk", "quote")}
    assert said["desk"] == said["quote"] and not [text for text in said["desk"] if "robot" in text or "$99" in text]
    assert card["systems"]["desk"]["facts_right"]["value"] == 1 and card["systems"]["tuned + FAQ in prompt"]["facts_right"]["value"] == 0
    assert card["outcomes"]["replaced: in no entry"] > 0 and "said" not in card["outcomes"]


def test_a_desk_that_is_worse_than_quoting_does_not_pass(
    engine: list[str], shop: Run, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Although its config sets no limits; asked about another company's FAQ, nothing is decided."""
    worse = {"metric": "facts_right", "system": "tuned", "against": "quote", "value": -0.1, "low": -0.2, "high": -0.01}
    monkeypatch.setattr("evaluate.stats.summary.beside_quote", lambda summary: [worse])
    free = config.evaluate.model_copy(update={"thresholds": {}})
    lax = config.model_copy(update={"evaluate": free})
    assert scorecard(lax, shop, PROVENANCE, None, None) is False
    assert [(one["metric"], one["against"], one["passed"]) for one in card_of("runs/shop/report")["gate"]["checks"]] == [
        ("facts_right", "quote", False)
    ]
    assert scorecard(lax, shop, PROVENANCE, other_run("runs/inn"), None) is True


def test_another_faq_is_asked_of_readers_only_and_nothing_is_decided(engine: list[str], shop: Run, config: Config) -> None:
    write_json(shop.root / "report/scores.json", {"untouched": True})
    assert scorecard(config, shop, PROVENANCE, other_run("runs/inn"), None) is True
    card = card_of("runs/shop/report-inn")
    assert list(card["systems"]) == ["quote", "base + FAQ in prompt", "tuned + FAQ in prompt", "desk"]
    assert (card["faq"], card["general"], card["gate"]["checks"], card["questions"]) == ("inn", None, [], {"wordings": 1})
    assert card["systems"]["tuned + FAQ in prompt"]["facts_right"]["value"] == 1
    assert card_of("runs/shop/report") == {"untouched": True}


def test_other_systems_stand_beside(
    engine: list[str], shop: Run, config: Config, api: Any, make_run: Callable[..., Run], capsys: pytest.CaptureFixture[str]
) -> None:
    """Another run's served model, an endpoint, and not a run that has no model."""
    theirs = config.model_copy(update={"name": "inn", "grounding": "none"}).model_dump(mode="json")
    write_json(Run("inn").provenance, PROVENANCE | {"config": theirs})
    elsewhere = {"elsewhere": Endpoint(url=api.url, model=BASE)}
    changed = config.evaluate.model_copy(update={"compare_runs": ("inn", "nowhere"), "endpoints": elsewhere})
    scorecard(config.model_copy(update={"evaluate": changed}), shop, PROVENANCE, None, None)
    assert engine == ["base", "tuned", "inn"]
    assert list(card_of("runs/shop/report")["systems"])[-3:] == ["inn", "elsewhere", "elsewhere + FAQ in prompt"]
    assert "warning: runs/nowhere/model: no trained model; evaluate.compare_runs names it; left out" in capsys.readouterr().err
    inn = [record for record in read_jsonl(shop.root / "report/answers.jsonl") if record["system"] == "inn"]
    assert len(inn) == sum(question.set != "unseen" for question in questions(config, shop)) and not any(record["shown"] for record in inn)


def test_another_run_is_not_asked_what_it_was_trained_on(
    engine: list[str], shop: Run, config: Config, api: Any, make_run: Callable[..., Run], capsys: pytest.CaptureFixture[str]
) -> None:
    """And it is asked as its own config has it, with its own system prompt, about its own FAQ."""
    make_run("inn", ENTRIES | {"ship": ("train", ["express, how much is it?", "express"], "Express is $3.", ["$3"])})
    rows = [{"kind": "faq", "messages": [{"role": "user", "content": question.turns[0].text}]} for question in questions(config, shop)]
    write_jsonl(Run("inn").data / "train.jsonl", [*read_jsonl(Run("inn").data / "train.jsonl"), rows[0] | {"id": "x#0", "source": "x"}])
    theirs = config.model_copy(update={"name": "inn", "system_prompt": "You answer for the inn."}).model_dump(mode="json")
    write_json(Run("inn").provenance, PROVENANCE | {"config": theirs})
    changed = config.evaluate.model_copy(update={"compare_runs": ("inn",)})
    scorecard(config.model_copy(update={"evaluate": changed}), shop, PROVENANCE, None, None)
    total = len(questions(config, shop))
    assert f"warning: runs/inn: 1 of {total} questions are in its training rows; it is not asked those" in capsys.readouterr().err
    records = [record for record in read_jsonl(shop.root / "report/answers.jsonl") if record["system"] == "inn"]
    assert len(records) == total - 1
    systems = {request["messages"][0]["content"].split("\n")[0] for request in api.asked if request["model"] == "inn"}
    assert systems == {"You answer for the inn."}


def test_the_faq_of_another_run_is_for_models_that_read(shop: Run) -> None:
    write_config(grounding="none")
    done = start("shop.yaml", "--faq", "runs/shop")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: --faq runs/shop: this run's model answers by heart (grounding: none);")


def test_a_judge_compares_what_both_answered(engine: list[str], shop: Run, config: Config, api: Any) -> None:
    changed = config.evaluate.model_copy(update={"judge": Endpoint(url=api.url, model="judge")})
    assert judged(config, [], "tuned") is None
    scorecard(config.model_copy(update={"evaluate": changed}), shop, PROVENANCE, None, None)
    found = card_of("runs/shop/report")["judge"]
    assert "A judge model" in (shop.root / "report/index.html").read_text(encoding="utf-8")
    assert set(found) == set(card_of("runs/shop/report")["systems"]) - {"desk"}
    asked = [request for request in api.asked if request["model"] == "judge"]
    assert len(asked) == 2 * (7 * 3 + 3 * 2), "both orders; the wordings of seven other systems, and what readers are asked besides"


# The command line -----------------------------------------------------------------------------------------------------


def start(*arguments: str) -> Result:
    return run(Path.cwd(), "evaluate", *arguments)


def write_config(**more: Any) -> None:
    values = {
        "company": "Shop",
        "system_prompt": "You answer.",
        "model": {"base": "smollm2-135m", "template": "chatml"},
        "data": {"faq": []},
    } | more
    Path("shop.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")


def test_a_mistake_is_one_line(shop: Run) -> None:
    write_config()
    done = start("shop.yaml")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: runs/shop/model: no trained model; evaluation needs one; run `make train` with the same CONFIG first\n"


@pytest.mark.parametrize("passed", [True, False])
def test_the_exit_code_is_the_gates(shop: Run, monkeypatch: pytest.MonkeyPatch, passed: bool) -> None:
    write_config()
    write_json(shop.provenance, PROVENANCE)
    write_jsonl(Path("runs/old/report/answers.jsonl"), [{"id": "a"}])
    write_json(Path("runs/old/report/scores.json"), {"served": "tuned"})
    given: list[Any] = []

    def stand_in(*parts: Any) -> bool:
        given.extend(parts)
        return passed

    monkeypatch.setattr(command, "scorecard", stand_in)
    monkeypatch.setattr(sys, "argv", ["evaluate", "shop.yaml", "--baseline", "runs/old"])
    if passed:
        command.main()
    else:
        with pytest.raises(SystemExit, match="1"):
            command.main()
    assert given[0].name == "shop" and given[1:] == [Run("shop"), PROVENANCE, None, ("old", [{"id": "a"}], "tuned")]


def test_the_scores_are_plain_json(engine: list[str], shop: Run, config: Config) -> None:
    scorecard(config, shop, PROVENANCE, None, None)
    text = (shop.root / "report/scores.json").read_text(encoding="utf-8")
    assert json.dumps(json.loads(text), allow_nan=False)
