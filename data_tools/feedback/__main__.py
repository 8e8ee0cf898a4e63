"""`python -m data_tools.feedback CONFIG`: find in the desk's store what its bot can learn from, for people to review.

Candidates (frontdesk/store/candidates.py) that nobody has decided on follow the store; what was decided stays.
"""

from data_tools.feedback.find import main
from frontdesk.errors import run_command

if __name__ == "__main__":
    run_command(main)
