"""The language of a text, where English and Korean are all there are."""

import re


def language(text: str) -> str:
    """`ko` for a text with any Korean letter, else `en`."""
    return "ko" if re.search("[가-힣]", text) else "en"
