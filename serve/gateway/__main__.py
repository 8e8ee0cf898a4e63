"""`python -m serve.gateway CONFIG`: see serve.gateway.app."""

from frontdesk.errors import run_command
from serve.gateway.app import main

if __name__ == "__main__":
    run_command(main)
