"""Which FAQ entries a question is about."""
