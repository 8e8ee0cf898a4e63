"""One page: whatever the address, name and answer are, nothing private is asked, nothing large held, nothing cut taken for whole."""

import gzip
import ipaddress
import re
import socket
import tracemalloc
from itertools import pairwise

import httpx
import pytest

from data_tools.websites.fetch import DELAY, LARGEST, LONGEST, WAITS, Failed, Fetcher, is_public
from tests.data_tools.websites.served import Reply, loopback

PRIVATE = """127.0.0.1
127.255.0.3 10.1.2.3 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 0.1.2.3 192.0.0.8 192.0.2.1
192.88.99.1 198.18.0.1 198.51.100.7 203.0.113.9 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255 :: ::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1
::127.0.0.1 64:ff9b::7f00:1 64:ff9b:1::a00:1 2002:7f00:1:: 2002:a00:1:: 2001:0:4136:e378:8000:63bf:3fff:fdd2 fe80::1 fe80::1%eth0 fec0::1
fc00::1 fd12:3456::1 ff02::1 ff0e::1 2001:db8::1 100::1"""
PUBLIC = "8.8.8.8 1.1.1.1 172.32.0.1 192.169.0.1 100.128.0.1 2606:4700::1111 2a00:1450:4001::200e"
HOSTS = """127.0.0.1 localhost LOCALHOST localhost. 127.1 127.0.1 2130706433 0x7f000001 0x7f.0.0.1 0177.0.0.1 017700000001 127.000.000.001
[::1] [0:0:0:0:0:0:0:1] [::ffff:127.0.0.1] [::ffff:7f00:1] [::127.0.0.1] 0.0.0.0 0 [::] public@127.0.0.1 127%2e0%2e0%2e1"""


@pytest.mark.parametrize("address", PRIVATE.split())
def test_what_is_not_on_the_public_internet_is_known(address):
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", PUBLIC.split())
def test_what_is_public_may_be_asked(address):
    assert is_public(ipaddress.ip_address(address))


@pytest.fixture
def fetcher(time):
    with Fetcher("Pebble & Pine", loopback, time.sleep, time.clock) as opened:
        yield opened


def names(monkeypatch, answers):
    """Have names resolve as `answers` says, one list of addresses for each look-up; the names that were looked up."""
    asked, real = [], socket.getaddrinfo

    def resolve(host, port, *rest, **more):
        try:
            ipaddress.ip_address(host)
        except ValueError:
            asked.append(host)
            return [entry for address in answers[len(asked) - 1] for entry in real(address, port, *rest, **more)]
        return real(host, port, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return asked


@pytest.mark.parametrize(
    "host",
    HOSTS.split(),
)
def test_no_form_of_a_private_address_is_asked(website, time, host):
    with Fetcher("Shop", sleep=time.sleep, clock=time.clock) as strict, pytest.raises((Failed, httpx.InvalidURL)) as refused:
        strict.get(httpx.URL(f"http://{host}:{website.port}/"))
    assert website.log == []
    assert "not public" in str(refused.value) or "not known" in str(refused.value) or isinstance(refused.value, httpx.InvalidURL)


def test_the_address_that_was_checked_is_the_one_that_is_asked(website, fetcher, monkeypatch):
    website.pages["/"] = Reply("hello")
    asked = names(monkeypatch, [["127.0.0.1"]])  # a second look-up would fail
    assert fetcher.get(httpx.URL(f"http://shop.example:{website.port}/")).body == b"hello"
    assert asked == ["shop.example"]
    assert website.log[0].headers["host"] == f"shop.example:{website.port}"


def test_tls_is_asked_for_the_name_and_not_for_the_address(fetcher, monkeypatch):
    seen = []
    names(monkeypatch, [["127.0.0.1"]])
    fetcher.client = httpx.Client(
        transport=httpx.MockTransport(lambda request: seen.append(request) or httpx.Response(200, content=[b"hello"]))
    )
    assert fetcher.get(httpx.URL("https://shop.example/kb?id=1")).body == b"hello"
    assert str(seen[0].url) == "https://127.0.0.1/kb?id=1"
    assert (seen[0].headers["host"], seen[0].extensions["sni_hostname"]) == ("shop.example", "shop.example")


def test_a_name_that_moves_to_a_private_address_is_not_followed(website, fetcher, monkeypatch):
    website.pages["/"] = Reply("hello")
    names(monkeypatch, [["127.0.0.1"], ["10.0.0.1"]])
    fetcher.get(httpx.URL(f"http://shop.example:{website.port}/"))
    with pytest.raises(Failed, match=r"shop\.example has the address 10\.0\.0\.1, which is not public"):
        fetcher.get(httpx.URL(f"http://shop.example:{website.port}/"))
    assert len(website.log) == 1


@pytest.mark.parametrize("answers", [["127.0.0.1", "192.168.0.1"], ["192.168.0.1", "127.0.0.1"], ["127.0.0.1", "fd00::1"]])
def test_one_private_address_among_several_is_enough_to_refuse(website, fetcher, monkeypatch, answers):
    names(monkeypatch, [answers])
    with pytest.raises(Failed, match="not public"):
        fetcher.get(httpx.URL(f"http://shop.example:{website.port}/"))
    assert website.log == []


def test_the_second_address_is_tried_where_nobody_listens_at_the_first(website, fetcher, monkeypatch):
    website.pages["/"] = Reply("hello")
    names(monkeypatch, [["127.0.0.2", "127.0.0.1"]])
    assert fetcher.get(httpx.URL(f"http://shop.example:{website.port}/")).body == b"hello"


def test_no_proxy_of_the_environment_is_asked(website, time, monkeypatch):
    website.pages["/"] = Reply("hello")
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with Fetcher("Shop", loopback, time.sleep, time.clock) as opened:
        assert opened.get(httpx.URL(website.url)).body == b"hello"


@pytest.mark.parametrize("company", ["Pebble & Pine", "조약돌과 소나무", "Evil\r\nX-Injected: 1", "a(b)c"])
def test_we_say_who_we_are(website, time, company):
    with Fetcher(company, loopback, time.sleep, time.clock) as opened:
        opened.get(httpx.URL(website.url))
    headers = website.log[0].headers
    assert re.fullmatch(r"Frontdesk \(reads this site for the customer service of [\w %&.,-]+\)", headers["user-agent"])
    assert "x-injected" not in headers


def test_requests_keep_their_distance(website, fetcher, time):
    starts = []
    website.otherwise = lambda asked: starts.append(time.now) or Reply("hello")
    for _ in range(5):
        fetcher.get(httpx.URL(website.url))
    fetcher.delay = 3
    fetcher.get(httpx.URL(website.url))
    assert [round(b - a, 6) for a, b in pairwise(starts)] == [DELAY] * 4 + [3]


@pytest.mark.parametrize(
    ("said", "waited"),
    [("7", 7), ("999999", LONGEST), ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST), ("Mon, 01 Jan 2001 00:00:00 GMT", WAITS[0]),
     ("soon", WAITS[0]), ("-5", WAITS[0]), ("", WAITS[0])],
)  # fmt: skip
@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_site_is_asked_again_when_it_says(website, fetcher, time, status, said, waited):
    replies = iter([Reply(status=status, headers={"Retry-After": said}), Reply("hello")])
    website.otherwise = lambda asked: next(replies)
    assert fetcher.get(httpx.URL(website.url)).body == b"hello"
    assert time.naps[0] == waited


