"""The agents' console at /desk: the queue, conversations, review of what may be learned, numbers over time."""
