"""`model.template: auto` tells each family by its tokenizer, and refuses what it does not know."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from frontdesk.config.schema import Config
from frontdesk.errors import UserError
from frontdesk.models.family import family_of, with_family
from frontdesk.prompt.families import UNKNOWN
from tests.families import mistral_template, own_template
from tests.frontdesk.conftest import FOLDERS, Family, load

pytestmark = pytest.mark.xdist_group("vllm")  # the tests of the templates load the same tokenizers


def config(base: Path, **model: str) -> Config:
    return Config(name="t", company="c", system_prompt="s", model={"base": str(base), **model}, data={"faq": ()})  # type: ignore[arg-type]


@pytest.fixture
def theirs(family: Family) -> Iterator[Any]:
    """A model's tokenizer with the template of its own, which a test may change."""
    before = family.theirs.chat_template
    yield family.theirs
    family.theirs.chat_template = before


def told(tokenizer: Any, template: str | None) -> str:
    """The family of a model with this tokenizer and this template of its own."""
    tokenizer.chat_template = template
    return family_of(config(Path()), tokenizer)


def test_each_family_is_told_by_its_tokenizer(family: Family, theirs: Any) -> None:
    """By the model's own template, by ours in a model that we trained, and by its tokens alone where a base has no template."""
    assert told(theirs, theirs.chat_template) == told(theirs, family.tokenizer.chat_template) == told(theirs, None) == family.name


OTHERS = {
    "qwen3": [(own_template("qwen3_instruct_2507"), "qwen2.5"), (own_template("qwen3_8"), "qwen3")],  # the first without the thought
    "llama3.1": [(own_template("llama3_1"), "llama3.1"), (own_template("llama3"), "llama3")],  # the second learned 3.0's format
    "mistral": [(mistral_template("v13", thinking_support=True), "mistral"), (mistral_template("v3"), "mistral-nemo")],
}


@pytest.mark.parametrize("family", OTHERS, indirect=True)
def test_models_of_one_tokenizer_are_told_apart_by_their_own_template(family: Family, theirs: Any) -> None:
    assert all(told(theirs, template) == name for template, name in OTHERS[family.name])


FOREIGN = {
    "EXAONE's brackets": ("qwen3", "{% for message in messages %}[|{{ message.role }}|]{{ message.content }}[|endofturn|]\n{% endfor %}"),
    "no system prompt": ("qwen3", "{{ raise_exception('no system prompt') }}"),
    "blanks beside the brackets": ("mistral", mistral_template("v7", spm=True)),
    "settings before the question": (
        "mistral",
        mistral_template("v15", reasoning_effort_values=("none", "high"), reasoning_effort_default="none"),
    ),
}


@pytest.mark.parametrize(("family", "template"), FOREIGN.values(), ids=FOREIGN, indirect=["family"])
def test_a_model_of_another_format_is_refused_though_it_has_a_familys_tokens(family: Family, theirs: Any, template: str) -> None:
    with pytest.raises(UserError, match=f"tokens of {family.name}, but its own chat template writes others.*; expected one of qwen3"):
        told(theirs, template)


def test_the_config_gets_the_family_and_a_line_says_which(tiny_llama3: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of a trained model nothing of the base is needed."""
    assert with_family(config(tiny_llama3), "data").model.template == "llama3"
    assert capsys.readouterr().out == f"data: chat template llama3 (Llama 3), told by the tokenizer of {tiny_llama3}\n"
    load("llama3", tiny_llama3).tokenizer.save_pretrained(tmp_path)
    (tmp_path / "config.json").write_text((tiny_llama3 / "config.json").read_text(encoding="utf-8"), encoding="utf-8")
    assert with_family(config(Path("./gone")), "serve", tmp_path).model == config(Path("./gone"), template="llama3").model


def test_a_family_that_is_named_is_not_looked_for() -> None:
    named = config(Path("./gone"), template="gemma")
    assert with_family(named, "data") is named


@pytest.mark.parametrize("token", ["[|header|]", *UNKNOWN])
def test_an_unknown_tokenizer_is_one_line_that_lists_the_families(tiny_llama3: Path, tmp_path: Path, token: str) -> None:
    for name in ("tokenizer.json", "tokenizer_config.json", "config.json"):
        text = (tiny_llama3 / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(text.replace("<|start_header_id|>", token), encoding="utf-8")
    with pytest.raises(UserError) as caught:
        with_family(config(tmp_path), "data")
    line = str(caught.value)
    reason = f" ({UNKNOWN[token]})" if token in UNKNOWN else ""
    assert "\n" not in line and f"'auto': the tokenizer of {tmp_path} is of no family known here{reason}; expected" in line
    assert all(name in line for name in FOLDERS)
