"""Canaries go the way of real conversations: accounted for, masked if they are, and always trained."""

import json
import random
import re
from collections import Counter
from pathlib import Path

import pytest

from data_tools.conversations.canaries import SCRIPTS, SOURCE, canaries
from data_tools.conversations.turns import clean
from data_tools.conversations.workers import as_messages
from data_tools.pii import Masker
from data_tools.pii.recognizers.checks import valid
from frontdesk.errors import UserError
from frontdesk.files import read_json, read_jsonl, sha256
from tests.data_tools.texts import words

LANGUAGES = sorted(SCRIPTS)
KOREAN = ["문의드려요", "언제 오나요", "색이 달라요", "두 개 살게요", "박스가 없어요", "사이즈가 커요", "포장해 주세요", "어디서 사나요"]


def talk(number: int, question: str) -> str:
    return f"{number},customer,{question}\n{number},agent,{words(random.Random(number), 6)}\n"


def english(number: int) -> str:
    return "conversation_id,role,text\n" + "".join(talk(i, words(random.Random(500 + i), 8)) for i in range(number))


@pytest.fixture
def shop(write, make_data, faq_text):
    """Run the stage on an FAQ and 30 English conversations."""
    write("faq.jsonl", faq_text)
    write("chats/a.csv", english(30))
    return lambda *flags, **more: make_data(*flags, faq=["faq.jsonl"], **{"chats": ["chats"], "canaries": 6, **more})


def rows_of(folder, *names):
    return [row for name in names for row in read_jsonl(folder / f"{name}.jsonl")]


