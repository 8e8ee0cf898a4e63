"""The whole comparison on a tiny random model; what it does with a method that fails; and that it repeats nothing."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from evaluate import compare as module
from evaluate.compare import VARIANTS, ask_all, derived, is_variant
from evaluate.questions.load import questions
from evaluate.report.compare import NONE, findings, table
from evaluate.stats.summary import summarize
from evaluate.systems.systems import PROMPTS, QUOTE, UNTRAINED
from frontdesk.config.run import Run
from frontdesk.config.schema import Config, load_config
from frontdesk.files import read_jsonl, write_json, write_jsonl
from tests.evaluate.conftest import Letters
from tests.stages import Result, run, started

pytestmark = pytest.mark.xdist_group("training")  # one process imports what the stages need
ROOT = Path(__file__).parents[2]
FACTS = {"fee": "$4", "returns": "45 days", "hours": "9 am", "gift": "$3.50", "parcels": "2 parcels", "points": "100 points"}
ENVIRONMENT = {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
"""Of the trainings that the comparison starts, too."""
Compared = tuple[Path, Result]


def compare(folder: Path, *options: str) -> Result:
    return run(folder, "evaluate.compare", "shop.yaml", *options, **ENVIRONMENT)


def row(entry: str, number: int) -> dict[str, Any]:
    turns = [("user", f"tell me about {entry}, please, {number}"), ("assistant", f"It is {FACTS[entry]}.")]
    return {
        "id": f"{entry}#{number}",
        "messages": [{"role": role, "content": content} for role, content in turns],
        "kind": "faq",
        "group": entry,
        "source": f"faq:{list(FACTS).index(entry)}",
    }


def project(folder: Path, model: Path, **train: Any) -> Path:
    """A config with the tiny model, and its data."""
    config = {
        "company": "Shop",
        "system_prompt": "You answer for the shop.",
        "grounding": "none",
        "model": {"base": str(model), "template": "llama3"},
        "data": {"faq": []},
        "train": {"rank": 2, "epochs": 1, "evaluations": 2, "batch_size": 4, "max_length": 256, "precision": "fp32"} | train,
        "serve": {"max_tokens": 12},
    }
    (folder / "shop.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    data = folder / "runs/shop/data"
    data.mkdir(parents=True)
    entries = [
        {
            "id": entry,
            "category": "shop",
            "questions": [f"tell me about {entry}"],
            "answers": [f"It is {fact}."],
            "facts": [fact],
            "source": f"faq:{place}",
            "split": "train",
        }
        for place, (entry, fact) in enumerate(FACTS.items())
    ]
    write_jsonl(data / "faq.jsonl", entries)
    write_jsonl(data / "train.jsonl", [row(entry, number) for entry in FACTS for number in range(4)])
    for number, name in enumerate(("valid", "valid_wordings", "test_wordings"), 4):
        write_jsonl(data / f"{name}.jsonl", [row(entry, number) for entry in ("fee", "returns", "hours")])
    for name in ("test", "test_unseen"):
        write_jsonl(data / f"{name}.jsonl", [])
    write_json(data / "manifest.json", {"data_hash": "abc"})
    return folder


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory, tiny_llama3: Path) -> Compared:
    """Three methods, the first of which finds no data."""
    folder = project(tmp_path_factory.mktemp("compare"), tiny_llama3)
    (folder / "runs/shop/compare/full").mkdir(parents=True)
    (folder / "runs/shop/compare/full/data").symlink_to("nowhere")
    done = compare(folder, "--methods", "full", "lora", "prefix", "--docs")
    assert done.returncode == 0, done.stderr[-3000:]
    return folder, done


def record_of(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "runs/shop/compare/compare.json").read_text(encoding="utf-8")))


def line_of(folder: Path, system: str) -> list[str]:
    return next(line for line in table(record_of(folder)) if line[0] == system)


@pytest.mark.slow
def test_the_tables_figures_are_those_of_the_records(compared: Compared) -> None:
    folder, done = compared
    record = record_of(folder)
    assert [row["system"] for row in record["rows"]] == [*UNTRAINED, "full tuning", "LoRA", "prefix tuning"]
    lora = json.loads((folder / "runs/shop/compare/lora/training.json").read_text())
    adapter = sum(file.stat().st_size for file in (folder / "runs/shop/compare/lora/adapter").iterdir())
    figures = [
        f"{lora['trainable_parameters'] / 1e6:.2f} M",
        f"{lora['peak_rss_gib']:.2f} GiB",
        f"{lora['tokens_per_second']:,}",
        f"{adapter / 1e6:.1f} MB",
        f"{adapter / 1e6:.1f} MB",
        f"{lora['held_out']['wordings']['after']:.3f}",
    ]
    assert line_of(folder, "LoRA")[1:7] == figures
    printed = next(line for line in done.stdout.splitlines() if line.startswith("LoRA "))
    assert re.split(r" {2,}", printed)[:7] == ["LoRA", *figures]
    assert f"| LoRA | {' | '.join(figures)} |" in (folder / "docs/compare.md").read_text(encoding="utf-8")
    assert line_of(folder, PROMPTS[0])[1:7] == [*[NONE] * 5, f"{lora['held_out']['wordings']['before']:.3f}"]
    assert line_of(folder, "prefix tuning")[5] == "not served"


@pytest.mark.slow
def test_a_method_that_fails_is_a_row_with_its_reason_and_the_rest_goes_on(compared: Compared) -> None:
    folder, done = compared
    full = record_of(folder)["rows"][4]
    assert full["error"].startswith("runs/shop/compare/full/data/manifest.json: no data;") and "\n" not in full["error"]
    assert line_of(folder, "full tuning") == ["full tuning", *[NONE] * 6, "failed", NONE]
    assert f"full tuning failed: {full['error']}" in done.stdout
    assert "warning: full tuning failed (exit code 2)" in done.stderr


@pytest.mark.slow
def test_all_steps_are_made(compared: Compared) -> None:
    lora, prefix = record_of(compared[0])["rows"][5:]
    assert lora["steps"] == prefix["steps"] == 6


@pytest.mark.slow
def test_the_scorecards_numbers_come_from_the_answers_that_are_kept(compared: Compared) -> None:
    folder, _ = compared
    records, record = read_jsonl(folder / "runs/shop/compare/answers.jsonl"), record_of(folder)
    assert summarize(records, record["own"]) == {key: record[key] for key in summarize(records, record["own"])}
    of = {name: scores["facts_right"]["of"] for name, scores in record["systems"].items()}
    assert of == dict.fromkeys((*UNTRAINED, "LoRA", "prefix tuning"), 3)


@pytest.mark.slow
def test_the_page_and_the_docs_stand_alone(compared: Compared) -> None:
    folder, _ = compared
    page = (folder / "runs/shop/compare/index.html").read_text(encoding="utf-8")
    assert "<svg" in page and "://" not in re.sub(r'xmlns(:\w+)?="[^"]*"', "", page)
    assert "LoRA와 QLoRA" in page and "src=" not in page
    docs = (folder / "docs/compare.md").read_text(encoding="utf-8")
    assert '`make compare CONFIG=shop.yaml ARGS="--methods full lora prefix --docs"` wrote this page.' in docs
    assert (folder / "docs/compare.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
def test_nothing_is_repeated(compared: Compared) -> None:
    folder, _ = compared

    def made() -> dict[Path, int]:
        files = [*folder.glob("runs/shop/compare/*/training.json"), folder / "runs/shop/compare/cache.jsonl"]
        return {file: file.stat().st_mtime_ns for file in files}

    before = made()
    assert len(before) == 2 + 1
    again = compare(folder, "--methods", "lora", "prefix")
    assert again.returncode == 0, again.stderr
    assert again.stdout.count("up to date") == 2 and "answers from" not in again.stdout
    assert made() == before


@pytest.mark.slow
def test_a_request_to_end_reaches_the_training_and_ends_the_comparison(tmp_path: Path, tiny_llama3: Path) -> None:
    folder = project(tmp_path, tiny_llama3, epochs=2000)
    with started(folder, "evaluate.compare", "shop.yaml", "--methods", "lora", "full", **ENVIRONMENT) as stage:
        stage.wait_for(lambda: "timed steps" in stage.stdout)  # told after the fourth step
        stage.send_signal(signal.SIGTERM)  # to the comparison alone, as `kill` does
        ended = stage.wait()
    assert ended.returncode == 130
    assert "interrupted; `make train` resumes from runs/shop/compare/lora/checkpoints/checkpoint-" in ended.stderr
    assert "2/2" not in ended.stdout and not (folder / "runs/shop/compare/compare.json").exists()


def test_where_no_training_ends_the_base_stands_alone(tmp_path: Path, tiny_llama3: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project(tmp_path, tiny_llama3))
    monkeypatch.setattr(module, "train", lambda run, config, place: "no memory")
    monkeypatch.setattr(sys, "argv", ["compare", "shop.yaml", "--methods", "lora", "--docs"])
    module.main()
    record = record_of(tmp_path)
    assert [row["system"] for row in record["rows"]] == [*UNTRAINED, "LoRA"] and record["own"] == PROMPTS[0]
    assert line_of(tmp_path, "LoRA")[-2:] == ["failed", NONE] and list(record["systems"]) == list(UNTRAINED)
    assert "Not compared: no training ended." in (tmp_path / "docs/compare.md").read_text(encoding="utf-8")


def test_without_data_it_is_one_line(tmp_path: Path, tiny_llama3: Path) -> None:
    (project(tmp_path, tiny_llama3) / "runs/shop/data/manifest.json").unlink()
    done = compare(tmp_path)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and "run `make data CONFIG=shop.yaml`" in done.stderr


def test_the_comparison_is_small_while_it_trains(embedded_model: Path) -> None:
    """A process inherits the peak memory of the one that started it, which must not have loaded torch."""
    code = (
        "import sys; from evaluate import compare; from frontdesk.config.schema import load_config;"
        "config = load_config('configs/demo.yaml'); [compare.derived(config, name) for name in compare.VARIANTS];"
        "compare.locate(config.model); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_each_method_gets_its_own_rate_and_equal_steps() -> None:
    demo = load_config(ROOT / "configs/demo.yaml")
    trains = {name: derived(demo, name).train for name in VARIANTS}
    rates = {"qlora": 1e-3, "qlora8": 1e-3, "lora": 1e-3, "full": 1e-4, "adapter": 1e-3, "prefix": 1e-2}
    assert {name: train.learning_rate for name, train in trains.items()} == rates
    assert [trains[name].bits for name in ("qlora", "qlora8")] == [4, 8]
    own = {"method", "bits", "learning_rate", "patience", "parity_prompts", "dequantize_once"}
    for train in trains.values():
        assert train.patience > train.evaluations and train.parity_prompts == 0 and train.dequantize_once is False
        assert train.model_dump(exclude=own) == demo.train.model_dump(exclude=own)
    full = demo.model_copy(update={"train": demo.train.model_copy(update={"method": "full", "learning_rate": 1e-4})})
    assert derived(full, "lora").train.learning_rate == 1e-3
    assert [name for name in VARIANTS if is_variant(demo, name)] == ["qlora"]
    assert [name for name in VARIANTS if is_variant(derived(demo, "qlora8"), name)] == ["qlora8"]


@pytest.mark.parametrize("grounding", ["faq", "none"])
def test_methods_are_asked_as_they_were_trained(shop: Run, config: Config, monkeypatch: pytest.MonkeyPatch, grounding: str) -> None:
    """With the entries in their prompt, or without."""
    asked: dict[str, list[list[dict[str, Any]]]] = {}

    def generate(config: Config, folder: Path, adapter: Path | None, prompts: dict[str, Any], limit: int, cache: Any) -> None:
        asked[str(folder)] = list(prompts.values())
        for key, turns in prompts.items():
            text = "It costs $4.90." if "ship" in turns[-1]["content"] else "I do not know."
            cache.add(key, {"text": text, "tokens": 4, "stopped": True})

    monkeypatch.setattr("evaluate.systems.offline.generate", generate)
    monkeypatch.setattr("evaluate.systems.offline.load_tokenizer", lambda config, folder: Letters())
    monkeypatch.setattr("evaluate.systems.offline.weights", lambda folder: [folder])
    monkeypatch.setattr("evaluate.systems.offline.sha256", str)
    monkeypatch.setattr(module, "load_tokenizer", lambda config, folder: Letters())
    tuned = Run("shop/compare/lora")
    training = {"precision": "fp32", "steps": 1, "trainable_parameters": 1, "peak_gpu_gib": None, "peak_rss_gib": 1.0}
    write_json(tuned.training, training | {"tokens_per_second": 1, "held_out": {}})
    write_json(tuned.provenance, {"merge": {}})
    config = config.model_copy(update={"grounding": grounding})
    held_out = [question for question in questions(config, shop) if question.set == "wordings"]
    exchanges, rows = ask_all(config, shop, Path("base"), {"lora": derived(config, "lora")}, {"lora": None}, held_out)
    assert [row["system"] for row in rows] == [*UNTRAINED, "LoRA"] and rows[3] == {"system": QUOTE}
    prompts = asked[str(tuned.model)]
    assert [turns[-1]["content"] for turns in prompts] == [question.turns[0].text for question in held_out]
    leads = [turns[0] for turns in prompts if turns[0]["role"] == "system"]
    if grounding == "none":
        assert leads == [] and all(len(turns) == 1 for turns in prompts)
    else:
        assert "Shipping costs $4.90." in leads[0]["content"] and "Express shipping costs $14.50." in leads[1]["content"]
        assert all(lead["content"].startswith("You answer for Pebble & Pine.\n") for lead in leads)
    first = next(one.answers[0] for one in exchanges if one.system == "LoRA")
    assert (first.text, first.outcome) == ("It costs $4.90.", ""), "the method's own words, which no check has replaced"
    assert all(one.answers[0].outcome for one in exchanges if one.system == QUOTE)


def row_of(system: str, **figures: Any) -> dict[str, Any]:
    """A trained method's row."""
    values: dict[str, Any] = {"learning_rate": 1e-3, "precision": "bfloat16", "steps": 8, "trainable_parameters": 4_900_000}
    values |= {"peak_gib": 2.0, "on_gpu": False, "tokens_per_second": 400, "bytes_stored": 20_000_000, "bytes_shipped": 20_000_000}
    values |= {
        "prompt_tokens": 40,
        "merge": {},
        "held_out": {"wordings": {"before": 4.0, "after": 0.2}, "general": {"before": 3.0, "after": 3.5}},
    }
    return {"system": system} | values | figures


