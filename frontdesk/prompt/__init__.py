"""The one place where a prompt is made."""
