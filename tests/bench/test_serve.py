"""What bench/serve.py makes of its measurements, and the load on a real gateway before a stand-in of the engine."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bench.load import Load, measure, several
from bench.serve import ARMS, interval, line, portions, rows, same_prompts
from bench.servers import SETTINGS, Server, Setting, with_setting
from frontdesk.config.run import Run
from frontdesk.config.schema import load_config
from frontdesk.engine import vllm as engine
from frontdesk.errors import StartFailed, UserError
from tests.serve.gateways import gateway, settings
from tests.serve.stand_in import Engine, events

ROOT = Path(__file__).parents[2]


def load(speed: float, first: float, prompts: tuple[int, ...] = (50, 60)) -> Load:
    return Load(10.0, int(10 * speed), [first, first], list(prompts), ["a", "b"])


def halves(*speeds: tuple[float, float, float], later: float = 0.002) -> list[dict[str, Load]]:
    return [
        dict(zip(ARMS, (load(engine, 0.05), load(raw, 0.05 + later), load(grounded, 0.05 + 10 * later)), strict=True))
        for engine, raw, grounded in speeds
    ]


def test_the_interval_is_students() -> None:
    mean, low, high = interval([1.0, 2.0, 3.0, 4.0])
    assert mean == 2.5
    assert high - mean == pytest.approx(3.18 * 1.29099 / 2, rel=1e-3) and mean - low == pytest.approx(high - mean)
    assert interval([7.0])[1:] == (float("-inf"), float("inf")), "one pair says nothing about the next"


def test_a_drift_of_the_machine_cancels_within_a_round() -> None:
    """The machine slows down evenly; the arms are asked in an order and then in the reverse one."""
    speeds = [100 * 0.97**moment for moment in range(6)]
    engine, raw = (speeds[0] * speeds[5]) ** 0.5, (speeds[1] * speeds[4]) ** 0.5
    assert engine == pytest.approx(raw)
    lines = rows(8, halves((speeds[0], speeds[1], speeds[2]), (speeds[5], speeds[4], speeds[3])))
    assert "| 100.0% (" in lines[1] and "| 100.0% (" in lines[2]


def test_the_goals_are_told_where_they_are_missed() -> None:
    engine, raw, grounded = rows(8, halves((100, 98, 90), (100, 99, 91)))
    assert "missed" not in engine + raw
    assert grounded.count("goal missed") == 2, "throughput and first token"
    assert "98.5%" in raw and "+2.0 (+2.0 to +2.0)" in raw and "100% answers the same" in raw


def test_other_prompts_are_no_fair_pair() -> None:
    pairs = halves((100, 99, 98))
    same_prompts(pairs)
    pairs[0][ARMS[-1]] = load(98, 0.06, prompts=(50, 61))
    with pytest.raises(UserError, match="1 of 2 prompts of the grounded model"):
        same_prompts(pairs)


def test_nobody_meets_a_prompt_twice_while_there_are_enough() -> None:
    prompts = [[{"role": "user", "content": str(number)}] for number in range(10)]
    parts = dict(portions(prompts, {1: 2, 8: 7}))
    assert [turns[0]["content"] for part in parts.values() for turns in part] == [str(number) for number in range(9)]
    assert several(prompts, 12)[10:] == prompts[:2]


def test_the_first_setting_is_the_one_that_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "device", lambda: "cpu")
    first, run = next(iter(SETTINGS.values())), Run("shop")
    assert with_setting(first, settings(), run) == (engine.command(settings(), run), engine.environment(settings(), run))


def test_vllms_defaults_are_what_is_left_without_our_choices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it listens, what it serves, how much room it has, and what it writes to its log: all else vLLM decides."""
    monkeypatch.setattr(engine, "device", lambda: "cpu")
    for name in [name for name in os.environ if name.startswith(("VLLM", "TORCHINDUCTOR"))]:
        monkeypatch.delenv(name)
    words, variables = with_setting(SETTINGS["vLLM's defaults"], settings(), Run("shop"))
    kept = ["--host", "--port", "--max-model-len", "--model", "--served-model-name", "--chat-template"]
    quiet = ["--disable-uvicorn-access-log", "--no-enable-log-requests"]
    assert sorted(word for word in words if word.startswith("--")) == sorted(kept + quiet)
    assert len(words) == 3 + 2 * len(kept) + 1 + len(quiet), "an option goes with its value; there are two names"
    told = {name for name in variables.keys() - os.environ.keys() if "VLLM" in name or "TORCH" in name}
    assert told == {"VLLM_NO_USAGE_STATS", "VLLM_CPU_KVCACHE_SPACE", "VLLM_LOGGING_LEVEL"}


def test_a_setting_takes_out_and_adds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "command", lambda config, run: ["vllm", "--dtype", "float32", "--port", "1", "--eager"])
    monkeypatch.setattr(engine, "environment", lambda config, run: {"A": "1", "B": "2"})
    setting = Setting(("--dtype", "half"), ("--dtype", "--not-there"), {"A": None, "C": "3"})
    assert with_setting(setting, settings(), Run("shop")) == (
        ["vllm", "--port", "1", "--eager", "--dtype", "half"],
        {"B": "2", "C": "3"},
    )


@pytest.mark.slow
def test_vllms_generator_asks_whole_conversations_and_counts_their_tokens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    asked = [[{"role": "system", "content": "Be kind."}, {"role": "user", "content": f"Question {n}"}] for n in range(5)]
    engine = Engine()
    engine.parts = events("Hello", " there", usage=True)
    with gateway(settings(), engine) as client:
        found = measure(str(client.base_url).rstrip("/"), "shop-bare", asked, 2, 20)
    assert sorted(body["messages"][1]["content"] for body in engine.bodies) == [turns[1]["content"] for turns in asked]
    assert all(body["messages"][0] == asked[0][0] and body["temperature"] == 0 and body["max_tokens"] == 20 for body in engine.bodies)
    assert found.tokens == 5 * 2 and found.prompts == [1] * 5 and found.answers == ["Hello there"] * 5
    assert len(found.firsts) == 5 and all(0 < first < found.seconds for first in found.firsts)


@pytest.mark.parametrize("error", [StartFailed("the server did not start (exit code 1):\n  no such file"), UserError("x: no such file")])
def test_a_server_that_fails_has_a_line_and_the_next_one_comes(error: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    @contextmanager
    def broken() -> Iterator[Server]:
        raise error
        yield

    line("llama.cpp", broken, load_config(ROOT / "configs/demo.yaml"), [], {})
    shown = capsys.readouterr().out
    assert shown.startswith("| llama.cpp | failed: ") and "no such file |" in shown
