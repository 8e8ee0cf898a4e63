"""The folder for a hub: what is in it, and what its card says and does not say."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import ModelCard

from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.errors import UserError
from frontdesk.files import read_json, write_json, write_text
from train.export import hub

SCORE = {"value": 0.804, "low": 0.73, "high": 0.871, "of": 183, "clusters": 60}
PROVENANCE: dict[str, Any] = {
    "key": "abc", "data_hash": "d1", "template_hash": "t1", "base": "/home/ann/bases/tiny", "base_revision": "tiny", "method": "qlora",
    "merge": {"into": "pristine", "losses": {}}, "versions": {"torch": "2.13.0", "peft": "0.21.2"},
}  # fmt: skip
MANIFEST: dict[str, Any] = {
    "sources": [{"path": "examples/Ann Smith.csv"}],
    "messages": {"read": 291, "kept": 235, "masked": 80}, "conversations": {"read": 31}, "faq": {"entries": 67, "wordings": 832},
    "rows": {"train": {"chat": 29, "faq": 553}, "valid": {"faq": 37}}, "masks": {"PHONE": 9, "EMAIL": 8},
    "leak": {"splits": {"exact": 0, "near": 0, "of": 289}},
}  # fmt: skip
PARITY = {
    "key": "abc", "passed": True, "prompts": 50, "tokens": 675, "agreement": {"merged": 0.9994, "served": 1.0},
    "same_answers": {"merged": 49, "served": 49}, "answers": [{"messages": [{"role": "user", "content": "my secret words"}]}],
}  # fmt: skip


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_llama3: Path) -> Config:
    monkeypatch.chdir(tmp_path)
    run = Run("shop")
    shutil.copytree(tiny_llama3, run.model)
    write_json(run.model / "config.json", read_json(run.model / "config.json") | {"_name_or_path": "/home/ann/bases/tiny"})
    write_text(run.model / "chat_template.jinja", "{{ messages }}")
    write_json(run.provenance, PROVENANCE)
    write_json(run.manifest, MANIFEST)
    write_json(run.training, {"steps": 188, "precision": "float32"})
    write_json(run.parity, PARITY)
    write_text(tmp_path / "base/README.md", "---\nlicense: other\nlicense_name: llama3\nlicense_link: LICENSE\n---\n# Base\n")
    write_text(tmp_path / "base/LICENSE", "terms")
    model: Any = {"base": "base", "template": "llama3"}
    data: Any = {"faq": ["x.csv"]}
    return Config(name="shop", company="Pebble & Pine", system_prompt="s", model=model, data=data)


def made(config: Config, target: str = "out", **changes: Any) -> str:
    hub.write(config, Run("shop"), PROVENANCE | {"base_path": "base"} | changes, Path(target))
    return (Path(target) / "README.md").read_text(encoding="utf-8")


def scorecard(key: str = "abc") -> None:
    systems = {
        "quote": {},
        "tuned + FAQ in prompt": {"facts_right": SCORE},
        "desk": {"facts_right": SCORE, "leaked": SCORE | {"value": None}},
    }
    gate = {"passed": False, "checks": [{"metric": "facts_right", "passed": False}, {"metric": "leaked", "passed": True}]}
    card = {"key": key, "date": "2026-11-30T12:00:00", "machine": "2 cores", "served": "desk", "gate": gate, "systems": systems}
    write_json(Run("shop").scores, card)


def test_the_folder_loads_as_any_model_and_has_the_weights_without_taking_space(shop: Config) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    made(shop)
    files = {
        "README.md",
        "LICENSE",
        "config.json",
        "generation_config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    }
    assert {file.name for file in Path("out").iterdir()} == files | {"chat_template.jinja"}
    assert Path("out/model.safetensors").samefile(Run("shop").model / "model.safetensors")
    assert AutoTokenizer.from_pretrained("out").chat_template == "{{ messages }}"
    assert AutoModelForCausalLM.from_pretrained("out").num_parameters() > 0


def test_the_card_tells_counts_scores_with_intervals_parity_licence_and_provenance(shop: Config) -> None:
    scorecard()
    record = {"key": "abc", "passed": True, "agreement": 0.981, "tokens": 670, "same_answers": 45, "prompts": 50}
    write_json(Run("shop").gguf / "q4_k_m.json", record)
    write_json(Run("shop").gguf / "q8_0.json", record | {"key": "older"})
    text = made(shop)
    for line in (
        "A customer service model of Pebble & Pine, tuned with Frontdesk. It was trained to answer from FAQ entries",
        "| FAQ entries, and wordings of their questions | 67, 832 |",
        "| Messages read, kept | 291, 235 |",
        "| Rows, train | 582 |",
        "80 messages had some: email 8, phone 9.",
        "| share of | tuned + FAQ in prompt | desk |\n|---|---|---|\n| facts right | 80 % (73 to 87) | 80 % (73 to 87) |\n",
        "| leaked | – | – |",
        "**missed for facts right**",
        "99.9 % of the 675 tokens",
        "As GGUF, q4_k_m, in llama.cpp: 98.1 % of 670 tokens, 45 of 50 answers.",
        "The base is `tiny`, under `llama3` (LICENSE)",
        "| Method | qlora, 188 steps in float32, merged into: pristine |",
        "`abc`, `d1`, `t1`",
        "torch 2.13.0, peft 0.21.2",
    ):
        assert line in text, line
    assert "q8_0" not in text and "not scored" not in text


def test_nothing_of_customers_files_or_this_machine_is_in_the_folder(shop: Config) -> None:
    scorecard()
    made(shop)
    small = (file for file in Path("out").iterdir() if file.name not in ("model.safetensors", "tokenizer.json"))
    for file in small:
        assert not re.search(r"Ann|ann/|secret|examples/|x\.csv", file.read_text(encoding="utf-8")), file


def test_huggingface_reads_the_card_s_metadata(shop: Config) -> None:
    made(shop)
    data = ModelCard.load(Path("out/README.md")).data
    assert data.to_dict() == {
        "library_name": "transformers", "pipeline_tag": "text-generation", "license": "other", "license_name": "llama3",
        "license_link": "LICENSE", "tags": ["customer-service", "frontdesk"],
    }  # fmt: skip


def test_what_is_not_known_is_said_and_warned_about(shop: Config, capsys: pytest.CaptureFixture[str]) -> None:
    scorecard(key="older")
    unmasked = shop.model_copy(update={"data": shop.data.model_copy(update={"mask": False})})
    text = made(unmasked, base_path="nowhere")
    assert "This model was not scored." in text and "**Personal data was not masked.**" in text
    assert "its licence was not found beside it" in text and "license" not in ModelCard.load(Path("out/README.md")).data.to_dict()
    warned = capsys.readouterr().err.splitlines()
    assert [line.split(":")[1].strip() for line in warned] == ["nowhere", "data.mask is false", "runs/shop/report/scores.json"]


def test_the_licence_is_that_of_the_first_base(shop: Config) -> None:
    write_json(Path("other/model/provenance.json"), {"base_path": "base"})
    assert "under `llama3`" in made(shop, base_path="other/model")
    assert "under `apache-2.0`" in made(shop, "again", base_path=".cache/models/smollm2-135m")


def test_a_folder_with_files_in_it_is_left_alone(shop: Config) -> None:
    write_text(Path("out/notes.txt"), "mine")
    with pytest.raises(UserError, match=r"--hub out: there is something already; expected a new or empty folder; name another"):
        made(shop)
    assert [file.name for file in Path("out").iterdir()] == ["notes.txt"]
