"""Models and tokenizers on disk, and the machine that they run on."""
