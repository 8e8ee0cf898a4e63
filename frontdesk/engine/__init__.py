"""vLLM: its command line, its processes, and our additions to it."""
