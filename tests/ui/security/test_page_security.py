"""What the customer's page must never do: run or load anything out of a text, serve files, tell of another's conversation."""

import asyncio
import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import expect, sync_playwright
from starlette.requests import Request

from frontdesk.store.store import Store, StoreUnavailable
from frontdesk.web.address import network
from tests.ui import browser
from tests.ui.page_served import KEY, Served, other_site, served_page
from tests.waits import CEILING
from ui.api.session import NEW_A_MINUTE, Customers
from ui.chat.texts import TEXTS
from ui.security import middleware as guard
from ui.security.gradio_events import PREDICT
from ui.security.middleware import FOLDERS, GRADIO, OWN

OUTSIDE = "http://outside.invalid"
"""Chromium is told that it is a server of the test's."""
ATTACKS = [
    f"<img src={OUTSIDE}/a.png onerror=\"window.owned='img'\"><svg/onload=\"window.owned='svg'\">",
    f"<script>window.owned='script'</script></script><script src={OUTSIDE}/b.js></script>",
    f"![x]({OUTSIDE}/c.png) [y](javascript:window.owned='md') <{OUTSIDE}/d>",
    f"\"'></p></div><iframe src={OUTSIDE}/e></iframe><a href=\"javascript:window.owned='a'\">z</a>",
    "${window.owned='template'} {{constructor.constructor(\"window.owned='bars'\")()}} {agent} {question} $& $`",
    "&lt;img src=x onerror=window.owned='entity'&gt; &amp; \\u003cscript\\u003e $$\\href{javascript:1}{x}$$",
]
NO_LINKS = [
    "javascript:window.owned='url'", " JaVaScRiPt:window.owned='url'", "java\nscript:window.owned='url'", "data:text/html,<i>1</i>",
    "https:", "https://user:secret@outside.invalid/", "//outside.invalid/x", "blob:x", "file:///etc/passwd",
]  # fmt: skip
TAGS = "#conversation :is(img, a, script, iframe, object, embed, link, style, video, audio), #conversation svg:not(.thumbs svg)"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served_page(tmp_path_factory.mktemp("page"), questions=ATTACKS[:2], company=ATTACKS[0]) as page:
        yield page


@pytest.fixture
def client(desk: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=desk.url, trust_env=False, timeout=CEILING) as client:
        yield client


def test_no_text_runs_or_loads_anything(desk: Served) -> None:
    """Of a customer, the model, a person, the FAQ, a reason and the config's own texts."""
    with other_site() as outside, sync_playwright() as playwright:
        rule = f"--host-resolver-rules=MAP outside.invalid {urlsplit(outside.origin).netloc}"
        chromium = browser.launch(playwright, rule)
        probe = chromium.new_page()
        probe.goto(OUTSIDE)
        assert "/" in outside.hits, "it can be reached, so that what follows means something"
        page = browser.new_context(chromium).new_page()
        page.on("dialog", lambda dialog: pytest.fail(dialog.message))
        browser.open_chat(page, desk.url)
        assert page.inner_text("h1") == page.title().removesuffix(" · AI") == ATTACKS[0]
        for number, attack in enumerate(ATTACKS):
            said = f"{number} {attack}"
            desk.says(said, source={"id": said, "question": said, "source": said})
            assert browser.ask(page, said) == said
        assert browser.shown_turns(page) == [(role, f"{n} {text}") for n, text in enumerate(ATTACKS) for role in ("user", "assistant")]
        page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true })")
        assert page.locator(".source .entry").all_inner_texts() == [
            TEXTS["en"]["entry"].replace("{question}", f"{number} {attack}") for number, attack in enumerate(ATTACKS)
        ]
        keys = ("title", "heading", "page", "url", "updated")
        origins = [dict.fromkeys(keys, one) for one in (*ATTACKS, *NO_LINKS)]
        desk.says("Well.", source={"id": "x"}, sources=[{"id": "x", "origin": one} for one in origins])
        browser.ask(page, "who says so?")
        assert page.locator(".cited p").count() == len(origins)
        for line, one in zip(page.locator(".cited p").all_inner_texts(), origins, strict=True):
            assert line.startswith(f"Source: {' '.join(one['title'].split())[:20]}")
        assert page.locator(".cited a").count() == 0
        page.locator(".thumbs .up").last.click()
        page.locator(".why input").fill(ATTACKS[0])
        page.keyboard.press("Enter")
        expect(page.locator(".thanks")).to_be_visible()
        page.click("#person")
        expect(page.locator("#notice")).to_contain_text(TEXTS["en"]["next"])
        waiting = desk.waiting()
        desk.do(desk.desk.take(waiting, ATTACKS[0]))
        for attack in ATTACKS:
            desk.do(desk.desk.reply(waiting, ATTACKS[0], attack))
        expect(page.locator(".turn.agent .text").last).to_have_text(ATTACKS[-1])
        expect(page.locator("#notice")).to_have_text(TEXTS["en"]["agent"].replace("{agent}", ATTACKS[0]))
        assert page.locator(TAGS).count() == 0
        page.goto(desk.url + "logo")  # the picture has a script and an address; it is loaded when both would have been
        assert page.title() != "owned"
        page.goto(desk.url)
        page.wait_for_selector(".turn.agent")
        page.click("#clear")
        suggestion = page.locator("#suggestion-1")
        assert suggestion.inner_text().strip() == ATTACKS[1]
        desk.says("Well.")
        suggestion.click()
        browser.wait_asked(page, 1)
        assert browser.shown_turns(page)[0] == ("user", ATTACKS[1])
        assert page.evaluate("window.owned") is None
        assert set(outside.hits) <= {"/", "/favicon.ico"}, "what the probe asked for"
        chromium.close()


