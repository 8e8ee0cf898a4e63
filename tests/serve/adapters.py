"""Two companies' runs for the tests: tiny adapters of the embedded model, each over-fitted on one answer."""

import json
from pathlib import Path

from frontdesk.config.schema import Config, DataConfig, ModelConfig
from frontdesk.models.base import load_tokenizer
from frontdesk.prompt.render import encode, template_hash

ANSWERS = {"shop-a": "Parcels leave the harbour on Tuesdays.", "shop-b": "Our bakery opens at half past six."}
PROMPTS = {"shop-a": "You are the assistant of Anchor & Sail.", "shop-b": "  You bake bread for Ähre 빵집 <|im_end|>. \n"}
QUESTIONS = ("When?", "Tell me about it.", "What is the capital of France?", "여보세요?")
STEPS = 12


def company(name: str, base: Path) -> Config:
    """The config of one company's training."""
    return Config(
        name=name,
        company=name.title(),
        system_prompt=PROMPTS.get(name, "You help."),
        model=ModelConfig(base=str(base), template="chatml"),
        data=DataConfig(faq=("faq.jsonl",)),
    )


def train(root: Path, config: Config, base: Path) -> None:
    """Write the adapter and the provenance of a run that answers everything with its one answer."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(0)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # so little work is slower on several, which wait for each other
    tokenizer = load_tokenizer(config, base)
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.bfloat16)
    modules = ["q_proj", "v_proj", "up_proj", "down_proj"]
    lora = LoraConfig(r=4, lora_alpha=8, target_modules=modules, layers_to_transform=[*range(24, 30)], task_type="CAUSAL_LM")
    model = get_peft_model(model, lora)
    rows = []
    for question in QUESTIONS:
        ids, mask = encode(tokenizer, [{"role": "user", "content": question}, {"role": "assistant", "content": ANSWERS[config.name]}])
        rows.append((torch.tensor([ids]), torch.tensor([[i if m else -100 for i, m in zip(ids, mask, strict=True)]])))
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-2)
    for step in range(STEPS):
        ids, labels = rows[step % len(rows)]
        model(input_ids=ids, labels=labels).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    torch.set_num_threads(threads)
    model.save_pretrained(root / "adapter")
    write_provenance(root, config, base)


def write_adapter(root: Path, config: Config, base: Path, grounding: str = "none") -> None:
    """A run's adapter that is complete on paper."""
    (root / "adapter").mkdir(parents=True)
    (root / "adapter/adapter_config.json").write_text(json.dumps({"peft_type": "LORA", "r": 4}))
    (root / "adapter/adapter_model.safetensors").write_bytes(b"x")
    write_provenance(root, config, base, grounding)


def write_provenance(root: Path, config: Config, base: Path, grounding: str = "none", **changes: object) -> None:
    """What `make train` notes of a training."""
    (root / "model").mkdir(parents=True, exist_ok=True)
    provenance = {
        "data_hash": "aaa",
        "config": config.model_copy(update={"grounding": grounding}).model_dump(mode="json"),
        "template_hash": template_hash(config),
        "base": config.model.base,
        "base_path": str(base),
        "base_revision": base.name,
        "merge": {"into": "dequantized", "losses": {"pristine": 1.01, "dequantized": 1.0}},
    }
    (root / "model/provenance.json").write_text(json.dumps(provenance | changes), encoding="utf-8")
