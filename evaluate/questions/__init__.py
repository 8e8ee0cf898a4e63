"""The scorecard's questions."""
