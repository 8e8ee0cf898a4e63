"""The engine's command line, environment and addresses; what its log tells."""

import sys
from pathlib import Path

import pytest

from frontdesk.config import Config
from frontdesk.run import Run
from serve import engine, logs


def value(words: list[str], option: str) -> str:
    return words[words.index(option) + 1]


def test_command(config: Config) -> None:
    words = engine.command(config, Run("shop"))
    assert [sys.executable, "-m", "vllm.entrypoints.openai.api_server"] == words[:3]
    assert value(words, "--model") == "runs/shop/model"
    assert value(words, "--served-model-name") == "shop"
    assert str(config.serve.port) == value(words, "--port")
    assert value(words, "--host") == "127.0.0.1"
    assert value(words, "--max-model-len") == "2048"
    assert value(words, "--dtype") == "bfloat16"
    assert Path(value(words, "--chat-template")).is_file()
    assert int(value(words, "--max-num-queued-reqs")) > 0
    assert "--no-enable-log-requests" in words


@pytest.mark.parametrize("eager", [True, False])
def test_eager_is_the_configs(config: Config, eager: bool) -> None:
    changed = config.model_copy(update={"serve": config.serve.model_copy(update={"eager": eager})})
    assert eager == ("--enforce-eager" in engine.command(changed, Run("shop")))


def test_vllm_knows_every_option(config: Config) -> None:
    """The installed vLLM parses the command line and means by it what we mean."""
    from vllm.entrypoints.launchers.cli_args import make_arg_parser
    from vllm.utils.argparse_utils import FlexibleArgumentParser

    parser = make_arg_parser(FlexibleArgumentParser())  # type: ignore[no-untyped-call]
    parsed = parser.parse_args(engine.command(config, Run("shop"))[3:])
    assert (config.serve.port, 2048, False) == (parsed.port, parsed.max_model_len, parsed.enable_log_requests)
    assert parsed.max_num_queued_reqs in engine.MAX_REQUESTS.values() and parsed.disable_uvicorn_access_log


def test_the_key_is_in_the_environment_and_not_on_the_command_line(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRONTDESK_API_KEY", "secret-word")
    assert engine.environment(config)["VLLM_API_KEY"] == "secret-word"
    assert "secret-word" not in " ".join(engine.command(config, Run("shop")))


@pytest.mark.parametrize("key", [None, ""])
def test_no_key_means_no_key(config: Config, monkeypatch: pytest.MonkeyPatch, key: str | None) -> None:
    """A key that only vLLM would know would lock out the warm-up and the chat page."""
    monkeypatch.setenv("VLLM_API_KEY", "forgotten")
    if key is not None:
        monkeypatch.setenv("FRONTDESK_API_KEY", key)
    assert "VLLM_API_KEY" not in engine.environment(config)


@pytest.mark.parametrize(("device", "expected"), [("cpu", True), ("gpu", False)])
def test_cpu_settings_only_on_a_cpu(config: Config, monkeypatch: pytest.MonkeyPatch, device: engine.Device, expected: bool) -> None:
    monkeypatch.setattr(engine, "device", lambda: device)
    variables = engine.environment(config)
    for name in ("VLLM_CPU_KVCACHE_SPACE", "VLLM_USE_AOT_COMPILE", "VLLM_ENABLE_V1_MULTIPROCESSING"):
        assert expected == (name in variables), name
    assert str(Path.cwd() / ".cache/vllm") == variables["VLLM_CACHE_ROOT"]


def test_the_installed_vllm_is_found() -> None:
    assert engine.device() in ("cpu", "gpu")


def test_phases_follow_the_log() -> None:
    log, seen = "", [logs.phase("")]
    for marker, name in logs.PHASES:
        log += f"(EngineCore pid=1) INFO 01-01 00:00:00 [x.py:1] {marker}\n"
        assert name == logs.phase(log)
        seen.append(name)
    assert len(seen) == len(set(seen))


def test_reasons_are_the_errors_without_prefix_and_repeats() -> None:
    error = "ValueError: the context does not fit into the cache"
    log = f"start\nTraceback (most recent call last):\n(EngineCore pid=7) ERROR 11-24 12:00:00 [core.py:9] {error}\n{error}\ntail\n"
    assert [error] == logs.reasons(log)
    assert logs.reasons("\na\n\nb\n") == ["a", "b"]
