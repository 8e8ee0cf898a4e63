"""Which conversations and questions are trained, and which are held out; no copy crosses a split."""
