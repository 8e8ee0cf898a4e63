"""The agents' console at /desk: the queue, conversations, review of what may be learned, the FAQ's health, numbers over time."""
