"""The hub's answers, from a stand-in of it."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from frontdesk.config.schema import ModelConfig
from frontdesk.errors import UserError
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
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(constants, "ENDPOINT", address)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", address + "/{repo_id}/resolve/{revision}/{filename}")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    yield address
    server.shutdown()
    server.server_close()


def test_a_model_that_the_hub_gives(address: str) -> None:
    hub.check(ModelConfig(base="shop/open"))
    hub.check(ModelConfig(base="shop/pinned", revision="c0ffee"))


@pytest.mark.parametrize(
    ("base", "said"),
    [
        ("shop/gated", "the hub says the model is gated"),
        ("shop/none", "the hub has no such model, or it is private"),
        ("shop/my model", "that is no hub id"),
        ("shop/broken", "the hub cannot be reached"),
    ],
)
def test_one_that_it_does_not_give(address: str, base: str, said: str) -> None:
    with pytest.raises(UserError, match=f"model.base '{base}': {said}.*or set model.base to a local folder"):
        hub.check(ModelConfig(base=base))


def test_offline_nothing_is_asked(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(UserError, match="no copy is cached, and HF_HUB_OFFLINE is set"):
        hub.check(ModelConfig(base="shop/open"))


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
