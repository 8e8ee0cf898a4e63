"""Whether a config runs on a machine, by the figures of `train.plan`."""

import re
import socket
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from frontdesk.config.schema import Config, ModelConfig, load_config
from frontdesk.errors import UserError
from frontdesk.files import write_json
from tests.frontdesk.models.outputs import GB10, RTX_4090, T4
from tests.train.doctor.machines import GIB, LAPTOP, server
from train.doctor import fit, hub
from train.doctor.findings import Finding
from train.doctor.machine import Machine, Place
from train.memory import Batch, Setup, predict
from train.plan import PRESETS

EIGHT = PRESETS["8B"]


@pytest.fixture
def llama() -> Config:
    return load_config("configs/llama3-8b.yaml")


@pytest.fixture
def demo() -> Config:
    """The demo, on ports that are free."""
    with socket.socket() as one, socket.socket() as two:
        for each in (one, two):
            each.bind(("127.0.0.1", 0))
        ports = {"port": one.getsockname()[1], "ui_port": two.getsockname()[1]}
    return changed(load_config("configs/demo.yaml"), "serve", **ports)


def changed(config: Config, section: str, **values: Any) -> Config:
    return config.model_copy(update={section: getattr(config, section).model_copy(update=values)})


def marks(findings: Iterable[Finding]) -> dict[str, str]:
    """The worst mark of each subject."""
    worst: dict[str, str] = {}
    for one in sorted(findings, key=lambda one: ("ok", "note", "fail").index(one.mark)):
        worst[one.about] = one.mark
    return worst


@pytest.mark.usefixtures("embedded_model")
def test_the_demo_runs_on_a_laptop(demo: Config) -> None:
    found = list(fit.config_findings(demo, LAPTOP))
    assert marks(found) == dict.fromkeys(("base", "port", "training", "serving", "disk"), "ok")
    assert "ok    base: smollm2-135m is here; the hub is not asked; HF_TOKEN is not set" in map(str, found)
    assert re.search(r"NF4 QLoRA of rank 16, bf16 on a CPU: [12]\.\d GiB of 20\.0 GiB", "\n".join(map(str, found)))


def test_a_model_that_another_run_trained_is_a_base_that_serves_at_once(demo: Config, tmp_path: Path, embedded_model: Path) -> None:
    """The shape and the memory of its training are those of any folder."""
    for name in ("config.json", "model.safetensors"):
        (tmp_path / name).symlink_to(embedded_model.resolve() / name)
    write_json(tmp_path / "provenance.json", {"key": "k", "config": demo.model_dump(mode="json")})
    found = list(fit.config_findings(changed(demo, "model", base=str(tmp_path)), LAPTOP))
    assert f"ok    base: {tmp_path} is here, and serves an FAQ without training" in map(str, found)
    assert marks(found) == marks(fit.config_findings(demo, LAPTOP))


