"""What several processes share on PostgreSQL: limits, who lives, one clock and one daily job."""

import pytest
from sqlalchemy import text

from frontdesk.store import fleet, keys, leases
from frontdesk.store.forget import _alone, _expire_alone, expire
from frontdesk.store.store import Store
from tests.frontdesk.store.conftest import set_all, shop
from tests.frontdesk.store.test_store import begin
from ui.console.session import Logins


def test_a_keys_rate_holds_over_all_gateways(shared: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet, "MINUTE", 1e9)
    uses = [fleet.admit(shared, gateway, "site", 0, 4, None) for gateway in ("a", "b", "a", "b", "a")]
    assert [(use.admitted, int(use.tokens + 1e-3)) for use in uses] == [(True, 3), (True, 2), (True, 1), (True, 0), (False, 0)]
    assert fleet.admit(shared, "a", "another", 0, 1, None).admitted
    monkeypatch.setattr(fleet, "MINUTE", 60.0)
    set_all(shared, "UPDATE buckets SET at = at - 15")
    assert fleet.admit(shared, "b", "site", 0, 4, None).admitted, "a token a quarter of a minute"
    assert not fleet.admit(shared, "a", "site", 0, 4, None).admitted


def test_so_many_at_once_over_all_gateways_and_a_dead_ones_places_are_free(shared: Store) -> None:
    for gateway in ("a", "b"):
        fleet.beat(shared, gateway, "gateway shop")
    assert fleet.admit(shared, "a", "app", 0, None, 2).admitted and fleet.admit(shared, "b", "app", 0, None, 2).admitted
    for gateway in ("a", "b"):
        use = fleet.admit(shared, gateway, "app", 1, None, 2)
        assert not use.admitted and use.at_once
    fleet.release(shared, "a", "app", 0)
    assert fleet.admit(shared, "b", "app", 1, None, 2).admitted
    assert not fleet.admit(shared, "a", "app", 0, None, 2).admitted
    set_all(shared, "UPDATE processes SET until = 0 WHERE id = 'b'")
    assert fleet.admit(shared, "a", "app", 0, None, 2).admitted
    assert fleet.beat(shared, "a", "gateway shop") == 1
    with shared.reading() as session:
        assert session.execute(text("SELECT process_id, key, count FROM running")).all() == [("a", "app", 1)]


def test_old_buckets_go_and_a_forgotten_customers_too(shared: Store) -> None:
    from frontdesk.store.forget import forget
    from frontdesk.store.tables import Customer

    customer, _ = begin(shared)
    fleet.take(shared, f"customer {customer}", 20)
    fleet.take(shared, "customer gone", 20)
    set_all(shared, f"UPDATE buckets SET at = at - {fleet.KEPT + 1} WHERE name = 'customer gone'")
    fleet.beat(shared, "a", "gateway shop")
    forget(shared, Customer, customer)
    with shared.reading() as session:
        assert session.execute(text("SELECT name FROM buckets WHERE name LIKE 'customer%'")).all() == []


def test_no_clock_but_the_databases_counts(shared: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever this process believes: times that another process compares are not its own."""

    def asked() -> float:
        raise AssertionError("the clock of a process was asked")

    monkeypatch.setattr("frontdesk.store.rows.now", asked)
    token, customer = shared.add_customer()
    assert shared.customer(token) is not None
    conversation = shared.open(customer.id, "shop", "en").id
    said = leases.ask(shared, conversation, "Hello?", "page")
    leases.renew(shared, "page", [conversation])
    assert leases.abandoned(shared, "shop") == []
    leases.end(shared, conversation, said.id, "page", (), "Hi!", False, {})
    shared.call_person(conversation, "wish", "a refund")
    assert shared.take(conversation, "anna") and not shared.free(conversation, "ben")
    secret = keys.create(shared, "anna", "agent")
    logins = Logins(shared, shop())
    login = logins.enter(secret)
    assert logins.who({"cookie": f"frontdesk_login={login}"}) is not None
    assert fleet.beat(shared, "page", "page shop") == 1
    assert expire(shared, 1) == 0
    with shared.reading() as session:
        ahead = session.scalar(text("SELECT max(abs(at - extract(epoch FROM clock_timestamp()))) FROM messages"))
    assert ahead < 600


def test_the_daily_job_is_one_processs(shared: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[int] = []
    monkeypatch.setattr("frontdesk.store.forget._expire_beside_customers", lambda store, days: done.append(days))
    with _alone(shared) as first:
        assert first
        _expire_alone(shared, 90)
        assert done == []
    _expire_alone(shared, 90)
    assert done == [90]
