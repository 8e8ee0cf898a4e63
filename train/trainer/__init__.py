"""TRL's trainer and what it trains with."""
