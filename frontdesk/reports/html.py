"""Markup for reports: text is escaped unless it is `Html`, which only these functions make."""

from collections.abc import Iterable
from html import escape


class Html(str):
    """Markup. Any other string is text."""


def join(parts: Iterable[object]) -> Html:
    """The parts as markup: what is no Html is escaped, whole numbers get thousands separators, half a surrogate pair becomes `?`."""
    texts = (f"{part:,}" if isinstance(part, int) else part for part in parts)
    whole = (text if isinstance(text, Html) else escape(str(text).encode("utf-8", "replace").decode("utf-8")) for text in texts)
    return Html("".join(whole))


def tag(name: str, *children: object, **attributes: object) -> Html:
    """An element; `class_` is the attribute class, `aria_label` aria-label, and what is "" is left out."""
    named = {key.rstrip("_").replace("_", "-"): escape(str(value)) for key, value in attributes.items() if value != ""}
    shown = "".join(f' {key}="{value}"' for key, value in named.items())
    return Html(f"<{name}{shown}>{join(children)}</{name}>")


def both(english: object, korean: object) -> Html:
    """A text in two languages."""
    return join([english, " ", tag("span", korean, lang="ko")])
