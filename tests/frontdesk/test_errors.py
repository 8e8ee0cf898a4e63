import pytest

from frontdesk.errors import UserError, run


def test_a_user_error_is_one_line_and_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    def main() -> None:
        raise UserError("faq.csv:\n  no such file")

    with pytest.raises(SystemExit) as end:
        run(main)
    assert end.value.code == 2
    assert capsys.readouterr().err == "error: faq.csv: no such file\n"


def test_done_is_0_and_a_defect_keeps_its_traceback() -> None:
    with pytest.raises(SystemExit) as end:
        run(lambda: None)
    assert end.value.code == 0
    with pytest.raises(ZeroDivisionError):
        run(lambda: print(1 / 0))
