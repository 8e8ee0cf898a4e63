"""From the trained adapter to the model that is served, and the proof that both match."""
