"""The command that measures the masker counts right, and tells by its exit code whether the figures will do."""

import sys
from pathlib import Path

import pytest

from data_tools.pii import Span
from data_tools.pii.__main__ import main, read_examples, score, unmark
from frontdesk.errors import UserError

GOOD = '{"id": "en-1", "lang": "en", "names": [], "text": "call [[PHONE:010-1234-5678]] now"}\n'
MISSED = '{"id": "ko-1", "lang": "ko", "text": "별명은 [[NAME:솔방울]]"}\n'
FALSE = '{"id": "en-2", "lang": "en", "text": "write to a@example.com"}\n'
ANSWER = '{"id": "en-3", "lang": "en", "before": "Your name, please?", "text": "[[NAME:Susan]]"}\n'


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    return tmp_path / "labelled.jsonl"


def test_marks_become_spans_of_the_text_without_them() -> None:
    text, spans = unmark("[[NAME:김하늘]]님, [[PHONE:010-1234-5678]]")
    assert text == "김하늘님, 010-1234-5678"
    assert spans == [Span(0, 3, "NAME"), Span(6, 19, "PHONE")]


def test_recall_and_precision_are_counted_by_kind_and_language(labelled: Path) -> None:
    labelled.write_text(GOOD + MISSED + FALSE + ANSWER, encoding="utf-8")
    scores, errors = score(read_examples(labelled))
    assert scores["total"] == {"gold": 3, "covered": 2, "any": 2, "found": 3, "right": 2}
    assert scores["PHONE en"] == {"gold": 1, "covered": 1, "any": 1, "found": 1, "right": 1}
    assert scores["ko"]["covered"] == 0
    assert [error.split()[:2] for error in errors] == [["miss", "ko-1"], ["false", "en-2"]]


@pytest.mark.parametrize(("lines", "code"), [(GOOD + ANSWER, 0), (GOOD + MISSED, 1), (GOOD + FALSE, 1)])
def test_the_exit_code_tells_whether_the_figures_will_do(
    lines: str, code: int, labelled: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    labelled.write_text(lines, encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["pii", str(labelled), "--errors"])
    if code:
        with pytest.raises(SystemExit, match="1"):
            main()
    else:
        main()
    assert capsys.readouterr().out.count("miss ") == (lines == GOOD + MISSED)


@pytest.mark.parametrize("line", ["not json", '{"id": "x"}', '["list"]'])
def test_a_broken_line_is_named(line: str, labelled: Path) -> None:
    labelled.write_text(GOOD + line + "\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"labelled\.jsonl:2: found .*; expected"):
        read_examples(labelled)


def test_a_missing_file_is_named(labelled: Path) -> None:
    with pytest.raises(UserError, match="found no file"):
        read_examples(labelled)
