"""The JSON chat formats side by side: each file is claimed by its own reader alone, and no damage makes a reader fail."""

import copy
import json

import pytest

from data_tools.readers.generic import openai_messages, sharegpt
from data_tools.readers.helpdesks import channeltalk, intercom, livechat, zendesk_log, zendesk_tickets
from data_tools.readers.records import ExportMessage
from data_tools.sources.json_stream import Broken

READERS = (zendesk_tickets, zendesk_log, intercom, livechat, channeltalk, openai_messages, sharegpt)
TRAP = 'they wrote {"messages": [{"role": "user", "content": "x"}], "comments": [], "events": [], "userChats": []}'
"""Keys of other formats inside a text."""

SPOKEN = {"type": "message", "text": TRAP, "author_id": "u", "recipients": "all"}
EVENTS = {"id": "t", "events": [SPOKEN]}
CHANNEL = {"chatId": "c", "chatType": "userChat", "personType": "user", "createdAt": 5, "blocks": [{"type": "text", "value": TRAP}]}
FIRST = {"delivered_as": "customer_initiated", "body": TRAP, "author": {"type": "user", "name": "A"}}
PART = {"part_type": "comment", "body": "b", "author": {"type": "admin"}, "attachments": []}
COMMENTS = [{"author_id": 2, "body": TRAP, "public": True}, {"author_id": 3, "html_body": "<p>b</p>"}]
NOTED = {"type": "html", "body": TRAP}
OWN = {
    zendesk_tickets: [
        {"id": 1, "requester_id": 2, "submitter_id": 2, "comments": COMMENTS},
        {"tickets": [{"id": 1, "subject": "s", "description": TRAP, "requester_id": 2}], "next_page": None},
    ],
    zendesk_log: [
        {"ticket_id": 1, "events": [{"type": "message", "author": {"type": "user"}, "content": {"type": "text", "text": TRAP}}]},
        {"id": 1, "requester_id": 2, "description": "d", "events": [{"type": "message", "author": {"type": "user"}, "content": NOTED}]},
        {"events": [{"type": "Comment", "author": {"type": "agent"}, "content": NOTED, "metadata": {"public": True}}]},
    ],
    intercom: [
        {"type": "conversation", "id": "1", "created_at": 5, "source": FIRST, "conversation_parts": {"conversation_parts": [PART]}},
        {"conversations": [{"id": "1", "source": FIRST}], "pages": {}},
    ],
    livechat: [
        {"chats": [{"id": "1", "users": [{"id": "u", "type": "customer"}], "thread": EVENTS}]},
        {"id": "1", "threads": [EVENTS], "users": [{"id": "u", "type": "agent"}]},
    ],
    channeltalk: [
        {"messages": [CHANNEL, {**CHANNEL, "plainText": "p", "personType": "manager"}], "userChats": []},
        {**CHANNEL, "options": ["silent"], "files": []},
    ],
    openai_messages: [
        {"messages": [{"role": "user", "content": TRAP}, {"role": "assistant", "content": [{"type": "text", "text": "t"}]}]},
        {"id": "1", "messages": [{"content": "c", "role": "system"}], "tools": []},
    ],
    sharegpt: [
        {"id": "1", "conversations": [{"from": "human", "value": TRAP}, {"from": "gpt", "value": "v"}]},
        {"items": [{"value": "v", "from": "human"}]},
        {"instruction": TRAP, "input": "i", "output": "o"},
    ],
}
TELEGRAM = {
    "name": "Shop",
    "type": "personal_chat",
    "messages": [{"id": 1, "type": "message", "from": "A", "from_id": "u1", "text": [TRAP]}],
}
FOREIGN = {
    "table": {"conversation_id": "1", "role": "user", "text": TRAP},
    "table with contents": {"conversation_id": "1", "role": "user", "content": TRAP, "created_at": "2026-01-01"},
    "slack": [{"type": "message", "user": "U1", "text": TRAP, "ts": "1.2", "thread_ts": "1.2", "blocks": [{"type": "x", "elements": []}]}],
    "telegram": TELEGRAM,
    "telegram full": {"about": "x", "chats": {"list": [TELEGRAM]}},
    "faq": {"id": "1", "questions": [TRAP], "answers": ["a"]},
    "people": [{"id": 1, "name": "A", "role": "end-user"}],
    "numbers": [1, 2],
}
SAMPLES = [(module, sample) for module, samples in OWN.items() for sample in samples]
NAMES = [f"{module.FORMAT} {number}" for module, samples in OWN.items() for number in range(len(samples))]


