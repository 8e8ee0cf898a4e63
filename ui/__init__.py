"""The customer's chat page, over the run's OpenAI-compatible API: `python -m ui CONFIG`."""
