"""The hub's answers, from a stand-in of it."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from frontdesk.config.schema import ModelConfig
from train.doctor import hub

GATED = {"X-Error-Code": "GatedRepo"}
ANSWERS: dict[str, tuple[int, dict[str, str]]] = {
    "/shop/open/resolve/main/config.json": (200, {"ETag": '"a"', "X-Repo-Commit": "c0ffee"}),
    "/shop/pinned/resolve/c0ffee/config.json": (200, {"ETag": '"a"', "X-Repo-Commit": "c0ffee"}),
    "/shop/gated/resolve/main/config.json": (403, GATED),
    "/shop/broken/resolve/main/config.json": (500, {}),
}


class Hub(BaseHTTPRequestHandler):
    """Says what ANSWERS has, and of anything else that there is no such model."""

    def do_HEAD(self) -> None:
        status, headers = ANSWERS.get(self.path, (404, {"X-Error-Code": "RepoNotFound"}))
        self.send_response(status)
        for header, value in {"Content-Length": "0", **headers}.items():
            self.send_header(header, value)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Where the stand-in listens, and the hub is said to be."""
    from huggingface_hub import constants

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(constants, "ENDPOINT", address)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", address + "/{repo_id}/resolve/{revision}/{filename}")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    yield address
    server.shutdown()
    server.server_close()


def problem(base: str, revision: str | None = None) -> tuple[str, str]:
    return hub.problem(ModelConfig(base=base, revision=revision))


def test_a_model_that_the_hub_gives(address: str) -> None:
    assert problem("shop/open") == problem("shop/pinned", "c0ffee") == ("", "")


def test_one_that_it_does_not_give(address: str) -> None:
    said, mend = problem("shop/gated")
    assert said == "the hub says it is gated" and "accept its licence" in mend and "export HF_TOKEN=" in mend
    said, mend = problem("shop/none")
    assert said == "the hub has no such model, or it is private" and "correct model.base" in mend
    assert problem("shop/my model") == ("its name is no hub id", f"correct model.base, {hub.INSTEAD}")
    assert problem("shop/broken")[0].startswith("the hub cannot be reached (")


def test_offline_is_said_and_nothing_is_asked(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert problem("shop/open")[0] == "HF_HUB_OFFLINE forbids to fetch it"


def test_the_cache_has_a_model_or_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    assert hub.folder(ModelConfig(base="shop/open")) is None
    assert hub.folder(ModelConfig(base="shop/my model")) is None
    snapshot = tmp_path / "models--shop--open/snapshots/c0ffee"
    snapshot.mkdir(parents=True)
    (snapshot / "config.json").write_text("{}")
    (tmp_path / "models--shop--open/refs").mkdir()
    (tmp_path / "models--shop--open/refs/main").write_text("c0ffee")
    assert hub.folder(ModelConfig(base="shop/open")) == hub.folder(ModelConfig(base="shop/open", revision="c0ffee")) == snapshot
