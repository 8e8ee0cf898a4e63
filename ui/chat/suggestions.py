"""The questions that the page offers as buttons."""

from pathlib import Path

from frontdesk.config.schema import Config
from frontdesk.files import read_jsonl

MAX_SUGGESTIONS = 6


def suggestions(config: Config, faq: Path) -> list[str]:
    """The config's own questions, or one from each of the first FAQ categories of the training; none without
    a `faq` file.

    From a category it takes an entry's first wording: a short one that ends in a question mark, if there is
    one. A passage has a heading for its first wording: of those it takes only questions that were drafted.
    """
    if config.ui.suggestions:
        return list(config.ui.suggestions)
    if not faq.is_file():
        return []
    by_category: dict[str, list[str]] = {}
    withholds = config.answers.expired == "withhold"  # the buttons may stay beyond an entry's last day
    for entry in read_jsonl(faq):
        ends = withholds and entry.get("origin", {}).get("expires")
        wordings = entry.get("drafted", []) if entry.get("passage") else entry["questions"]
        if wordings and entry["split"] == "train" and not ends:  # the bot does not know the others
            by_category.setdefault(entry.get("category", ""), []).append(wordings[0])
    return [min(questions, key=_rank) for questions in by_category.values()][:MAX_SUGGESTIONS]


def _rank(question: str) -> tuple[bool, int]:
    return not question.endswith(("?", "？")), len(question)
