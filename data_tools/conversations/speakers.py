"""Who is an agent, where an export does not say."""

import re
from collections import Counter
from collections.abc import Iterable

from data_tools.readers.records import Person, Role
from frontdesk.errors import UserError


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
        """Raises UserError when nobody of those who spoke in a file is an agent; a lone speaker is a customer."""
        spoke, self.counts = self.counts, Counter()
        if not spoke or "agent" in {self.roles[name] for name in spoke} or (self.agents and len(spoke) == 1):
            return
        found = ", ".join(f"{name[:40]!r} ({count} messages)" for name, count in spoke.most_common(8))
        named = f"the agents are {', '.join(map(repr, self.agents))}" if self.agents else "no agent is named"
        raise UserError(
            f"{path}: found the speakers {found}, and {named}; expected the agent among them; "
            "set data.agents in the config, or pass --agent NAME (`*` stands for anything)"
        )
