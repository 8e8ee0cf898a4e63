"""The review of what may be learned."""
