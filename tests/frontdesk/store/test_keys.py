"""Keys: what is kept of them, who they let in, and that a revoked one is done for. On SQLite and on PostgreSQL."""

import pytest

from frontdesk.errors import UserError
from frontdesk.store import keys
from frontdesk.store.credentials import digest
from frontdesk.store.store import Store
from frontdesk.store.tables import Login


def test_a_key_is_found_until_it_is_revoked(store: Store) -> None:
    assert not keys.any_key(store)
    made = {role: keys.create(store, role, role, rate=60) for role in keys.ROLES}
    assert len(set(made.values())) == 3 and all(key.startswith("fd-") and len(key) == 46 for key in made.values())
    assert {key: found.name for key in made.values() if (found := keys.find(store, key))} == {key: role for role, key in made.items()}
    assert keys.find(store, made["agent"] + "x") is None and keys.find(store, "") is None and keys.find(store, "\ud800") is None
    assert keys.revoke(store, "agent") and keys.find(store, made["agent"]) is None
    assert keys.find(store, made["admin"]) is not None
    assert not keys.revoke(store, "agent") and not keys.revoke(store, "nobody")


def test_the_store_does_not_have_the_key(store: Store) -> None:
    secret = keys.create(store, "anna", "agent")
    (row,) = keys.list_keys(store)
    told = " ".join(str(value) for value in vars(row).values())
    assert secret not in told and secret[3:] not in told and row.hash == digest(secret)


def test_a_desk_whose_last_key_was_revoked_does_not_stand_open(store: Store) -> None:
    keys.create(store, "anna", "agent")
    keys.revoke(store, "anna")
    assert keys.any_key(store)


def test_a_name_is_given_once(store: Store) -> None:
    keys.create(store, "anna", "agent")
    keys.revoke(store, "anna")
    with pytest.raises(UserError, match="found anna, which a key has or had") as caught:
        keys.create(store, "anna", "admin")
    assert "\n" not in str(caught.value)


def test_revoking_ends_what_was_logged_in(store: Store) -> None:
    ids = {name: keys.find(store, keys.create(store, name, "agent")).id for name in ("anna", "ben")}  # type: ignore[union-attr]
    with store.transaction() as session:
        session.add_all(Login(token_hash=name, key_id=id, until=9e9) for name, id in ids.items())
    keys.revoke(store, "anna")
    with store.reading() as session:
        assert session.get(Login, "anna") is None and session.get(Login, "ben") is not None


@pytest.mark.parametrize(
    ("name", "role", "rate", "word"),
    [
        *[(name, "agent", None, "--name") for name in ("", " anna", "a\nb", "a" * 101, "<b>", "local", "page", "environment")],
        ("anna", "boss", None, "expected one of customer, agent, admin"),
        ("anna", "agent", 0, "--rate"),
        ("anna", "agent", -1, "--rate"),
    ],
)
def test_what_no_key_can_have(name: str, role: str, rate: int | None, word: str) -> None:
    with pytest.raises(UserError, match=word):
        keys.check(name, role, rate, None)
    with pytest.raises(UserError, match="--concurrency"):
        keys.check("김상담", "agent", 1, 0)
    keys.check("김상담 2", "agent", 1, 1)


def test_a_role_may_do_what_those_before_it_may() -> None:
    assert [[keys.allows(role, needed) for needed in keys.ROLES] for role in keys.ROLES] == [
        [True, False, False],
        [True, True, False],
        [True, True, True],
    ]
