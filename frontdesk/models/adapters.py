"""The LoRA adapters of several runs on one base: found, checked, and described for the engine (see
docs/adapters.md).

Of a run's folder, `adapter/` (PEFT) and `model/provenance.json` are read (base, template and system prompt of
the training; the merged weights beside it are not needed), and `data/manifest.json` and `data/faq.jsonl` if
they exist.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from frontdesk.config.run import Run
from frontdesk.config.schema import Config, one_encoder
from frontdesk.errors import UserError
from frontdesk.files import write_json, write_text
from frontdesk.models.base import locate
from frontdesk.prompt.families import FAMILIES
from frontdesk.prompt.render import chat_template

RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)  # the values of vLLM's --max-lora-rank

UNSUPPORTED = ("modules_to_save", "trainable_token_indices", "use_dora", "lora_bias", "layer_replication", "alora_invocation_tokens")
"""Settings of a PEFT LoRA that vLLM ignores or refuses."""

AT_ONCE = 8
"""Adapters in one batch on a GPU, where each takes memory (170 MB for 8B at rank 32); others wait."""


@dataclass(frozen=True)
class Adapter:
    """One company's adapter. `name` is the `model` of a request; `config` is the serving config with the
    company's own prompt, grounding and encoder."""

    name: str
    run: Run
    rank: int
    config: Config
    data_hash: str
    template_hash: str
    loss: float | None  # held-out, merged into the base's own weights; None if that was not measured
    best_loss: float | None  # of the better merge, which is what its own config serves

    @property
    def weights(self) -> Path:
        return self.run.adapter / "adapter_model.safetensors"


def base_name(config: Config) -> str:
    """The name by which the untuned base can be asked."""
    return Path(config.model.base).name


def load_adapters(config: Config) -> list[Adapter]:
    """The adapters of `serve.adapters`, in order. Raises UserError for one that this base cannot serve."""
    if base_name(config) in config.serve.adapters:
        raise UserError(f"key 'serve.adapters.{base_name(config)}': this is the base's own name; give the adapter another")
    base = locate(config.model)
    return [_load(config, base, Run(name, Path(root))) for name, root in config.serve.adapters.items()]


def run_of(config: Config) -> Run:
    """The run that a config's name refers to: an adapter's, or its own."""
    folder = config.serve.adapters.get(config.name)
    return Run(config.name, Path(folder) if folder else None)


def page_model(config: Config) -> str:
    """The name of the adapter that the chat page asks."""
    return config.serve.page_model or next(iter(config.serve.adapters))


def engine_arguments(config: Config, run: Run, device: str) -> list[str]:
    """vLLM's options for the base with the config's adapters. Writes the files that they name, in
    `run.base_settings`. On a CPU there is one slot more than adapters. vLLM 0.32 reads the last slot for requests
    to the base that share a batch with those to adapters (its pull request 48421), and an empty slot adds
    nothing."""
    adapters, base, folder = load_adapters(config), locate(config.model), run.base_settings
    write_text(folder / "chat_template.jinja", chat_template(config))
    # The base's own file may also hold sampling defaults, which a merged model does not have.
    write_json(folder / "generation_config.json", {"eos_token_id": _turn_end_ids(config, base)})
    write_json(folder / "system_prompts.json", {adapter.name: adapter.config.system_prompt for adapter in adapters})
    rank = max(adapter.rank for adapter in adapters)
    places = len(adapters) + 1 if device == "cpu" else min(len(adapters), AT_ONCE)
    arguments = {
        "--model": base,
        "--served-model-name": base_name(config),
        "--chat-template": folder / "chat_template.jinja",
        "--generation-config": folder,
        "--tokenizer-mode": "hf",  # as in training; vLLM prefers Mistral's own format where the base's folder has it too
        "--middleware": "frontdesk.engine.system_prompts.SystemPrompts",
        "--max-lora-rank": next(size for size in RANKS if size >= rank),
        "--max-loras": places,
        "--max-cpu-loras": max(places, len(adapters)),
    }
    modules = [json.dumps({"name": adapter.name, "path": str(adapter.run.adapter)}) for adapter in adapters]
    return [*(str(word) for pair in arguments.items() for word in pair), "--enable-lora", "--lora-modules", *modules]


