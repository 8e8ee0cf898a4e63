"""The bot's replies by the entries that they rest on, on both databases."""

from frontdesk.store.replies import Reply, replies
from frontdesk.store.store import Store, now

FEE = {"id": "fee", "question": "What is the fee?", "source": "faq.csv:2"}


def talk(store: Store, run: str = "shop") -> str:
    return store.open(store.add_customer()[1].id, run, "en").id


def test_replies_name_all_their_entries_oldest_first(store: Store) -> None:
    mine, another = talk(store), talk(store, "another")
    store.say(mine, "customer", "fee?", source=FEE)  # no reply, whatever it has
    first = store.say(mine, "bot", "$4.90", source=FEE)  # as it was stored before there were several
    store.say(mine, "bot", "Shall I connect you?", refusal=True)
    store.say(another, "bot", "$4.90", source=FEE)
    both = store.say(mine, "bot", "$4.90, and 9 to 5", source=FEE, sources=[{"id": "fee"}, {"id": "hours", "title": "Shop"}])

    assert replies(store, "shop", 0.0) == [
        Reply(mine, first.id, ("fee",), "What is the fee?"),
        Reply(mine, both.id, ("fee", "hours"), "What is the fee?"),
    ]
    assert replies(store, "shop", both.at) == [Reply(mine, both.id, ("fee", "hours"), "What is the fee?")]
    assert replies(store, "shop", now() + 60) == [] == replies(store, "nobody", 0.0)


def test_a_reply_that_was_replaced_by_a_refusal_rests_on_nothing(store: Store) -> None:
    mine = talk(store)
    said = store.say(mine, "bot", "$4.90", source=FEE, sources=[{"id": "fee"}])
    store.amend(said.id, text="Shall I connect you?", source=None, sources=None)
    assert replies(store, "shop", 0.0) == []
