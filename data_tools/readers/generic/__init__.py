"""Readers of chats in tables and in JSON of no particular program."""
