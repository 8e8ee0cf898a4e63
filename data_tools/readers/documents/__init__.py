"""Readers of documents: what asks becomes entries, everything else passages."""
