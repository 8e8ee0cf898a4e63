"""Readers of messengers' exports, one module a format."""