def raw(desk: Served, request: bytes) -> bytes:
    """The answer to bytes that no client would send."""
    with socket.create_connection(("127.0.0.1", urlsplit(desk.url).port or 0), timeout=CEILING) as connection:
        connection.sendall(request)
        answer = b""
        while part := connection.recv(65536):
            answer += part
    return answer


PATHS = [
    "/gradio_api/file=/etc/passwd",
    "/gradio_api/file=../../../../etc/passwd",
    "/gradio_api/file/etc/passwd",
    "/gradio_api/proxy=http://127.0.0.1:1/x",
    "/gradio_api//file=/etc/passwd",
    "//gradio_api/file=/etc/passwd",
    "/./gradio_api/file=/etc/passwd",
    "/assets/../gradio_api/file=/etc/passwd",
    "/%67radio_api/file=/etc/passwd",
    "/GRADIO_API/file=/etc/passwd",
    "/assets/../../../../../../../../etc/passwd",
    "/assets/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "/assets/..%2f..%2f..%2f..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
    "/assets//etc/passwd",
    "/static/..\\..\\..\\etc\\passwd",
    "/static/%00",
    "/logo/../../../etc/passwd",
    "/chat.js/../__main__.py",
    "/style.css",
    "/api/../gradio_api/file=/etc/passwd",
    "/desk/../gradio_api/file=/etc/passwd",
]


