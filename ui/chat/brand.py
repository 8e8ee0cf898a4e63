"""The company's colour and logo on the page.

Any colour may be configured. The text on it, and its shade for text, are computed for WCAG 2.2's contrast of
4.5.
"""

from dataclasses import dataclass
from pathlib import Path

from frontdesk.errors import UserError

CONTRAST = 4.5
LIGHT, DARK = "#f5f5f4", "#1c1917"
"""The page behind the conversation, in each mode."""
CARD, DARK_CARD = "#ffffff", "#292524"
MAX_LOGO = 512 * 1024  # bytes
LOGO_HEADERS = {
    # An SVG may hold scripts and addresses: no script runs and nothing is loaded, even if somebody opens it by itself.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "Cache-Control": "public, max-age=300",
}


@dataclass(frozen=True)
class Logo:
    """A picture, ready to be sent."""

    content: bytes
    media_type: str


def read_logo(path: str | None) -> Logo | None:
    """The picture at `ui.logo`. Raises UserError if there is no such file, or it is neither SVG nor PNG."""
    if path is None:
        return None
    file = Path(path)
    if not file.is_file():
        raise UserError(f"key 'ui.logo': {path}: no such file; expected an SVG or PNG picture; correct the path or remove the key")
    content = file.read_bytes()
    if len(content) > MAX_LOGO:
        raise UserError(f"key 'ui.logo': {path} has {len(content):,} bytes; expected at most {MAX_LOGO:,}; make the picture smaller")
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return Logo(content, "image/png")
    if b"<svg" in content[:2000]:
        return Logo(content, "image/svg+xml")
    raise UserError(f"key 'ui.logo': {path} is neither SVG nor PNG; expected one of the two; convert the picture")


def stylesheet(colour: str) -> str:
    """The page's colours as CSS variables, for light and dark.

    `--brand` is the configured colour, `--on-brand` the text on it, and `--accent` a shade of it for text.
    """
    light = f"--brand: {colour}; --on-brand: {text_on(colour)}; --accent: {readable(colour, LIGHT, CARD)};"
    return f":root {{ {light} }}\n.dark {{ --accent: {readable(colour, DARK, DARK_CARD)}; }}\n"


def text_on(colour: str) -> str:
    """White or black, whichever has more contrast; one always has at least 4.58."""
    return max("#ffffff", "#000000", key=lambda text: contrast(text, colour))


def readable(colour: str, *grounds: str) -> str:
    """The nearest shade with CONTRAST to every ground: mixed with black on light grounds, with white on
    dark ones."""
    shades = (mix(colour, text_on(grounds[0]), share / 100) for share in range(101))
    return next(shade for shade in shades if min(contrast(shade, ground) for ground in grounds) >= CONTRAST)


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2.2, from 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    """Relative luminance of an sRGB colour, as WCAG 2.2 defines it."""
    channels = [value / 255 for value in _channels(colour)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return sum(weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def mix(one: str, other: str, share: float) -> str:
    """A colour between two; `share` is that of the other."""
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in zip(_channels(one), _channels(other), strict=True))


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