def said(answer: Callable[..., dict[str, Any]], right: dict[str, list[bool]], *rows: dict[str, Any], own: str = "LoRA") -> str:
    """All findings about methods with these answers, beside a base that is right once and quote, which is right six times."""
    right = {QUOTE: [True] * 6 + [False] * 4} | {name: [name == PROMPTS[1], *[False] * 9] for name in PROMPTS} | right
    records = [answer(f"e{i}#1", system=name, right=flag, wrong=not flag) for name, flags in right.items() for i, flag in enumerate(flags)]
    record = {"command": "make compare", "date": "2026-01-01", "machine": "a CPU", "base": "base", "data_hash": "abc", "own": own}
    prompts = [{"system": name, "prompt_tokens": tokens} for name, tokens in zip(PROMPTS, (40, 180, 400), strict=True)]
    record |= {"rows": [*prompts, {"system": QUOTE}, *rows]} | summarize(records, own)
    return " ".join(sentence for _, _, sentences in findings(record) for sentence in sentences)


def test_the_findings_follow_from_the_figures(answer: Callable[..., dict[str, Any]]) -> None:
    right = {"QLoRA NF4": [True] * 7 + [False] * 3, "LoRA": [True] * 8 + [False] * 2}
    merge = {"into": "dequantized", "losses": {"pristine": 0.31, "dequantized": 0.25}}
    qlora = row_of("QLoRA NF4", peak_gib=1.5, tokens_per_second=300, merge=merge, held_out={"wordings": {"after": 0.25}})
    text = said(answer, right, qlora, row_of("LoRA"))
    assert "QLoRA NF4 peaked at 1.50 GiB where LoRA took 2.00 (-25%), trained 300 tokens/s against 400 (-25%)" in text
    assert "held-out loss of 0.250 against 0.200 (+0.050)" in text
    assert "Facts right of 10: QLoRA NF4 7, LoRA 8; a difference of −10 points (" in text and "no more than chance explains." in text
    assert re.search(r"Facts right of 10: LoRA 8, base few-shot 1; a difference of \+70 points \(\+\d+ to \+\d+\), more than chance", text)
    assert "LoRA 8, quote 6; a difference of +20 points (" in text and "quote is no model: the desk with the entry's own answer" in text
    assert "180 base few-shot, 400 base chain of thought; 40 tuned" in text and "LoRA +0.500" in text
    assert "Steps: 8; precision: bfloat16" in text and "0.310 in the pristine base, 0.250 in the dequantized base" in text
    assert "QLoRA NF4 7, base few-shot 1" in said(answer, right, qlora, row_of("LoRA"), own="QLoRA NF4")


def test_the_findings_say_what_is_not_equal_or_not_there(answer: Callable[..., dict[str, Any]]) -> None:
    wrong = [False] * 10
    lora, qlora = row_of("LoRA"), row_of("QLoRA NF4", steps=6, precision="float32")
    text = said(answer, {"QLoRA NF4": wrong, "LoRA": wrong}, qlora, lora)
    assert "NOT EQUAL, QLoRA NF4 6, LoRA 8; precision: NOT EQUAL, QLoRA NF4 float32, LoRA bfloat16" in text
    assert "Not compared: it takes both." in said(answer, {"LoRA": wrong}, lora)
    assert "Not compared: it takes both." in said(answer, {"QLoRA NF4": wrong}, qlora, own="QLoRA NF4")
    assert "Not compared: no training ended." in said(answer, {}, own=PROMPTS[0])
