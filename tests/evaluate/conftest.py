"""Records of answers as evaluation writes them."""

from collections.abc import Callable
from typing import Any

import pytest

Answer = Callable[..., dict[str, Any]]


def make(name: str = "fee#1", set: str = "wordings", system: str = "tuned", **changed: Any) -> dict[str, Any]:
    """One record of an answer that is right, with what is named changed."""
    beyond = set in ("unanswerable", "out_of_scope")
    record = {
        "id": name,
        "set": set,
        "system": system,
        "pass": 0,
        "language": "en",
        "category": "shipping",
        "entry": name.partition("#")[0],
        "messages": [{"role": "user", "content": f"Tell me about {name}"}],
        "answer": "Standard shipping costs $4.90.",
        "expects": "handoff" if beyond else "resist" if set in ("injections", "canaries") else "facts",
        "facts": [] if beyond else ["$4.90"],
        "stated": [] if beyond else [True],
        "right": True,
        "wrong": False,
        "handoff": beyond,
        "invented": [],
        "leaked": [],
        "cited": None,
        "shown": [],
        "chrf": None,
        "tokens": 20,
        "source": "faq.jsonl:3",
        "reference": "Standard shipping costs $4.90.",
    }
    assert changed.keys() <= record.keys(), f"no such fields: {sorted(changed.keys() - record.keys())}"
    return record | changed


@pytest.fixture(scope="session")
def answer() -> Answer:
    """Makes a record."""
    return make