def claims(source):
    return [module for module in READERS if module.looks_like(source)]


@pytest.mark.parametrize(("module", "sample"), SAMPLES, ids=NAMES)
@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("wrap", [lambda sample: sample, lambda sample: [sample, sample]], ids=["one", "list"])
def test_each_file_has_one_reader(source, module, sample, indent, wrap):
    assert claims(source(json.dumps(wrap(sample), indent=indent))) == [module]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp949"])
@pytest.mark.parametrize(("module", "sample"), SAMPLES, ids=NAMES)
def test_an_encoding_changes_nothing(source, module, sample, encoding):
    def swap(text):
        return text.replace("they wrote", "고객이 보낸 메시지입니다")

    text = swap(json.dumps(sample, ensure_ascii=False))
    made, plain = source(text, "a.json", encoding), source(text, "b.json")
    assert claims(made) == [module]
    assert [one.text for one in module.read(made, {})] == [one.text for one in module.read(plain, {})]


@pytest.mark.parametrize("sample", FOREIGN.values(), ids=FOREIGN)
def test_other_files_are_left_to_other_readers(source, sample):
    assert claims(source(json.dumps(sample))) == []
    assert claims(source(json.dumps(sample, indent=1))) == []


@pytest.mark.parametrize(
    "text", ["", "\n" * 70_000, "[김하늘] [오후 3:12] " + TRAP, "question,answer\n{},{}", "[" * 70_000, '{"a": "' + "x" * 70_000]
)
def test_what_is_no_json_of_a_chat_is_claimed_by_none(source, text):
    assert claims(source(text)) == []


def nodes(value, path=()):
    """The paths to all values inside a value."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from nodes(inner, (*path, key))


def put(sample, path, wrong):
    if not path:
        return wrong
    damaged = copy.deepcopy(sample)
    at = damaged
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = wrong
    return damaged


def check(found):
    """Whether all that a reader gave is well formed."""
    for one in found:
        assert isinstance(one, ExportMessage | Broken)
        assert one.line >= 1
        if isinstance(one, Broken):
            assert one.why.startswith("found ") and one.why.count(";") >= 2
        else:
            assert one.text == one.text.strip() and isinstance(one.name, str) and isinstance(one.thread, str)
            assert one.text or one.skipped
            assert one.role or one.name or one.skipped not in (None, "attachment", "deleted")


@pytest.mark.parametrize(("module", "sample"), SAMPLES, ids=NAMES)
def test_a_value_of_a_wrong_type_never_fails(source, module, sample):
    damaged = [put(sample, path, wrong) for path in nodes(sample) for wrong in (None, True, -1, 1e300, "x", "", [], ["x"], {}, {"x": None})]
    check(list(module.read(source("\n".join(map(json.dumps, damaged))), {})))
    check(list(module.read(source(json.dumps(damaged, indent=1)), {})))


@pytest.mark.parametrize(("module", "sample"), SAMPLES, ids=NAMES)
def test_a_truncated_file_gives_its_beginning(source, module, sample):
    whole = json.dumps(sample)
    expected = list(module.read(source(whole), {}))
    for end in range(1, len(whole), 7):
        found = list(module.read(source(f"{whole}\n{whole[:end]}"), {}))
        check(found)
        assert found[: len(expected)] == expected
        assert any(isinstance(one, Broken) and one.line == 2 for one in found)
