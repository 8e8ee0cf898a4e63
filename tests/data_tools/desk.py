"""A desk's store with conversations in it, for tests of what is learned from them."""

from pathlib import Path
from typing import Any

from frontdesk.config.schema import Config, load_config
from frontdesk.store.store import open_store
from frontdesk.store.tables import Message

REFUSAL = "I'm not able to answer that one myself. Shall I connect you with one of our agents?"


class Desk:
    """The store of a run, and what happens in it."""

    def __init__(self, config: Config) -> None:
        self.config, self.store = config, open_store(config)

    def conversation(self, run: str = "shop") -> str:
        """The id of a new one, of a new customer."""
        return self.store.open(self.store.add_customer()[1].id, run, "en").id

    def ask(self, talk: str, question: str, answer: str | None = None, rating: int = 0, **columns: Any) -> Message:
        """The customer asks and the bot answers; the last message."""
        said = self.store.say(talk, "customer", question)
        if answer is not None:
            said = self.store.say(talk, "bot", answer, refusal=answer == REFUSAL, **columns)
            if rating:
                self.rate(said, rating)
        return said

    def rate(self, message: Message, value: int) -> None:
        """By the customer of its conversation."""
        talk = self.store.conversation(message.conversation_id)
        assert talk is not None
        self.store.rate(talk.customer_id, message.id, value)

    def call(self, talk: str, reason: Any = "wish", agent: str = "anna") -> None:
        """A person is called and takes the conversation."""
        self.store.call_person(talk, reason, "a wish")
        self.store.take(talk, agent)


def open_desk(config: str | Path = "configs/shop.yaml") -> Desk:
    """That of a run of the working folder."""
    return Desk(load_config(config))
