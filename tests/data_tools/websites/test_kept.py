"""Copies: in the encoding that fits the bytes, whatever the site says of it; and a place for each site."""

import pytest

from data_tools.websites.kept import Page, Site, load_site
from frontdesk.config.schema import WebsiteConfig
from frontdesk.errors import UserError

KOREAN = "배송비는 3,000원이며 5만 원 이상 구매하시면 무료입니다."
GERMAN = "Versand nach Österreich kostet 5 €, größere Pakete 9 €."
JAPANESE = "送料は五百円です。一万円以上のご注文は無料になります。"
RUSSIAN = "Доставка стоит пятьсот рублей, для больших заказов бесплатно."


def html(text, charset=""):
    return f"<html><head>{f'<meta charset={charset}>' if charset else ''}</head><body><p>{text}</p></body></html>"


@pytest.mark.parametrize(
    ("text", "encoding", "header", "meta"),
    [
        (KOREAN, "utf-8", "utf-8", ""),
        (KOREAN, "utf-8", "iso-8859-1", "euc-kr"),
        (KOREAN, "utf-8-sig", "", ""),
        (KOREAN, "utf-16", "utf-8", ""),
        (KOREAN, "cp949", "euc-kr", ""),
        (KOREAN, "cp949", "utf-8", "utf-8"),
        (KOREAN, "cp949", "iso-8859-1", ""),
        (KOREAN, "cp949", "", "no-such-charset"),
        (GERMAN, "cp1252", "windows-1252", ""),
        (GERMAN, "cp1252", "utf-8", ""),
        (GERMAN, "cp1252", "", ""),
        (JAPANESE, "shift_jis", "Shift_JIS", ""),
        (JAPANESE, "euc_jp", "utf-8", "euc-jp"),
        (RUSSIAN, "cp1251", "", "windows-1251"),
        (RUSSIAN, "koi8-r", "koi8-r", "windows-1251"),
    ],
)
def test_the_encoding_is_the_one_that_fits(tmp_path, text, encoding, header, meta):
    site = Site(tmp_path, "https://a.example/")
    file = site.write(html(text, meta).encode(encoding))
    source = site.source(Page("https://a.example/x", "", file, "fetched", f"text/html; charset={header}" if header else "text/html"))
    assert text in "".join(source.lines())
    assert source.path == "https://a.example/x"


def test_text_that_was_read_wrongly_before_is_mended(tmp_path):
    site = Site(tmp_path, "https://a.example/")
    file = site.write(html("The café’s fee".encode().decode("cp1252")).encode())
    assert "The café’s fee" in "".join(site.source(Page("https://a.example/", "", file, "fetched")).lines())


@pytest.mark.parametrize("charset", ["", "utf-8", "koi8-r", "punycode", "zlib", "idna", "unicode_escape"])
def test_what_is_no_text_is_said(tmp_path, charset):
    site = Site(tmp_path, "https://a.example/")
    with pytest.raises(UserError, match="found bytes that are no text"):
        site.source(Page("https://a.example/", "", site.write(bytes(range(256)) * 9), "fetched", f"text/html; charset={charset}"))


def test_each_site_has_a_place_of_its_own(tmp_path):
    urls = [
        "https://a.example/",
        "https://a.example/kb/",
        "http://a.example/",
        "https://a.example:8443/",
        "https://예시.한국/",
        "http://[::1]:80/../..",
    ]
    folders = {load_site(tmp_path, WebsiteConfig(url=url)).folder for url in urls}
    assert len(folders) == len(urls)
    assert all(folder.parent == tmp_path and folder.name.isascii() for folder in folders)
