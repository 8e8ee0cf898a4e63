"""Readers of helpdesks' exports, one module a format."""
