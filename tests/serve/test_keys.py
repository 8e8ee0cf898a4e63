"""`python -m serve.keys`: what it prints, where, and its mistakes."""

import sys
from pathlib import Path

import pytest

from frontdesk.store import keys
from frontdesk.store.credentials import digest
from frontdesk.store.store import open_store
from serve.keys import main
from tests.serve.gateways import project, settings


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Runs it in a project of its own: (standard output, standard error or the mistake)."""
    monkeypatch.chdir(tmp_path)
    project(tmp_path, settings())

    def run(*words: str) -> tuple[str, str]:
        monkeypatch.setattr(sys, "argv", ["serve.keys", *words, "--config", "shop.yaml"])
        main()
        return capsys.readouterr()

    return run


def test_a_key_is_printed_alone_and_only_once(command) -> None:
    key, told = command("create", "--role", "agent", "--name", "anna", "--rate", "60")
    assert key.count("\n") == 1 and "anna" in told and key.strip() not in told
    command("create", "--role", "customer", "--name", "site")
    command("revoke", "site")
    table, _ = command("list")
    head, anna, site = (line.split("  ") for line in table.splitlines())
    assert head[0].strip() == "name" and anna[0] == "anna" and anna[-1].strip() == "-"
    assert "60" in [word.strip() for word in anna] and site[-1].strip() != "-"
    assert key.strip() not in table and digest(key.strip()) not in table
    found = keys.find(open_store(settings()), key.strip())
    assert found and (found.name, found.role, found.rate, found.concurrency) == ("anna", "agent", 60, None)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("create", "--role", "boss", "--name", "ben"), "--role: found boss; expected one of customer, agent, admin"),
        (("create", "--role", "agent", "--name", "anna"), "--name: found anna, which a key has or had"),
        (("revoke", "ben"), "no valid key named ben"),
    ],
)
def test_a_mistake_is_a_line(command, words: tuple[str, ...], line: str) -> None:
    command("create", "--role", "agent", "--name", "anna")
    with pytest.raises(keys.UserError, match=line) as caught:
        command(*words)
    assert "\n" not in str(caught.value)
