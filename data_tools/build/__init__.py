"""From the sources that a config names to the files of a run's data: pipeline.py is the road, in order."""
