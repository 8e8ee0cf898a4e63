"""Find in the store of a run's desk what its bot can learn from, for people to review.

    python -m data_tools.feedback configs/demo.yaml

Answers that a customer liked, replies that an agent changed, agents' answers, and questions that got no answer (near copies as one, with
their number) become candidates (frontdesk/store/candidates.py): masked, grouped with the rows that they are like, none that the run's data
has already. It may be run at any time and as often as wanted. Candidates that nobody has decided on follow the store; what was decided
stays. `make data` then takes up the accepted ones (data_tools/feedback/rows.py).
"""

from data_tools.feedback.find import main
from frontdesk.errors import run_command

if __name__ == "__main__":
    run_command(main)
