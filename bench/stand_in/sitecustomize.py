"""Python reads this at its start: the clock of a process under test may be wrong, by so many seconds (bench/fleet.py)."""

import os
import time

if error := float(os.environ.get("FRONTDESK_BENCH_CLOCK", "0")):
    right = time.time
    time.time = lambda: right() + error
