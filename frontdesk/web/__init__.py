"""What gateway and page share as web servers: connections, bodies, errors, limits, streams, logs."""
