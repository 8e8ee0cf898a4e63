"""Sitemaps: indexes, packed ones, lists; hostile ones give nothing and take nothing."""

import gzip

import httpx
import pytest

from data_tools.websites.fetch import Failed
from data_tools.websites.sitemaps import LARGEST, listed

HERE = httpx.URL("https://a.example/sitemap.xml")
NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"


def sitemap(*paths, kind="urlset", item="url"):
    places = "".join(f"<{item}><loc>\n https://a.example{path} </loc><lastmod>2026-11-01</lastmod></{item}>" for path in paths)
    return f'<?xml version="1.0" encoding="UTF-8"?><{kind} xmlns="{NAMESPACE}">{places}</{kind}>'.encode()


def paths(found):
    return [[url.raw_path.decode() for url in urls] for urls in found]


def test_pages_and_indexes():
    assert paths(listed(sitemap("/a", "/b?c=1&amp;d=2"), HERE)) == [[], ["/a", "/b?c=1&d=2"]]
    assert paths(listed(sitemap("/s1.xml", "/s2.xml.gz", kind="sitemapindex", item="sitemap"), HERE)) == [["/s1.xml", "/s2.xml.gz"], []]


def test_packed_unmarked_and_plain_ones():
    assert paths(listed(gzip.compress(sitemap("/a")), HERE)) == [[], ["/a"]]
    assert paths(listed(sitemap("/a").replace(f' xmlns="{NAMESPACE}"'.encode(), b""), HERE)) == [[], ["/a"]]
    assert paths(listed(b"https://a.example/a\nhttps://a.example/b\n", HERE)) == [[], ["/a", "/b"]]
    assert paths(listed(sitemap("/a", "/b")[:-20], HERE)) == [[], ["/a", "/b"]]


@pytest.mark.parametrize("body", [b"", b"<", b"<html><body><loc>x</loc></body></html>", b"\xff\xfe\x00", b"<urlset/>", b"<!-- -->"])
def test_what_is_no_sitemap_names_no_page(body):
    assert listed(body, HERE) == ([], [])


def test_no_file_and_no_entity_is_read(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("https://a.example/secret")
    evil = f'<!DOCTYPE x [<!ENTITY s SYSTEM "{secret.as_uri()}">]><urlset><url><loc>&s;</loc></url><url><loc>https://a.example/ok</loc></url></urlset>'
    assert "/secret" not in str(listed(evil.encode(), HERE))
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<!DOCTYPE x [<!ENTITY l0 "ha">{laughs}]><urlset><url><loc>https://a.example/&l9;</loc></url></urlset>'
    assert all(len(str(url)) < 1000 for urls in listed(bomb.encode(), HERE) for url in urls)


def test_a_packed_bomb_is_refused():
    with pytest.raises(Failed, match="larger than 16 MB"):
        listed(gzip.compress(bytes(2 * LARGEST), 1), HERE)
