"""One page after the other by HTTP: at a fixed rate, from public addresses only, within limits of size and time.

A name is resolved once for each request, all its addresses are checked, and the connection is made to one of them, so no name
can lead elsewhere in between. Redirects are given back, not followed; no proxy is used, since it would resolve the name itself.
"""

import ipaddress
import re
import socket
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import NamedTuple
from urllib.parse import quote

import httpx

AGENT = "Frontdesk"  # what robots.txt calls us
DELAY = 0.25  # seconds between two requests, over one connection; a `Crawl-delay` may be longer
LARGEST = 4 << 20  # bytes of a page, unpacked
TIMEOUT = 15.0  # seconds for a connection, and for each piece of an answer
LONGEST = 60.0  # seconds for a whole answer, and the most that we wait because an answer says so
WAITS = (2.0, 8.0)  # seconds before a page is asked for again
BUSY = (429, 500, 502, 503, 504)
PATIENCE = 5  # pages one after the other that could not be read: then the site is down

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
NOT_PUBLIC = [ipaddress.ip_network(block) for block in ("192.0.0.0/24", "192.88.99.0/24", "2002::/16", "3fff::/20", "fec0::/10")]
"""Special blocks that not every version of Python counts among those below; in 2002::/16 an IPv4 address is in disguise."""


class Failed(Exception):
    """Why something could not be read now, in a few words; a kept copy is still good."""


class Passing(Failed):
    """A failure that may be over in a moment; `wait`: after so many seconds, where the answer says it."""

    def __init__(self, why: str, wait: float = 0) -> None:
        super().__init__(why)
        self.wait = wait


class Answer(NamedTuple):
    """What a server said."""

    status: int
    headers: httpx.Headers
    body: bytes


def is_public(address: Address) -> bool:
    """Whether an address is on the public internet: not private, loopback, link-local, reserved, multicast."""
    special = address.is_multicast or address.is_reserved or any(address in block for block in NOT_PUBLIC)
    return address.is_global and not special


class Fetcher(AbstractContextManager["Fetcher"]):
    """Asks one site. `permitted` says to which addresses a connection may be made, `sleep` and `clock` are time: only tests give them."""

    def __init__(
        self,
        company: str,
        permitted: Callable[[Address], bool] = is_public,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.permitted, self.sleep, self.clock = permitted, sleep, clock
        self.delay, self.failures, self.last = DELAY, 0, clock() - LONGEST
        agent = f"{AGENT} (reads this site for the customer service of {quote(company, safe=' &.,-')})"
        headers = {"User-Agent": agent, "Accept": "text/html,application/xhtml+xml,*/*;q=0.5", "Accept-Encoding": "gzip"}
        limits = httpx.Limits(max_connections=1)
        self.client = httpx.Client(headers=headers, timeout=TIMEOUT, limits=limits, trust_env=False, follow_redirects=False)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.client.close()

    @property
    def down(self) -> bool:
        """Whether the site has not answered for a while."""
        return self.failures >= PATIENCE

    def get(self, url: httpx.URL, headers: Mapping[str, str] | None = None, largest: int = LARGEST) -> Answer:
        """What the server says, after at most three tries where it is busy or the connection breaks. Raises Failed."""
        for wait in (*WAITS, 0.0):
            try:
                answer = self._ask(url, headers or {}, largest)
            except Passing as error:
                if not wait:
                    self.failures += 1
                    raise
                self.sleep(min(LONGEST, error.wait) or wait)
            else:
                self.failures = 0
                return answer
        raise AssertionError("the last try returns or raises")

    def _ask(self, url: httpx.URL, headers: Mapping[str, str], largest: int) -> Answer:
        self._keep_pace()
        failure = Passing("no address")
        for address in self._addresses(url):
            try:
                return self._ask_at(address, url, headers, largest)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:  # the next address may do
                failure = Passing(_words(error))
            except httpx.HTTPError as error:
                raise Passing(_words(error)) from None
        raise failure

    def _keep_pace(self) -> None:
        if (wait := self.delay - (self.clock() - self.last)) > 0:
            self.sleep(wait)
        self.last = self.clock()

    def _addresses(self, url: httpx.URL) -> list[str]:
        """The addresses of the host. Raises Failed if one of them is not permitted."""
        host = url.raw_host.decode("ascii")
        try:
            found = socket.getaddrinfo(host, url.port or {"http": 80, "https": 443}[url.scheme], type=socket.SOCK_STREAM)
        except (OSError, UnicodeError, OverflowError, KeyError) as error:
            raise Passing(f"the name {host!r} is not known ({getattr(error, 'strerror', None) or error})") from None
        addresses = list(dict.fromkeys(str(place[4][0]) for place in found))
        for address in addresses:
            if not self.permitted(ipaddress.ip_address(address)):
                raise Failed(f"{host} has the address {address}, which is not public")
        return addresses

    def _ask_at(self, address: str, url: httpx.URL, headers: Mapping[str, str], largest: int) -> Answer:
        """One request to one address; the name goes into the Host header and into TLS, which checks the certificate against it."""
        names = {"Host": url.netloc.decode("ascii")}
        extensions = {"sni_hostname": url.raw_host.decode("ascii")}
        with self.client.stream("GET", url.copy_with(host=address), headers={**headers, **names}, extensions=extensions) as response:
            if response.status_code in BUSY:
                raise Passing(f"status {response.status_code}", _seconds(response.headers.get("retry-after", "")))
            pieces = self._in_time(response.iter_raw())
            return Answer(response.status_code, response.headers, unpacked(pieces, response.headers.get("content-encoding", ""), largest))

    def _in_time(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        end = self.clock() + LONGEST
        for piece in pieces:
            if self.clock() > end:
                raise Failed(f"took longer than {LONGEST:.0f} s")
            yield piece


def unpacked(pieces: Iterator[bytes], coding: str, largest: int) -> bytes:
    """The bytes, unpacked where they come as gzip; never more than `largest` are held. Raises Failed."""
    if coding.strip().lower() not in ("", "identity", "gzip", "x-gzip"):
        raise Failed(f"content encoding {coding!r}")
    gzip = zlib.decompressobj(31) if "gzip" in coding.lower() else None
    body = bytearray()
    try:
        for piece in pieces:
            body += gzip.decompress(piece, largest + 1 - len(body)) if gzip else piece
            if len(body) > largest:
                raise Failed(f"larger than {largest >> 20} MB")
    except zlib.error:
        raise Failed("damaged gzip") from None
    if gzip and body and not gzip.eof:
        raise Passing("the end is missing")
    return bytes(body)


def _seconds(retry_after: str) -> float:
    """What `Retry-After` says: seconds, or a date; 0 for nothing that can be read."""
    if re.fullmatch(r"\s*\d{1,9}\s*", retry_after):
        return float(retry_after)
    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time.time())
    except (ValueError, OverflowError):
        return 0.0


def _words(error: Exception) -> str:
    return "timed out" if isinstance(error, httpx.TimeoutException) else str(error) or type(error).__name__
