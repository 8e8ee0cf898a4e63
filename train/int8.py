"""The merged model in int8 (`serve.quantization: w8a8`): less memory than bf16, faster for many clients, and
other answers now and then.

    python -m train.int8 configs/demo.yaml

Weights of the layers' linear maps get one scale for each output row (the largest of the row is 127), inputs
one for each token while they are multiplied, after train/export/smooth.py has evened them out; embeddings, LM
head and the MLP's last map stay in bf16. vLLM multiplies such weights itself on a CPU (oneDNN) and on a GPU,
so no further library is needed: they lie there as `weight` and `weight_scale`, and `config.json` says so in
the form of compressed-tensors.

What is served must still match what was trained: the engine on the int8 weights answers the held-out prompts
of the parity gate and scores the merged model's own greedy answers token by token (train/export/parity.py),
within bounds twice as wide as those of rounding to bf16. They tell a broken model from a rounded one; whether
the answers are still right, the scorecard tells (`make eval` asks what `make serve` serves).

Writes `runs/NAME/model-w8a8/`: the files of `runs/NAME/model/`, and, last, when the proof has passed,
`provenance.json`: the model's, its "key" with "-w8a8" appended, and "weights": {"format": "w8a8", "error":
relative root mean square error of the quantized weights}. And `runs/NAME/parity-w8a8.json`: {"key", "passed",
"failures", "tolerance", "prompts", "tokens", "same_prompt_tokens", "stopped", "same_answers", "agreement",
"log_prob_difference": {"mean", "largest"}, "answers": [{"messages", "merged", "served"}]}.
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
from frontdesk.models.family import with_family
from frontdesk.prompt.render import encode, encode_prompt
from frontdesk.terminal import silence_libraries

if TYPE_CHECKING:
    import torch

    from frontdesk.models.generate import Answer
    from train.export.parity import Score

LINEAR = re.compile(r"\.layers\.\d+\.(?!.*down_proj).*\.weight$")
"""Names of the weights that may be quantized; those with two dimensions are. Not `down_proj`, whose input one
scale for a token fits worst: with it, log-probabilities of the untuned 135M model differed by 0.07 instead of
0.04 nats (six prompts, simulated)."""
TEXTS = 32  # trained rows by which the inputs are measured
BOUNDS = {"agreement": 0.9, "mean_log_prob_difference": 0.2, "stopped": 0.9}  # as TOLERANCE in train/export/parity.py
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
}  # vLLM reads it from `config.json`


def main() -> None:
    """Quantize and prove, unless that is done."""
    config = load_config(arguments("int8").config)
    run = Run(config.name)
    if not run.provenance.is_file():
        raise UserError(f"{run.model}: no trained model; int8 weights are made of one; run `make train` with this CONFIG first")
    make(with_family(config, "int8", run.model), run)


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
        error = quantize(run.model, folder, _calibration(config, run), dtype(config))
    print(f"train: int8 weights in {time.monotonic() - started:.0f} s, {error:.2%} off", flush=True)
    if config.train.parity_prompts and (failures := prove(config, run, key)):
        sys.exit(f"error: {run.int8_parity}: in int8 the model does not match what was trained: {'; '.join(failures)}; serve bf16")
    write_json(run.int8_provenance, provenance | {"key": key, "weights": {"format": "w8a8", "error": round(error, 5)}})
    print(f"train: the int8 model is {run.int8}", flush=True)


def _calibration(config: Config, run: Run) -> list[list[int]]:
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

    from train.export import smooth
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
    """int8 of the same shape, an fp32 scale for each row: their product is off by half a scale at most."""
    import torch

    exact = weight.float()
    scale = exact.abs().amax(dim=1, keepdim=True).clamp(min=1e-12) / 127
    return (exact / scale).round().to(torch.int8), scale


def prove(config: Config, run: Run, key: str) -> list[str]:
    """Compare the merged model with the engine on its int8 weights; returns what is out of bounds."""
    import torch
    from transformers import AutoTokenizer

    from frontdesk.engine.vllm import running
    from frontdesk.models.generate import greedy_answers
    from train.export import parity
    from train.free import release
    from train.trainer.base_model import load_plain

    tokenizer = AutoTokenizer.from_pretrained(run.model, local_files_only=True)
    prompts = parity.held_out_prompts(config, run, config.train.parity_prompts)
    ids = [encode_prompt(tokenizer, prompt) for prompt in prompts]
    most = min(config.serve.max_tokens, parity.MOST_TOKENS)
    whole = load_plain(run.model, getattr(torch, dtype(config)))
    merged = greedy_answers(whole, tokenizer, prompts, most, label="parity: the merged model")
    del whole
    release()  # the engine needs the room
    with running(config, run, log=run.root / "parity-w8a8.log", folder=run.int8) as url:
        served, scores, same = parity.ask(parity.Engine(url, config.name), prompts, ids, most, merged)
    record: dict[str, Any] = {"key": key, "same_prompt_tokens": same} | compare(merged, served, scores)
    failures = out_of_bounds(record)
    texts = [{"messages": p, "merged": a.text, "served": b.text} for p, a, b in zip(prompts, merged, served, strict=True)]
    head = {"passed": not failures, "failures": failures, "tolerance": BOUNDS}
    write_json(run.int8_parity, head | record | {"answers": texts})
    figures = (record["agreement"], record["log_prob_difference"], record["same_answers"])
    parity.print_figures("int8 against the merged model", record, *figures)
    return failures


def compare(merged: "list[Answer]", served: "list[Answer]", scores: "list[Score]") -> dict[str, Any]:
    """The figures of the record: see the module's docstring."""
    from train.export import parity

    figures = parity.compare("merged", {"merged": merged, "served": served}, {"served": scores})
    flat = {name: figures[name]["served"] for name in ("same_answers", "agreement")}
    return figures | flat | {"log_prob_difference": figures["log_prob_difference"]["served/merged"]}


def out_of_bounds(record: dict[str, Any]) -> list[str]:
    """One line for each figure that is worse than rounding to int8 can explain."""
    (least, most, ends), out = BOUNDS.values(), []
    if record["agreement"] < least:
        out.append(f"{record['agreement']:.1%} of the merged model's tokens are the int8 model's first choice; expected {least:.0%}")
    if (mean := record["log_prob_difference"]["mean"]) > most:
        out.append(f"log-probabilities differ by {mean:.3f} on average; expected at most {most}")
    if (ended := record["stopped"])["served"] < ends * ended["merged"]:
        out.append(f"{ended['served']} int8 answers ended by themselves, {ended['merged']} of the merged model's")
    if other := record["prompts"] - record["same_prompt_tokens"]:
        out.append(f"{other} of {record['prompts']} prompts are other tokens in the engine than in training: look at the chat template")
    return out


if __name__ == "__main__":
    run_command(main)
