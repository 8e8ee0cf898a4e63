"""What an answer states, and whether it is right."""
