"""`make serve`'s engine on one GPU, two and eight, and with adapters, as the installed vLLM configures it. None is started.

Int8 weights have their test in tests/train/test_int8.py: to configure an engine for them, vLLM asks its kernels.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from transformers import LlamaConfig

from frontdesk.config.run import Run
from frontdesk.config.schema import Config, DataConfig, ModelConfig
from frontdesk.engine import vllm as engine
from frontdesk.files import write_json
from tests.conftest import ROOT
from tests.serve.adapters import write_adapter

PLAIN = {"length": 2048, "drafts": None, "lora": None, "eager": False, "dtype": "bfloat16"}
LOOKUP = ["ngram", 5]
DEVICES = ("cpu", "gpu") if engine.device() == "cpu" else ("gpu",)
"""Those for which the installed vLLM can configure an engine: its build for GPUs knows no CPU."""


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, embedded_model: Path) -> Config:
    """A run whose model has a Llama's shape with eight heads, and no weights; it is its own base, too."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(engine, "dtype", lambda _: "bfloat16")
    run = Run("shop")
    shape = LlamaConfig(num_attention_heads=8, num_key_value_heads=8, hidden_size=64, num_hidden_layers=2, max_position_embeddings=8192)
    described = shape.to_dict() | {"architectures": ["LlamaForCausalLM"], "dtype": "bfloat16"}
    write_json(run.model / "config.json", described)
    (run.model / "model.safetensors").write_bytes(b"x")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (run.model / name).symlink_to(embedded_model / name)
    model = ModelConfig(base=str(run.model), template="chatml")
    return Config(name="shop", company="Test shop", system_prompt="You help.", model=model, data=DataConfig(faq=("faq.jsonl",)))


def configured(device: str, commands: list[list[str]]) -> list[dict[str, Any]]:
    """What vLLM makes of them, in a process of its own: which device it is for is settled once in each."""
    lines = json.dumps([words[3:] for words in commands])
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "VLLM_LOGGING_LEVEL": "ERROR", "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-m", "tests.frontdesk.engine.engine_config", device, lines]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    made: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return made


def serving(config: Config, **changes: Any) -> Config:
    return config.model_copy(update={"serve": config.serve.model_copy(update=changes)})


@pytest.mark.slow
@pytest.mark.parametrize("device", DEVICES)
def test_vllm_configures_each_engine(config: Config, monkeypatch: pytest.MonkeyPatch, device: engine.Device) -> None:
    monkeypatch.setattr(engine, "device", lambda: device)
    gpus = {"gpu": (1, 2, 8), "cpu": (1,)}[device]
    write_adapter(Path("runs/a"), config, Path(config.model.base))
    configs = [serving(config, tensor_parallel_size=count) for count in gpus]
    configs += [serving(config, adapters={"a": "runs/a"}, tensor_parallel_size=gpus[-1])]
    *plain, adapters = configured(device, [engine.command(one, Run("shop")) for one in configs])
    drafts = PLAIN | {"drafts": LOOKUP if device == "cpu" else None}
    for count, found in zip(gpus, plain, strict=True):
        assert found == drafts | {"device": {"gpu": "cuda"}.get(device, device), "gpus": count, "block": found["block"]}
    lora = {"gpu": [8, 1, 1], "cpu": [8, 2, 2]}[device]
    assert adapters == plain[-1] | {"lora": lora, "eager": device == "cpu"}
