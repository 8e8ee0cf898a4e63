from collections.abc import Callable
from pathlib import Path

import pytest

from frontdesk.config.schema import Config, ModelConfig
from frontdesk.errors import UserError
from frontdesk.models import base


def test_a_folder_without_weights_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(UserError, match=r"no model found.*safetensors.*model.base"):
        base.locate(ModelConfig(base=str(tmp_path)))


def test_a_model_of_images_too_is_refused_before_its_weights_are_there(tmp_path: Path) -> None:
    config = '{"architectures": ["Gemma3ForConditionalGeneration"], "text_config": {}, "vision_config": {}}'
    (tmp_path / "config.json").write_text(config, encoding="utf-8")
    with pytest.raises(UserError, match=r"text and images \(Gemma3ForConditionalGeneration\); expected one of text alone.*model.base"):
        base.locate(ModelConfig(base=str(tmp_path)), whole=False)


def test_a_missing_folder_is_no_hub_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("./no/where", "/no/where", "models/a/b"):
        with pytest.raises(UserError, match="no model found"):
            base.locate(ModelConfig(base=name))
    with pytest.raises(UserError, match="make setup"):
        base.locate(ModelConfig(base="smollm2-135m"))
    with pytest.raises(UserError, match=r"^runs/demo/model: no model found; .*run `make data train CONFIG=configs/demo\.yaml` first$"):
        base.locate(ModelConfig(base="runs/demo/model"))


def hub_errors() -> list[tuple[Callable[[], Exception], str]]:
    import httpx
    from huggingface_hub.errors import (
        GatedRepoError,
        HFValidationError,
        LocalEntryNotFoundError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
    )

    response = httpx.Response(403, request=httpx.Request("GET", "http://hub.invalid"))
    return [
        (lambda: GatedRepoError("gated", response=response), r"gated.*accept its licence.*HF_TOKEN.*local folder"),
        (lambda: RepositoryNotFoundError("404", response=response), r"no such model.*HF_TOKEN.*local folder"),
        (lambda: LocalEntryNotFoundError("offline"), r"cannot be reached.*local folder"),
        (lambda: OSError("network is unreachable"), r"cannot be reached.*network is unreachable"),
        (lambda: RuntimeError("no such host"), r"cannot be reached.*no such host"),
        (lambda: OfflineModeIsEnabled("offline"), r"HF_HUB_OFFLINE is set; go online without it.*local folder"),
        (lambda: HFValidationError("blank"), r"that is no hub id; correct it.*local folder"),
    ]


@pytest.mark.parametrize(("error", "expected"), hub_errors())
def test_what_the_hub_refuses_ends_in_one_line(monkeypatch: pytest.MonkeyPatch, error: Callable[[], Exception], expected: str) -> None:
    import huggingface_hub

    def refuse(*args: object, **kwargs: object) -> str:
        raise error()

    monkeypatch.setattr(huggingface_hub, "snapshot_download", refuse)
    with pytest.raises(UserError, match=expected) as raised:
        base.locate(ModelConfig(base="meta-llama/Meta-Llama-3-8B-Instruct"))
    assert "model.base 'meta-llama/Meta-Llama-3-8B-Instruct'" in str(raised.value)


def test_a_template_of_another_family_is_refused(embedded_model: Path) -> None:
    config = Config(name="t", company="c", system_prompt="s", model=ModelConfig(base="x", template="llama3"), data={"faq": ()})  # type: ignore[arg-type]
    with pytest.raises(UserError, match=r"model.template 'llama3'.*no <\|eot_id\|>"):
        base.load_tokenizer(config, embedded_model)


def test_a_tokenizer_whose_special_tokens_a_customer_could_type_is_refused(embedded_model: Path, tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    config = Config(name="t", company="c", system_prompt="s", model=ModelConfig(base="x", template="chatml"), data={"faq": ()})  # type: ignore[arg-type]
    assert base.typed_specials(base.load_tokenizer(config, embedded_model)) == []
    other = AutoTokenizer.from_pretrained(embedded_model)
    other.add_tokens(["<think>"], special_tokens=True)
    other.save_pretrained(tmp_path)
    with pytest.raises(UserError, match=r"model.template 'chatml'.* has <think>, which a customer could type"):
        base.load_tokenizer(config, tmp_path)
