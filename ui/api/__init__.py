"""The customers' JSON API."""
