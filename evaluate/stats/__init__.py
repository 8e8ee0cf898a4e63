"""Shares, intervals, limits and the verdict."""
