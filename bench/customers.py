"""Simulated customers of a running desk: each with a session and a page of their own, which asks, reads the
answer, thinks and asks again.

They use the page's JSON API (ui/api/routes.py), and programs beside them the gateway's. What the desk
acknowledged and how it refused is kept in a `Tally`.
"""

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import aiohttp

PAUSE = 1.0  # seconds before another try, where the desk names none
PATIENCE = 120.0  # seconds a customer waits for an answer before they ask something else


@dataclass
class Said:
    """A message that the desk acknowledged. Times are of the monotonic clock."""

    id: int
    text: str
    sent: float
    answered: float | None = None  # a whole answer was seen


@dataclass
class Tally:
    """What was seen, by the window of the fault in which it happened."""

    until: float  # when customers ask no more; by the monotonic clock
    window: str = "before"
    said: list[Said] = field(default_factory=list)
    seen: Counter[tuple[str, str]] = field(default_factory=Counter)  # (window, what)
    wrong: list[str] = field(default_factory=list)  # answers that no server should give

    def count(self, what: str) -> None:
        self.seen[self.window, what] += 1

    def response(self, status: int, headers: Any, body: bytes) -> None:
        """Count a response. Wrong are a 500, and any 5xx without Retry-After or without a JSON error."""
        if status < 400:
            self.count("ok")
        elif status < 500 or (status != 500 and "Retry-After" in headers and _is_error(body)):
            self.count("refused" if status != 409 else "wait")
        else:
            self.count("wrong")
            self.wrong.append(f"{self.window}: HTTP {status}, {body[:200]!r}")


def _is_error(body: bytes) -> bool:
    try:
        return bool(json.loads(body)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return False


@dataclass
class Customer:
    """One customer, with a browser that shows the conversation."""

    pages: Sequence[str]  # addresses, of which each request takes any
    session: aiohttp.ClientSession
    tally: Tally
    questions: Sequence[str]
    think: float  # mean seconds between an answer and the next question
    random: random.Random
    headers: dict[str, str] = field(default_factory=dict)
    view: dict[str, Any] = field(default_factory=dict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def live(self) -> None:
        """Chat until the time, then wait for the last answer."""
        while not self.headers and self.left() > 0:
            if made := await self.post("/api/customers", {}):
                self.headers = {"Authorization": f"Bearer {made['token']}"}
        looking = asyncio.create_task(self.look())
        try:
            while self.left() > 0:
                await asyncio.sleep(min(self.random.expovariate(1 / self.think), self.left()))
                if self.left() > 0:
                    await self.exchange()
        finally:
            looking.cancel()
            await asyncio.wait({looking})

    def page(self) -> str:
        return self.random.choice(self.pages)

    def left(self) -> float:
        """Seconds in which new questions are asked."""
        return max(0.0, self.tally.until - time.monotonic())

    async def exchange(self) -> None:
        """One question and its answer; who got to a person begins anew."""
        text, sent = self.random.choice(self.questions), time.monotonic()
        while not (made := await self.post("/api/chat/messages", {"text": text})):
            if not self.left():
                return
            sent = time.monotonic()
        said = Said(made["message"]["id"], made["message"]["text"], sent)
        self.tally.said.append(said)
        await self.answer(said)
        if self.view.get("state") != "bot":
            await self.post("/api/chat/restart", {})

    async def answer(self, said: Said) -> None:
        """Wait until the message is answered, or a person was called; ask for an answer again where none came."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            turns = [turn for turn in self.view.get("turns", ()) if turn["id"] >= said.id]
            if len(turns) > 1 and not self.view["busy"]:
                said.answered = None if turns[1]["cut"] else time.monotonic()
                return
            if turns and self.view["state"] != "bot":
                return
            if turns and not self.view["busy"] and self.view["notices"]:
                await asyncio.sleep(PAUSE)
                await self.post("/api/chat/answer", {"again": True})
            self.changed.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self.changed.wait(), 5)

    async def look(self) -> None:
        """The open page: the view as it changes; a stream that ends is opened again."""
        while True:
            wait = PAUSE
            with suppress(aiohttp.ClientError, TimeoutError):
                async with self.session.get(self.page() + "/api/chat/events", headers=self.headers) as response:
                    if response.status != 200:
                        self.tally.response(response.status, response.headers, await response.read())
                        wait = float(response.headers.get("Retry-After", PAUSE))
                    async for line in response.content:
                        if line.startswith(b"data: "):
                            self.view |= json.loads(line[6:])
                            self.changed.set()
            await asyncio.sleep(wait)

    async def post(self, path: str, body: dict[str, Any]) -> dict[str, Any] | None:
        """The response to a POST; None after a refusal or a broken connection, and a wait."""
        wait = PAUSE
        try:
            async with self.session.post(self.page() + path, json=body, headers=self.headers) as response:
                content = await response.read()
                self.tally.response(response.status, response.headers, content)
                if response.status < 300:
                    return dict(json.loads(content))
                wait = float(response.headers.get("Retry-After", PAUSE))
        except (aiohttp.ClientError, TimeoutError):
            self.tally.count("dropped")
        await asyncio.sleep(wait)
        return None


async def program(apis: Sequence[str], model: str, session: aiohttp.ClientSession, tally: Tally, questions: Sequence[str]) -> None:
    """A program that asks the gateway for streams. Each must end with [DONE] or an error event."""
    choose = random.Random(1)
    while time.monotonic() < tally.until:
        asked = {"model": model, "messages": [{"role": "user", "content": choose.choice(questions)}], "stream": True}
        wait = PAUSE
        try:
            async with session.post(choose.choice(apis) + "/v1/chat/completions", json=asked) as response:
                content = await response.read()
                tally.response(response.status, response.headers, content)
                if response.status == 200 and not content.endswith(b"data: [DONE]\n\n"):
                    ended = b'data: {"error"' in content
                    tally.count("stream ended by an error event" if ended else "silent end")
                    if not ended:
                        tally.wrong.append(f"{tally.window}: a stream ended in silence")
                wait = float(response.headers.get("Retry-After", PAUSE))
        except (aiohttp.ClientError, TimeoutError):
            tally.count("dropped")
        await asyncio.sleep(wait)
