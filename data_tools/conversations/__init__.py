"""Messages become conversations of a customer and an agent: grouped, masked, cleaned, compared with the FAQ."""
