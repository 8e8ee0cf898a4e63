"""`python -m data_tools.feedback CONFIG`: see data_tools.feedback.find."""

from data_tools.feedback.find import main
from frontdesk.errors import run_command

if __name__ == "__main__":
    run_command(main)
