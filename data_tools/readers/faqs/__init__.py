"""Readers of FAQ files, one module a format."""
