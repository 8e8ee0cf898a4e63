"""Messages as the readers give them, and the conversations that are made of them."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from frontdesk.errors import UserError

Role = Literal["customer", "agent"]
Layout = Literal["room", "threads", "mixed", "folder"]
"""How a format keeps conversations apart. room: not at all, one file is one stream that time splits (where messages name a thread, it
is a room of its own); threads: one after the other; mixed: each message names its thread, in any order; folder: as mixed, and a
thread goes on in other files of the folder. In the last two, messages without a thread are a room's."""


class Message(NamedTuple):
    """One message of an export, whoever wrote it."""

    line: int
    thread: str | None  # the ticket, chat or thread as the export calls it; None in a room
    at: str | None  # ISO 8601 without a zone, where the export tells it
    name: str  # who speaks, as the export calls them; "" where it does not
    role: Role | None  # None where the export does not say: the config's agents decide
    text: str
    skipped: str | None = None  # why this is no turn: "internal note", "bot", "system", "attachment", …


class Person(NamedTuple):
    """Somebody whom an export lists apart from the messages."""

    names: tuple[str, ...]  # the one to show first
    role: Role | None = None
    bot: bool = False


People = Mapping[str, Person]
"""By the id that messages use."""


class Turn(NamedTuple):
    """What one speaker said at once, or what stood between (`skipped` says why that is no turn)."""

    role: Role
    text: str
    at: str | None
    source: str  # path:line
    name: str = ""
    skipped: str | None = None


class Conversation(NamedTuple):
    """What was said, in the order spoken."""

    id: str
    turns: list[Turn]

    @property
    def source(self) -> str:
        """Where it begins."""
        return self.turns[0].source


class Speakers:
    """Who is an agent, by the names or patterns (`*` stands for anything) of the config; counts who spoke."""

    def __init__(self, agents: Iterable[str], people: Iterable[Person] = ()) -> None:
        self.agents = tuple(agents)
        self.patterns = [re.compile(re.escape(name.strip().casefold()).replace(r"\*", ".*"), re.DOTALL) for name in self.agents]
        self.roles: dict[str, Role] = {}
        self.counts: Counter[str] = Counter()
        for person in people:
            if self._is_agent(*person.names):
                self.roles |= dict.fromkeys(person.names, "agent")

    def role(self, name: str) -> Role:
        """The role of a speaker whom the export gives none."""
        if name not in self.roles:
            self.roles[name] = "agent" if self._is_agent(name) else "customer"
        self.counts[name] += 1
        return self.roles[name]

    def _is_agent(self, *names: str) -> bool:
        return any(pattern.fullmatch(name.casefold()) for pattern in self.patterns for name in names)

    def check(self, path: str) -> None:
        """Raises UserError when nobody of those who spoke in a file is an agent; forgets them.

        One lone speaker is a customer whom nobody answered.
        """
        spoke, self.counts = self.counts, Counter()
        if not spoke or "agent" in {self.roles[name] for name in spoke} or (self.agents and len(spoke) == 1):
            return
        found = ", ".join(f"{name[:40]!r} ({count} messages)" for name, count in spoke.most_common(8))
        named = f"the agents are {', '.join(map(repr, self.agents))}" if self.agents else "no agent is named"
        raise UserError(
            f"{path}: found the speakers {found}, and {named}; expected the agent among them; "
            "set data.agents in the config, or pass --agent NAME (`*` stands for anything)"
        )
