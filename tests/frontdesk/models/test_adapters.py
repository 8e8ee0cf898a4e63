"""Adapters that can be served, each mistake that can be seen before anything starts, and the engine's options."""

import json
from pathlib import Path
from typing import Any, get_args

import pytest

from frontdesk.config.run import Run
from frontdesk.config.schema import Config, DataConfig, ModelConfig, ServeConfig
from frontdesk.engine import vllm as engine
from frontdesk.errors import UserError
from frontdesk.models import adapters
from frontdesk.models.adapters import base_name, load_adapters, page_model, run_of
from frontdesk.prompt.render import chat_template, template_hash

LORA = {"peft_type": "LORA", "r": 4, "rank_pattern": {"q_proj": 12}, "bias": "none", "modules_to_save": None, "use_dora": False}


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """A base and the runs of two companies that are complete on paper, in a temporary working folder."""
    monkeypatch.chdir(tmp_path)
    base = Path("models/base")
    base.mkdir(parents=True)
    (base / "config.json").write_text("{}")
    (base / "model.safetensors").write_bytes(b"x")
    tokens = [{"id": number, "content": token} for number, token in enumerate(("<|im_start|>", "<|im_end|>"), 1)]
    same = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    vocabulary = {"type": "BPE", "vocab": {"a": 0}, "merges": []}
    (base / "tokenizer.json").write_text(
        json.dumps({"version": "1.0", "added_tokens": [token | same for token in tokens], "model": vocabulary})
    )
    config = Config(
        name="desk",
        company="Nobody",
        system_prompt="Nobody's.",
        model=ModelConfig(base="models/base", template="chatml"),
        data=DataConfig(faq=()),
        serve=ServeConfig(adapters={"shop-a": "runs/a", "shop-b": "runs/b"}),
    )
    for name in ("a", "b"):
        root = Path("runs") / name
        write(root / "adapter/adapter_config.json", LORA)
        (root / "adapter/adapter_model.safetensors").write_bytes(b"x")
        own = config.model_copy(update={"company": f"Shop {name}", "system_prompt": f"You are {name}.", "grounding": "none"})
        provenance = {
            "data_hash": "aaa",
            "template_hash": template_hash(own),
            "config": own.model_dump(mode="json"),
            "base": "models/base",
            "base_path": "models/base",
            "base_revision": "base",
            "merge": {"into": "dequantized", "losses": {"pristine": 2.0, "dequantized": 1.0}},
        }
        write(root / "model/provenance.json", provenance)
    return config


def write(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))


def change(path: str, **changes: object) -> None:
    write(Path(path), json.loads(Path(path).read_text()) | changes)


def found(config: Config) -> str:
    """The one line of the mistake."""
    with pytest.raises(UserError) as caught:
        load_adapters(config)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_two_companies(config: Config) -> None:
    a, b = load_adapters(config)
    assert (a.name, a.rank, a.config.company, a.config.system_prompt) == ("shop-a", 12, "Shop a", "You are a.")
    assert (b.name, b.run.adapter, b.config.name) == ("shop-b", Path("runs/b/adapter"), "shop-b")
    assert run_of(b.config) == b.run and run_of(config) == Run("desk")
    assert (a.template_hash, a.loss, a.best_loss) == (template_hash(a.config), 2.0, 1.0)
    assert page_model(config) == "shop-a"


def test_the_page_asks_one_of_the_adapters(config: Config) -> None:
    named = ServeConfig(adapters=config.serve.adapters, page_model="shop-b")
    assert page_model(config.model_copy(update={"serve": named})) == "shop-b"
    with pytest.raises(ValueError, match=r"page_model 'shop-c' is not one of serve.adapters \(shop-a, shop-b\)"):
        ServeConfig(adapters=config.serve.adapters, page_model="shop-c")


def test_an_adapter_that_reads_the_faq_keeps_its_trainings_grounding_and_encoder(config: Config) -> None:
    provenance = Path("runs/b/model/provenance.json")
    trained = json.loads(provenance.read_text())["config"]
    change(str(provenance), config=trained | {"grounding": "faq", "encoder": ["all-minilm-l6-v2"]})
    assert "key 'serve.adapters.shop-b': runs/b/data/faq.jsonl not found" in found(config)
    write(Path("runs/b/data/faq.jsonl"), {})
    a, b = load_adapters(config)
    assert (a.config.grounding, b.config.grounding, b.config.encoder) == ("none", "faq", "all-minilm-l6-v2")


@pytest.mark.parametrize(
    "path", ["runs/b", "runs/b/adapter/adapter_config.json", "runs/b/adapter/adapter_model.safetensors", "runs/b/model/provenance.json"]
)
def test_a_missing_part_is_named(config: Config, path: str) -> None:
    Path(path).rename("elsewhere")
    line = found(config)
    assert "serve.adapters.shop-b" in line and path in line and "make train" in line


@pytest.mark.parametrize("text", ["{", "[]", "\x00", "{}"])
@pytest.mark.parametrize("name", ["adapter/adapter_config.json", "model/provenance.json"])
def test_broken_records(config: Config, name: str, text: str) -> None:
    Path("runs/a", name).write_text(text)
    assert "runs/a/" in found(config)


