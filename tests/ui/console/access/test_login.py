"""Who gets into the console, and that nothing below /desk is reached by anybody else."""

import sqlite3
from http.cookies import SimpleCookie
from pathlib import Path

import httpx
import pytest
from sqlalchemy import update
from starlette.routing import Mount, Route

from frontdesk.engine.vllm import KEY_VARIABLE
from frontdesk.store import keys
from frontdesk.store.tables import Login
from frontdesk.web.address import is_loopback
from tests.ui.console_served import Office, served_office
from tests.ui.desks import SOON
from ui.console.access.login import TRIES, TRIES_SECONDS
from ui.console.access.middleware import PAGES
from ui.console.session import COOKIE, host_name
from ui.console.texts import TEXTS


@pytest.fixture(scope="module")
def staff(office: Office) -> dict[str, str]:
    """A key of each role."""
    return {role: office.key(f"{role} of the module", role) for role in keys.ROLES}


def routes(office: Office) -> set[tuple[str, str]]:
    """(method, path) of every route of the console."""
    guard = next(route.app for route in office.app.router.routes if isinstance(route, Mount) and route.path == "/desk")
    found = [route for route in guard.app.routes if isinstance(route, Route)]
    assert len(found) > 15
    return {(method, route.path) for route in found for method in route.methods or ()}


