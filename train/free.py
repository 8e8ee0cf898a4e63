"""Memory that is given back to the system."""

import contextlib
import ctypes
import gc
import sys


def release() -> None:
    """Give freed memory back: garbage; what malloc keeps, most of the peak after a training on a CPU; and what torch keeps of a
    GPU, most of which the engine takes when it starts."""
    gc.collect()
    trim()
    torch = sys.modules.get("torch")
    if torch and torch.cuda.is_initialized():
        torch.cuda.empty_cache()


def trim() -> None:
    """Give back what malloc keeps. Rows of all lengths leave holes of all sizes: without this a training on a
    CPU grows by a third. Beyond glibc there is no such call; there malloc keeps what it keeps."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
