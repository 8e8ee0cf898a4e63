"""People's names in English and Korean texts."""
