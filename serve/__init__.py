"""Serving: vLLM's OpenAI-compatible API on the merged model, and the chat page beside it."""
