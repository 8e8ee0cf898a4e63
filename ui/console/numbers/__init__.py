"""Numbers over time, for admins."""
