"""What gateway and page share as web servers."""
