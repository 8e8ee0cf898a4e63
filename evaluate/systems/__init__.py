"""What is asked: the tuned model, the untuned base with several prompts, other endpoints."""
