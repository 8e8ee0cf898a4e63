"""How a command ends: 0 done, 2 the user's mistake (one line, no traceback), 1 what a program that we start
says, or a defect of ours."""

import sys
from collections.abc import Callable
from typing import NoReturn

from frontdesk.terminal import clear_bars, silence_imports


class UserError(Exception):
    """A mistake that the user can correct, in one line: what and where, what was expected, what to do."""


class StartFailed(Exception):
    """A program of ours ended before it answered, or refuses its first question. The message says why."""


def warn(message: str) -> None:
    """Print one warning line to standard error."""
    print(f"warning: {message}", file=sys.stderr, flush=True)


def run_command(main: Callable[[], None]) -> NoReturn:
    """Run a stage's `main` and leave the process with its exit code."""
    silence_imports()
    try:
        try:
            main()
        finally:
            clear_bars()
    except UserError as error:
        print("error: " + " ".join(str(error).split()), file=sys.stderr, flush=True)
        sys.exit(2)
    except StartFailed as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr, flush=True)
        sys.exit(130)
    sys.exit(0)
