"""Ask the untuned base and the tuned model the held-out wordings of trained FAQ entries; count the answers that state the facts.

    python -m evaluate configs/demo.yaml

Greedy answers, the run's own prompt for both. Writes `runs/NAME/facts.json`:
    {"name", "data_hash", "base": {"right", "of"}, "tuned": {"right", "of"}, "answers": [{"question", "facts", "base", "tuned", "source"}]}
"""

from pathlib import Path
from typing import Any

from frontdesk.base import load_tokenizer
from frontdesk.config import Config, config_argument, load_config
from frontdesk.errors import UserError, warn
from frontdesk.errors import run as run_main
from frontdesk.files import read_json, read_jsonl, write_json
from frontdesk.generate import greedy_answers
from frontdesk.quiet import quiet
from frontdesk.run import Run


def main() -> None:
    """Answer, score, print and record."""
    config = load_config(config_argument("evaluate", __doc__))
    run = Run(config.name)
    if not run.provenance.is_file():
        raise UserError(f"{run.model}: no trained model; evaluation needs one; run `make train` with the same CONFIG first")
    provenance = read_json(run.provenance)
    data_hash = read_json(run.manifest)["data_hash"]
    if data_hash != provenance["data_hash"]:
        warn(f"{run.data}: data {data_hash} has changed since training on {provenance['data_hash']}; run `make train` to use it")
    questions = held_out_questions(run)
    if not questions:
        raise UserError(
            f"{run.data}/test_wordings.jsonl: no held-out wording of an entry with facts; give FAQ entries 4 or more questions and `facts`"
        )
    quiet()
    answers = {name: answer(config, folder, questions) for name, folder in (("base", Path(provenance["base_path"])), ("tuned", run.model))}
    report(run, data_hash, questions, answers)


def held_out_questions(run: Run) -> list[dict[str, Any]]:
    """The held-out wordings whose entry names facts: `{"messages", "facts", "source"}`."""
    facts = {entry["id"]: entry["facts"] for entry in read_jsonl(run.data / "faq.jsonl")}
    questions = []
    for row in read_jsonl(run.data / "test_wordings.jsonl"):
        entry = row["id"].rsplit("#", 1)[0]  # not the group, which several entries may share
        if facts[entry]:
            questions.append({"messages": row["messages"][:1], "facts": facts[entry], "source": row["source"]})
    return questions


def answer(config: Config, folder: Path, questions: list[dict[str, Any]]) -> list[str]:
    """Greedy answers of the model in `folder`, in bf16 as it is served, to the run's prompt."""
    import torch
    from transformers import AutoModelForCausalLM

    print(f"eval: {len(questions)} answers from {folder}", flush=True)
    tokenizer = load_tokenizer(config, folder)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16).to(device)
    return [answer.text for answer in greedy_answers(model, tokenizer, [question["messages"] for question in questions])]


def report(run: Run, data_hash: str, questions: list[dict[str, Any]], answers: dict[str, list[str]]) -> None:
    """Print the shares and write every answer to `facts.json`."""
    from evaluate.facts import states

    record: dict[str, Any] = {"name": run.name, "data_hash": data_hash}
    right = {name: [states(text, q["facts"]) for text, q in zip(texts, questions, strict=True)] for name, texts in answers.items()}
    for name, flags in right.items():
        record[name] = {"right": sum(flags), "of": len(flags)}
        print(f"eval: {name}: {sum(flags)} of {len(flags)} answers state the facts ({sum(flags) / len(flags):.0%})")
    record["answers"] = [
        {"question": q["messages"][0]["content"], "facts": q["facts"], "source": q["source"]}
        | {name: {"text": answers[name][i], "right": right[name][i]} for name in answers}
        for i, q in enumerate(questions)
    ]
    write_json(run.root / "facts.json", record)
    print(f"eval: every answer is in {run.root}/facts.json")


if __name__ == "__main__":
    run_main(main)
