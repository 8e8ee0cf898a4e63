"""The engine's command line and environment; an engine that runs for a while and leaves nothing behind."""

import os
import socket
import sys
from pathlib import Path

import httpx
import psutil
import pytest

from frontdesk.config.run import Run
from frontdesk.config.schema import Config, DataConfig, ModelConfig
from frontdesk.engine import vllm as engine
from frontdesk.errors import StartFailed
from frontdesk.files import write_json
from frontdesk.models import hardware


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """A run's config, in an empty working folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FRONTDESK_API_KEY", raising=False)
    model = ModelConfig(base="smollm2-135m", template="chatml")
    return Config(name="shop", company="Test shop", system_prompt="You help.", model=model, data=DataConfig(faq=("faq.jsonl",)))


def value(words: list[str], option: str) -> str:
    return words[words.index(option) + 1]


def test_command(config: Config) -> None:
    words = engine.command(config, Run("shop"))
    assert [sys.executable, "-m", "vllm.entrypoints.openai.api_server"] == words[:3]
    assert value(words, "--model") == "runs/shop/model"
    assert words[words.index("--served-model-name") + 1 :][:2] == ["shop", "shop-bare"]
    assert str(config.serve.port) == value(words, "--port")
    assert value(words, "--host") == "127.0.0.1"
    assert value(words, "--max-model-len") == "2048"
    assert value(words, "--dtype") == engine.dtype(config)
    assert value(words, "--chat-template") == "runs/shop/model/chat_template.jinja"
    assert int(value(words, "--max-num-queued-reqs")) > 0
    assert "--no-enable-log-requests" in words


@pytest.mark.parametrize(("device", "tuned"), [("cpu", True), ("gpu", False)])
def test_a_cpu_gets_what_was_measured_on_one(config: Config, monkeypatch: pytest.MonkeyPatch, device: str, tuned: bool) -> None:
    monkeypatch.setattr(engine, "device", lambda: device)
    words = engine.command(config, Run("shop"))
    assert ("--block-size" in words, "--speculative-config" in words, "--no-enable-chunked-prefill" in words) == (tuned, tuned, tuned)
    long = config.model_copy(update={"serve": config.serve.model_copy(update={"context_length": 8192})})
    steps = [engine.command(one, Run("shop")) for one in (config, long)]
    assert not tuned or [value(words, "--max-num-batched-tokens") for words in steps] == ["2048", "8192"]


def test_without_its_mend_vllm_drafts_nothing(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    assert engine.plugin_installed()
    monkeypatch.setattr(engine, "PLUGIN", "another")
    assert "--speculative-config" not in engine.command(config, Run("shop"))


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ("flags\t\t: fpu avx2 avx512f avx512_bf16\n", True),
        ("processor\t: 0\nFeatures\t: fp asimd bf16\n", True),
        ("flags\t\t: fpu avx2 avx512f\n", False),
        ("model name\t: A processor with amx_bf16\n", False),
    ],
)
def test_bf16_where_the_processor_multiplies_it(
    config: Config, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, flags: str, expected: bool
) -> None:
    monkeypatch.setattr(engine, "device", lambda: "cpu")
    (tmp_path / "cpuinfo").write_text(flags)
    monkeypatch.setattr(hardware, "CPUINFO", tmp_path / "cpuinfo")
    assert hardware.multiplies_bf16() is expected
    assert engine.dtype(config) == ("bfloat16" if expected else "float32")


def test_the_configs_number_format_is_taken(config: Config) -> None:
    for name in ("bfloat16", "float32"):
        serve = config.serve.model_copy(update={"dtype": name})
        assert engine.dtype(config.model_copy(update={"serve": serve})) == name


@pytest.mark.parametrize("eager", [True, False])
def test_eager_is_the_configs(config: Config, eager: bool) -> None:
    changed = config.model_copy(update={"serve": config.serve.model_copy(update={"eager": eager})})
    assert eager == ("--enforce-eager" in engine.command(changed, Run("shop")))


@pytest.mark.xdist_group("vllm")
@pytest.mark.usefixtures("vllm_device")
@pytest.mark.parametrize("quantization", [None, "w8a8"])
@pytest.mark.parametrize(("device", "gpus"), [("cpu", 1), ("gpu", 1), ("gpu", 2), ("gpu", 8)])
def test_vllm_knows_every_option(
    config: Config, monkeypatch: pytest.MonkeyPatch, device: engine.Device, gpus: int, quantization: str | None
) -> None:
    """The installed vLLM parses the command line and means by it what we mean. Its builds for CPUs and GPUs know the same options."""
    from vllm.engine.arg_utils import AsyncEngineArgs
    from vllm.entrypoints.launchers.cli_args import make_arg_parser
    from vllm.utils.argparse_utils import FlexibleArgumentParser

    monkeypatch.setattr(engine, "device", lambda: device)
    run = Run("shop")
    write_json(run.provenance, {"key": "abc"})
    write_json(run.int8_provenance, {"key": engine.int8_key({"key": "abc"})})
    changes = {"quantization": quantization, "tensor_parallel_size": gpus, "data_parallel_size": gpus}
    config = config.model_copy(update={"serve": config.serve.model_copy(update=changes)})
    parser = make_arg_parser(FlexibleArgumentParser())  # type: ignore[no-untyped-call]
    parsed = parser.parse_args(engine.command(config, run)[3:])
    assert (config.serve.port, False, True) == (parsed.port, parsed.enable_log_requests, parsed.disable_uvicorn_access_log)
    assert parsed.max_num_queued_reqs == engine.MAX_REQUESTS[device]
    parsed.model = str(run.model)  # there are no weights
    arguments = AsyncEngineArgs.from_cli_args(parsed)
    assert (arguments.max_model_len, arguments.dtype) == (2048, engine.dtype(config))
    assert (arguments.tensor_parallel_size, arguments.data_parallel_size) == (gpus, gpus)
    assert arguments.quantization is None, "int8 weights say themselves what they are"


@pytest.mark.parametrize("device", ["cpu", "gpu"])
def test_several_engines_share_the_machine_and_one_has_it_all(config: Config, monkeypatch: pytest.MonkeyPatch, device: str) -> None:
    monkeypatch.setattr(engine, "device", lambda: device)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {*range(9)})
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert engine.share(config, 0) == {}
    config = config.model_copy(update={"serve": config.serve.model_copy(update={"replicas": 2, "tensor_parallel_size": 2})})
    shares = [engine.share(config, number) for number in range(2)]
    if device == "cpu":
        assert [one["OMP_NUM_THREADS"] for one in shares] == ["4", "4"]
        return
    assert [one["CUDA_VISIBLE_DEVICES"] for one in shares] == ["0,1", "2,3"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "7,5,3,1")
    assert engine.share(config, 1)["CUDA_VISIBLE_DEVICES"] == "3,1"


@pytest.mark.xdist_group("vllm")
@pytest.mark.parametrize("device", ["cpu", "gpu"])
def test_vllm_knows_every_variable(config: Config, monkeypatch: pytest.MonkeyPatch, device: engine.Device) -> None:
    from vllm import envs

    monkeypatch.setattr(engine, "device", lambda: device)
    several = config.model_copy(update={"serve": config.serve.model_copy(update={"replicas": 2})})
    ours = {
        name
        for name in engine.environment(config, Run("shop"), "its-own") | engine.share(several, 0)
        if name.startswith("VLLM_") and name not in os.environ
    }
    assert "VLLM_CACHE_ROOT" in ours and ours <= envs.environment_variables.keys()


def test_the_key_is_in_the_environment_and_not_on_the_command_line(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRONTDESK_API_KEY", "secret-word")
    assert engine.environment(config, Run("shop"))["VLLM_API_KEY"] == "secret-word"
    assert "secret-word" not in " ".join(engine.command(config, Run("shop")))


def test_the_engine_of_a_desk_is_private(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """It listens on loopback wherever the desk does, and knows its own key but not the clients'."""
    monkeypatch.setenv("FRONTDESK_API_KEY", "secret-word")
    open_desk = config.model_copy(update={"serve": config.serve.model_copy(update={"host": "0.0.0.0"})})
    words = engine.command(engine.private(open_desk, 4711), Run("shop"))
    assert (value(words, "--host"), value(words, "--port")) == ("127.0.0.1", "4711")
    variables = engine.environment(config, Run("shop"), "its-own")
    assert variables["VLLM_API_KEY"] == "its-own" and "secret-word" not in variables.values()