def _turn_end_ids(config: Config, base: Path) -> list[int]:
    """Ids of the tokens that end an answer. Raises UserError if the base lacks one."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    ends = FAMILIES[config.model.template].ends
    ids = [number for token in ends if (number := tokenizer.token_to_id(token)) is not None]
    if len(ids) < len(ends):
        raise UserError(
            f"model.template '{config.model.template}': {base} lacks one of {', '.join(ends)}; choose the template of the model's family"
        )
    return sorted(ids)


def read_record(path: Path, missing: str) -> dict[str, Any]:
    """A JSON object that a stage wrote. Raises UserError: with `missing`, or says what is wrong in it."""
    if not path.is_file():
        raise UserError(f"{path}: not found; {missing}")
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not valid JSON ({error}); run `make train` again to rebuild it") from None
    if not isinstance(record, dict):
        raise UserError(f"{path}: found {type(record).__name__}; expected keys and values; run `make train` again to rebuild it")
    return record


def _load(config: Config, base: Path, run: Run) -> Adapter:
    key, root = f"key 'serve.adapters.{run.name}'", run.root
    missing = f"{key} needs the folder of a run with an adapter; run `make train` for it or correct the folder"
    rank = _rank(read_record(run.adapter / "adapter_config.json", missing), f"{key}: {run.adapter}")
    record = read_record(run.provenance, missing)
    try:
        trained = record["config"]
        company, prompt, template = trained["company"], trained["system_prompt"], trained["model"]["template"]
        data, rendered, made_for = record["data_hash"], record["template_hash"], record["base"]
        same_folder = Path(record["base_path"]).resolve() == base.resolve()
        found = f"{made_for} ({record['base_revision']})"
        losses = record["merge"].get("losses", {})
    except (KeyError, TypeError) as error:
        raise UserError(f"{run.provenance}: has no {error} of its training; run `make train` again to rebuild it") from None
    served = f"{config.model.base} ({config.model.revision or base.name})"
    if not same_folder and found != served:
        raise UserError(f"{key}: {root} was trained on {found}, not on {served}; serve it with its own model.base and revision")
    if template != config.model.template:
        raise UserError(
            f"{key}: {root} was trained with template {template}, not {config.model.template}; set model.template to {template}"
        )
    theirs = {"name": run.name, "company": company, "system_prompt": prompt, "grounding": trained.get("grounding", "none")}
    own = config.model_copy(update=theirs | {"encoder": one_encoder(trained.get("encoder"))})
    adapter = Adapter(run.name, run, rank, own, data, rendered, losses.get("pristine"), min(losses.values(), default=None))
    if not adapter.weights.is_file() or not adapter.weights.stat().st_size:
        raise UserError(f"{key}: {adapter.weights} is missing or empty; run `make train` again to rebuild it")
    if own.grounding == "faq" and not run.faq.is_file():
        raise UserError(
            f"{key}: {run.faq} not found; expected the FAQ that its answers rest on (it was trained with grounding: faq); run `make data` "
            "for it, or copy its data folder too"
        )
    return adapter


def _rank(lora: dict[str, Any], where: str) -> int:
    """The highest rank of a PEFT configuration that vLLM can serve."""
    kind = lora.get("peft_type")
    if kind != "LORA":
        raise UserError(f"{where} is {kind}; vLLM takes only LORA; train the run as a LoRA, or serve its merged model with its own config")
    refused = [name for name in UNSUPPORTED if lora.get(name)] + (["bias"] if lora.get("bias", "none") != "none" else [])
    if refused:
        raise UserError(
            f"{where} was trained with {', '.join(refused)}, which vLLM cannot serve; train a LoRA without, or serve the merged model"
        )
    rank = max([lora.get("r", 0), *(lora.get("rank_pattern") or {}).values()])
    if not 0 < rank <= RANKS[-1]:
        raise UserError(f"{where} has rank {rank}; vLLM takes 1 to {RANKS[-1]}; train it with a train.rank of those")
    return int(rank)
