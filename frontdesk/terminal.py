"""Leave the terminal to our own progress lines: libraries keep their errors, not their bars and hints."""

import logging
import os
import warnings


def silence_imports() -> None:
    """Have libraries say no more than their errors when they are imported. Imports none itself."""
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)  # it asks for a package of kernels from a hub, at every import
    logging.getLogger("sentence_transformers").setLevel(logging.ERROR)  # it tells of an encoder's own prompt, at every load


def silence_libraries() -> None:
    """Silence progress bars, warnings and hints of transformers, sentence-transformers, datasets and bitsandbytes."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    warnings.filterwarnings("ignore")
    silence_imports()
    import datasets
    import transformers

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    datasets.disable_progress_bars()
