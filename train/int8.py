"""The merged model in int8 (`serve.quantization: w8a8`): less memory than bf16, faster for many clients, and other answers now and then.

    python -m train.int8 configs/demo.yaml

Weights of the layers' linear maps get one scale for each output row (the largest of the row is 127), inputs one for each token while they
are multiplied, after train/export/smooth.py has evened them out; embeddings, LM head and the MLP's last map stay in
bf16. vLLM multiplies such weights itself on a CPU (oneDNN) and on a GPU, so no further library is needed: they lie
there as `weight` and `weight_scale`, and
`config.json` says so in the form of compressed-tensors.

What is served must still match what was trained: the engine on the int8 weights answers the held-out prompts of the parity gate and scores
the merged model's own greedy answers token by token (train/export/parity.py), within bounds twice as wide as those of
rounding to bf16. They tell a broken model from a rounded one; whether the answers are still right, the scorecard tells
(`make eval` asks what `make serve` serves).

Writes `runs/NAME/model-w8a8/`: the files of `runs/NAME/model/`, and, last, when the proof has passed, `provenance.json`: the model's, its
"key" with "-w8a8" appended, and "weights": {"format": "w8a8", "error": relative root mean square error of the quantized weights}. And
`runs/NAME/parity-w8a8.json`: {"key", "passed", "failures", "tolerance", "prompts", "tokens", "same_prompt_tokens", "stopped",
"same_answers", "agreement", "log_prob_difference": {"mean", "largest"}, "answers": [{"messages", "merged", "served"}]}.
"""

import math
import re
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from frontdesk.commands import arguments
from frontdesk.config.run import Run
from frontdesk.config.schema import Config, load_config
from frontdesk.engine.vllm import dtype, int8_key
from frontdesk.errors import UserError, run_command
from frontdesk.files import read_json, read_jsonl, whole_folder, write_json
from frontdesk.prompt.render import Message, encode, encode_prompt
from frontdesk.terminal import silence_libraries
from train.export import parity, smooth

if TYPE_CHECKING:
    import torch

    from frontdesk.models.generate import Answer

LINEAR = re.compile(r"\.layers\.\d+\.(?!.*down_proj).*\.weight$")
"""Names of the weights that may be quantized; those with two dimensions are. Not `down_proj`, whose input one
scale for a token fits worst: with it, log-probabilities of the untuned 135M model differed by 0.07 instead of
0.04 nats (six prompts, simulated)."""
TEXTS = 32  # trained rows by which the inputs are measured
AGREEMENT = 0.9  # least share of the merged model's tokens that are the int8 model's first choice
DIFFERENCE = 0.2  # largest mean difference of a token's log-probability, in nats
STOPPED = 0.9  # least share of the merged model's own ends that the int8 model makes too
QUANTIZATION = {
    "quant_method": "compressed-tensors",
    "format": "int-quantized",
    "quantization_status": "compressed",
    "ignore": ["lm_head", "re:.*down_proj"],
    "config_groups": {
        "group_0": {
            "targets": ["Linear"],
            "weights": {"num_bits": 8, "type": "int", "symmetric": True, "strategy": "channel", "dynamic": False},
            "input_activations": {"num_bits": 8, "type": "int", "symmetric": True, "strategy": "token", "dynamic": True},
        }
    },
}
"""vLLM reads it from `config.json`."""


def main() -> None:
    """Quantize and prove, unless that is done."""
    config = load_config(arguments("int8").config)
    run = Run(config.name)
    if not run.provenance.is_file():
        raise UserError(f"{run.model}: no trained model; int8 weights are made of one; run `make train` with this CONFIG first")
    make(config, run)


def make(config: Config, run: Run) -> None:
    """`runs/NAME/model-w8a8`, if it is not there for this model. Ends the process where the proof fails."""
    provenance = read_json(run.provenance)
    key = int8_key(provenance)
    if run.int8_provenance.is_file() and read_json(run.int8_provenance).get("key") == key:
        print(f"train: {run.int8} is up to date", flush=True)
        return
    silence_libraries()
    started = time.monotonic()
    with whole_folder(run.int8) as folder:
        error = quantize(run.model, folder, calibration(config, run), dtype(config))
    print(f"train: int8 weights in {time.monotonic() - started:.0f} s, {error:.2%} off", flush=True)
    if config.train.parity_prompts and (failures := prove(config, run, key)):
        sys.exit(f"error: {run.int8_parity}: in int8 the model does not match what was trained: {'; '.join(failures)}; serve bf16")
    write_json(run.int8_provenance, provenance | {"key": key, "weights": {"format": "w8a8", "error": round(error, 5)}})
    print(f"train: the int8 model is {run.int8}", flush=True)


