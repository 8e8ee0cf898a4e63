from pathlib import Path
from typing import Any

import pytest

from frontdesk.config.schema import GONE, RENAMED, AnswersConfig, Config, DataConfig, TrainConfig, load_config, stored_config
from frontdesk.errors import UserError, run_command

GOOD = "company: A\nsystem_prompt: B\nmodel: {base: x}\ndata: {faq: [faq.csv]}\n"
SITE = GOOD.replace("data: {faq: [faq.csv]}", "data: {websites: [{url: URL}]}")


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_name_is_the_file_stem_and_sections_have_defaults(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, GOOD))
    assert config.name == "mine"
    assert config.train.rank >= 16
    with pytest.raises(ValueError, match="frozen"):
        config.name = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (GOOD + "colour: red\n", r"unknown key 'colour'.*company.*system_prompt"),
        (GOOD + "train: {rnak: 8}\n", r"unknown key 'train.rnak'.*rank.*learning_rate"),
        (GOOD + "train: {rank: many}\n", r"key 'train.rank': found 'many'"),
        (GOOD + "train: {rank: 0}\n", r"key 'train.rank': found 0"),
        (GOOD.replace("company: A\n", ""), r"key 'company' is missing"),
        (GOOD + "serve: {max_tokens: 300, context_length: 300}\n", r"serve.max_tokens 300 must be less than serve.context_length 300"),
        (GOOD + "serve: {replicas: 0}\n", r"serve.replicas is 0 and serve.engines is empty; one engine at least is needed; change one"),
        (GOOD + "serve: {engines: ['http://a:1', 'http://a:1']}\n", r"serve.engines has an engine twice, or stands beside serve.adapters"),
        (GOOD + "serve: {engines: [10.0.0.7]}\n", r"key 'serve.engines.0': found '10.0.0.7'; .*pattern.*; change it in the config"),
        (GOOD + "serve: {port: 9000, ui_port: 9000}\n", r"serve.port and serve.ui_port are both 9000"),
        (
            GOOD + "answers: {say_from: 0.2, ask_from: 0.3}\n",
            r"answers.ask_from 0.3 must not be greater than answers.say_from 0.2; change one",
        ),
        (GOOD + "answers: {say_from: 60}\n", r"key 'answers.say_from': found 60"),
        (GOOD + "encoder: [a, b]\n", r"key 'encoder': found \['a', 'b'\]; Input should be a valid string; change it in the config"),
        (GOOD + "evaluate: {judge: {url: a, model: b, kee: c}}\n", r"unknown key 'evaluate.judge.kee'; known keys here: url, model"),
        (GOOD + "evaluate: {endpoints: {other: {url: a, model: b, kee: c}}}\n", r"unknown key 'evaluate.endpoints.other.kee'; known keys"),
        (
            SITE.replace("URL", "https://a.example/, sitmap: true"),
            r"unknown key 'data.websites.0.sitmap'; known keys here: url, sitemap, depth",
        ),
        (SITE.replace("URL", "ftp://a.example/"), r"key 'data.websites.0.url': found 'ftp://a.example/'"),
        (SITE.replace("URL", "https://user:secret@a.example/"), r"key 'data.websites.0.url'"),
        (SITE.replace("URL", "https://a.example/, depth: -1"), r"key 'data.websites.0.depth': found -1"),
        (GOOD.replace("faq: ", "chats: "), "data names no faq, documents or websites; a source of answers is needed"),
        ("- a\n- b\n", "found list"),
        ("company: [\n", "not valid YAML"),
    ],
)
def test_a_mistake_names_the_key_and_what_to_do(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(UserError, match=expected) as error:
        load_config(write(tmp_path, text))
    assert "mine.yaml" in str(error.value)


@pytest.mark.parametrize(("old", "new"), RENAMED.items())
def test_an_old_key_gets_one_line_that_names_the_new_one(tmp_path: Path, capsys: pytest.CaptureFixture[str], old: str, new: str) -> None:
    section, key = old.split(".")
    known = Config.model_fields[section].annotation.model_fields  # type: ignore[union-attr]
    assert new in known and key not in known
    text = GOOD.replace("faq: [faq.csv]", f"faq: [faq.csv], {key}: 1") if section == "data" else GOOD + f"{section}: {{{key}: 1}}\n"
    path = write(tmp_path, text)

    def main() -> None:
        load_config(path)

    with pytest.raises(SystemExit) as end:
        run_command(main)
    assert end.value.code == 2
    assert capsys.readouterr().err == f"error: {path}: key '{old}' is called '{section}.{new}' now; rename it in the config\n"


def test_all_old_keys_are_named_at_once_and_before_other_mistakes(tmp_path: Path) -> None:
    text = GOOD + "train: {rnak: 8, accumulation: 2}\nserve: {max_waiting: 3}\n"
    with pytest.raises(UserError, match=r"'train.gradient_accumulation_steps' now; key 'serve.max_waiting' .*'serve.max_in_flight' now;"):
        load_config(write(tmp_path, text))


def test_what_a_model_of_the_last_version_was_trained_with_is_still_read() -> None:
    values = {"name": "old", "company": "A", "system_prompt": "B", "model": {"base": "x"}, "data": {"faq": ["f"], "wordings": 6}}
    config = stored_config(values | {"train": {"accumulation": 2}, "serve": {"weights": "bf16", "request_seconds": 9.0}})
    assert (config.data.min_paraphrases, config.train.gradient_accumulation_steps) == (6, 2)
    assert (config.serve.quantization, config.serve.request_timeout) == (None, 9.0)
    assert stored_config(config.model_dump(mode="json")) == config
    assert values["data"] == {"faq": ["f"], "wordings": 6}


@pytest.mark.parametrize("key", GONE)
def test_a_key_that_is_gone_gets_one_line_that_names_what_to_use(tmp_path: Path, key: str) -> None:
    section, name = key.split(".")
    path = write(tmp_path, GOOD.replace("faq: [faq.csv]", f"faq: [faq.csv], {name}: 0.1, rnak: 1"))
    assert section == "data" and name not in DataConfig.model_fields
    with pytest.raises(UserError) as error:
        load_config(path)
    instead = "say with answers.say_from and answers.ask_from when the desk answers and asks back"
    assert str(error.value) == f"{path}: key '{key}' is gone; remove it, and {instead}"


@pytest.mark.parametrize(("encoder", "read"), [(["a", "b"], "a"), ([], None), ("a", "a"), (None, None)])
def test_what_an_older_run_says_of_retrieval_is_still_read(encoder: Any, read: str | None) -> None:
    values = {"name": "old", "company": "A", "system_prompt": "B", "model": {"base": "x"}, "encoder": encoder}
    for gone in ({"false_handoffs": 0.05}, {"max_false_handoff_rate": 0.15}, {}):
        data = {"faq": ["f"], **gone}
        config = stored_config({**values, "data": data})
        assert config.encoder == read and config.answers == AnswersConfig()
        assert data == {"faq": ["f"], **gone}, "what was stored stays as it is"


def test_one_limit_may_be_the_other() -> None:
    """Then the desk asks nothing back."""
    assert AnswersConfig(say_from=0.4, ask_from=0.4).ask_from == 0.4


def test_what_is_known_by_heart_cannot_be_withheld(tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text(
        "{company: S, system_prompt: S, grounding: none, model: {base: x}, data: {faq: [a]}, answers: {expired: withhold}}"
    )
    with pytest.raises(UserError, match=r"answers\.expired: withhold needs grounding: faq; .* by heart; change one of them in the config"):
        load_config(tmp_path / "shop.yaml")


def test_a_missing_config_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.yaml: no such config"):
        load_config(tmp_path / "none.yaml")


@pytest.mark.parametrize("name", ["demo", "llama3-8b"])
def test_the_shipped_configs_are_valid_and_their_sources_exist(name: str) -> None:
    root = Path(__file__).parent.parent.parent.parent
    config = load_config(root / f"configs/{name}.yaml")
    for source in (*config.data.faq, *config.data.chats, *config.data.out_of_scope):
        assert (root / source).exists(), source


@pytest.mark.parametrize(("epochs", "rows", "steps"), [(0.6, 1069, 81), (1, 16, 2), (2, 17, 6), (0.01, 8, 1)])
def test_a_part_of_a_step_is_a_step(epochs: float, rows: int, steps: int) -> None:
    """So counts transformers (0.6 of 134 steps are 81), and what is predicted is what is done."""
    assert TrainConfig(epochs=epochs, batch_size=4, gradient_accumulation_steps=2).steps(rows) == steps
