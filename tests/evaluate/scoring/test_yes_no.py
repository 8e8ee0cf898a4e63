"""What an answer says as a whole."""

import pytest

from evaluate.scoring.facts import states
from evaluate.scoring.yes_no import says


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        ("No, we don't.", "no"),
        ("Yes, we do.", "yes"),
        ("There is no live music.", "no"),
        ("We have live music.", "yes"),
        ("No problem, children can stay.", "yes"),
        ("It is not true that pets are not allowed.", "yes"),
        ("There is no room without wifi.", "yes"),
        ("Sorry! Pets must stay outside, they are not allowed.", "no"),
        ("I don't have that information.", None),
        ("제가 답변드릴 수 없습니다.", None),
        ("아니요, 어렵습니다.", "no"),
        ("수영장은 없습니다.", "no"),
        ("네, 됩니다.", "yes"),
        ("수영장이 있습니다.", "yes"),
        ("", None),
    ],
)
def test_yes_or_no(answer: str, word: str | None) -> None:
    assert says(answer) == word
    for fact in ("yes", "no"):
        assert states(answer, [fact]) == (fact == word)
