"""What the desk remembers: conversations, ratings, handoffs, keys, and what may be learned of them. SQLite, or PostgreSQL by URL."""
