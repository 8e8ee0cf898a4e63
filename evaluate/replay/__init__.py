"""The company's own conversations, replayed: what the desk would have said, beside what the agent said."""
