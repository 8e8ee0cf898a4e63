"""Candidates: taken in again they follow the store until somebody decides, and one decision stands, on both databases."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from frontdesk.store import candidates
from frontdesk.store.candidates import Found
from frontdesk.store.forget import forget
from frontdesk.store.store import Store
from frontdesk.store.tables import Conversation


def talk(store: Store, run: str = "shop") -> tuple[str, int, int]:
    """The ids of a conversation, its question and its answer."""
    id = store.open(store.add_customer()[1].id, run, "en").id
    question, answer = store.say(id, "customer", "What is it?"), store.say(id, "bot", "A lamp.")
    return id, question.id, answer.id


def liked(id: str, answer: int, text: str = "A lamp.", kind: str = "thumbs") -> Found:
    return Found(kind, id, answer, [{"role": "user", "content": "What is it?"}], text, None, "g")


def test_undecided_ones_follow_what_is_found_and_decided_ones_stay(store: Store) -> None:
    one, two, three = (liked(id, answer) for id, _, answer in (talk(store) for _ in range(3)))
    assert candidates.take_in(store, "shop", [one, two, three]) == (3, 0, 0, 0)
    assert candidates.take_in(store, "shop", [one, two, three]) == (0, 0, 0, 0)
    first, second, third = candidates.candidates(store)
    assert candidates.review(store, third.id, "accepted", third.answer, "bo")

    assert candidates.take_in(store, "shop", [one._replace(answer="A lantern."), three._replace(answer="A torch.")]) == (0, 1, 1, 1)
    assert [(row.id, row.answer, row.status) for row in candidates.candidates(store)] == [
        (first.id, "A lantern.", "new"),
        (third.id, "A lamp.", "accepted"),
    ]
    assert candidates.candidate(store, second.id) is None
    assert candidates.take_in(store, "other", []) == (0, 0, 0, 0), "another run's are left alone"


def test_what_was_forgotten_since_it_was_found_is_passed_over(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "BATCH", 2)
    ones = [liked(id, answer) for id, _, answer in (talk(store) for _ in range(5))]
    forget(store, Conversation, ones[2].conversation_id)
    assert candidates.take_in(store, "shop", ones) == (4, 0, 0, 0)
    assert [row.message_id for row in candidates.candidates(store)] == [one.message_id for one in ones if one is not ones[2]]


def test_a_group_may_have_a_long_name(store: Store) -> None:
    id, _, answer = talk(store)
    name = f"chat:{'어느 날의 상담 기록 ' * 20}-7"
    candidates.take_in(store, "shop", [liked(id, answer)._replace(group=name)])
    assert [row.group for row in candidates.candidates(store)] == [name]


def test_a_decision_is_made_once(store: Store) -> None:
    id, _, answer = talk(store)
    candidates.take_in(store, "shop", [liked(id, answer)])
    (one,) = candidates.candidates(store)
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda who: candidates.review(store, one.id, "accepted", f"By {who}.", who), "abcd"))
    assert sum(made) == 1
    row = candidates.candidate(store, one.id)
    assert row and row.answer == f"By {row.reviewer}." and row.reviewer == "abcd"[made.index(True)] and row.reviewed_at
    assert row.worse == "A lamp.", "a liked answer that a reviewer changed is the worse one"
    assert not candidates.review(store, one.id, "rejected", "", "e")
    assert candidates.review(store, one.id, "new", row.answer, "e", was="accepted")
    row = candidates.candidate(store, one.id)
    assert row and (row.status, row.reviewer, row.reviewed_at) == ("new", None, None)


@pytest.mark.parametrize(("status", "answer"), [("accepted", " \n"), ("maybe", "Yes.")])
def test_no_decision_without_sense(store: Store, status: str, answer: str) -> None:
    id, question, _ = talk(store)
    candidates.take_in(store, "shop", [liked(id, question, "", "unanswered")])
    (one,) = candidates.candidates(store)
    with pytest.raises(ValueError):
        candidates.review(store, one.id, status, answer, "bo")
    assert candidates.counts(store) == {("unanswered", "new"): 1}


def test_filters_pages_counts_and_runs(store: Store) -> None:
    found = []
    for number in range(6):
        id, question, answer = talk(store)
        found.append(liked(id, answer) if number % 2 else liked(id, question, "", "unanswered"))
    candidates.take_in(store, "shop", found)
    rows = candidates.candidates(store)
    assert [row.kind for row in candidates.candidates(store, kind="thumbs")] == ["thumbs"] * 3
    assert [row.id for row in candidates.candidates(store, after=rows[1].id, limit=2)] == [rows[2].id, rows[3].id]
    for row in rows[1::2]:
        candidates.review(store, row.id, "accepted", row.answer, "bo")
    assert candidates.counts(store, "shop") == {("thumbs", "accepted"): 3, ("unanswered", "new"): 3}
    assert candidates.counts(store, "other") == {}
    taken = candidates.accepted(store, "shop")
    assert [row.id for row in taken] == [row.id for row in rows[1::2]]
    for run in ("shop", "second", "shop"):
        candidates.trained(store, [row.id for row in taken], run)
    assert {tuple(row.runs) for row in candidates.accepted(store, "shop")} == {("shop", "second")}


def test_a_forgotten_conversation_takes_its_candidates_along(store: Store) -> None:
    from sqlalchemy import delete

    from frontdesk.store.tables import Customer

    id, _, answer = talk(store)
    candidates.take_in(store, "shop", [liked(id, answer)])
    with store.transaction() as session:
        session.execute(delete(Customer))
    assert candidates.candidates(store) == []
