"""Releases: a new version beside the served one, and the way back."""