@pytest.mark.parametrize("key", [None, ""])
def test_no_key_means_no_key(config: Config, monkeypatch: pytest.MonkeyPatch, key: str | None) -> None:
    """A key that only vLLM would know would lock out the warm-up and the chat page."""
    monkeypatch.setenv("VLLM_API_KEY", "forgotten")
    if key is not None:
        monkeypatch.setenv("FRONTDESK_API_KEY", key)
    assert "VLLM_API_KEY" not in engine.environment(config, Run("shop"))


def test_the_engine_says_what_it_does_in_a_training_too(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VLLM_LOGGING_LEVEL", "ERROR")  # as TRL sets it
    assert engine.environment(config, Run("shop"))["VLLM_LOGGING_LEVEL"] == "INFO"


@pytest.mark.parametrize(("device", "expected"), [("cpu", True), ("gpu", False)])
def test_cpu_settings_only_on_a_cpu(config: Config, monkeypatch: pytest.MonkeyPatch, device: engine.Device, expected: bool) -> None:
    monkeypatch.setattr(engine, "device", lambda: device)
    variables = engine.environment(config, Run("shop"))
    for name in ("VLLM_CPU_KVCACHE_SPACE", "VLLM_USE_AOT_COMPILE", "VLLM_ENABLE_V1_MULTIPROCESSING"):
        assert expected == (name in variables), name
    assert str(Path.cwd() / ".cache/vllm") == variables["VLLM_CACHE_ROOT"]


def test_the_installed_vllm_is_found() -> None:
    assert engine.device() in ("cpu", "gpu")


STAND_IN = """
import json, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def do_POST(self):
        self.do_GET()
        self.wfile.write(self.rfile.read(int(self.headers["Content-Length"])))

print("Application startup complete", flush=True)
HTTPServer(("127.0.0.1", int(sys.argv[1])), Answer).serve_forever()
"""


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small web server in the engine's place; the real engine runs in the tests of adapters and of the whole road."""

    def command(config: Config, run: Run, folder: Path | None) -> list[str]:
        return [sys.executable, "-c", STAND_IN, str(config.serve.port)]

    monkeypatch.setattr(engine, "command", command)


def children(code: str = STAND_IN) -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if child.status() != psutil.STATUS_ZOMBIE and code in child.cmdline()]


