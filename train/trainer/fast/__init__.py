"""What makes a training step fast: rows packed without padding, fused LoRA, the loss on supervised positions, the number format."""