def test_a_busy_site_is_left_alone_after_three_tries(website, fetcher, time):
    website.otherwise = lambda asked: Reply(status=500)
    for _ in range(5):
        assert not fetcher.down
        with pytest.raises(Failed, match="status 500"):
            fetcher.get(httpx.URL(website.url))
    assert fetcher.down
    assert len(website.log) == 15
    website.otherwise = lambda asked: Reply("hello")
    fetcher.get(httpx.URL(website.url))
    assert not fetcher.down


def test_what_is_too_large_is_not_held(website, fetcher):
    website.pages["/"] = Reply(b"x" * (10 << 20))
    website.pages["/just"] = Reply(b"x" * LARGEST)
    tracemalloc.start()
    with pytest.raises(Failed, match="larger than 4 MB"):
        fetcher.get(httpx.URL(website.url))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < (10 << 20) + 3 * LARGEST  # the server's copy, and what was read
    assert len(fetcher.get(httpx.URL(f"{website.url}/just")).body) == LARGEST


BOMB = gzip.compress(bytes(64 << 20), 1)


@pytest.mark.parametrize(("coding", "why"), [("gzip", "larger than 4 MB"), ("gzip, gzip", "content encoding"), ("br", "content encoding")])
def test_a_bomb_is_not_unpacked(website, fetcher, coding, why):
    website.pages["/"] = Reply(BOMB, headers={"Content-Encoding": coding})
    tracemalloc.start()
    with pytest.raises(Failed, match=why):
        fetcher.get(httpx.URL(website.url))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5 * LARGEST


def test_packed_pages_are_unpacked(website, fetcher):
    website.pages["/"] = Reply(gzip.compress(b"hello"), headers={"Content-Encoding": "gzip"})
    assert fetcher.get(httpx.URL(website.url)).body == b"hello"
    assert website.log[0].headers["accept-encoding"] == "gzip"


PACKED = gzip.compress(b"The whole page." * 99)


@pytest.mark.parametrize(
    "reply",
    [
        Reply("The whole page.", cut=5),
        Reply(PACKED, headers={"Content-Encoding": "gzip"}, cut=20),
        Reply(PACKED[:-9], headers={"Content-Encoding": "gzip"}),  # cut before it was sent, so its length is right
    ],
)
def test_a_page_whose_end_is_missing_is_no_page(website, fetcher, reply):
    website.pages["/"] = reply
    with pytest.raises(Failed):
        fetcher.get(httpx.URL(website.url))
    assert len(website.log) == 3
    replies = iter([reply, Reply("The whole page.")])
    website.pages["/"] = lambda asked: next(replies)
    assert fetcher.get(httpx.URL(website.url)).body == b"The whole page."


def test_damaged_gzip_is_said(website, fetcher):
    website.pages["/"] = Reply(b"no gzip at all", headers={"Content-Encoding": "gzip"})
    with pytest.raises(Failed, match="damaged gzip"):
        fetcher.get(httpx.URL(website.url))


def test_a_page_that_trickles_is_given_up(fetcher, time):
    def trickle():
        while True:
            time.now += 7
            yield b"x"

    with pytest.raises(Failed, match="longer than 60 s"):
        for _ in fetcher._in_time(trickle()):
            pass
    assert time.now < 1000 + LONGEST + 15


def test_a_site_that_is_down_is_said_in_words(website, fetcher):
    website.close()
    with pytest.raises(Failed, match="refused"):
        fetcher.get(httpx.URL(website.url))
    with pytest.raises(Failed, match=r"the name 'nowhere\.invalid' is not known"):
        fetcher.get(httpx.URL("http://nowhere.invalid/"))
