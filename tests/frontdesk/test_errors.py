import logging

import pytest

from frontdesk.errors import StartFailed, UserError, run_command


def test_a_user_error_is_one_line_and_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    def main() -> None:
        raise UserError("faq.csv:\n  no such file")

    with pytest.raises(SystemExit) as end:
        run_command(main)
    assert end.value.code == 2
    assert capsys.readouterr().err == "error: faq.csv: no such file\n"


def test_a_program_that_does_not_start_is_exit_code_1_and_its_reasons(capsys: pytest.CaptureFixture[str]) -> None:
    def main() -> None:
        raise StartFailed("the engine did not start (exit code 1):\n  ValueError: no such model")

    with pytest.raises(SystemExit) as end:
        run_command(main)
    assert end.value.code == "error: the engine did not start (exit code 1):\n  ValueError: no such model"


def test_done_is_0_and_a_defect_keeps_its_traceback() -> None:
    with pytest.raises(SystemExit) as end:
        run_command(lambda: None)
    assert end.value.code == 0
    with pytest.raises(ZeroDivisionError):
        run_command(lambda: print(1 / 0))


def test_what_a_library_hints_at_is_not_the_users_business(capfd: pytest.CaptureFixture[str]) -> None:
    """bitsandbytes asks, when it is imported on some processors, for a package of kernels from a hub."""
    with pytest.raises(SystemExit):
        run_command(lambda: logging.getLogger("bitsandbytes.backends.cpu.ops").warning("Failed to load CPU gemm_4bit_forward"))
    assert capfd.readouterr() == ("", "")
