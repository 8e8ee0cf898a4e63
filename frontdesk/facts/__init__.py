"""What a text states: values and language."""
