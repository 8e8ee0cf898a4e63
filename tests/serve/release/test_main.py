"""`frontdesk release`: what it says, does and refuses."""

import getpass
from pathlib import Path

import pytest

from frontdesk import releases
from frontdesk.config.run import Run
from frontdesk.config.schema import load_config
from frontdesk.errors import UserError
from frontdesk.files import write_json
from frontdesk.store import audit
from frontdesk.store.store import open_store
from serve.release import __main__ as release
from tests.trained import trained

RUN = Run("shop")
CONFIG = "{company: Shop, system_prompt: Answer., model: {base: none, template: chatml}, data: {faq: [faq.csv]}}"


@pytest.fixture
def ids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(release, "free_memory", lambda: 64 * release.GIB)
    monkeypatch.setattr(release, "device", lambda: "cpu")
    Path("shop.yaml").write_text(CONFIG)
    return [trained(load_config("shop.yaml"), letter * 16).id for letter in "ab"]


def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    monkeypatch.setattr("sys.argv", ["release", "shop.yaml", *words])
    release.main()
    return capsys.readouterr().out


def test_a_release_from_shadow_to_the_way_back(ids: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    one, two = ids
    told = run(monkeypatch, capsys, "promote", one)
    assert f"served     {one}" in told and f"{two}  " in told and "no scorecard" in told
    (RUN.release / f"shadow-{two}.jsonl").write_text('{"outcome": true, "entry": true, "words": true}\n')
    assert "compared   1: same outcome 1, entry 1, words 1; failed 0" in run(monkeypatch, capsys, "shadow")
    told = run(monkeypatch, capsys, "canary", "--share", "0.2")
    assert (
        f"canary     {two}, 20% of the conversations" in told
        and "handed over served 0 of 0, candidate 0 of 0: too few to say, open" in told
    )
    assert f"before     {one}" in run(monkeypatch, capsys, "promote")
    assert f"served     {one}" in run(monkeypatch, capsys, "rollback")
    store = open_store(load_config("shop.yaml"))
    shell = f"{getpass.getuser()} (shell)"
    expected = [("promote", one), ("shadow", two), ("canary", two), ("promote", two), ("rollback", one)]
    assert [(entry.who, entry.act, entry.about) for entry in reversed(audit.entries(store)[0])] == [(shell, *each) for each in expected]
    store.close()


def test_what_cannot_be_done_costs_a_line(ids: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    run(monkeypatch, capsys, "promote", ids[0])
    monkeypatch.setattr(release, "free_memory", lambda: 1 * release.GIB)
    with pytest.raises(UserError, match=r"too little memory for a second engine: 1\.0 GiB free"):
        run(monkeypatch, capsys, "canary")
    assert releases.read(RUN).candidate is None
    with pytest.raises(UserError, match="'nope' of shop is not there; expected one of"):
        run(monkeypatch, capsys, "promote", "nope")
    write_json(RUN.versions / ids[1] / "version.json", {})
    with pytest.raises(UserError, match="no version but the one that is served"):
        run(monkeypatch, capsys, "canary")
    with pytest.raises(SystemExit):
        run(monkeypatch, capsys, "canary", "--share", "1.5")
    Path("shop.yaml").write_text(CONFIG[:-1] + ", serve: {adapters: {x: runs/x}}}")
    with pytest.raises(UserError, match="releases are of a run's own merged model"):
        run(monkeypatch, capsys, "status")
