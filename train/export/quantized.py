"""GGUF files of a run, each proven against the merged model before it is there.

Every file answers the held-out prompts of the parity gate (train/export/parity.py) in llama.cpp, through the chat template in the file.
The merged model, by transformers, then scores those answers token by token, in their own context: is each token its first choice, and how
far is its log-probability? It answers the same prompts itself, too.

Writes `runs/NAME/gguf/KIND/`, which is there when it is proven: `NAME-KIND.gguf` and `Modelfile`. Beside it, passed or not, `KIND.json`:
    {"key", "passed", "failures", "tolerance", "bytes", "prompts", "tokens", "same_prompt_tokens", "stopped": {"gguf", "merged"},
     "same_answers", "agreement": share of llama.cpp's tokens that are the merged model's first choice,
     "log_prob_difference": {"mean", "largest"} in nats, "answers": [{"messages", "gguf", "merged"}]}
The prompts may have a customer's (masked) words, so they do not lie in the folder.
"""

import shutil
import tempfile
from pathlib import Path
from typing import Any

import torch
from transformers import AutoTokenizer

from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.engine.vllm import dtype
from frontdesk.errors import UserError
from frontdesk.files import write_json, write_text
from frontdesk.models.generate import Answer, greedy_answers
from frontdesk.prompt.families import FAMILIES
from frontdesk.prompt.render import encode_prompt
from train.export import gguf, llama_cpp, parity
from train.export.ollama import modelfile
from train.trainer.base_model import load_plain, weight_bytes

TOLERANCE = dict.fromkeys(llama_cpp.KINDS, parity.TOLERANCE)
TOLERANCE["q4_k_m"] = {"agreement": 0.9, "mean_log_prob_difference": 0.2, "stopped": 0.9}
"""By kind, as in train/export/parity.py; four bits may differ twice as much, as int8 may (train/int8.py)."""


def make(config: Config, run: Run, kinds: list[str], key: str) -> list[str]:
    """Convert, quantize, prove; returns what is out of tolerance. Raises UserError or StartFailed."""
    for kind in kinds:
        shutil.rmtree(run.gguf / kind, ignore_errors=True)  # it may be of an older model
    check_disk(run)
    run.gguf.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=run.gguf, prefix=".partial-") as name:
        folder = Path(name)
        files = write(config, run, kinds, folder)
        failures = prove(config, run, files, key)
        for kind in kinds:
            if not failures[kind]:
                files[kind].parent.rename(run.gguf / kind)
                print(
                    f"export: {run.gguf / kind} is proven; for Ollama: ollama create {config.name} -f {run.gguf}/{kind}/Modelfile",
                    flush=True,
                )
    return [f"{run.gguf / kind}.json: {'; '.join(lines)}" for kind, lines in failures.items() if lines]


def check_disk(run: Run) -> None:
    """Raise UserError unless the float16 file and three others fit."""
    need, free = 2.2 * weight_bytes(run.model), shutil.disk_usage(run.root).free
    if need > free:
        raise UserError(f"{run.root}: GGUF files need {need / 2**30:.1f} GiB of disk, {free / 2**30:.1f} GiB are free; free some space")


def write(config: Config, run: Run, kinds: list[str], folder: Path) -> dict[str, Path]:
    """The files by kind, each in a folder of its own with its Modelfile."""
    tokenizer = AutoTokenizer.from_pretrained(run.model, mistral_format=False)
    whole = folder / "whole.gguf"
    gguf.write(run.model, whole, config.name, FAMILIES[config.model.template].file)
    files = {kind: folder / kind / f"{config.name}-{kind}.gguf" for kind in kinds}
    for kind, file in files.items():
        write_text(file.with_name("Modelfile"), modelfile(config, tokenizer, file.name))
        if kind == "f16":
            file.hardlink_to(whole)
        else:
            llama_cpp.quantize(whole, file, kind)
        print(f"export: {kind} of {file.stat().st_size / 1e6:.0f} MB", flush=True)
    return files


def prove(config: Config, run: Run, files: dict[str, Path], key: str) -> dict[str, list[str]]:
    """Write each file's record and print it; returns what is out of tolerance."""
    tokenizer = AutoTokenizer.from_pretrained(run.model, mistral_format=False)
    prompts = parity.held_out_prompts(config, run, config.train.parity_prompts)
    ids, most = [encode_prompt(tokenizer, prompt) for prompt in prompts], min(config.serve.max_tokens, parity.MOST_TOKENS)
    print(f"parity: {len(prompts)} held-out prompts to llama.cpp and the merged model", flush=True)
    given = {kind: llama_cpp.ask(file, prompts, max(map(len, ids)) + most, most) for kind, file in files.items()}
    merged = load_plain(run.model, getattr(torch, dtype(config)))
    own = greedy_answers(merged, tokenizer, prompts, most, label="parity: merged")
    failures = {}
    for kind, (seen, answers) in given.items():
        record = compare(answers, own, parity.score(merged, ids, answers)) | {"bytes": files[kind].stat().st_size}
        record["same_prompt_tokens"] = sum(a == b for a, b in zip(seen, ids, strict=True))
        failures[kind] = out_of_tolerance(record, kind)
        texts = [{"messages": p, "gguf": a.text, "merged": b.text} for p, a, b in zip(prompts, answers, own, strict=True)]
        head = {"key": key, "passed": not failures[kind], "failures": failures[kind], "tolerance": TOLERANCE[kind]}
        write_json(run.gguf / f"{kind}.json", head | record | {"answers": texts})
        figures = (record["agreement"], record["log_prob_difference"], record["same_answers"])
        parity.print_figures(f"merged model against {kind}", record, *figures)
    return failures


def compare(answers: list[Answer], own: list[Answer], scores: list[parity.Score]) -> dict[str, Any]:
    """The figures of the record: see the module."""
    figures = parity.compare("gguf", {"gguf": answers, "merged": own}, {"merged": scores})
    flat = {name: figures[name]["merged"] for name in ("same_answers", "agreement")}
    return figures | flat | {"log_prob_difference": figures["log_prob_difference"]["merged/gguf"]}


def out_of_tolerance(record: dict[str, Any], kind: str) -> list[str]:
    """One line for each figure that is worse than rounding to `kind` can explain."""
    (least, most, ends), out = TOLERANCE[kind].values(), []
    if record["agreement"] < least:
        out.append(f"{record['agreement']:.1%} of llama.cpp's tokens are the merged model's first choice; expected {least:.0%}")
    if not (mean := record["log_prob_difference"]["mean"]) <= most:
        out.append(f"log-probabilities differ by {mean:.3f} on average; expected at most {most}")
    if (stopped := record["stopped"])["gguf"] < ends * stopped["merged"]:
        out.append(f"{stopped['gguf']} of llama.cpp's answers ended by themselves, {stopped['merged']} of the merged model's")
    if other := record["prompts"] - record["same_prompt_tokens"]:
        out.append(f"{other} of {record['prompts']} prompts are other tokens in llama.cpp than in training")
    return out
