"""What a browser may ask of the page's process."""
