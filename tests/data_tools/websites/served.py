"""A website that a test serves on loopback: what each path answers, and what was asked; and time that passes only when it is told to."""

from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import MappingProxyType
from typing import NamedTuple

from data_tools.websites.fetch import Address


class Reply(NamedTuple):
    """What a path answers. `cut`: the connection ends after so many bytes of the body."""

    body: bytes | str = b""
    status: int = 200
    headers: Mapping[str, str] = MappingProxyType({})
    cut: int | None = None


class Asked(NamedTuple):
    """A request."""

    path: str
    headers: dict[str, str]


class Website:
    """`pages` maps paths, queries included, to replies or to functions that give one; what it lacks is answered with 404."""

    def __init__(self) -> None:
        self.pages: dict[str, Reply | Callable[[Asked], Reply]] = {}
        self.otherwise: Callable[[Asked], Reply] = lambda asked: Reply("<p>Not found.</p>", 404)
        self.log: list[Asked] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # which would hold each body back for 40 ms, behind its head

            def do_GET(self) -> None:
                asked = Asked(self.path, {name.lower(): value for name, value in self.headers.items()})
                site.log.append(asked)
                found = site.pages.get(self.path, site.otherwise)
                status, headers, body, cut = site.answer(found if isinstance(found, Reply) else found(asked), asked)
                self.send_response_only(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.close_connection = cut is not None
                try:
                    self.wfile.write(body[:cut])
                except OSError:  # the reader has seen enough
                    self.close_connection = True

            def log_message(self, *words: object) -> None:
                """Silent."""

        class Server(ThreadingHTTPServer):
            def handle_error(self, request: object, client: object) -> None:
                """Silent: readers hang up on what is too large."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def answer(self, reply: Reply, asked: Asked) -> tuple[int, dict[str, str], bytes, int | None]:
        """Status, headers and body, with 304 for an ETag that is known."""
        body = reply.body.encode() if isinstance(reply.body, str) else reply.body
        headers = {"Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(body)), **reply.headers}
        if reply.headers.get("ETag", "-") == asked.headers.get("if-none-match"):
            return 304, {"ETag": reply.headers["ETag"], "Content-Length": "0"}, b"", None
        return reply.status, headers, body, reply.cut

    @property
    def paths(self) -> list[str]:
        """What was asked for, in order."""
        return [asked.path for asked in self.log]

    def close(self) -> None:
        """Go down: nobody listens any more."""
        self.server.shutdown()
        self.server.server_close()


class Time:
    """Seconds that pass only by `sleep`, and the naps that were taken."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.naps: list[float] = []

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.naps.append(seconds)
        self.now += seconds

    def clock(self) -> float:
        """The time."""
        return self.now


def loopback(address: Address) -> bool:
    """What tests may connect to."""
    return address.is_loopback
