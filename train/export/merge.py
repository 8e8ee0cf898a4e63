"""Merge the adapter into each base it may go into, keep the better, and write the model that is served.

QLoRA's adapter was trained on quantized weights. Added to the pristine ones it meets rounding it never saw;
added to the dequantized ones it meets what it saw, and keeps their error. Neither always wins, so both are
scored by the held-out loss of new wordings of trained entries. (The loss on entries that were never trained
favours whatever has learned less.)

Writes `runs/NAME/model/`: config, bf16 safetensors, tokenizer, `chat_template.jinja`, `generation_config.json` whose `eos_token_id` ends a
turn, and, last, `provenance.json`:
    {"name", "key" (of data and config, see train/__main__.py), "data_hash", "config" (resolved), "template_hash",
     "base", "base_path", "base_revision", "method", "merge": {"into", "losses": {base: held-out loss of the merged model}}, "versions"}
"""

import importlib.metadata
from pathlib import Path
from typing import Any

import torch
from transformers import GenerationConfig, PreTrainedModel, PreTrainedTokenizerBase

from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.engine.vllm import dtype
from frontdesk.files import whole_folder, write_json, write_text
from frontdesk.models.base import load_tokenizer
from frontdesk.prompt.families import FAMILIES
from frontdesk.prompt.render import chat_template, template_hash
from frontdesk.terminal import bar
from train.export.tuned import BASES, merged
from train.rows import TIE
from train.trainer.held_out import held_out_rows, mean_loss

PACKAGES = ("torch", "transformers", "peft", "trl", "bitsandbytes")


def merge(config: Config, run: Run, base: Path, data_hash: str, key: str) -> None:
    """Merge `runs/NAME/adapter` and write `runs/NAME/model`."""
    tokenizer = load_tokenizer(config, base)
    held_out = held_out_rows(config, run, tokenizer)
    losses: dict[str, float] = {}
    model = None
    for into in BASES[config.train.method]:
        model = None  # the one before: two need not fit into the memory at once
        with bar(f"merging into {describe(into)}") as shown:
            shown.show()  # a library merges, and says nothing until it is done
            model = merged(config, run, base, into).to(getattr(torch, dtype(config)))  # what was rounded to bf16 stays so in fp32
        losses[into] = round(mean_loss(model, held_out), 4)
        print(f"merge: into {describe(into)}: held-out loss {losses[into]:.4f}", flush=True)
    best = choose(losses)
    if len(losses) > 1:
        print(f"merge: the {best} base is kept", flush=True)
    if best != into:
        model = None
        model = merged(config, run, base, best)
    assert model is not None
    model = model.to(torch.bfloat16)
    provenance = {
        "name": config.name,
        "key": key,
        "data_hash": data_hash,
        "config": config.model_dump(mode="json"),
        "template_hash": template_hash(config),
        "base": config.model.base,
        "base_path": str(base),
        "base_revision": config.model.revision or base.name,
        "method": config.train.method,
        "merge": {"into": best, "losses": losses},
        "versions": {package: importlib.metadata.version(package) for package in PACKAGES},
    }
    save(config, model, tokenizer, run.model, provenance)


def choose(losses: dict[str, float]) -> str:
    """The base with the lowest loss; if two are nearly equal the one that the adapter was trained on."""
    best = min(losses, key=lambda into: losses[into])
    return "dequantized" if losses.get("dequantized", float("inf")) <= losses[best] * (1 + TIE) else best


def describe(into: str) -> str:
    """A base of BASES in words."""
    return {"pristine": "the pristine base", "dequantized": "the dequantized base", "none": "nothing (every weight was trained)"}[into]


def save(config: Config, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, target: Path, provenance: dict[str, Any]) -> None:
    """Write a model folder for vLLM, `provenance.json` last; it is renamed when complete."""
    ends = sorted({int(tokenizer.convert_tokens_to_ids(token)) for token in FAMILIES[config.model.template].ends})
    eos = ends if len(ends) > 1 else ends[0]
    model.generation_config = GenerationConfig(eos_token_id=eos, pad_token_id=tokenizer.pad_token_id)
    model.config.eos_token_id = eos
    with whole_folder(target) as folder:
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        write_text(folder / "chat_template.jinja", chat_template(config))
        write_json(folder / "provenance.json", provenance)
