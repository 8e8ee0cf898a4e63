"""Whoever does something at the desk stands in the audit log, in the same transaction, and no customer's word does."""

import getpass
import hashlib

import pytest

from frontdesk.store import audit, candidates, keys
from frontdesk.store.candidates import Found
from frontdesk.store.forget import forget
from frontdesk.store.store import NotYours, Store
from frontdesk.store.tables import Conversation


def acts(store: Store) -> list[tuple[str, str, str]]:
    return [(one.who, one.act, one.about) for one in reversed(audit.entries(store)[0])]


def test_what_agents_do_is_noted_with_who_and_about_what(store: Store) -> None:
    _, customer = store.add_customer()
    talk = store.open(customer.id, "shop", "en").id
    message = store.say(talk, "customer", "SECRET words")
    store.call_person(talk, "wish", "SECRET wish")
    assert store.take(talk, "anna") and not store.take(talk, "bert")
    store.reply(talk, "anna", "SECRET answer")
    with pytest.raises(NotYours):
        store.give_back(talk, "bert")
    store.give_back(talk, "anna")
    candidates.take_in(store, "shop", [Found("edit", talk, message.id, [], "SECRET")])
    (one,) = candidates.candidates(store)
    assert candidates.review(store, one.id, "rejected", "", "anna") and not candidates.review(store, one.id, "accepted", "SECRET", "bert")
    store.finish(talk, None, "left")  # by the customer
    keys.create(store, "bert", "agent")
    keys.revoke(store, "bert")
    forget(store, Conversation, talk)
    shell = f"{getpass.getuser()} (shell)"
    expected = [("anna", act, "forgotten") for act in ("take", "reply", "give_back")]
    expected += [("anna", "candidate_rejected", str(one.id)), (shell, "key_created", "bert"), (shell, "key_revoked", "bert")]
    digest = hashlib.sha256(talk.encode()).hexdigest()[:12]
    assert acts(store) == [*expected, (shell, "forgotten", f"conversations {digest}")]
    assert {act for _, act, _ in acts(store)} <= {*audit.ACTS}


def test_what_fails_is_not_noted(store: Store) -> None:
    with pytest.raises(LookupError):
        forget(store, Conversation, "nobody")
    keys.create(store, "bert", "agent")
    before = acts(store)
    assert not keys.revoke(store, "nobody") and acts(store) == before


def test_pages_are_newest_first_and_take_texts_of_any_length(store: Store) -> None:
    for number in range(audit.PAGE + 5):
        audit.record(store, "w" * 300, "promote", f"{number}" * 300)
    newest, count = audit.entries(store)
    oldest, _ = audit.entries(store, 1)
    assert (count, len(newest), len(oldest)) == (audit.PAGE + 5, audit.PAGE, 5)
    assert newest[0].about[:2] == f"{audit.PAGE + 4}" and oldest[-1].about == "0" * 200 and len(oldest[0].who) == 100


def test_a_store_that_is_away_costs_a_warning(store: Store, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    from frontdesk.store.connect import StoreUnavailable

    def away(self: Store) -> None:
        raise StoreUnavailable("disk full")

    monkeypatch.setattr(Store, "transaction", away)
    audit.record(store, "root", "rollback", "abc")
    assert "the audit log lacks that root did rollback abc: disk full" in capsys.readouterr().err
