"""The FAQ: its entries, and how they are loaded from files."""
