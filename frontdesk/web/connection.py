"""uvicorn's HTTP connection with time limits.

uvicorn itself waits for ever for a request's head, or for a client to read.

    uvicorn.run(app, http=Connection, …)

A head has HEAD_SECONDS and HEAD_BYTES, the rest of a request REST_SECONDS (the application answers a slow one
before that). A client that does not read what it is sent is cut off after STUCK_SECONDS. With more than
CONNECTIONS open, an idle one is closed for each new one.
"""

import asyncio
import resource
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS = 10.0
HEAD_BYTES = 64 * 1024
REST_SECONDS = 25.0  # more than body.py gives a body
STUCK_SECONDS = 30.0
REQUEST_BYTES = 16 * 1024 * 1024
"""Of one request: more than is read, since many clients send all before they read the answer."""
CONNECTIONS = 2000  # some 20 kB each


def raise_limit() -> None:
    """Raise this process's limit on open files to what CONNECTIONS need; systems often allow 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * CONNECTIONS + 200  # one to the client, one to the engine
    if 0 <= soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted if hard < 0 else min(wanted, hard), hard))


class Connection(HttpToolsProtocol):
    """See the module."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.heading = False  # in the head of a request
        self.bytes = 0  # of the request so far
        self.late: asyncio.TimerHandle | None = None
        self.stuck: asyncio.TimerHandle | None = None

    @property
    def idle(self) -> bool:
        """Whether nothing is being answered."""
        return self.cycle is None or self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait(HEAD_SECONDS)
        if len(self.connections) > CONNECTIONS:
            others = (one for one in self.connections if isinstance(one, Connection) and one is not self)
            idle = next((one for one in others if one.idle and not one.transport.is_closing()), self)
            idle.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait(None)
        self._unstick()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self.bytes += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self.heading and self.bytes > HEAD_BYTES:
            self._refuse(b"431 Request Header Fields Too Large")
        elif self.late and self.bytes > REQUEST_BYTES:
            self.transport.abort()
        elif self.idle and not self.late and not self.timeout_keep_alive_task:  # line ends between two requests
            self._wait(HEAD_SECONDS)

    # The parser's events

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.heading, self.bytes = True, 0
        self._wait(HEAD_SECONDS)

    def on_headers_complete(self) -> None:
        self.heading = False
        self._wait(REST_SECONDS)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._wait(None)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.is_closing():
            self._flush()

    # Time limits

    def _wait(self, seconds: float | None) -> None:
        """Set the time limit for what comes next; None: none."""
        if self.late:
            self.late.cancel()
        self.late = None if seconds is None else self.loop.call_later(seconds, self._end)

    def _end(self) -> None:
        if self.flow.read_paused:  # the client sent more requests than are answered yet
            self._wait(REST_SECONDS)
        elif self.heading:
            self._refuse(b"408 Request Timeout")
        else:
            self._close()

    def _refuse(self, status: bytes) -> None:
        """Close, after a response unless one is being sent."""
        if self.idle:
            headers = [*self.server_state.default_headers, (b"connection", b"close"), (b"content-length", b"0")]
            lines = [b"HTTP/1.1 " + status, *(name + b": " + value for name, value in headers)]
            self.transport.write(b"\r\n".join(lines) + b"\r\n\r\n")
        self._close()

    def _close(self) -> None:
        self.transport.close()
        self._flush()

    def _flush(self) -> None:
        """Closing and writing wait until the client reads; limit that."""
        if self.stuck is None:
            self.stuck = self.loop.call_later(STUCK_SECONDS, self.transport.abort)

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._flush()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._flush()

    def resume_writing(self) -> None:
        super().resume_writing()
        if not self.transport.is_closing():
            self._unstick()

    def _unstick(self) -> None:
        if self.stuck:
            self.stuck.cancel()
            self.stuck = None