def calibration(config: Config, run: Run) -> list[list[int]]:
    """Some of the trained rows as tokens."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(run.model, local_files_only=True)
    rows = read_jsonl(run.rows(config.grounding) / "train.jsonl")
    return [encode(tokenizer, row["messages"])[0][: config.train.max_length] for row in rows[:: max(1, len(rows) // TEXTS)][:TEXTS]]


def quantize(model: Path, target: Path, texts: list[list[int]], number: str) -> float:
    """Write the model's files into `target`, without its provenance, the linear weights as int8; returns
    their relative error. `texts` tell which inputs are large (train/export/smooth.py), in the number format
    that this processor multiplies."""
    import torch
    from safetensors.torch import load_file, save_file

    from train.trainer.base_model import load_plain

    whole_model = load_plain(model, getattr(torch, number))
    factors, offset = smooth.factors(whole_model, texts), smooth.norm_offset(whole_model.config.model_type)
    del whole_model
    wrong = right = 0.0
    places: dict[str, str] = {}
    files = sorted(model.glob("*.safetensors"))
    for file in files:
        out: dict[str, torch.Tensor] = {}
        for name, tensor in load_file(file).items():
            exact = smooth.smoothed(name, tensor, factors, offset)
            if tensor.ndim != 2 or not LINEAR.search(name):
                out[name] = exact.to(tensor.dtype)
                continue
            whole, scale = rounded(exact)
            out |= {name: whole, f"{name}_scale": scale}
            wrong += float((whole * scale - exact.float()).square().sum())
            right += float(exact.float().square().sum())
        save_file(out, target / file.name, metadata={"format": "pt"})
        places |= dict.fromkeys(out, file.name)
    if len(files) > 1:
        write_json(target / "model.safetensors.index.json", {"metadata": {}, "weight_map": places})
    for file in model.iterdir():
        if file.name not in ("provenance.json", "config.json", "model.safetensors.index.json") and file.suffix != ".safetensors":
            shutil.copy(file, target / file.name)
    write_json(target / "config.json", read_json(model / "config.json") | {"quantization_config": QUANTIZATION})
    return math.sqrt(wrong / right)


def rounded(weight: "torch.Tensor") -> "tuple[torch.Tensor, torch.Tensor]":
    """int8 of a weight's shape, and fp32 scales, one for each row: their product is off by at most half a scale."""
    import torch

    exact = weight.float()
    scale = exact.abs().amax(dim=1, keepdim=True).clamp(min=1e-12) / 127
    return (exact / scale).round().to(torch.int8), scale


def prove(config: Config, run: Run, key: str) -> list[str]:
    """Compare the merged model with the engine on its int8 weights, write the record, print it; returns what is out of bounds."""
    import torch
    from transformers import AutoTokenizer

    from frontdesk.engine.vllm import running
    from frontdesk.models.generate import greedy_answers
    from train.trainer.base_model import load_plain

    tokenizer = AutoTokenizer.from_pretrained(run.model, local_files_only=True)
    prompts = parity.held_out_prompts(config, run, config.train.parity_prompts)
    ids = [encode_prompt(tokenizer, prompt) for prompt in prompts]
    most = min(config.serve.max_tokens, parity.MOST_TOKENS)
    merged = greedy_answers(
        load_plain(run.model, getattr(torch, dtype(config))), tokenizer, prompts, most, label="parity: the merged model"
    )
    with running(config, run, log=run.root / "parity-w8a8.log", folder=run.int8) as url:
        engine = parity.Engine(url, config.name)
        served, seen = engine.answer(prompts, most)
        scores = engine.score(ids, merged)
    same = sum(a == b for a, b in zip(ids, seen, strict=True))
    record: dict[str, Any] = {"key": key, "same_prompt_tokens": same} | compare(merged, served, scores)
    failures = out_of_bounds(record)
    tolerance = {"agreement": AGREEMENT, "mean_log_prob_difference": DIFFERENCE, "stopped": STOPPED}
    answers = [as_json(*one) for one in zip(prompts, merged, served, strict=True)]
    write_json(run.int8_parity, {"passed": not failures, "failures": failures, "tolerance": tolerance} | record | {"answers": answers})
    difference = record["log_prob_difference"]
    print(
        f"parity: int8 against the merged model: {record['agreement']:.1%} of {record['tokens']} tokens are its first choice, "
        f"log-probabilities differ by {difference['mean']:.3f} (at most {difference['largest']:.2f}), "
        f"{record['same_answers']} of {len(prompts)} answers are the same to the last token",
        flush=True,
    )
    return failures


def compare(merged: "list[Answer]", served: "list[Answer]", scores: "list[parity.Score]") -> dict[str, Any]:
    """The figures of the record: see the module's docstring."""
    first = [flag for view in scores for flag in view.first]
    theirs = [value for answer in merged for value in answer.log_probs]
    gaps = [abs(a - b) for a, b in zip(theirs, (value for view in scores for value in view.log_probs), strict=True)]
    return {
        "prompts": len(merged),
        "tokens": len(theirs),
        "stopped": {"merged": sum(answer.stopped for answer in merged), "served": sum(answer.stopped for answer in served)},
        "same_answers": sum(a.tokens == b.tokens for a, b in zip(merged, served, strict=True)),
        "agreement": round(sum(first) / max(1, len(first)), 4),
        "log_prob_difference": {"mean": round(sum(gaps) / max(1, len(gaps)), 4), "largest": round(max(gaps, default=0.0), 4)},
    }


def out_of_bounds(record: dict[str, Any]) -> list[str]:
    """One line for each figure that is worse than rounding to int8 can explain."""
    out = []
    if record["agreement"] < AGREEMENT:
        out.append(f"{record['agreement']:.1%} of the merged model's tokens are the int8 model's first choice; expected {AGREEMENT:.0%}")
    if (mean := record["log_prob_difference"]["mean"]) > DIFFERENCE:
        out.append(f"log-probabilities differ by {mean:.3f} on average; expected at most {DIFFERENCE}")
    if (ended := record["stopped"])["served"] < STOPPED * ended["merged"]:
        out.append(f"{ended['served']} int8 answers ended by themselves, {ended['merged']} of the merged model's")
    if other := record["prompts"] - record["same_prompt_tokens"]:
        out.append(f"{other} of {record['prompts']} prompts are other tokens in the engine than in training: look at the chat template")
    return out


def as_json(prompt: list[Message], merged: "Answer", served: "Answer") -> dict[str, Any]:
    """A prompt and both answers, for people."""
    return {"messages": prompt, "merged": merged.text, "served": served.text}


if __name__ == "__main__":
    run_command(main)
