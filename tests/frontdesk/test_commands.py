import argparse
import sys
from pathlib import Path

import pytest

from evaluate.compare import VARIANTS
from frontdesk.commands import COMMANDS, COMPARED, arguments, docstring, markdown, port, seconds, server_arguments, size, yaml_files
from frontdesk.store.keys import ROLES

ROOT = Path(__file__).parent.parent.parent
GIB = 2**30


def parsed(monkeypatch: pytest.MonkeyPatch, name: str, *words: str) -> dict[str, object]:
    monkeypatch.setattr(sys, "argv", ["", *words])
    return vars(arguments(name))


def test_each_command_is_a_module_that_reads_its_arguments_here() -> None:
    for name, command in COMMANDS.items():
        place = ROOT.joinpath(*command.module.split("."))
        files = sorted(place.glob("*.py")) if place.is_dir() else [place.with_suffix(".py")]
        assert any(f'arguments("{name}")' in file.read_text(encoding="utf-8") for file in files), name
        assert f"python -m {command.module} " in docstring(command.module), name


def test_arguments_have_names_and_a_mistake_is_exit_code_2(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    found = parsed(monkeypatch, "eval", "a.yaml", "--baseline", "runs/b", "--faq", "runs/c")
    assert found == {"config": "a.yaml", "baseline": "runs/b", "faq": "runs/c"}
    with pytest.raises(SystemExit, match="2"):
        parsed(monkeypatch, "eval")
    assert "usage: python -m evaluate " in (said := capsys.readouterr().err) and "required: config" in said


def test_what_stages_know_by_name_is_what_the_command_line_offers(monkeypatch: pytest.MonkeyPatch) -> None:
    assert tuple(VARIANTS) == COMPARED
    assert " or ".join(ROLES) in markdown_of(monkeypatch)


def test_the_reference_has_every_command_spelled_as_one_types_it(monkeypatch: pytest.MonkeyPatch) -> None:
    text = markdown_of(monkeypatch)
    for name, command in COMMANDS.items():
        assert f"## frontdesk {name}\n" in text and f"usage: frontdesk {name} " in text
        assert f"frontdesk {name} " in text and f"python -m {command.module} " not in text


def markdown_of(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("COLUMNS", "100")
    return markdown()


def test_columns_are_fields_and_headers(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    found = parsed(monkeypatch, "read", "a.csv", "-c", "text=Message", "--column", "role=Who=What")
    assert found["column"] == [("text", "Message"), ("role", "Who=What")]
    with pytest.raises(SystemExit, match="2"):
        parsed(monkeypatch, "read", "a.csv", "--column", "text")
    assert "found 'text'; expected FIELD=HEADER" in capsys.readouterr().err


@pytest.mark.parametrize(("text", "expected"), [("24GiB", 24 * GIB), ("24 GB", 24 * 10**9), ("1.5", 1.5 * GIB), ("512mib", 512 * 2**20)])
def test_sizes_are_read_in_both_units(text: str, expected: float) -> None:
    assert size(text) == expected


@pytest.mark.parametrize("text", ["much", "24 apples", ""])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="expected a number and a unit"):
        size(text)


def test_seconds_are_more_than_none() -> None:
    assert (seconds("45"), seconds("7.5")) == (45, 7.5)
    for text in ("0", "-3", "nan", "a minute"):
        with pytest.raises(argparse.ArgumentTypeError, match="expected seconds, such as 45"):
            seconds(text)


def test_a_server_listens_where_it_is_told_or_as_the_config_says(monkeypatch: pytest.MonkeyPatch) -> None:
    for words, expected in (([], None), (["--port", "7861"], 7861)):
        monkeypatch.setattr("sys.argv", ["ui", "shop.yaml", *words])
        given = server_arguments("ui", "Pages.")
        assert (given.config, given.port) == ("shop.yaml", expected)
    for text in ("0", "65536", "-1", "http", "7.5", ""):
        with pytest.raises(argparse.ArgumentTypeError, match="a port from 1 to 65535"):
            port(text)


def test_configs_are_offered_folder_by_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "configs/old").mkdir(parents=True)
    for name in ("configs/shop.yaml", "configs/spa.yml", "configs/notes.txt", "mine.yaml"):
        (tmp_path / name).touch()
    assert yaml_files("") == ["configs/", "mine.yaml"]
    assert yaml_files("configs/") == ["configs/old/", "configs/shop.yaml", "configs/spa.yml"]
    assert yaml_files("configs/sh") == ["configs/shop.yaml"]
    assert yaml_files(f"{tmp_path}/m") == [f"{tmp_path}/mine.yaml"]
    assert yaml_files("nowhere/") == []
