"""Give a run's proven model to other programs: as GGUF files for llama.cpp, Ollama and LM Studio, or as a folder for a model hub.

    python -m train.export configs/demo.yaml --gguf q4_k_m
    python -m train.export configs/demo.yaml --hub ../demo-model

A GGUF file is proven before it is there: `runs/NAME/gguf/` (see train/export/quantized.py). Exit code 1 where one says other things than
the merged model. What is exported is the model alone: retrieval, verification and people stay with the desk.
"""

import sys
from pathlib import Path
from typing import Any

from frontdesk.commands import arguments
from frontdesk.config.run import Run
from frontdesk.config.schema import load_config
from frontdesk.errors import UserError, run_command, warn
from frontdesk.files import read_json
from frontdesk.models.family import with_family
from frontdesk.models.hardware import set_up_torch
from frontdesk.prompt.render import template_hash
from frontdesk.terminal import silence_libraries


def main() -> None:
    """Check, write, prove."""
    set_up_torch()
    args = arguments("export")
    if not args.gguf and not args.hub:
        raise UserError("export: found neither --gguf nor --hub; expected --gguf f16 q8_0 q4_k_m, or some of them, or --hub FOLDER")
    config = load_config(args.config)
    run = Run(config.name)
    provenance = proven(run, args.config)
    config = with_family(config, "export", run.model)
    if template_hash(config) != provenance["template_hash"]:
        warn(f"{args.config}: the system prompt is not the one that {run.model} was trained with; that one is exported")
    silence_libraries()
    if args.hub:
        from train.export import hub

        hub.write(config, run, provenance, Path(args.hub))
    if args.gguf:
        from train.export.llama_cpp import check_installed

        check_installed()
        from train.export import quantized

        if failures := quantized.make(config, run, list(dict.fromkeys(args.gguf)), provenance["key"]):
            sys.exit("error: not exported, llama.cpp says other things than the merged model: " + "; ".join(failures))


def proven(run: Run, path: str) -> dict[str, Any]:
    """The provenance of the merged model. Raises UserError unless the parity gate has passed it."""
    again = f"run `make train CONFIG={path}` first"
    if not run.provenance.is_file() or "reader" in (provenance := read_json(run.provenance)):
        raise UserError(f"{run.model}: no model that this run trained; an export is made of one; {again}")
    parity = read_json(run.parity) if run.parity.is_file() else {}
    if parity.get("key") != provenance["key"] or not parity["passed"]:
        raise UserError(f"{run.parity}: no passed proof of {run.model}; only a proven model is exported; set train.parity_prompts, {again}")
    if not run.manifest.is_file() or read_json(run.manifest)["data_hash"] != provenance["data_hash"]:
        raise UserError(f"{run.manifest}: not the data that {run.model} was trained on, of which an export tells; {again}")
    return dict(provenance)


if __name__ == "__main__":
    run_command(main)
