"""Bad input ends in rows or in one clear line, whatever the format: a short run of `bench/fuzz.py`, and texts that hypothesis makes."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.fuzz import MUTATIONS, large, limited, outcome
from tests.data_tools.samples import samples

ROOT = Path(__file__).parents[2]
SAMPLES = samples()


@pytest.fixture
def damaged(tmp_path, monkeypatch):
    """What reading some bytes gives, within five seconds."""
    monkeypatch.chdir(tmp_path)

    def read(data, kind):
        path = Path("input.txt")
        path.write_bytes(data)
        with limited(5):
            return outcome(path, kind)

    return read


@pytest.mark.parametrize("name", SAMPLES)
def test_whole_samples_are_read_wholly(damaged, name):
    found = damaged(SAMPLES[name].data, SAMPLES[name].kind)

    assert (found.error, found.broken) == ("", {})
    assert all(any(tag in text for text in found.texts) for tag in SAMPLES[name].tags)


@pytest.mark.parametrize("name", SAMPLES)
def test_damaged_samples_end_in_rows_or_in_one_line(damaged, name):
    rng = random.Random(name)
    for _ in range(25):
        data = SAMPLES[name].data
        for mutation in rng.choices(MUTATIONS, k=rng.choice((1, 2))):
            data = mutation(data, rng)
        damaged(data, SAMPLES[name].kind)


@pytest.mark.parametrize("name", SAMPLES)
def test_ten_megabytes_on_one_line_end_soon(damaged, name):
    damaged(large(SAMPLES[name].data, random.Random(name)), SAMPLES[name].kind)


@pytest.mark.parametrize("name", [name for name in SAMPLES if SAMPLES[name].lines])
def test_a_line_that_is_no_record_loses_no_other_one(damaged, name):
    sample = SAMPLES[name]
    lines = sample.data.decode().split("\n")
    found = damaged("\n".join([*lines, '{"cut": "'] if lines[0].startswith("{") else lines).encode(), sample.kind)

    assert all(any(tag in text for text in found.texts) for tag in sample.tags)


@pytest.mark.parametrize("kind", ["chats", "faq"])
@given(data=st.one_of(st.binary(max_size=400), st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace"))))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_end_in_rows_or_in_one_line(damaged, kind, data):
    damaged(data, kind)


@pytest.mark.parametrize(
    "data", [b"", b" \n\n", b"\0\1\2", b"[" * 100_000, b"PK\x03\x04 and no more", b"\x1f\x8b cut", b'{"a": NaN, "b": 1e999}']
)
def test_the_command_ends_with_0_or_2_and_no_traceback(tmp_path, data):
    (tmp_path / "input.txt").write_bytes(data)
    command = [sys.executable, "-m", "data_tools.read", "input.txt", "--agent", "A"]
    done = subprocess.run(command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False)

    assert done.returncode in (0, 2), done.stderr
    assert "Traceback" not in done.stderr
    assert done.returncode == 0 or done.stderr.startswith("error: input.txt")
