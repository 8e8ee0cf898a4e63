"""One YAML file is one run: its config, where its files lie, and when its people answer."""
