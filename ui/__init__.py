"""The customer's chat page. It talks to the run's OpenAI-compatible API. Start it with `python -m ui CONFIG`."""