def test_a_folder_or_an_encoder_that_is_missing_is_named(demo: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    first, second, *_, last = fit.config_findings(demo, LAPTOP)
    assert str(first) == "fail  base: smollm2-135m is not here → make setup CONFIG=configs/demo.yaml"
    assert str(second) == "fail  encoder: faq-minilm is not here → make setup CONFIG=configs/demo.yaml"
    assert str(last) == "note  training: its memory cannot be told: the shape of smollm2-135m is not known here"


def test_a_local_folder_without_a_model_is_named(demo: Config, tmp_path: Path) -> None:
    finding = fit.base(changed(demo, "model", base=str(tmp_path)), LAPTOP)
    assert str(finding) == f"fail  base: {tmp_path}: no model found → check model.base in the config"


def test_who_has_a_port_is_said(demo: Config) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", demo.serve.port))
        taken.listen()
        first, second = fit.ports(demo)
    assert first.mark == "fail" and first.fact.startswith(f"port {demo.serve.port} is in use by ")
    assert first.mend == "stop that process or change serve.port in the config"
    assert str(second) == f"ok    port: {demo.serve.ui_port} is free (serve.ui_port)"


@pytest.fixture
def cached(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder of the model in the hub's cache; it is empty, and the hub would give the model."""
    monkeypatch.setattr(hub, "check", lambda _: None)
    monkeypatch.setattr(hub, "folder", lambda _: tmp_path if any(tmp_path.iterdir()) else None)
    return tmp_path


def test_the_hub_is_asked_where_the_base_is_not_here(llama: Config, monkeypatch: pytest.MonkeyPatch, cached: Path) -> None:
    fetched = fit.base(llama, replace(LAPTOP, token=True))
    assert str(fetched) == "ok    base: Meta-Llama-3-8B-Instruct is on the hub, and `make train` may fetch it; HF_TOKEN is set"

    def refuse(_: ModelConfig) -> None:
        raise UserError("model.base 'a/b': the hub says the model is gated; accept its licence")

    monkeypatch.setattr(hub, "check", refuse)
    gated = "model.base 'a/b': the hub says the model is gated; HF_TOKEN is not set"
    assert fit.base(llama, LAPTOP) == Finding("fail", "base", gated, "accept its licence")
    (cached / "model.safetensors").touch()
    assert str(fit.base(llama, LAPTOP)) == "ok    base: Meta-Llama-3-8B-Instruct is here; the hub is not asked; HF_TOKEN is not set"


@pytest.mark.usefixtures("cached")
def test_llama_trains_and_is_served_on_a_card_of_24_gb(llama: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = server(monkeypatch, RTX_4090)
    found = list(fit.config_findings(llama, machine))
    assert marks(one for one in found if one.about not in ("port", "encoder")) == dict.fromkeys(
        ("base", "training", "serving", "disk"), "ok"
    )
    lines = "\n".join(map(str, found))
    assert "training: NF4 QLoRA of rank 32, bf16 on a GPU, gradient checkpointing: 15.9 GiB of 23.5 GiB" in lines
    assert re.search(r"serving: 1[67]\.\d GiB of 22\.1 GiB", lines)


def test_a_model_that_fits_nowhere_is_told_what_to_do(llama: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    small = RTX_4090.replace("24564, 24080", "8192, 8000")
    machine = server(monkeypatch, small)
    (training,) = fit.training(llama.train, EIGHT, machine)
    assert str(training).startswith("fail  training: needs 9.") and "→ set train.batch_size: 1 with 4 times" in str(training)
    (merge,) = fit.training(changed(llama, "train", batch_size=1).train, EIGHT, machine)
    assert str(merge).startswith("fail  training: the merge after training needs 15.9 GiB, 7.8 GiB are there → choose a smaller model.base")
    serving = fit.serving(llama, EIGHT, machine)
    assert re.match(r"fail  serving: needs 17\.\d GiB, 7\.4 GiB are there → close programs, lower serve\.context_length", str(serving))
    (several,) = fit.training(llama.train, EIGHT, server(monkeypatch, small * 2))
    assert several.mend.endswith("; or on several GPUs: docs/how-to/several-gpus.md")


def test_training_is_predicted_as_the_plan_does_it(llama: Config) -> None:
    narrow = replace(LAPTOP, bf16=False, free=200 * GIB, memory=256 * GIB)
    for machine, compute in ((narrow, 4), (replace(narrow, bf16=True), 2)):
        first, patience = fit.training(llama.train, EIGHT, machine)
        setup = Setup.from_config(llama.train, EIGHT, False, compute, machine.free)
        memory = predict(EIGHT, setup, Batch.largest([(1024, 341)] * 4, llama.train, False))
        assert first.fact.endswith(f": {memory.peak / GIB:.1f} GiB of 200.0 GiB")
        assert str(patience).startswith("note  training: 8.0 B parameters on a CPU: 4") and patience.mend == "use a GPU"


def test_the_engine_takes_nearly_the_whole_gpu(llama: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    finding = fit.serving(llama, EIGHT, server(monkeypatch, RTX_4090.replace("24080", "20480")))
    assert str(finding) == "fail  serving: vLLM takes 22.1 GiB of the GPU, 20.0 GiB are free → end the programs that nvidia-smi lists"
    unified = replace(server(monkeypatch, GB10), free=100 * GIB)
    assert fit.serving(llama, EIGHT, unified).mark == "ok"


def test_several_gpus_share_the_served_weights(llama: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    shared = changed(llama, "serve", tensor_parallel_size=2)
    assert re.fullmatch(
        r"ok    serving: 9\.\d GiB of 22\.1 GiB on each of 2 GPUs", str(fit.serving(shared, EIGHT, server(monkeypatch, RTX_4090 * 2)))
    )
    alone = fit.serving(shared, EIGHT, server(monkeypatch, RTX_4090))
    assert str(alone) == "fail  serving: serve.tensor_parallel_size is 2, GPUs are 1 → lower serve.tensor_parallel_size"
    assert fit.serving(shared, PRESETS["1B"], LAPTOP).fact == fit.serving(llama, PRESETS["1B"], LAPTOP).fact  # a CPU has no such parts


def test_what_is_served_counts_in_its_own_format(llama: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = server(monkeypatch, RTX_4090)
    whole = fit.serving_bytes(llama, EIGHT, machine)
    assert fit.serving_bytes(changed(llama, "serve", context_length=8192), EIGHT, machine) - whole == GIB / 2  # Llama-3: 128 KiB a token
    assert whole - fit.serving_bytes(changed(llama, "serve", quantization="w8a8"), EIGHT, machine) == EIGHT.linear_parameters
    wide = changed(llama, "serve", dtype="float32")
    assert fit.serving_bytes(wide, EIGHT, LAPTOP) - fit.serving_bytes(llama, EIGHT, LAPTOP) == 2 * EIGHT.parameters
    assert fit.serving_bytes(llama, EIGHT, replace(LAPTOP, bf16=False)) == fit.serving_bytes(wide, EIGHT, LAPTOP)
    assert fit.serving(llama, EIGHT, LAPTOP).mark == "ok"
    assert fit.serving(llama, EIGHT, replace(LAPTOP, free=4 * GIB)).mend.startswith("close programs, lower serve.cpu_kv_cache_gib")


def test_a_gpu_without_bf16_needs_other_formats(llama: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = server(monkeypatch, T4)
    assert [str(one) for one in fit.bf16(llama, machine)] == [
        "fail  bf16: serve.dtype is auto, and this GPU has no bf16 → set serve.dtype: float32",
    ]
    assert str(next(fit.bf16(changed(llama, "train", precision="bf16"), machine))) == (
        "fail  bf16: train.precision is bf16, and this GPU has none → set train.precision: fp32"
    )
    assert "QLoRA of rank 32, fp32 on a GPU" in fit.describe(fit.planned(llama.train, EIGHT, machine)[0])
    mended = changed(llama, "serve", dtype="float32")
    assert not list(fit.bf16(mended, machine)) and not list(fit.bf16(llama, LAPTOP))
    assert not list(fit.bf16(llama, server(monkeypatch, RTX_4090)))


def test_the_engine_on_a_cpu_needs_a_compiler_unless_it_is_eager(demo: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    (finding,) = fit.compiler(demo, replace(LAPTOP, compiler=False))
    assert str(finding) == "fail  compiler: no g++, with which torch compiles the engine's model → sudo apt-get install g++"
    assert not list(fit.compiler(changed(demo, "serve", eager=True), replace(LAPTOP, compiler=False)))
    assert not list(fit.compiler(demo, LAPTOP))
    (on_a_gpu,) = fit.compiler(demo, replace(server(monkeypatch, RTX_4090), compiler=False))
    assert on_a_gpu.mark == "note"


def on_disks(first: int, second: int | None = None) -> Machine:
    """The laptop with so many bytes free for the runs, and for the cache on another disk if it has one."""
    cache = Place("the hub's cache", 1, first) if second is None else Place("the hub's cache", 2, second)
    return replace(LAPTOP, places=(Place("runs/", 1, first), cache))


def test_what_shares_a_disk_shares_what_is_free(llama: Config, cached: Path) -> None:
    (together,) = fit.disk(llama, EIGHT, on_disks(25 * GIB))
    assert str(together) == "fail  disk: runs/ and the hub's cache: 30.9 GiB of 25.0 GiB free → free some space, or move the folder"
    runs, cache = fit.disk(llama, EIGHT, on_disks(25 * GIB, 10 * GIB))
    assert str(runs) == "ok    disk: runs/: 16.0 GiB of 25.0 GiB free"
    assert (cache.mark, cache.fact) == ("fail", "the hub's cache: 15.0 GiB of 10.0 GiB free")
    (cached / "model.safetensors").touch()
    assert list(fit.disk(llama, EIGHT, on_disks(25 * GIB))) == [runs]


def test_the_largest_models_by_method(llama: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    assert str(fit.largest(llama, server(monkeypatch, RTX_4090))) == (
        "ok    largest: Llama models that can be trained: 8B by qlora, 8B by lora, 1B by full; served: 8B → frontdesk plan --memory 23.5GiB"
    )
    little = fit.largest(llama, replace(LAPTOP, free=2 * GIB))
    assert "trained: none by qlora, none by lora, none by full; served: none → frontdesk plan --memory 2.0GiB --cpu" in str(little)
