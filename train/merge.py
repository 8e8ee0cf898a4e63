"""Merge the adapter into the base as the adapter saw it, and prove how much of its voice the merged model keeps.

The adapter was trained on NF4 weights, so it is added to the dequantized NF4 weights, not to the pristine ones, whose rounding it never
saw. The sum is made in fp32 where memory allows and rounded to bf16 once.

Writes `runs/NAME/model/`: config, bf16 safetensors, tokenizer, `chat_template.jinja`, `generation_config.json` whose `eos_token_id` ends a
turn, and, last, `provenance.json`:
    {"name", "key" (of data and config, see train/__main__.py), "data_hash", "config" (resolved), "template_hash",
     "base", "base_path", "base_revision", "merge": {"into", "dtype", "unchanged_answers", "of"}, "versions"}
"""

import importlib.metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from frontdesk.base import load_tokenizer
from frontdesk.config import Config
from frontdesk.errors import warn
from frontdesk.files import read_jsonl, whole_folder, write_json, write_text
from frontdesk.generate import greedy_answers
from frontdesk.prompt import TURN_ENDS, Message, chat_template, template_hash
from frontdesk.run import Run
from train.base import free_memory, load_nf4, weight_bytes

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

PROMPTS = 24  # held-out prompts on which adapter and merged model are compared
ENOUGH_UNCHANGED = 0.7
PACKAGES = ("torch", "transformers", "peft", "trl", "bitsandbytes")


def merge(config: Config, run: Run, base: Path, dtype: "torch.dtype", data_hash: str, key: str) -> None:
    """Merge `runs/NAME/adapter`, trained in `dtype`, and write `runs/NAME/model`."""
    import torch
    from peft import PeftModel

    tokenizer = load_tokenizer(config, base)
    prompts = held_out_prompts(run)
    # Dequantized to the dtype of training, the base computes what NF4 computed there, and decodes faster.
    dequantized = load_nf4(base, dtype).dequantize(dtype=dtype)
    adapter_model = PeftModel.from_pretrained(dequantized, run.adapter)
    print(f"merge: {len(prompts)} held-out answers from the adapter", flush=True)
    before = greedy_answers(adapter_model, tokenizer, prompts)

    merge_dtype = torch.float32 if _fits_fp32(base) else torch.bfloat16
    merged = PeftModel.from_pretrained(adapter_model.unload().to(merge_dtype), run.adapter).merge_and_unload().to(torch.bfloat16)
    print("merge: the same answers from the merged model", flush=True)
    after = greedy_answers(merged, tokenizer, prompts)
    unchanged = sum(a == b for a, b in zip(before, after, strict=True))
    print(f"merge: {unchanged} of {len(prompts)} greedy answers unchanged", flush=True)
    if unchanged < ENOUGH_UNCHANGED * len(prompts):
        changed = len(prompts) - unchanged
        warn(f"the merge changed {changed} of {len(prompts)} greedy answers; expected at most 30 %; compare them in {run.root}/merge.json")
    write_json(
        run.root / "merge.json",
        [{"messages": prompt, "adapter": a, "merged": b} for prompt, a, b in zip(prompts, before, after, strict=True)],
    )
    provenance = {
        "name": config.name,
        "key": key,
        "data_hash": data_hash,
        "config": config.model_dump(mode="json"),
        "template_hash": template_hash(config),
        "base": config.model.base,
        "base_path": str(base),
        "base_revision": config.model.revision or base.name,
        "merge": {
            "into": "dequantized NF4",
            "dtype": str(merge_dtype).removeprefix("torch."),
            "unchanged_answers": unchanged,
            "of": len(prompts),
        },
        "versions": {package: importlib.metadata.version(package) for package in PACKAGES},
    }
    save(config, merged, tokenizer, run.model, provenance)


def held_out_prompts(run: Run) -> list[list[Message]]:
    """First questions that training did not see: wordings of trained entries first, then unseen entries and conversations."""
    rows = [row for name in ("test_wordings", "test", "valid") for row in read_jsonl(run.data / f"{name}.jsonl")]
    wordings = [row for row in rows if row["kind"] == "faq"] + [row for row in rows if row["kind"] != "faq"]
    step = max(1, len(wordings) // PROMPTS)
    return [row["messages"][:1] for row in wordings[::step][:PROMPTS]]


def _fits_fp32(base: Path) -> bool:
    return weight_bytes(base) * 2.5 < free_memory()


def save(config: Config, model: "PreTrainedModel", tokenizer: "PreTrainedTokenizerBase", target: Path, provenance: dict[str, Any]) -> None:
    """Write a complete model folder for vLLM; `provenance.json` is written last and the folder renamed when complete."""
    from transformers import GenerationConfig

    ends = sorted({int(tokenizer.convert_tokens_to_ids(token)) for token in TURN_ENDS[config.model.template]})
    eos = ends if len(ends) > 1 else ends[0]
    model.generation_config = GenerationConfig(eos_token_id=eos, pad_token_id=tokenizer.pad_token_id)
    model.config.eos_token_id = eos
    with whole_folder(target) as folder:
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        write_text(folder / "chat_template.jinja", chat_template(config))
        write_json(folder / "provenance.json", provenance)
