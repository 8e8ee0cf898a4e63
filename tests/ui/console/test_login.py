"""Who gets into the console, and that nothing below /desk is reached by anybody else."""

import re
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
from ui.console.guard import GRADIO, OWN
from ui.console.login.page import TRIES, TRIES_SECONDS
from ui.console.login.session import COOKIE, host_name
from ui.security.gradio_events import REFUSED


@pytest.fixture(scope="module")
def staff(office: Office) -> dict[str, str]:
    """A key of each role."""
    return {role: office.key(f"{role} of the module", role) for role in keys.ROLES}


def gradio_paths(office: Office) -> set[tuple[str, str]]:
    """(method, path) of every route of the console's Gradio, with something in the place of parameters."""
    guard = next(route.app for route in office.app.router.routes if isinstance(route, Mount) and route.path == "/desk")
    gradio = next(route.app for route in guard.app.routes if isinstance(route, Mount))
    routes = [route for route in gradio.routes if isinstance(route, Route)]
    assert len(routes) > 50
    return {(method, re.sub(r"{[^}]*}", "x", route.path)) for route in routes for method in route.methods or ()}


def test_a_laptop_without_keys_asks_nobody(office: Office) -> None:  # first: the module's keys come after it
    with office.browser() as laptop:
        assert laptop.get("/desk/who").json() == {"name": "local", "role": "admin"}
        assert laptop.get("/desk/").status_code == 200
        assert laptop.get("/desk/login").headers["location"] == "/desk/"
        port = httpx.URL(office.address).port
        assert (
            laptop.get("/desk/who", headers={"Host": f"rebound.example:{port}", "Origin": f"http://rebound.example:{port}"}).status_code
            == 401
        )
        assert laptop.get("/desk/who", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 401
        assert laptop.get("/desk/who", headers={"Host": f"localhost:{port}", "Origin": f"http://localhost:{port}"}).status_code == 200


def test_every_route_is_closed_without_a_login(office: Office, staff: dict[str, str]) -> None:
    paths = gradio_paths(office) | {("GET", path) for path in OWN} | {("POST", "/logout")}
    with office.browser() as nobody, office.browser() as forger:
        forger.cookies.set(COOKIE, "x" * 43, path="/desk")
        for method, path in sorted(paths):
            for client in (nobody, forger):
                if path == "/login":
                    continue
                status = client.request(method, f"/desk{path}").status_code
                assert status in (303, 401, 404), f"{method} {path}: {status}"
                assert status != 303 or path in ("/", "/logout")


def test_an_agent_reaches_what_the_page_needs_and_no_more_of_gradio(office: Office, staff: dict[str, str]) -> None:
    needed = {
        *GRADIO,
        *(path for _, path in gradio_paths(office) if path.startswith(("/assets/", "/static/", "/gradio_api/heartbeat/"))),
    }
    with office.browser(staff["agent"]) as agent:
        for method, path in sorted(gradio_paths(office)):
            if path not in needed and path not in (*OWN, "/login"):
                answer = agent.request(method, f"/desk{path}")
                assert (answer.status_code, answer.text) == (404, "" if method == "HEAD" else "not found"), f"{method} {path}"
        for path in ("/", "/config", "/theme.css", "/who"):
            assert agent.get(f"/desk{path}").status_code == 200
        for path in (
            "/gradio_api/file=/etc/passwd",
            "/assets/../../../../etc/passwd",
            "/assets/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
            "/static//etc/passwd",
        ):
            assert "root:" not in agent.get(f"/desk{path}").text


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
        for path in ("/desk/login", "/desk/logout", "/desk/gradio_api/run/predict"):
            answer = agent.post(path, headers=headers, data={"key": staff["agent"]})
            assert answer.status_code == 403
            assert "set-cookie" not in answer.headers
        assert agent.get("/desk/config", headers=headers).status_code == (403 if origin else 200)
        assert agent.get("/desk/who").status_code == 200


@pytest.mark.parametrize("where", ["{}", '"x", {}', '{{"deep": [[{}]]}}', "{}, {{}}"])
def test_no_event_gets_a_file(office: Office, staff: dict[str, str], where: str) -> None:
    """Gradio would copy any file of this machine, read /dev/zero for ever and fetch any address, for every agent."""
    file = '{"p\\u0061th": "/dev/zero", "meta": {"_type": "gradio.FileData"}}'
    body = '{"fn_index": 0, "session_hash": "s", "data": [' + where.format(file) + "]}"
    with office.browser(staff["agent"]) as agent:
        answer = agent.post("/desk/gradio_api/run/predict", content=body, headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.text) == (400, REFUSED)
        assert agent.post("/desk/gradio_api/run/predict", json={"data": []}).status_code == 400


def test_the_console_is_never_shown_in_a_frame_nor_kept(office: Office, staff: dict[str, str]) -> None:
    with office.browser(staff["agent"]) as agent:
        for path in ("/desk/", "/desk/login", "/desk/config"):
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
        assert agent.post("/desk/gradio_api/run/predict", json={}).status_code == 503
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
