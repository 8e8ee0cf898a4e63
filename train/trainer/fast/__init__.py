"""What makes a step fast: packed rows, fused LoRA, loss on supervised positions, number format."""
