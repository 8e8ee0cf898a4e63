"""Which of several pages answers."""

import pytest

from frontdesk.store import leases
from frontdesk.store.store import Store
from tests.frontdesk.store.conftest import set_all
from tests.frontdesk.store.test_store import begin


def test_leases_are_one_pages_and_what_is_said_without_one_is_not_stored(shared: Store) -> None:
    _, conversation = begin(shared)
    said = leases.ask(shared, conversation, "Hello?", "a", ["cut"])
    with pytest.raises(leases.Busy):
        leases.ask(shared, conversation, "Anybody?", "b")
    with pytest.raises(leases.Busy):
        leases.claim(shared, conversation, said.id, "b")
    set_all(shared, "UPDATE conversations SET lease_until = 0")
    leases.claim(shared, conversation, said.id, "b")
    with pytest.raises(leases.Lost):
        leases.end(shared, conversation, said.id, "a", (), "Late.", False, {})
    leases.end(shared, conversation, said.id, "b", (), "Hi!", False, {"cut": False})
    with pytest.raises(leases.Lost):
        leases.end(shared, conversation, said.id, "b", (), "Hi!", False, {})
    assert [one.text for one in shared.messages(conversation)] == ["Hello?", "Hi!"]
    with pytest.raises(leases.Lost):
        leases.claim(shared, conversation, said.id, "a")  # it was answered since "a" looked
    answer = shared.messages(conversation)[-1]
    leases.claim(shared, conversation, answer.id, "a")
    leases.end(shared, conversation, answer.id, "a", (), "Hi again!", True, {})
    assert [one.text for one in shared.messages(conversation)] == ["Hello?", "Hi again!"]
    shared.call_person(conversation, "wish", "")
    with pytest.raises(leases.Lost):
        leases.claim(shared, conversation, answer.id, "a")
