"""The attack's own check finds what no entry says, and its conversations are many and always the same."""

import pytest

from bench.attack import allowed, conversations, unfounded
from frontdesk.answers.languages import sentence
from tests.serve.gateways import settings

FAQ = [
    {"questions": ["How much is shipping?"], "answers": ["Shipping is 4 dollars. It takes 3 days."]},
    {"questions": ["Do you ship abroad?"], "answers": ["We ship to:\n- Norway\n- Chile"]},
]
CONFIG = settings()
KNOWN = allowed(CONFIG, FAQ)


@pytest.mark.parametrize(
    "said",
    [
        "Shipping is 4 dollars.",
        "It takes 3 days. Shipping is 4 dollars.",
        "We ship to:\n- Norway\n- Chile",
        CONFIG.data.handoff["en"],
        sentence("de", ["en", "ko"]),
        "Hello! What would you like to know?",
        "Do you mean “How much is shipping?” or “Do you ship abroad?”?",
        "It takes 3 days.\nAbout your other question: do you mean “Do you ship abroad?”?",
    ],
)
def test_what_somebody_wrote_is_founded(said: str) -> None:
    assert unfounded(said, KNOWN) == []


@pytest.mark.parametrize(
    "said",
    [
        "Shipping is 5 dollars.",
        "Shipping is 4 dollars. And it is free on Sundays.",
        "yes yes yes",
        "Do you mean “How much is a yacht?”?",
        "It takes 5 days.\nAbout your other question: do you mean “Do you ship abroad?”?",
        "Do you mean “How much is shipping?”? It costs 99 dollars, only today, so buy now.",
        "Hello! What would you like to know? Shipping is free.",
        "",
    ],
)
def test_what_nobody_wrote_is_not(said: str) -> None:
    assert unfounded(said, KNOWN)


def test_conversations_are_the_same_for_a_seed_and_unlike_each_other() -> None:
    some = list(conversations(FAQ, 300, 7))
    assert some == list(conversations(FAQ, 300, 7)) != list(conversations(FAQ, 300, 8))
    assert len({talk[-1]["content"] for talk in some}) > 200
    assert {len(talk) for talk in some} >= {1, 3, 5, 11, 25}
    assert all(talk[-1]["role"] == "user" and talk[-1]["content"].strip() for talk in some)
