"""The whole comparison on a tiny random model; what it does with a method that fails; and that it repeats nothing."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from evaluate import compare as module
from evaluate.compare import VARIANTS, ask_tuned, derived, held_out_questions, is_variant
from evaluate.report.compare import NONE, cells, findings
from frontdesk.config.run import Run
from frontdesk.config.schema import Config, load_config
from frontdesk.files import read_jsonl, write_json, write_jsonl
from tests.stages import Result, run, started

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
    write_jsonl(data / "faq.jsonl", [{"id": entry, "facts": [fact]} for entry, fact in FACTS.items()])
    write_jsonl(data / "train.jsonl", [row(entry, number) for entry in FACTS for number in range(4)])
    for number, name in enumerate(("valid", "valid_wordings", "test_wordings"), 4):
        write_jsonl(data / f"{name}.jsonl", [row(entry, number) for entry in ("fee", "returns", "hours")])
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


@pytest.mark.slow
def test_the_tables_figures_are_those_of_the_records(compared: Compared) -> None:
    folder, done = compared
    record = record_of(folder)
    assert [system["system"] for system in record["systems"]] == ["zero-shot", "few-shot", "chain of thought", "full", "lora", "prefix"]
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
    assert cells(record["systems"][4])[1:7] == figures
    line = next(line for line in done.stdout.splitlines() if line.startswith("LoRA "))
    assert re.split(r" {2,}", line)[:7] == ["LoRA", *figures]
    assert f"| LoRA | {' | '.join(figures)} |" in (folder / "docs/compare.md").read_text(encoding="utf-8")
    assert cells(record["systems"][0])[1:7] == [*[NONE] * 5, f"{lora['held_out']['wordings']['before']:.3f}"]
    assert cells(record["systems"][5])[5] == "not served"


@pytest.mark.slow
def test_a_method_that_fails_is_a_row_with_its_reason_and_the_rest_goes_on(compared: Compared) -> None:
    folder, done = compared
    full = record_of(folder)["systems"][3]
    assert full["error"].startswith("runs/shop/compare/full/data/manifest.json: no data;") and "\n" not in full["error"]
    assert cells(full) == ["full tuning", *[NONE] * 6, "failed", NONE]
    assert f"full tuning failed: {full['error']}" in done.stdout
    assert "warning: full tuning failed (exit code 2)" in done.stderr


@pytest.mark.slow
def test_all_steps_are_made(compared: Compared) -> None:
    lora, prefix = record_of(compared[0])["systems"][4:]
    assert lora["steps"] == prefix["steps"] == 6


@pytest.mark.slow
def test_every_answer_is_counted(compared: Compared) -> None:
    for one in record_of(compared[0])["systems"]:
        if "error" not in one:
            flags = [answer["right"] for answer in one["answers"]]
            assert (one["right"], one["of"]) == (sum(flags), 3)


@pytest.mark.slow
def test_the_page_and_the_docs_stand_alone(compared: Compared) -> None:
    folder, _ = compared
    page = (folder / "runs/shop/compare/index.html").read_text(encoding="utf-8")
    assert "<svg" in page and "http" not in re.sub(r'xmlns(:\w+)?="[^"]*"', "", page)
    assert "LoRA와 QLoRA" in page and "src=" not in page
    docs = (folder / "docs/compare.md").read_text(encoding="utf-8")
    assert '`make compare CONFIG=shop.yaml ARGS="--methods full lora prefix --docs"` wrote this page.' in docs
    assert (folder / "docs/compare.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
def test_nothing_is_repeated(compared: Compared) -> None:
    folder, _ = compared

    def made() -> dict[Path, int]:
        files = [*folder.glob("runs/shop/compare/*/training.json"), *folder.glob("runs/shop/compare/answers/*")]
        return {file: file.stat().st_mtime_ns for file in files}

    before = made()
    assert len(before) == 2 + 5
    again = compare(folder, "--methods", "lora", "prefix")
    assert again.returncode == 0, again.stderr
    assert again.stdout.count("up to date") == 2 and "answers from" not in again.stdout
    assert made() == before


@pytest.mark.slow
def test_a_request_to_end_reaches_the_training_and_ends_the_comparison(tmp_path: Path, tiny_llama3: Path) -> None:
    folder = project(tmp_path, tiny_llama3, epochs=2000)
    with started(folder, "evaluate.compare", "shop.yaml", "--methods", "lora", "full", **ENVIRONMENT) as stage:
        stage.wait_for(lambda: re.search(r"^  step (?!.*held-out)", stage.stdout, re.M))
        stage.send_signal(signal.SIGTERM)  # to the comparison alone, as `kill` does
        ended = stage.wait()
    assert ended.returncode == 130
    assert "interrupted; `make train` goes on from runs/shop/compare/lora/checkpoints/checkpoint-" in ended.stderr
    assert "2/2" not in ended.stdout and not (folder / "runs/shop/compare/compare.json").exists()


def test_without_data_it_is_one_line(tmp_path: Path, tiny_llama3: Path) -> None:
    (project(tmp_path, tiny_llama3) / "runs/shop/data/manifest.json").unlink()
    done = compare(tmp_path)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and "run `make data CONFIG=shop.yaml`" in done.stderr


def test_the_comparison_is_small_while_it_trains(embedded_model: Path) -> None:
    """A process inherits the peak memory of the one that started it, which must not have loaded torch."""
    code = (
        "import sys; from evaluate import compare; from evaluate.report import compare as page;"
        "from frontdesk.config.schema import load_config;"
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


def test_held_out_wordings_whose_entry_names_facts_are_asked(shop: Run) -> None:
    asked = held_out_questions(shop)
    assert [(one["messages"][0]["content"], one["facts"]) for one in asked] == [
        ("to ship, how much?", ["$4.90"]),
        ("fast, how much?", ["$14.50"]),
    ]
    assert all(len(one["messages"]) == 1 for one in asked) and asked[0]["source"] == "faq.jsonl:fee#3"


def test_an_entry_is_told_by_the_rows_id_and_not_by_its_group(shop: Run) -> None:
    rows = read_jsonl(shop.data / "test_wordings.jsonl")
    write_jsonl(shop.data / "test_wordings.jsonl", [row | {"group": "shared"} for row in rows])
    assert [one["facts"] for one in held_out_questions(shop)] == [["$4.90"], ["$14.50"]]


@pytest.mark.parametrize("grounding", ["faq", "none"])
def test_tuned_systems_are_asked_as_they_were_trained(shop: Run, config: Config, monkeypatch: pytest.MonkeyPatch, grounding: str) -> None:
    """With the entries in their prompt, or without."""
    asked: list[list[dict[str, Any]]] = []

    def ask(config: Config, run: Run, folder: Path, adapter: Path | None, prompts: Any, limit: int) -> dict[str, Any]:
        asked.extend(prompts)
        return {"texts": ["It costs $4.90.", "I do not know."], "prompt_tokens": 40}

    monkeypatch.setattr(module, "ask", ask)
    tuned = Run("shop/compare/lora")
    training = {"precision": "fp32", "steps": 1, "trainable_parameters": 1, "peak_gpu_gib": None, "peak_rss_gib": 1.0}
    write_json(tuned.training, training | {"tokens_per_second": 1, "held_out": {}})
    write_json(tuned.provenance, {"merge": {}})
    changed = derived(config.model_copy(update={"grounding": grounding}), "lora")
    questions = held_out_questions(shop)
    row = ask_tuned(changed, shop, Path("base"), "lora", questions)
    assert [turns[-1] for turns in asked] == [one["messages"][0] for one in questions]
    leads = [turns[0] for turns in asked if turns[0]["role"] == "system"]
    if grounding == "none":
        assert leads == [] and all(len(turns) == 1 for turns in asked)
    else:
        assert ["Shipping costs $4.90." in lead["content"] for lead in leads] == [True, True]
        assert all(lead["content"].startswith("You answer for Pebble & Pine.\n") for lead in leads)
    assert (row["right"], row["of"]) == (1, 2)
    assert row["answers"][0] == {"text": "It costs $4.90.", "right": True}


def system(name: str, right: list[bool], **figures: Any) -> dict[str, Any]:
    """A tuned system of a record."""
    values: dict[str, Any] = {"learning_rate": 1e-3, "precision": "bfloat16", "steps": 8, "trainable_parameters": 4_900_000}
    values |= {"peak_gib": 2.0, "on_gpu": False, "tokens_per_second": 400, "bytes_stored": 20_000_000, "bytes_shipped": 20_000_000}
    values |= {"prompt_tokens": 40, "merge": {}, "interval": [0.1, 0.9]}
    values["held_out"] = {"wordings": {"before": 4.0, "after": 0.2}, "general": {"before": 3.0, "after": 3.5}}
    answers = [{"text": "", "right": flag} for flag in right]
    row = {"system": name, "label": VARIANTS[name][0], "kind": "tuned", "right": sum(right), "of": len(right), "answers": answers}
    return row | values | figures


def said(*systems: dict[str, Any], own: str = "lora") -> str:
    """All findings about the systems beside a base that is right once, at the first question."""
    answers = [{"text": "", "right": place == 0} for place in range(10)]
    prompt = {"system": "few-shot", "label": "untuned few-shot", "kind": "prompt", "prompt_tokens": 180, "right": 1, "of": 10}
    record = {"command": "make compare", "date": "2026-01-01", "machine": "a CPU", "base": "base", "data_hash": "abc", "own": own}
    rows = [prompt | {"interval": [0.0, 0.4], "answers": answers}, *systems]
    return " ".join(sentence for _, _, sentences in findings(record | {"systems": rows}) for sentence in sentences)


def test_the_findings_follow_from_the_figures() -> None:
    lora = system("lora", [True] * 8 + [False] * 2)
    merge = {"into": "dequantized", "losses": {"pristine": 0.31, "dequantized": 0.25}}
    qlora = system(
        "qlora", [True] * 7 + [False] * 3, peak_gib=1.5, tokens_per_second=300, merge=merge, held_out={"wordings": {"after": 0.25}}
    )
    text = said(qlora, lora)
    assert "QLoRA NF4 peaked at 1.50 GiB where LoRA took 2.00 (-25%), trained 300 tokens/s against 400 (-25%)" in text
    assert "held-out loss of 0.250 against 0.200 (+0.050)" in text
    assert "QLoRA NF4 7, LoRA 8; 0 that only the former gets right, 1 that only the latter (sign test, p = 1.000: chance alone" in text
    assert "LoRA 8, untuned few-shot 1; 7 that only the former gets right, 0 that only the latter (sign test, p = 0.016: more than" in text
    assert "180 few-shot; 40 tuned" in text and "LoRA +0.500" in text and "Steps: 8; precision: bfloat16" in text
    assert "0.310 in the pristine base, 0.250 in the dequantized base" in text
    assert "QLoRA NF4 7, untuned few-shot 1" in said(qlora, lora, own="qlora")


def test_the_findings_say_what_is_not_equal_or_not_there() -> None:
    lora, qlora = system("lora", [False] * 10), system("qlora", [False] * 10, steps=6, precision="float32")
    assert "NOT EQUAL, QLoRA NF4 6, LoRA 8; precision: NOT EQUAL, QLoRA NF4 float32, LoRA bfloat16" in said(qlora, lora)
    assert "Not compared: it takes both." in said(lora)
    assert "Not compared: it takes both." in said(qlora)
    assert "Not compared: no training ended." in said()
