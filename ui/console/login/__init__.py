"""Who may see the agents' console."""