@pytest.mark.usefixtures("stand_in")
def test_an_engine_runs_as_long_as_the_block(config: Config, capsys: pytest.CaptureFixture[str]) -> None:
    with engine.running(config, Run("shop"), log=Path("logs/engine.log")) as url:
        assert url.startswith("http://127.0.0.1:") and url.endswith("/v1")
        assert httpx.get(url, trust_env=False).status_code == 200
        assert len(children()) == 1
    assert children() == []
    assert "the engine is ready" in capsys.readouterr().out
    assert "Application startup complete" in Path("logs/engine.log").read_text()


@pytest.mark.usefixtures("stand_in")
@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_an_engine_ends_with_the_block_that_fails(config: Config, error: type[BaseException]) -> None:
    with pytest.raises(error), engine.running(config, Run("shop"), log=Path("engine.log")):
        raise error
    assert children() == []


def test_an_engine_that_does_not_start_says_why(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    code = "raise ValueError('no such model')"
    monkeypatch.setattr(engine, "command", lambda config, run, folder: [sys.executable, "-c", code])
    with (
        pytest.raises(StartFailed, match=r"exit code 1\):\n  ValueError: no such model"),
        engine.running(config, Run("shop"), log=Path("x.log")),
    ):
        pytest.fail("it runs")


def test_an_engine_that_refuses_its_first_question_has_not_started(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    refusing = STAND_IN.replace("self.do_GET()", "self.send_response(404); self.end_headers()")
    monkeypatch.setattr(engine, "command", lambda config, run, folder: [sys.executable, "-c", refusing, str(config.serve.port)])
    with (
        pytest.raises(StartFailed, match=r'refuses its first question \(HTTP 404\): \{"model":"shop"'),
        engine.running(config, Run("shop"), log=Path("x.log")),
    ):
        pytest.fail("it runs")
    assert children(refusing) == []


def test_a_free_port_can_be_listened_on() -> None:
    with socket.create_server(("127.0.0.1", engine.free_port())):
        pass
