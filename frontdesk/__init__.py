"""What all stages share: the run's config, its paths, the prompt, and how errors and files are handled."""
