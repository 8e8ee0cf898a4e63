"""Memory that is given back to the system."""

import contextlib
import ctypes
import gc


def release() -> None:
    """Give freed memory back: garbage, then what malloc keeps, most of the peak after a training on a CPU."""
    gc.collect()
    trim()


def trim() -> None:
    """Give back what malloc keeps. Rows of all lengths leave holes of all sizes: without this a training on a
    CPU grows by a third. Beyond glibc there is no such call; there malloc keeps what it keeps."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
