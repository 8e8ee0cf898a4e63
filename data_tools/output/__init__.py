"""What `make data` writes: rows, ledger and report."""
