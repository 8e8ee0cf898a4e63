"""`make train`: QLoRA on the rows of `make data`, then the merge into a model that vLLM can serve."""
