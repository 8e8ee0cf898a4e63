"""Addresses: what leads to a page, which are one page, which the config wants."""

import httpx
import pytest

from data_tools.websites.addresses import Scope, kind, link, numbers
from frontdesk.config.schema import WebsiteConfig

BASE = httpx.URL("https://help.pine.example/kb/")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("returns", "https://help.pine.example/kb/returns"),
        ("../x#part", "https://help.pine.example/x"),
        ("//HELP.pine.example:443/x", "https://help.pine.example/x"),
        ("https://user:secret@help.pine.example/x", "https://help.pine.example/x"),
        ("/x?utm_source=mail&id=3&PHPSESSID=abc", "https://help.pine.example/x?id=3"),
        ("/x?sid=9", "https://help.pine.example/x"),
        ("/x;jsessionid=0AF?id=3", "https://help.pine.example/x?id=3"),
        ("/x?a&b=", "https://help.pine.example/x?a&b="),
        ("/도움말", "https://help.pine.example/%EB%8F%84%EC%9B%80%EB%A7%90"),
        (" /a\n b ", "https://help.pine.example/ab"),
        ("", "https://help.pine.example/kb/"),
    ],
)
def test_links_become_plain_addresses(text, found):
    assert str(link(BASE, text)) == found


@pytest.mark.parametrize(
    "text",
    [
        "mailto:a@pine.example",
        "javascript:void(0)",
        "java\nscript:x",
        "tel:555",
        "file:///etc/passwd",
        "ftp://pine.example/",
        "data:text/html,x",
        "gopher://127.0.0.1:70/",
        "http://",
        "http:///x",
        "https://①②⑦.0.0.1/",
        "/" + "x" * 2000,
        "http://[::1/",
        "\x00",
    ],
)
def test_what_leads_to_no_page_is_no_link(text):
    assert link(BASE, text) is None


def scope(**values):
    return Scope(WebsiteConfig(**{"url": str(BASE)} | values))


@pytest.mark.parametrize(
    "address",
    [
        "http://help.pine.example/kb/",
        "https://pine.example/kb/",
        "https://help.pine.example:8443/kb/",
        "https://help.pine.example.evil.example/kb/",
        "https://help.pine.example./kb/",
        "https://127.0.0.1/kb/",
        "https://help.pine.example@evil.example/kb/",
    ],
)
def test_another_scheme_host_or_port_is_another_site(address):
    assert not scope().same_site(httpx.URL(address))
    assert not scope().wants(httpx.URL(address))


@pytest.mark.parametrize(
    ("url", "wanted", "not_wanted"),
    [
        ("https://a.example/", ["/", "/x", "/x/y?z"], []),
        ("https://a.example", ["/", "/x"], []),
        ("https://a.example/help", ["/help", "/help/x", "/help?id=1"], ["/helpers", "/"]),
        ("https://a.example/help/", ["/help/", "/help", "/help/x"], ["/other"]),
        ("https://a.example/kb/index.html", ["/kb/index.html", "/kb/x"], ["/x"]),
        ("https://a.example/도움말/", ["/도움말/배송", "/%EB%8F%84%EC%9B%80%EB%A7%90/x"], ["/x"]),
    ],
)
def test_without_patterns_what_lies_below_the_first_page_is_wanted(url, wanted, not_wanted):
    found = scope(url=url)
    assert [found.wants(httpx.URL("https://a.example").join(path)) for path in (*wanted, *not_wanted)] == [True] * len(wanted) + [
        False
    ] * len(not_wanted)


def test_patterns_are_of_paths_with_and_without_the_query():
    found = scope(include=("/kb/*", "/faq"), exclude=("*/print", "*?sort=*"))
    wanted = {
        "/kb/a": True,
        "/kb/a/b": True,
        "/faq": True,
        "/faq/x": False,
        "/kb/a/print": False,
        "/kb/a?sort=up": False,
        "/kb/a?id=1": True,
    }
    assert {path: found.wants(BASE.join(path)) for path in wanted} == wanted


def test_pages_of_one_kind_differ_in_numbers_and_values():
    alike = ["/cal/2026/11?view=3", "/cal/1999/2?view=x"]
    assert len({kind(BASE.join(path)) for path in alike}) == 1
    assert kind(BASE.join("/cal/2026")) != kind(BASE.join("/cal/2026/11")) != kind(BASE.join("/cal/2026/11?day=1"))
    assert [numbers(BASE.join(path)) for path in ("/a", "/a/12", "/a/12?b=3")] == [0, 1, 2]
