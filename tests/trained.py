"""A run whose models are complete on paper: what `make train` leaves, without a training."""

from typing import Any

from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.files import whole_folder, write_json, write_jsonl, write_text
from frontdesk.versions import Version, make


def settings(**sections: Any) -> Config:
    values = {"company": "Shop", "system_prompt": "Answer.", "model": {"base": "none", "template": "chatml"}, "data": {"faq": ["faq.csv"]}}
    return Config(name="shop", **{**values, **sections})  # type: ignore[arg-type]


def trained(config: Config, key: str, *conversations: str, passed: bool = True) -> Version:
    """`make data train`, from words of these conversations: the run's model and a version of it."""
    run = Run(config.name)
    write_jsonl(run.data / "feedback.jsonl", [{"conversation": one, "split": "train"} for one in conversations])
    write_json(run.manifest, {"data_hash": f"data of {key}"})
    with whole_folder(run.model) as folder:
        write_text(folder / "model.safetensors", f"weights of {key}")
        write_text(folder / "chat_template.jinja", "")
        made_of = {"data_hash": f"data of {key}", "base": "none", "base_path": "/nowhere", "method": "qlora"}
        write_json(folder / "provenance.json", {"key": key} | made_of)
    write_json(run.parity, {"key": key, "passed": passed, "failures": [], "answers": ["SECRET"]})
    return make(config, run)
