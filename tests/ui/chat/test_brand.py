"""Whatever colour and logo a company configures, the page can be read and the picture does nothing."""

import colorsys
from pathlib import Path

import pytest

from frontdesk.errors import UserError
from ui.chat.brand import CARD, DARK, DARK_CARD, LIGHT, MAX_LOGO, contrast, mix, read_logo, readable, stylesheet, text_on

COLOURS = [
    "#" + "".join(f"{round(255 * part):02x}" for part in colorsys.hls_to_rgb(hue / 12, lightness / 10, saturation / 2))
    for hue in range(12)
    for lightness in range(11)
    for saturation in range(3)
]


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#ffffff", "#777777") == pytest.approx(4.48, abs=0.005)
    assert contrast("#0f766e", "#0f766e") == 1


def test_every_colour_can_be_read() -> None:
    assert min(contrast(text_on(colour), colour) for colour in COLOURS) >= 4.5
    for grounds in ((LIGHT, CARD), (DARK, DARK_CARD)):
        assert min(contrast(readable(colour, *grounds), ground) for colour in COLOURS for ground in grounds) >= 4.5


def test_a_colour_that_can_be_read_stays() -> None:
    assert readable("#0f766e", LIGHT, CARD) == "#0f766e"
    assert mix("#102030", "#506070", 0.5) == "#304050"


def test_the_grounds_are_those_of_the_stylesheet() -> None:
    style = (Path(__file__).parents[3] / "ui/chat/style.css").read_text(encoding="utf-8")
    light, dark = style.split(".dark {", 1)[0], style.split(".dark {", 1)[1]
    full = {"#ffffff": "#fff"}
    for css, ground, card in ((light, LIGHT, CARD), (dark, DARK, DARK_CARD)):
        assert f"--ground: {ground};" in css
        assert f"--card: {full.get(card, card)};" in css
    assert "--brand: #0f766e;" in stylesheet("#0f766e")


def test_no_logo_is_no_logo() -> None:
    assert read_logo(None) is None


@pytest.mark.parametrize(
    ("content", "media_type"), [(b"\x89PNG\r\n\x1a\n...", "image/png"), (b'<?xml version="1.0"?>\n<svg xmlns="x"/>', "image/svg+xml")]
)
def test_a_picture_is_known_by_its_content(tmp_path: Path, content: bytes, media_type: str) -> None:
    (tmp_path / "logo").write_bytes(content)
    logo = read_logo(str(tmp_path / "logo"))
    assert logo is not None and (logo.content, logo.media_type) == (content, media_type)


@pytest.mark.parametrize("content", [None, b"<html><script>alert(1)</script>", b"<svg>" + b" " * MAX_LOGO])
def test_what_is_no_logo_is_told_with_its_key(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "logo.svg").write_bytes(content)
    with pytest.raises(UserError, match=r"ui\.logo.*logo\.svg"):
        read_logo(str(tmp_path / "logo.svg"))
