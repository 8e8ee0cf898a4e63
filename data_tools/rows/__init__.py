"""Rows of instruction data: FAQ, chats, refusals, and the same with FAQ entries in the prompt."""
