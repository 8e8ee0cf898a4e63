"""Each mistake is found before anything starts, and named."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from frontdesk.config.run import Run
from frontdesk.config.schema import Config, ModelConfig
from frontdesk.engine.vllm import ENGINE_KEY, UTILIZATION, served_key
from frontdesk.errors import UserError
from frontdesk.files import write_json
from frontdesk.models import driver
from serve import checks
from tests.frontdesk.models import outputs
from tests.serve.adapters import write_adapter, write_provenance

ROOT = Path(__file__).resolve().parents[2]


def serving(config: Config, **changes: object) -> Config:
    """The same config with other serve values."""
    return config.model_copy(update={"serve": config.serve.model_copy(update=changes)})


def found(config: Config, device: str = "cpu") -> str:
    """The one line of the mistake."""
    with pytest.raises(UserError) as caught:
        checks.check(config, Run(config.name), device)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_good_run_passes_without_a_warning(config: Config, capsys: pytest.CaptureFixture[str]) -> None:
    checks.check(config, Run("shop"), "cpu")
    assert capsys.readouterr().err == ""


def test_serving_before_training_says_make_train(config: Config) -> None:
    Run("shop").provenance.unlink()
    line = found(config)
    assert "runs/shop/model/provenance.json" in line and "make train CONFIG=configs/shop.yaml" in line
    assert "set model.base to the model folder of a run that was trained" in line


def test_a_model_whose_scorecard_missed_a_limit_is_refused(config: Config) -> None:
    run = Run("shop")
    limit, quote = ({"metric": name, "against": against, "passed": False} for name, against in (("leaked", None), ("facts_right", "quote")))
    kept = {"metric": "facts_wrong", "passed": True}  # as before there was anything to be against
    card = {"key": served_key(config, json.loads(run.provenance.read_text())), "gate": {"passed": False, "checks": [limit, kept, quote]}}
    write_json(run.scores, card)
    assert found(config).startswith(
        "runs/shop/report/scores.json: the last scorecard of this model missed leaked, facts_right against quote;"
    )
    checks.check(serving(config, ignore_gate=True), run, "cpu")
    write_json(run.scores, card | {"key": "of another training"})
    checks.check(config, run, "cpu")


def test_a_model_whose_proof_failed_is_refused(config: Config) -> None:
    run = Run("shop")
    key = json.loads(run.provenance.read_text()).get("key")
    record = {"key": key, "passed": False, "failures": ["60.0% of the adapter's tokens are the served model's first choice"]}
    run.parity.write_text(json.dumps(record))
    assert found(config).startswith(
        "runs/shop/parity.json: the proof failed: the served model's answers are not the trained one's (60.0% of the adapter's"
    )
    unproven = config.model_copy(update={"train": config.train.model_copy(update={"parity_prompts": 0})})
    checks.check(unproven, run, "cpu")
    run.parity.write_text(json.dumps(record | {"key": "of another training"}))
    checks.check(config, run, "cpu")
    run.parity.write_text(json.dumps(record | {"passed": True}))
    checks.check(config, run, "cpu")


@pytest.mark.parametrize("text", ["{", "[]", "\x00"])
def test_broken_provenance(config: Config, text: str) -> None:
    Run("shop").provenance.write_text(text)
    assert "provenance.json" in found(config)


@pytest.mark.parametrize("name", [*checks.MODEL_FILES, "model.safetensors"])
@pytest.mark.parametrize("empty", [True, False])
def test_an_incomplete_model_is_named_file_by_file(config: Config, name: str, empty: bool) -> None:
    path = Run("shop").model / name
    path.write_bytes(b"") if empty else path.unlink()
    line = found(config)
    assert name in line and "incomplete" in line


def test_every_part_of_split_weights_is_looked_for(config: Config) -> None:
    model = Run("shop").model
    (model / "model.safetensors").rename(model / "model-00001-of-00002.safetensors")
    parts = {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}
    (model / "model.safetensors.index.json").write_text(json.dumps({"weight_map": parts}))
    line = found(config)
    assert parts["b"] in line and parts["a"] not in line


@pytest.mark.parametrize("key", ["port", "ui_port"])
def test_a_port_in_use_names_port_process_and_key(config: Config, key: str) -> None:
    with socket.create_server(("127.0.0.1", getattr(config.serve, key))) as listener:
        line = found(config)
        assert str(listener.getsockname()[1]) in line
    assert f"serve.{key}" in line and f"process {os.getpid()}" in line
    checks.check(config, Run("shop"), "cpu")  # free again


def test_a_foreign_address_is_refused(config: Config) -> None:
    assert "192.0.2.1" in found(serving(config, host="192.0.2.1"))  # reserved for documentation, no machine's own


def test_too_little_memory_tells_free_and_needed(config: Config) -> None:
    line = found(serving(config, cpu_kv_cache_gib=1_000_000))
    assert "serve.cpu_kv_cache_gib" in line and "1000002.5 GiB needed" in line


def test_every_engine_of_this_machine_takes_memory(config: Config) -> None:
    line = found(serving(config, cpu_kv_cache_gib=1_000_000, replicas=3))
    assert "3000005.5 GiB needed" in line and "for each of 3 engines (key 'serve.replicas')" in line


def test_copies_within_an_engine_are_for_gpus(config: Config) -> None:
    told = "key 'serve.data_parallel_size': found 2; expected 1, since it is for GPUs; set serve.replicas to 2"
    assert found(serving(config, data_parallel_size=2)) == told


def test_engines_elsewhere_need_their_key(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = serving(config, engines=("http://10.0.0.7:8100",), replicas=0)
    monkeypatch.delenv(ENGINE_KEY, raising=False)
    assert found(elsewhere).startswith(f"key 'serve.engines': {ENGINE_KEY} is not set; expected the key with which")
    monkeypatch.setenv(ENGINE_KEY, "a-long-one")
    checks.check(elsewhere, Run("shop"), "cpu")


def on_gpus(monkeypatch: pytest.MonkeyPatch, *gpus: str) -> None:
    """A machine with these GPUs, as `nvidia-smi` lists them, and torch for its CUDA."""
    monkeypatch.setattr(driver, "torch_cuda", lambda: "13.0")
    monkeypatch.setattr(checks, "dtype", lambda config: "float32" if config.serve.dtype == "float32" else "bfloat16")
    outputs.ONE._replace(query=(0, "\n".join(gpus) + "\n")).stand_in(monkeypatch)


H100, BUSY, T4 = (
    "GPU-0a, NVIDIA H100 80GB HBM3, 9.0, 81559, 81079, Disabled",
    "GPU-1b, NVIDIA H100 80GB HBM3, 9.0, 81559, 12004, Disabled",
    "GPU-2c, Tesla T4, 7.5, 15360, 14914, [N/A]",
)


def heavy(gib: int) -> None:
    """Let the model's weights take so many GiB, of which the disk has none."""
    with (Run("shop").model / "model.safetensors").open("r+b") as file:
        file.truncate(gib * 2**30)


