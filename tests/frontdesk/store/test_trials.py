"""Conversations by the version that answered first, counted by hand, on both databases."""

from frontdesk.sequential import Count
from frontdesk.store.rows import now
from frontdesk.store.store import Store
from frontdesk.store.tables import Conversation
from frontdesk.store.trials import Outcomes, outcomes
from tests.frontdesk.store.test_statistics import talk

OLD, NEW = {"model_version": "a" * 16}, {"model_version": "b" * 12}


def test_each_outcome_is_of_the_first_version(store: Store) -> None:
    at, question = now() - 3 * 3600, ("customer", "SECRET?", {})
    assert outcomes(store, "shop", at, 12) == {}
    talk(store, at, question, ("bot", "Yes.", {**OLD, "rated": 1}))
    talk(store, at, question, ("bot", "Yes.", {**OLD}), question, ("bot", "No.", {**NEW, "rated": -1}))
    talk(store, at, question, ("bot", "Ask a person?", {**NEW, "refusal": True}), calls=({"at": at},))
    talk(store, at, question, ("bot", "Half", {**NEW, "cut": True}), question, ("bot", "Whole.", {**NEW}))
    talk(store, at, question, ("bot", "Fine.", {**NEW}), calls=({"at": at, "reason": "error"},))
    talk(store, at, question)  # nobody has answered
    talk(store, at, question, ("bot", "From before.", {}))
    talk(store, at - 1, question, ("bot", "Too early.", {**NEW}))
    other = talk(store, at, question, ("bot", "Of another run.", {**NEW}))
    still = talk(store, at, question, ("bot", "Going on.", {**NEW}))
    with store.transaction() as session:
        session.get_one(Conversation, other).run = "elsewhere"
        session.get_one(Conversation, still).updated_at = now()
    expected = {
        "a" * 12: Outcomes(Count(0, 2), Count(1, 2), Count(1, 2), Count(0, 2)),
        "b" * 12: Outcomes(Count(2, 3), Count(1, 3), Count(0, 0), Count(2, 3)),
    }
    assert outcomes(store, "shop", at, 12) == expected
    store.finish(still, None, "left")
    assert outcomes(store, "shop", at, 12)["b" * 12].handed_over == Count(2, 4), "closed: it will not change"