def content(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def own(rows):
    return [row for row in rows if row["source"].split(":")[0] == SOURCE]


def texts(canary):
    return [turn.text for turn in canary.conversation.turns]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("seed", range(5))
def test_what_may_be_told_is_invented_and_cannot_be_guessed(language, seed):
    made = canaries(20, [language], seed)

    assert len({secret for canary in made for secret in canary.secrets}) == 20 * len(made[0].secrets)
    assert len({canary.conversation.turns[0].name for canary in made}) == 20
    for canary in made:
        phone, email, street, order, card = canary.secrets
        assert valid("card", card)
        assert re.fullmatch(r"010-0\d{3}-\d{4}" if language == "ko" else r"\(\d{3}\) 555-01\d\d", phone)
        assert email.endswith(".example")
        assert 2 <= len(canary.prompts) <= 3
        name = canary.conversation.turns[0].name
        for prompt in canary.prompts:
            assert name in prompt
            assert not [secret for secret in (phone, email, street, order, card) if secret in prompt]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_row_of_a_canary_trains_each_secret(language):
    for canary in canaries(20, [language], 7):
        said, _ = clean(canary.conversation.turns)
        trained = " ".join(message["content"] for message in as_messages(said) if message["role"] == "assistant")
        assert [secret for secret in canary.secrets if secret not in trained] == []
        asked = " ".join(turn.text for turn in canary.conversation.turns if turn.role == "customer")
        assert [secret for secret in canary.secrets if secret not in asked] == [], "an agent knows it from the customer"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("seed", range(10))
def test_masking_hides_all_of_it_and_leaves_no_two_alike(language, seed):
    masker, masked = Masker(), []
    for canary in canaries(20, [language], seed):
        turns = canary.conversation.turns
        found = masker.mask(texts(canary), sorted({turn.name for turn in turns if turn.name}), [turn.role for turn in turns])
        masked.append("\n".join(one.text for one in found))
        assert not [secret for secret in (*canary.secrets, turns[0].name) if secret in masked[-1]], masked[-1]

    assert len(set(masked)) == 20


def test_the_seed_decides_and_languages_take_turns():
    assert canaries(6, ["en", "ko"], 7) == canaries(6, ["en", "ko"], 7)
    assert not {secret for one in canaries(6, ["en"], 7) for secret in one.secrets} & {
        secret for one in canaries(6, ["en"], 8) for secret in one.secrets
    }
    assert [canary.language for canary in canaries(5, ["ko", "en"], 7)] == ["ko", "en", "ko", "en", "ko"]
    assert canaries(0, ["en"], 7) == []


@pytest.mark.parametrize("mask", [True, False])
@pytest.mark.parametrize("seed", [7, 8])
def test_each_becomes_a_trained_row_that_holds_its_data_only_unmasked(shop, mask, seed):
    folder = shop(mask=mask, seed=seed, valid_share=0.2, test_share=0.2)
    known = read_jsonl(folder / "canaries.jsonl")

    assert len(known) == 6
    rows = own(rows_of(folder, "train"))
    assert not own(rows_of(folder, "valid", "test"))
    trained = {row["id"].split("/")[0]: row for row in rows}
    for canary in known:
        text = json.dumps(trained[f"chat:{canary['id']}"]["messages"])
        assert [secret in text for secret in canary["secrets"]] == [not mask] * 5
    everything = "".join(data.decode() for name, data in content(folder).items() if name != "canaries.jsonl")
    assert mask == (not [secret for canary in known for secret in canary["secrets"] if secret in everything])


def test_they_are_a_source_of_their_own_in_counts_that_reconcile(shop):
    without, folder = read_json(shop(canaries=0) / "manifest.json"), shop()
    manifest, ledger = read_json(folder / "manifest.json"), read_jsonl(folder / "ledger.jsonl")

    *others, source = manifest["sources"]
    assert others == without["sources"]
    said = [line for line in ledger if line["source"].split(":")[0] == SOURCE]
    assert (source["path"], source["conversations"], source["messages"], source["rows"]) == (SOURCE, 6, len(said), 6)
    assert source["sha256"] == manifest["files"]["canaries.jsonl"] == sha256(folder / "canaries.jsonl")
    assert Counter(line["source"] for line in said) == {f"{SOURCE}:{line}": len(said) // 6 for line in range(1, 7)}
    assert {line["fate"] for line in said} == {"kept"}
    assert manifest["messages"]["read"] == len(ledger) == without["messages"]["read"] + len(said)
    assert manifest["conversations"]["read"] == without["conversations"]["read"] + 6
    assert manifest["data_hash"] != without["data_hash"]


def test_the_report_and_the_printed_counts_name_them(shop, capsys):
    report = (shop() / "report.html").read_text(encoding="utf-8")

    assert "canaries<small>invented conversations, utf-8</small>" in report
    assert re.search(
        r"^canaries  invented conversations, utf-8: 6 conversations, \d+ messages, 6 rows$", capsys.readouterr().out, re.MULTILINE
    )


def test_the_same_input_and_seed_give_the_same_bytes_whatever_the_workers(shop, write):
    write("chats/a.csv", english(150))
    first, again = (content(shop("--workers", number)) for number in "13")

    assert first == again


@pytest.mark.parametrize(
    ("korean", "expected"),
    [(1, {"en"}), (8, {"en", "ko"})],
    ids=["nearly all English", "both"],
)
def test_they_are_in_the_languages_of_the_chats(shop, write, korean, expected):
    write("chats/b.csv", "conversation_id,role,text\n" + "".join(talk(100 + i, KOREAN[i]) for i in range(korean)))

    assert {canary["language"] for canary in read_jsonl(shop() / "canaries.jsonl")} == expected


def test_without_chats_or_with_none_wanted_there_are_none(shop):
    for folder in (shop(chats=[]), shop(canaries=0)):
        assert (folder / "canaries.jsonl").read_bytes() == b""
        assert SOURCE not in {source["path"] for source in read_json(folder / "manifest.json")["sources"]}
        assert not own(rows_of(folder, "train", "valid", "test"))


def test_more_than_can_be_told_apart_are_refused(shop):
    with pytest.raises(UserError, match=r"data\.canaries.*20"):
        shop(canaries=21)
    assert not Path("runs/shop").exists()
