"""What `make data` writes: rows, ledger, report; and its progress."""
