"""`python -m serve.forget`: what it says, asks, removes, and refuses."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from frontdesk import forgotten, versions
from frontdesk.config.run import Run
from frontdesk.config.schema import load_config
from frontdesk.errors import UserError
from frontdesk.files import read_json, read_jsonl, write_jsonl, write_text
from frontdesk.store import audit
from frontdesk.store.store import Store, now, open_store
from frontdesk.store.tables import Candidate, Conversation
from serve import forget
from tests.trained import trained

CONFIG = """
company: Shop
system_prompt: Answer.
model: {base: none, template: chatml}
data: {faq: [faq.csv]}
desk: {retention_days: %s}
"""


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.chdir(tmp_path)
    Path("shop.yaml").write_text(CONFIG % 30, encoding="utf-8")
    store = open_store(load_config("shop.yaml"))
    yield store
    store.close()


def fill(store: Store, *runs: str) -> tuple[str, str]:
    _, customer = store.add_customer()
    conversation = store.open(customer.id, "shop", "en").id
    message = store.say(conversation, "customer", "SECRET")
    learned = {"messages": [], "answer": "4 dollars", "group": "g", "at": now(), "runs": list(runs)}
    with store.transaction() as session:
        session.add(Candidate(kind="edit", conversation_id=conversation, message_id=message.id, **learned))
    return customer.id, conversation


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str, answer: str | None = None) -> None:
    """`answer` is typed at a terminal; None: there is none."""
    monkeypatch.setattr(sys, "argv", ["serve.forget", *arguments, "--config", "shop.yaml"])
    monkeypatch.setattr(sys.stdin, "isatty", lambda: answer is not None)
    monkeypatch.setattr("builtins.input", lambda _: answer)
    forget.main()


def test_a_customer_goes_after_a_yes_and_the_runs_are_named(
    store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    customer, conversation = fill(store, "demo", "demo-2")
    _, other = fill(store)
    run(monkeypatch, "--customer", customer, answer="n")
    assert store.conversation(conversation) is not None
    assert "nothing was removed" in capsys.readouterr().out
    run(monkeypatch, "--customer", customer, answer="y")
    assert store.conversation(conversation) is None and store.conversation(other) is not None
    told = capsys.readouterr().out
    assert f"customer {customer}: 1 conversation, 1 message, 1 candidate for training, in the data of demo, demo-2" in told
    for name in ("demo", "demo-2"):
        assert f"{name} is to be trained again by 20" in told and f"frontdesk retrain configs/{name}.yaml --because forgotten" in told
    assert "SECRET" not in told


def test_a_conversation_goes_with_yes_and_its_customer_stays(
    store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    customer, conversation = fill(store)
    run(monkeypatch, "--conversation", conversation, "--yes")
    assert store.current(customer) is None and store.open(customer, "shop", "en")
    assert "in no run" in capsys.readouterr().out
    assert b"SECRET" not in b"".join(path.read_bytes() for path in Path("runs/shop/desk").iterdir())


@pytest.mark.parametrize(("mark", "end", "encoding"), [(",", "\n", "utf-8"), (";", "\r\n", "utf-8-sig"), ("\t", "\n", "cp949")])
def test_what_was_offered_to_the_faq_goes_with_its_conversation(
    store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], mark: str, end: str, encoding: str
) -> None:
    """In whatever form a program of the owner's has left the file; the lines of others stay to the byte."""
    (customer, mine), (_, other) = fill(store), fill(store)
    lines = (
        f"question{mark}answer{mark}conversation",
        f'개를?{mark}"예,{end} ""괜찮"""{mark}{other}',
        f'SECRET{mark}"a{mark}{end}b"{mark}{mine}',
    )
    path = Path("runs/shop/feedback/faq_additions.csv")
    path.parent.mkdir(parents=True)
    rest = f"{end}our own{mark}'yes'{mark}{end}"
    path.write_bytes((end.join(lines) + rest).encode(encoding))
    run(monkeypatch, "--customer", customer, answer="n")
    assert f"in no run, lines in {path}" in capsys.readouterr().out and b"SECRET" in path.read_bytes()
    run(monkeypatch, "--customer", customer, "--yes")
    assert f"removed 1 line from {path}; to train without them: make data train CONFIG=configs/shop.yaml" in capsys.readouterr().out
    assert path.read_bytes() == (end.join(lines[:2]) + rest).encode(encoding)
    run(monkeypatch, "--conversation", other, "--yes")
    assert path.read_bytes() == (lines[0] + rest).encode(encoding)


