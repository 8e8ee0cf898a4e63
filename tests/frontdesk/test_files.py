from pathlib import Path

import pytest

from frontdesk.errors import UserError
from frontdesk.files import read_jsonl, whole_folder, write_jsonl


def test_a_folder_appears_only_when_complete(tmp_path: Path) -> None:
    target = tmp_path / "model"
    with pytest.raises(RuntimeError), whole_folder(target) as folder:
        (folder / "half").write_text("x")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []
    with whole_folder(target) as folder:
        (folder / "one").write_text("1")
        assert not target.exists()
    assert (target / "one").read_text() == "1"


def test_a_new_folder_replaces_the_old_one_and_a_failed_one_does_not(tmp_path: Path) -> None:
    target = tmp_path / "model"
    with whole_folder(target) as folder:
        (folder / "old").write_text("1")
    with pytest.raises(RuntimeError), whole_folder(target):
        raise RuntimeError
    assert (target / "old").exists()
    with whole_folder(target) as folder:
        (folder / "new").write_text("2")
    assert [file.name for file in target.iterdir()] == ["new"]


def test_rows_come_back_as_written_line_separators_included(tmp_path: Path) -> None:
    rows = [{"text": "한국어 \u2028 line\nbreak"}, {"n": 1}]
    write_jsonl(tmp_path / "a.jsonl", rows)
    assert read_jsonl(tmp_path / "a.jsonl") == rows


@pytest.mark.parametrize(("line", "found"), [('{"a": ', "not valid JSON"), ("[1]", "found a list")])
def test_a_broken_line_is_named_with_its_number(tmp_path: Path, line: str, found: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"a": 1}\n\n' + line + "\n")
    with pytest.raises(UserError, match=rf"a.jsonl:3: {found}"):
        read_jsonl(path)