@pytest.mark.parametrize("kind", ["PREFIX_TUNING", "IA3", "LOHA", None])
def test_what_is_not_a_lora(config: Config, kind: str | None) -> None:
    change("runs/b/adapter/adapter_config.json", peft_type=kind)
    line = found(config)
    assert "serve.adapters.shop-b" in line and str(kind) in line and "merged model" in line


@pytest.mark.xdist_group("vllm")
@pytest.mark.parametrize(("key", "value"), [("modules_to_save", ["lm_head"]), ("use_dora", True), ("bias", "all"), ("lora_bias", True)])
def test_what_vllm_refuses_is_refused_before(config: Config, key: str, value: object) -> None:
    from vllm.config.lora import LoRAConfig
    from vllm.lora.peft_helper import PEFTHelper

    lora: dict[str, Any] = LORA | {"lora_alpha": 8, "target_modules": ["q_proj"]}
    PEFTHelper.from_dict(lora).validate_legal(LoRAConfig(max_lora_rank=16))
    with pytest.raises(ValueError, match=r"support"):
        PEFTHelper.from_dict(lora | {key: value}).validate_legal(LoRAConfig(max_lora_rank=16))
    change("runs/a/adapter/adapter_config.json", **{key: value})
    assert key in found(config)


@pytest.mark.xdist_group("vllm")
def test_a_rank_that_vllm_does_not_take(config: Config) -> None:
    from vllm.config.lora import MaxLoRARanks

    assert get_args(MaxLoRARanks) == adapters.RANKS
    change("runs/a/adapter/adapter_config.json", r=513)
    assert "rank 513" in found(config) and "512" in found(config)


def test_another_base(config: Config) -> None:
    change("runs/b/model/provenance.json", base="some/other", base_path="models/other", base_revision="abc")
    line = found(config)
    assert "some/other (abc)" in line and "models/base (base)" in line


@pytest.mark.parametrize("changes", [{"base": "hub/name", "base_revision": "x"}, {"base_path": "moved/since"}])
def test_the_same_base_under_another_name_or_elsewhere(config: Config, changes: dict[str, str]) -> None:
    change("runs/b/model/provenance.json", **changes)
    assert len(load_adapters(config)) == 2


def test_another_revision_of_the_base(config: Config) -> None:
    change("runs/b/model/provenance.json", base_path="moved/since", base_revision="older")
    assert "older" in found(config)


def test_another_template_family(config: Config) -> None:
    other = config.model_copy(update={"model": config.model.model_copy(update={"template": "llama3"})})
    assert "template chatml, not llama3" in found(other)


def test_a_template_that_changed_since_training(config: Config) -> None:
    change("runs/a/model/provenance.json", template_hash="other")
    assert [adapter.template_hash != template_hash(adapter.config) for adapter in load_adapters(config)] == [True, False]


def test_the_bases_own_name_is_taken(config: Config) -> None:
    assert base_name(config) == "base"
    serve = config.serve.model_copy(update={"adapters": {"base": "runs/a"}})
    assert "serve.adapters.base" in found(config.model_copy(update={"serve": serve}))


@pytest.mark.xdist_group("vllm")
@pytest.mark.usefixtures("vllm_device")
@pytest.mark.parametrize(("device", "adapters_", "places"), [("cpu", 2, 3), ("gpu", 2, 2), ("cpu", 12, 13), ("gpu", 12, 8)])
def test_the_engine_serves_the_base_with_all_adapters(
    config: Config, monkeypatch: pytest.MonkeyPatch, device: engine.Device, adapters_: int, places: int
) -> None:
    """The installed vLLM parses the options and means by them what we mean."""
    from vllm.entrypoints.launchers.cli_args import make_arg_parser
    from vllm.utils.argparse_utils import FlexibleArgumentParser

    monkeypatch.setattr(engine, "device", lambda: device)
    named = {f"shop {number}": f"runs/{'ab'[number % 2]}" for number in range(adapters_)}
    config = config.model_copy(update={"serve": config.serve.model_copy(update={"adapters": named, "tensor_parallel_size": 2})})
    words = engine.command(config, Run("desk"))
    parsed = make_arg_parser(FlexibleArgumentParser()).parse_args(words[3:])  # type: ignore[no-untyped-call]
    assert (parsed.model, parsed.served_model_name) == ("models/base", ["base"])
    assert [(module.name, module.path) for module in parsed.lora_modules] == [(name, f"{root}/adapter") for name, root in named.items()]
    assert (parsed.max_lora_rank, parsed.max_loras, parsed.enable_lora) == (16, places, True)
    assert parsed.max_cpu_loras >= max(adapters_, places)
    assert (parsed.enforce_eager, parsed.tensor_parallel_size) == ((True, 1) if device == "cpu" else (False, 2))
    assert Path(parsed.chat_template).read_text() == chat_template(config)
    assert json.loads((Path(parsed.generation_config) / "generation_config.json").read_text()) == {"eos_token_id": [2]}
    prompts = json.loads(Path(engine.environment(config, Run("desk"))["FRONTDESK_SYSTEM_PROMPTS"]).read_text())
    assert prompts == {name: f"You are {root[-1]}." for name, root in named.items()}


def test_a_base_without_the_templates_end_of_turn(config: Config) -> None:
    tokenizer = Path("models/base/tokenizer.json")
    tokenizer.write_text(tokenizer.read_text().replace("<|im_end|>", "<end>"))
    with pytest.raises(UserError, match=r"models/base lacks one of <\|im_end\|>"):
        engine.command(config, Run("desk"))