def test_a_health_report_that_shows_them_and_drafts_of_their_words_go(
    store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (customer, mine), (_, other) = fill(store), fill(store)
    where = Run("shop")
    write_jsonl(where.decisions, [{"id": id, "asked": [{"conversation": id}]} for id in (mine, other)])
    write_text(where.health / "health.json", f'{{"gaps": ["{other}"]}}')
    run(monkeypatch, "--customer", customer, "--yes")
    assert where.health.is_dir() and [line["id"] for line in read_jsonl(where.decisions)] == [other]
    run(monkeypatch, "--conversation", other, "--yes")
    assert not where.health.exists() and read_jsonl(where.decisions) == []
    assert f"removed {where.health}, which showed them; now: make health CONFIG=configs/shop.yaml" in capsys.readouterr().out


def test_without_a_terminal_it_needs_yes(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    _, conversation = fill(store)
    with pytest.raises(UserError, match="--yes"):
        run(monkeypatch, "--conversation", conversation)
    assert store.conversation(conversation) is not None


def test_an_unknown_id_costs_one_line(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for option in ("--customer", "--conversation"):
        with pytest.raises(UserError, match="nobody; expected an id"):
            run(monkeypatch, option, "nobody", "--yes")


def test_what_has_expired_goes_unasked(store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    (_, old), (_, young) = fill(store), fill(store)
    with store.transaction() as session:
        session.get_one(Conversation, old).updated_at = now() - 31 * 86400
    run(monkeypatch, "--expired")
    assert store.conversation(old) is None and store.conversation(young) is not None
    assert b"".join(path.read_bytes() for path in Path("runs/shop/desk").iterdir()).count(old.encode()) == 0
    assert "removed 1 conversation older than 30 days" in capsys.readouterr().out
    Path("shop.yaml").write_text(CONFIG % "null", encoding="utf-8")
    with pytest.raises(UserError, match="nothing expires"):
        run(monkeypatch, "--expired")


def test_what_was_trained_on_them_is_withdrawn_taken_out_and_queued(
    store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (customer, mine), (_, other) = fill(store, "shop"), fill(store, "shop")
    config, where = load_config("shop.yaml"), Run("shop")
    old, new = trained(config, "a" * 16, mine, other), trained(config, "b" * 16, other)
    turns = [{"role": "user", "content": "SECRET?"}]
    lines = [
        {"id": n, "conversation": talk, "messages": turns, "answer": f"SECRET {n}", "split": "train"}
        for n, talk in enumerate((mine, other))
    ]
    write_jsonl(where.data / "feedback.jsonl", lines)
    rows = [
        {"id": "e#0", "source": "faq.csv:1"},
        *({"id": f"feedback:{n}{more}", "source": f"feedback:{n}"} for n in (0, 1) for more in ("", ".1")),
    ]
    for folder in (where.data, where.data / "grounded"):
        write_jsonl(folder / "train.jsonl", rows)
    write_text(where.additions, f"question,answer,conversation\nSECRET again?,SECRET yes,{mine}\n")
    before = read_json(where.manifest)["data_hash"]
    run(monkeypatch, "--customer", customer, "--yes")
    told = capsys.readouterr().out
    assert (
        "removed 4 rows from runs/shop/data" in told
        and f"version {old.id} of shop was trained on them: withdrawn, and not served after" in told
    )
    assert new.id not in told and "frontdesk retrain configs/shop.yaml --because forgotten" in told and "SECRET" not in told
    for folder in (where.data, where.data / "grounded"):
        assert [row["id"] for row in read_jsonl(folder / "train.jsonl")] == ["e#0", "feedback:1", "feedback:1.1"]
    assert [line["conversation"] for line in read_jsonl(where.data / "feedback.jsonl")] == [other]
    assert read_json(where.manifest)["data_hash"] != before, "or `make train` would find nothing to do"
    assert "SECRET" not in where.parity.read_text()
    assert {one.id: bool(one.withdraw_by) for one in versions.versions(where)} == {old.id: True, new.id: False}
    assert [line["answer"] for line in read_jsonl(forgotten.words(where))] == ["SECRET 0", "SECRET yes"]
    assert forgotten.words(where).stat().st_mode & 0o077 == 0 and forgotten.due(where) == versions.versions(where)[1].withdraw_by
    assert ("withdrawn", old.id) in [(one.act, one.about) for one in audit.entries(store)[0]]
    forgotten.done(where)
    assert forgotten.due(where) is None and not forgotten.words(where).exists()
