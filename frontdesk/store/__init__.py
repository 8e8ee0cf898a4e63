"""The desk's database: conversations, ratings, handoffs, keys, candidates. SQLite, or PostgreSQL."""
