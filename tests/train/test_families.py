"""Each family's architecture and real tokenizer goes through data, training and merge, told by `template: auto`; Qwen3 also through the
engine."""

import json
from pathlib import Path

import pytest
import yaml

from frontdesk.models.base import load_tokenizer
from frontdesk.prompt.families import FAMILIES
from frontdesk.prompt.render import encode_prompt
from tests.frontdesk.conftest import FOLDERS, load
from tests.stages import done
from tests.train.test_train import NAME, project

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("training")]
ARCHITECTURES = {
    "gemma": "Gemma3",
    "llama3.1": "Llama",
    "mistral": "Mistral",
    "qwen2.5": "Qwen2",
    "qwen3": "Qwen3",
}
SERVED = "qwen3"
"""An engine takes most of a minute to start. vLLM's rendering of every family's prompts is in tests/frontdesk/prompt."""


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_family_goes_through_data_training_and_merge(name: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    base = request.getfixturevalue(FOLDERS[name])
    config = project(tmp_path, base, parity_prompts=8 if name == SERVED else 0) / f"{NAME}.yaml"
    values = yaml.safe_load(config.read_text(encoding="utf-8"))
    del values["model"]["template"]
    values["serve"]["eager"] = True
    config.write_text(yaml.safe_dump(values), encoding="utf-8")
    for stage, module in (("data", "data_tools"), ("train", "train")):
        assert f"{stage}: chat template {name} (" in done(tmp_path, module, config.name).stdout

    run = tmp_path / f"runs/{NAME}"
    trained, provenance, generation = (
        json.loads((run / file).read_text()) for file in ("training.json", "model/provenance.json", "model/generation_config.json")
    )
    assert trained["steps"] == 6 and provenance["config"]["model"]["template"] == name
    assert min(provenance["merge"]["losses"].values()) == pytest.approx(trained["held_out"]["wordings"]["after"], rel=0.01)  # bf16
    tokenizer = AutoTokenizer.from_pretrained(run / "model", mistral_format=False)
    ends = tokenizer.convert_tokens_to_ids(list(FAMILIES[name].ends))
    assert generation["eos_token_id"] in (sorted(ends), *ends)
    assert type(AutoModelForCausalLM.from_pretrained(run / "model")).__name__ == f"{ARCHITECTURES[name]}ForCausalLM"
    family, prompt = load(name, base, values["system_prompt"]), [{"role": "user", "content": "배송은 얼마나 걸리나요?"}]
    assert encode_prompt(tokenizer, prompt) == encode_prompt(load_tokenizer(family.config, base), prompt)
    if name == SERVED:
        parity = json.loads((run / "parity.json").read_text())
        assert parity["passed"] and parity["same_prompt_tokens"] == parity["prompts"] > 0