@pytest.mark.parametrize("path", PATHS)
def test_no_path_leads_to_a_file(desk: Served, path: str) -> None:
    answer = raw(desk, f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    status = int(answer.split(b" ", 2)[1])
    assert 400 <= status < 500, answer[:200]
    assert b"root:" not in answer and b"def main" not in answer


def test_of_gradios_routes_only_those_that_the_page_needs_are_there(desk: Served, client: httpx.Client) -> None:
    gradio = next(route.app for route in desk.app.router.routes if hasattr(route.app if hasattr(route, "app") else None, "get_blocks"))
    paths = {re.sub(r"{[^}]*}", "x", route.path) for route in gradio.routes if hasattr(route, "path")}
    assert len(paths) > 50
    allowed = {path for path in paths if path in GRADIO | OWN or path.startswith(FOLDERS)}
    for path in paths - allowed:
        assert client.get(path).status_code == 404, path
        assert client.post(path, json={}).status_code == 404, path
    assert client.post("/gradio_api/queue/join", json={"data": ["en"], "fn_index": 0, "session_hash": "x"}).status_code == 404
    assert client.post("/gradio_api/upload", files={"files": b"x"}).status_code == 404


def test_an_event_that_is_called_directly_knows_no_conversation(desk: Served, client: httpx.Client) -> None:
    """With no cookie, with the other's session hash, with every event there is and what a forger would send."""
    secret = "my order number is 4711-SECRET"
    victim = httpx.Client(base_url=desk.url, trust_env=False, timeout=CEILING)
    token = victim.post("/api/customers", json={}, headers={"Origin": desk.url.rstrip("/")}).json()["token"]
    bearer = {"Authorization": f"Bearer {token}"}
    assert victim.post("/api/chat/messages", json={"text": secret}, headers=bearer).status_code == 201
    events = client.get("/config").json()["dependencies"]
    assert len(events) > 5
    for event in events:
        assert event["api_visibility"] == "private", event
        for data in (["en"], [secret], [{"role": "user", "content": "forged"}], []):
            body = {"data": data, "fn_index": event["id"], "session_hash": "another", "trigger_id": 1}
            answer = client.post("/gradio_api/run/predict", json=body)
            assert "4711" not in answer.text and (data == ["en"] or answer.status_code == 400), event
    turns = victim.get("/api/chat", headers=bearer).json()["turns"]
    assert [turn["text"] for turn in turns if turn["speaker"] == "customer"] == [secret]
    assert client.get("/api/chat").status_code == client.get("/api/chat/events").status_code == 401
    victim.close()


def file_of(path: object) -> dict[str, Any]:
    """What Gradio takes for one of its files, and copies."""
    return {"path": str(path), "meta": {"_type": "gradio.FileData"}}


@pytest.mark.parametrize(
    "data",
    [
        [file_of("/dev/zero")],
        [file_of("http://127.0.0.1:1/x")],
        ["x" * 200_000],
        [[file_of("/dev/zero")]],
        ["en", file_of("/dev/zero")],
        {"0": file_of("/dev/zero")},
        "en",
        [1],
        [["en"]],
    ],
    ids=lambda data: json.dumps(data)[:30],
)
def test_an_event_gets_a_language_and_nothing_else(
    desk: Served, client: httpx.Client, capfd: pytest.CaptureFixture[str], data: Any
) -> None:
    """Gradio would read /dev/zero for ever, fetch any address, keep what it is sent, and write it into the log."""
    for path in PREDICT:
        assert client.post(path, json={"fn_index": 0, "data": data, "session_hash": "s"}).status_code == 400
    assert client.post(PREDICT[0], json={"fn_index": 0, "data": ["ko"], "session_hash": "s"}).status_code == 200
    assert "Traceback" not in capfd.readouterr().err


def test_no_file_is_copied(desk: Served, client: httpx.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "cache"))
    (tmp_path / "store.db").write_text("somebody's words")
    body = {"fn_index": 0, "data": [file_of(tmp_path / "store.db")], "session_hash": "s"}
    assert client.post(PREDICT[0], json=body).status_code == 400
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"data": ["en"]}',
        b'{"fn_index": true, "data": ["en"]}',
        b'{"fn_index": -1, "data": ["en"]}',
        b'{"fn_index": 100000, "data": ["en"]}',
        b'{"fn_index": 0, "data": ' + b"[" * 50_000,
        b"\xff\xfe",
    ],
    ids=lambda body: repr(body[:30]),
)
def test_what_is_no_event_is_refused(client: httpx.Client, body: bytes) -> None:
    assert client.post(PREDICT[0], content=body, headers={"Content-Type": "application/json"}).status_code == 400


def test_the_page_and_its_config_tell_nothing_secret(desk: Served, client: httpx.Client) -> None:
    told = client.get("/").text + client.get("/config").text + "".join(client.get(path).text for path in sorted(OWN))
    for secret in (KEY, desk.config.system_prompt, str(desk.config.desk.database), "logo.svg", "/tests/", "faq.csv", desk.engine.text):
        assert secret not in told, secret
    assert client.get("/gradio_api/info").status_code == 404


