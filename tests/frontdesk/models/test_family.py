"""`model.template: auto` tells each family by its tokenizer, and refuses what it does not know."""

import json
import shutil
from pathlib import Path

import pytest

from frontdesk.config.schema import Config
from frontdesk.errors import UserError
from frontdesk.models.base import load_tokenizer
from frontdesk.models.family import with_family
from tests.families import own_template
from tests.frontdesk.conftest import FOLDERS

TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "config.json")


def config(base: Path, **model: str) -> Config:
    return Config(name="t", company="c", system_prompt="s", model={"base": str(base), **model}, data={"faq": ()})  # type: ignore[arg-type]


def told(base: Path, trained: Path | None = None) -> str:
    return with_family(config(base), "data", trained).model.template


def copied(source: Path, target: Path, template: str | None) -> Path:
    """A folder with the tokenizer of `source`, and `template` as the model's own: None, it has none."""
    target.mkdir()
    for name in TOKENIZER:
        shutil.copyfile(source / name, target / name)
    settings = json.loads((target / TOKENIZER[1]).read_text(encoding="utf-8"))
    settings.pop("chat_template", None)
    (target / TOKENIZER[1]).write_text(json.dumps(settings | ({"chat_template": template} if template else {})), encoding="utf-8")
    return target


@pytest.mark.parametrize("name", FOLDERS)
def test_each_family_is_told_by_its_tokenizer(
    name: str, request: pytest.FixtureRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever the folder is called, and also where the base, such as one that only continues texts, has no chat template."""
    folder = request.getfixturevalue(FOLDERS[name])
    assert told(folder) == name
    line = capsys.readouterr().out
    assert line.startswith(f"data: chat template {name} (") and str(folder) in line
    assert told(copied(folder, tmp_path / "base", None)) == name


def test_a_family_that_is_named_is_not_looked_for() -> None:
    named = config(Path("nowhere"), template="gemma")
    assert with_family(named, "data") is named


def test_a_model_that_we_trained_tells_its_family(real_qwen3: Path, tmp_path: Path) -> None:
    """Also as the base of another run, and to serve it nothing of the base is needed."""
    trained = tmp_path / "model"
    load_tokenizer(config(real_qwen3, template="qwen3"), real_qwen3).save_pretrained(trained)
    shutil.copyfile(real_qwen3 / "config.json", trained / "config.json")
    assert told(trained) == told(Path("./gone"), trained) == "qwen3"


@pytest.mark.parametrize(
    ("fixture", "template", "name"),
    [
        ("real_qwen3", "qwen3_instruct_2507", "qwen2.5"),  # Qwen3's tokens, without the thought
        ("real_llama31", "llama3_1", "llama3.1"),
        ("real_llama31", "llama3", "llama3"),  # a model that learned 3.0's format on 3.1's tokenizer
    ],
)
def test_models_of_one_tokenizer_are_told_apart_by_their_own_template(
    fixture: str, template: str, name: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    assert told(copied(request.getfixturevalue(fixture), tmp_path / "base", own_template(template))) == name


@pytest.mark.parametrize(
    "template", ["{% for m in messages %}[|{{ m.role }}|]{{ m.content }}[|endofturn|]\n{% endfor %}", "{{ raise_exception('no system') }}"]
)
def test_a_model_of_another_format_is_refused_though_it_has_a_familys_tokens(real_qwen3: Path, tmp_path: Path, template: str) -> None:
    folder = copied(real_qwen3, tmp_path / "exaone", template)
    with pytest.raises(
        UserError, match=r"has the tokens of qwen3, but its own chat template writes others\); expected one of qwen3 \(Qwen3\), "
    ):
        told(folder)


def test_an_unknown_tokenizer_is_one_line_that_lists_the_families(tiny_llama3: Path, tmp_path: Path) -> None:
    text = (tiny_llama3 / "tokenizer.json").read_text(encoding="utf-8")
    folder = copied(tiny_llama3, tmp_path / "solar", None)
    (folder / "tokenizer.json").write_text(text.replace("<|start_header_id|>", "[|header|]"), encoding="utf-8")
    with pytest.raises(UserError) as caught:
        told(folder)
    line = str(caught.value)
    assert "\n" not in line and str(folder) in line
    assert all(name in line for name in FOLDERS)
