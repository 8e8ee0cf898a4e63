"""Who may come in: the login, and the check of every request."""
