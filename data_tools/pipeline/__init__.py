"""From the sources that a config names to the files of a run's data: build.py is the road, in order."""
