"""What all stages share: the run's config, its paths, the prompt, and how errors and files are handled."""

__version__ = "0.1.0"
