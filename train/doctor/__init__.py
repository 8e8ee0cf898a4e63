"""What this machine is, and what it can train and serve."""
