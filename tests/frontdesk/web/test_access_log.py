"""Lines of the log: what they tell, and that it is no customer's word."""

import json
import logging

import pytest

from frontdesk.web import access_log

WORDS = "words of a customer"


def line(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    told: dict[str, object] = json.loads(capsys.readouterr().out)
    assert WORDS not in json.dumps(told) and str(told.pop("time")).endswith("Z")
    return told


def failed() -> ValueError:
    try:
        raise ValueError(WORDS)
    except ValueError as error:
        return error


def test_a_line_is_an_object(capsys: pytest.CaptureFixture[str]) -> None:
    access_log.write("engine", ready=True, name="가게")
    assert line(capsys) == {"event": "engine", "ready": True, "name": "가게"}


def test_a_defect_tells_where_and_not_what(capsys: pytest.CaptureFixture[str]) -> None:
    access_log.defect(failed(), "1")
    told = line(capsys)
    assert told | {"where": None} == {"event": "defect", "id": "1", "error": "ValueError", "where": None}
    assert str(told["where"]).endswith(" failed']") and "test_access_log.py:" in str(told["where"])


@pytest.mark.parametrize("error", [False, True])
def test_what_a_library_logs_tells_where_and_not_what(capsys: pytest.CaptureFixture[str], error: bool) -> None:
    logger = logging.Logger("library")
    logger.addHandler(access_log.Lines())
    logger.warning(f"refused {WORDS}: %s", WORDS, exc_info=failed() if error else None)
    told = line(capsys)
    assert (told["event"], told["level"], told["logger"]) == ("log", "warning", "library")
    assert told["error"] == ("ValueError" if error else None) and len(told["where"]) == 1 + error  # type: ignore[arg-type]
