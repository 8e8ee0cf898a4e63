"""The desk's database: conversations, ratings, handoffs, keys, training candidates. SQLite, or PostgreSQL
by URL."""