@pytest.mark.parametrize("path", ["/", "/config", "/logo", "/chat.js", "/api/chat", "/desk", "/nothing", "/gradio_api/file=x"])
def test_every_answer_has_the_headers(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert "default-src 'self'" in policy or "default-src 'none'" in policy
    assert headers["referrer-policy"] == "same-origin"
    assert headers["x-frame-options"] == ("DENY" if path == "/desk" else "SAMEORIGIN"), "ui.origins names nobody"
    if path != "/logo":
        assert f"frame-ancestors {chr(39)}{'none' if path == '/desk' else 'self'}{chr(39)}" in policy
    assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost.evil.example", "http://localhost:1"])
def test_another_site_asks_gradio_nothing(client: httpx.Client, origin: str) -> None:
    body = {"data": ["en"], "fn_index": 0}
    headers = {"Origin": origin, "Sec-Fetch-Site": "cross-site"}
    for answer in (client.post("/gradio_api/run/predict", json=body, headers=headers), client.get("/config", headers=headers)):
        assert answer.status_code == 403
        assert "access-control-allow-origin" not in answer.headers
    assert client.post("/gradio_api/run/predict", json=body, headers={"Origin": str(client.base_url).rstrip("/")}).status_code == 200


def test_a_bomb_and_a_slow_body_are_cut(desk: Served, client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def parts() -> Iterator[bytes]:
        for _ in range(40):
            yield b"x" * 10_000

    for body in (b"x" * 400_000, parts()):
        answer = client.post("/gradio_api/run/predict", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 413
    monkeypatch.setattr(guard, "BODY_SECONDS", 0.5)
    head = b"POST /gradio_api/run/predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n"
    assert raw(desk, head + b"Content-Length: 99\r\n\r\n{").split(b" ", 2)[1] == b"408"


# The cookie


def visit(address: str = "203.0.113.5", scheme: str = "http", **headers: str) -> Request:
    sent = [(name.replace("_", "-").encode(), value.encode()) for name, value in {"accept": "text/html", **headers}.items()]
    scope: dict[str, Any] = {"type": "http", "method": "GET", "path": "/", "headers": sent, "query_string": b"", "scheme": scheme}
    return Request({**scope, "client": (address, 1), "server": ("x", 80)})


def test_who_opens_the_page_gets_a_cookie_that_no_script_reads(desk: Served, client: httpx.Client) -> None:
    assert "set-cookie" not in client.get("/", headers={"Accept": "*/*"}).headers, "a probe is no customer"
    visited = client.get("/", headers={"Accept": "text/html"}).headers
    cookie = visited["set-cookie"]
    assert "retry-after" not in visited
    assert re.fullmatch(r"frontdesk_customer=[\w-]{43}; HttpOnly; Max-Age=\d+; Path=/; SameSite=Lax", cookie)
    again = client.get("/", headers={"Accept": "text/html"}).headers["set-cookie"]
    assert again == cookie, "the same customer, for longer"
    forged = {"Accept": "text/html", "Cookie": "frontdesk_customer=" + "A" * 43}
    assert "A" * 43 not in httpx.get(desk.url, headers=forged, trust_env=False, timeout=CEILING).headers["set-cookie"]


def test_the_cookie_of_a_proxy_with_https_and_of_a_frame(desk: Served) -> None:
    customers = Customers(desk.desk)
    https = asyncio.run(customers.cookie(visit(scheme="https")))
    framed = asyncio.run(customers.cookie(visit(sec_fetch_dest="iframe", sec_fetch_site="cross-site")))
    assert https and https.endswith("SameSite=Lax; Secure")
    assert framed and framed.endswith("SameSite=None; Secure; Partitioned")


def test_one_address_makes_only_so_many_customers(desk: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("frontdesk.web.rate_limit.monotonic", lambda: 0.0)
    customers = Customers(desk.desk)

    async def come(count: int, address: str, **headers: str) -> list[str | None]:
        return [await customers.cookie(visit(address, **headers)) for _ in range(count)]

    first = asyncio.run(come(NEW_A_MINUTE + 3, "203.0.113.5"))
    assert [cookie is not None for cookie in first] == [True] * NEW_A_MINUTE + [False] * 3
    known = str(first[0]).split(";")[0]
    assert asyncio.run(come(1, "203.0.113.5", cookie=known)) != [None], "who is known may come again"
    assert asyncio.run(come(1, "203.0.113.6")) != [None]
    assert network("2001:db8:1:2:3::4") == network("2001:db8:1:2:ffff::") != network("2001:db8:1:3::4")


def test_a_store_that_is_away_costs_no_page(desk: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise StoreUnavailable("away")

    monkeypatch.setattr(Store, "customer", away)
    monkeypatch.setattr(Store, "add_customer", away)
    answer = httpx.get(desk.url, headers={"Accept": "text/html"}, trust_env=False, timeout=CEILING)
    assert answer.status_code == 200 and "set-cookie" not in answer.headers
    assert int(answer.headers["retry-after"]) > 0, "by which chat.js knows that it is not the browser"
