"""The scorecard as a page."""
