"""Markup made in Python: text is escaped unless it is `Html`."""

from collections.abc import Iterable

from markupsafe import Markup, escape

Html = Markup
"""Markup. Any other string is text."""


def join(parts: Iterable[object]) -> Html:
    """The parts as markup: what is no Html is escaped, whole numbers get thousands separators, half a surrogate pair becomes `?`."""
    return Html("").join(part if isinstance(part, Html) else escape(text_of(part)) for part in parts)


def text_of(value: object) -> str:
    """A value as text: whole numbers with thousands separators, half a surrogate pair (which JSON may hold) as `?`."""
    return f"{value:,}" if isinstance(value, int) else str(value).encode("utf-8", "replace").decode("utf-8")


def tag(name: str, *children: object, **attributes: object) -> Html:
    """An element; `class_` is the attribute class, `aria_label` aria-label, and what is "" is left out."""
    named = {key.rstrip("_").replace("_", "-"): escape(str(value)) for key, value in attributes.items() if value != ""}
    shown = "".join(f' {key}="{value}"' for key, value in named.items())
    return Html(f"<{name}{shown}>{join(children)}</{name}>")


def both(english: object, korean: object) -> Html:
    """A text in two languages; once where they are the same."""
    return join([english]) if english == korean else join([english, " ", tag("span", korean, lang="ko")])
