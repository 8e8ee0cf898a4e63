"""Serving: vLLM on the merged model, the OpenAI-compatible API before it, and the chat page beside it."""
