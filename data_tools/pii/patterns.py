"""How the patterns of personal data are written: alternatives as plain lists.

    either("mr mrs ms")                    a word: (?:mr|mrs|ms)
    phrases("ask for, care of, c/o")       words with blanks, between commas: (?:ask for|care of|c/o)

A part may itself be a pattern: `either("advis[eo]r coach(?:es)?")`.
"""


def either(choices: str) -> str:
    """A pattern for any of the parts, which stand between blanks."""
    return f"(?:{'|'.join(choices.split())})"


def phrases(choices: str) -> str:
    """A pattern for any of the parts, which stand between a comma and a blank and may hold blanks."""
    return f"(?:{'|'.join(choices.split(', '))})"


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())
