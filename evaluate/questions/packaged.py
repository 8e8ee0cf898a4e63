"""The questions that come with this package, one JSON object a line."""

import json
from importlib import resources
from typing import Any


def packaged(name: str, languages: set[str]) -> list[dict[str, Any]]:
    """The lines of a file of this package in the given languages ("en", "ko")."""
    lines = resources.files("evaluate.questions").joinpath(name).read_text(encoding="utf-8").splitlines()
    return [one for one in map(json.loads, lines) if one["language"] in languages]
