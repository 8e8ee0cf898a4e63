"""What gateway and page share as web servers: connections, bodies, errors, rate limits, streams, addresses,
logs."""