@pytest.mark.parametrize(
    ("gpus", "changes", "line"),
    [
        ([H100], {"tensor_parallel_size": 2}, "key 'serve.tensor_parallel_size': found 2; the GPUs here are 1; lower it in the config"),
        (
            [H100] * 8,
            {"tensor_parallel_size": 3},
            "key 'serve.tensor_parallel_size': found 3; runs/shop/model has 32 attention heads, which it must divide; take 1, 2, 4 or 8",
        ),
        (
            [H100] * 4,
            {"tensor_parallel_size": 2, "data_parallel_size": 2, "replicas": 2},
            "key 'serve.tensor_parallel_size': found 2, times serve.data_parallel_size 2, times serve.replicas 2 are 8 GPUs; the GPUs "
            "here are 4; lower it in the config",
        ),
        (
            [H100, BUSY],
            {"tensor_parallel_size": 2},
            "GPU 1 (NVIDIA H100 80GB HBM3): vLLM takes 73.3 GiB of it, 11.7 GiB are free; end the programs that nvidia-smi lists",
        ),
        (
            [H100, H100],
            {"tensor_parallel_size": 1},
            "GPU 0 (NVIDIA H100 80GB HBM3): too little memory: 132.0 GiB of the weights of runs/shop/model come to it, and there is room "
            "for 73.3; raise serve.tensor_parallel_size, or use serve.quantization or a smaller model.base",
        ),
        ([T4], {}, "key 'serve.dtype': found auto; Tesla T4 has no bf16; set it to float32"),
    ],
)
def test_gpus_that_will_not_do(
    config: Config, monkeypatch: pytest.MonkeyPatch, gpus: list[str], changes: dict[str, int], line: str
) -> None:
    on_gpus(monkeypatch, *gpus)
    shape = Run("shop").model / "config.json"
    shape.write_text(json.dumps(json.loads(shape.read_text()) | {"num_attention_heads": 32}))
    heavy(132)
    assert found(serving(config, **changes), "gpu") == line


