"""In vLLM's place where bench/soak.py needs no model: this folder stands first in PYTHONPATH."""