def test_a_laptop_without_keys_asks_nobody(office: Office) -> None:  # first: the module's keys come after it
    with office.browser() as laptop:
        assert laptop.get("/desk/who").json() == {"name": "local", "role": "admin"}
        page = laptop.get("/desk/")
        assert page.status_code == 200 and "/desk/logout" not in page.text
        assert laptop.get("/desk/login").headers["location"] == "/desk/"
        port = httpx.URL(office.address).port
        assert (
            laptop.get("/desk/who", headers={"Host": f"rebound.example:{port}", "Origin": f"http://rebound.example:{port}"}).status_code
            == 401
        )
        assert laptop.get("/desk/who", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 401
        assert laptop.get("/desk/who", headers={"Host": f"localhost:{port}", "Origin": f"http://localhost:{port}"}).status_code == 200


def test_every_route_is_closed_without_a_login(office: Office, staff: dict[str, str]) -> None:
    with office.browser() as nobody, office.browser() as forger:
        forger.cookies.set(COOKIE, "x" * 43, path="/desk")
        for method, path in sorted(routes(office) | {("GET", "/nothing"), ("POST", "/")}):
            for client in (nobody, forger):
                if path == "/login":
                    continue
                answer = client.request(method, f"/desk{path}")
                assert answer.status_code == (303 if path in PAGES else 401), f"{method} {path}"
                assert answer.headers.get("location", "/desk/login") == "/desk/login"


def test_only_the_look_of_the_pages_is_open_to_all(office: Office, staff: dict[str, str]) -> None:
    with office.browser() as nobody:
        for name in ("console.css", "console.js", "desk.js", "login.css", "login.js"):
            answer = nobody.get(f"/desk/static/{name}")
            assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache")
            known = {"If-None-Match": answer.headers["etag"]}
            assert nobody.get(f"/desk/static/{name}", headers=known).status_code == 304
        for path in (
            "",
            "../app.py",
            "%2e%2e/app.py",
            "..%2fapp.py",
            "../../../../../etc/passwd",
            "/etc/passwd",
            "%2e%2e/%2e%2e/%2e%2e/etc/passwd",
        ):
            answer = nobody.get(f"/desk/static/{path}")
            assert answer.status_code in (401, 404) and "root:" not in answer.text and "def mount" not in answer.text, path


@pytest.mark.parametrize(("who", "expected"), [("customer", None), ("agent", "agent"), ("admin", "admin"), ("wrong", None), ("", None)])
def test_a_key_opens_by_its_role(office: Office, staff: dict[str, str], who: str, expected: str | None) -> None:
    key = {**staff, "wrong": "fd-" + "x" * 43, "": ""}[who]
    with office.browser(**{"X-Forwarded-For": f"203.0.113.{len(who)}"}) as browser:
        answer = browser.post("/desk/login", data={"key": key})
        assert answer.status_code == (303 if expected else 401)
        assert (COOKIE in answer.headers.get("set-cookie", "")) == bool(expected)
        assert key == "" or key not in answer.text
        seen = browser.get("/desk/who")
        assert (seen.json()["role"] if seen.status_code == 200 else None) == expected


def test_the_cookie_is_not_for_scripts_nor_other_sites(office: Office, staff: dict[str, str]) -> None:
    for proto, secure in (("http", False), ("https", True)):
        with office.browser() as browser:
            host = office.address.removeprefix("http://")
            answer = browser.post(
                "/desk/login", data={"key": staff["agent"]}, headers={"X-Forwarded-Proto": proto, "Origin": f"{proto}://{host}"}
            )
        cookie = SimpleCookie(answer.headers["set-cookie"])[COOKIE]
        assert (cookie["httponly"], cookie["samesite"], cookie["path"], bool(cookie["secure"])) == (True, "Strict", "/desk", secure)
        assert len(cookie.value) >= 43


@pytest.mark.parametrize("origin", [None, "null", "http://evil.example", "http://127.0.0.1:1"])
def test_another_site_cannot_post_or_read(office: Office, staff: dict[str, str], origin: str | None) -> None:
    with office.browser(staff["agent"]) as agent:
        del agent.headers["Origin"]
        headers = {"Origin": origin} if origin else {}
        for path in ("/desk/login", "/desk/logout", "/desk/send", "/desk/review"):
            answer = agent.post(path, headers=headers, data={"key": staff["agent"]})
            assert answer.status_code == 403
            assert "set-cookie" not in answer.headers
        assert agent.get("/desk/work", headers=headers).status_code == (403 if origin else 200)
        assert agent.get("/desk/who").status_code == 200


def test_the_console_is_never_shown_in_a_frame_nor_kept(office: Office, staff: dict[str, str]) -> None:
    with office.browser(staff["agent"]) as agent:
        for path in ("/desk/", "/desk/login", "/desk/work", "/desk/nothing"):
            headers = agent.get(path).headers
            assert "frame-ancestors 'none'" in headers["content-security-policy"]
            assert (headers["x-frame-options"], headers["cache-control"]) == ("DENY", "no-store")
            assert "access-control-allow-origin" not in headers


def test_logging_out_ends_this_login_only(office: Office, staff: dict[str, str]) -> None:
    with office.browser(staff["agent"]) as one, office.browser(staff["agent"]) as other:
        stolen = one.cookies.get(COOKIE)
        assert one.post("/desk/logout").headers["location"] == "/desk/login"
        assert stolen is not None
        assert httpx.get(f"{office.address}/desk/who", cookies={COOKIE: stolen}).status_code == 401
        assert other.get("/desk/who").status_code == 200


def test_a_revoked_key_is_out_at_once_and_its_open_page_hears_of_it(office: Office) -> None:
    with office.browser(office.key("leaver", "agent")) as agent, agent.stream("GET", "/desk/live") as events:
        lines = events.iter_lines()
        assert next(lines).startswith("data: ")
        assert keys.revoke(office.store, "leaver")
        assert agent.get("/desk/who").status_code == 401
        assert agent.get("/desk/").headers["location"] == "/desk/login"
        assert "event: end" in list(lines)


def test_a_login_ends_after_its_hours(office: Office, staff: dict[str, str]) -> None:
    with office.browser(staff["agent"]) as agent:
        with office.store.transaction() as session:
            session.execute(update(Login).values(until=1.0))
        assert agent.get("/desk/who").status_code == 401
        assert agent.post("/desk/login", data={"key": staff["agent"]}).status_code == 303
    with office.store.reading() as session:
        assert session.query(Login).filter(Login.until == 1.0).count() == 0  # old ones go when somebody comes


def test_wrong_keys_are_limited_by_address(office: Office, staff: dict[str, str]) -> None:
    with office.browser(**{"X-Forwarded-For": "203.0.113.200"}) as guesser, office.browser() as other:
        answers = [guesser.post("/desk/login", data={"key": f"fd-{number}"}).status_code for number in range(TRIES + 2)]
        assert answers == [401] * TRIES + [429, 429]
        refused = guesser.post("/desk/login", data={"key": staff["agent"]})
        assert refused.status_code == 429
        assert 0 < int(refused.headers["retry-after"]) <= TRIES_SECONDS + 1
        assert other.post("/desk/login", data={"key": staff["agent"]}).status_code == 303


def test_a_login_with_a_large_body_is_refused(office: Office) -> None:
    with office.browser(**{"X-Forwarded-For": "203.0.113.77"}) as browser:
        for size in (5_000, 1_000_000):
            assert browser.post("/desk/login", content=b"key=" + b"x" * size).status_code == 401


def test_the_login_page_shows_no_markup_of_the_company_and_speaks_korean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(KEY_VARIABLE, "fd-somebody")  # a key of the API's: nobody walks in
    with served_office(tmp_path, company="<b>Shop</b>") as office, office.browser(**{"Accept-Language": "ko-KR,ko;q=0.9"}) as browser:
        page = browser.get("/desk/login").text
        assert browser.get("/desk/who").status_code == 401
        assert "<b>Shop" not in page
        assert '<html lang="ko">' in page
        assert "serve.keys create" in page  # no agent has a key
        office.key("anna", "agent")
        assert "serve.keys create" not in browser.get("/desk/login").text


def test_without_its_store_nobody_is_let_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with served_office(tmp_path) as office, office.browser(key := office.key("anna", "agent")) as agent:
        assert agent.get("/desk/who").status_code == 200
        with sqlite3.connect(tmp_path / "store.db") as broken:
            broken.execute("DROP TABLE logins")
        assert agent.get("/desk/who").status_code == 503
        assert agent.post("/desk/send", data={"text": "words"}).text == TEXTS["en"]["not_stored"]
        for answer in (agent.get("/desk/login"), agent.post("/desk/login", data={"key": key}), agent.post("/desk/logout")):
            assert answer.status_code == 503 and int(answer.headers["retry-after"]) > 0
            assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


def test_who_logs_in_or_out_while_the_store_is_locked_is_told_to_try_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with served_office(tmp_path, wait=SOON) as office:
        key = office.key("anna", "agent")
        with office.browser(key) as agent, sqlite3.connect(tmp_path / "store.db", isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            for answer in (agent.post("/desk/login", data={"key": key}), agent.post("/desk/logout")):
                assert (answer.status_code, "set-cookie" in answer.headers) == (503, False)
                assert int(answer.headers["retry-after"]) > 0
            other.execute("ROLLBACK")
            assert agent.post("/desk/logout").headers["location"] == "/desk/login"


@pytest.mark.parametrize(
    ("host", "name"), [("localhost:7860", "localhost"), ("[::1]:7860", "::1"), ("127.0.0.1", "127.0.0.1"), ("a.example:1", "a.example")]
)
def test_the_host_without_its_port(host: str, name: str) -> None:
    assert host_name(host) == name


def test_which_addresses_are_this_machine() -> None:
    assert [is_loopback(host) for host in ("localhost", "127.0.0.1", "::1", "0.0.0.0", "::", "192.0.2.1", "desk.example")] == [True] * 3 + [
        False
    ] * 4
