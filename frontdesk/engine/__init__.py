"""vLLM: its command line, its processes, and what is added to it."""