def test_gpus_that_share_the_weights_have_room(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    on_gpus(monkeypatch, H100, H100, BUSY)
    heavy(132)
    checks.check(serving(config, tensor_parallel_size=2, cpu_kv_cache_gib=1_000_000), Run("shop"), "gpu")  # that key is for a CPU
    on_gpus(monkeypatch, "GPU-0a, NVIDIA GB10, 12.1, [N/A], [N/A], [N/A]")  # its memory is the machine's
    checks.check(config, Run("shop"), "gpu")


def test_the_packages_for_a_gpu_are_not_served_without_one(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    on_gpus(monkeypatch)
    outputs.OLD.stand_in(monkeypatch)
    assert found(config, "gpu").startswith("the driver 550.163.01, CUDA 12.4, is too old; torch is built for CUDA 13.0")


@pytest.mark.xdist_group("vllm")
def test_vllm_takes_as_much_of_a_gpu_as_we_think() -> None:
    from vllm.config import CacheConfig

    assert CacheConfig().gpu_memory_utilization == UTILIZATION


def test_lengths(config: Config) -> None:
    line = found(serving(config, context_length=9000))
    assert "serve.context_length" in line and "9000" in line and "8192" in line


def test_changed_data_warns_with_both_hashes(config: Config) -> None:
    run = Run("shop")
    run.data.mkdir()
    run.manifest.write_text(json.dumps({"data_hash": "aaa"}))
    provenance = json.loads(run.provenance.read_text())
    assert checks.warnings(config, run, provenance) == []
    run.manifest.write_text(json.dumps({"data_hash": "bbb"}))
    (line,) = checks.warnings(config, run, provenance)
    assert "aaa" in line and "bbb" in line


def test_a_changed_system_prompt_warns(config: Config) -> None:
    changed = config.model_copy(update={"system_prompt": "You sell."})
    provenance = json.loads(Run("shop").provenance.read_text())
    (line,) = checks.warnings(changed, Run("shop"), provenance)
    assert provenance["template_hash"] in line and "system prompt" in line


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "127.0.0.1.example.org", "example.org"])
def test_an_open_host_without_a_key_is_refused(config: Config, host: str) -> None:
    with pytest.raises(UserError, match="there is no key") as caught:
        checks.check_host(serving(config, host=host))
    assert "\n" not in str(caught.value) and host in str(caught.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_loopback_needs_no_key(config: Config, host: str) -> None:
    checks.check_host(serving(config, host=host))


def test_an_open_host_with_a_key_is_warned_about(
    config: Config, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FRONTDESK_API_KEY", "secret")
    checks.check(serving(config, host="0.0.0.0"), Run("shop"), "cpu")
    warned = capsys.readouterr().err
    assert "chat page" in warned and "secret" not in warned


def test_the_bare_model_has_another_name(config: Config) -> None:
    assert "serve.bare_model" in found(serving(config, bare_model="shop"))


def test_adapters_are_checked_instead_of_the_merged_model(config: Config, capsys: pytest.CaptureFixture[str]) -> None:
    base, root = Path("models/base"), Path("elsewhere/a")
    base.mkdir(parents=True)
    (base / "config.json").write_text(json.dumps({"max_position_embeddings": 4096}))
    (base / "model.safetensors").write_bytes(b"x")
    desk = serving(config, adapters={"shop-a": str(root)}).model_copy(
        update={"name": "desk", "model": ModelConfig(base=str(base), template="chatml")}
    )
    assert "serve.adapters.shop-a" in found(desk)
    write_adapter(root, desk, base)
    checks.check(desk, Run("desk"), "cpu")
    assert capsys.readouterr().err == ""
    assert "models/base takes at most 4096" in found(serving(desk, context_length=5000))
    assert "of models/base" in found(serving(desk, cpu_kv_cache_gib=1_000_000))
    (root / "data").mkdir()
    (root / "data/manifest.json").write_text(json.dumps({"data_hash": "bbb"}))
    write_provenance(root, desk, base, template_hash="other", merge={"losses": {"pristine": 1.5, "dequantized": 1.0}})
    checks.check(desk, Run("desk"), "cpu")
    data, template, loss = capsys.readouterr().err.splitlines()
    assert "elsewhere/a/data/manifest.json" in data and "aaa" in data and "bbb" in data
    assert "elsewhere/a:" in template and "template changed" in template
    assert "1.500" in loss and "1.000" in loss
    (root / "data/manifest.json").unlink()
    write_provenance(root, desk, base, grounding="faq")
    assert "elsewhere/a/data/faq.jsonl not found" in found(desk)
    (root / "data/faq.jsonl").write_text("")
    checks.check(desk, Run("desk"), "cpu")
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("config")
def test_the_command_ends_with_2_and_one_line() -> None:
    Run("shop").provenance.unlink()
    done = subprocess.run(
        [sys.executable, "-m", "serve", "shop.yaml"],
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("error: runs/shop/model/provenance.json") and done.stderr.count("\n") == 1
