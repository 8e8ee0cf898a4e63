"""ShareGPT and Alpaca: names of the speakers, keys, rows as exchanges, and mistakes."""

import json

import pytest

from data_tools.readers.generic import sharegpt
from data_tools.sources.json_stream import Broken


def say(who, text):
    return {"from": who, "value": text}


def read(source):
    return list(sharegpt.read(source, {}))


TALK = [say("human", "배송비가 얼마예요?"), say("gpt", "3,000원입니다.")]
SAID = [("customer", "배송비가 얼마예요?"), ("agent", "3,000원입니다.")]


@pytest.mark.parametrize(
    "dump",
    [lambda talks: "\n".join(map(json.dumps, talks)), json.dumps, lambda talks: json.dumps(talks, indent=1)],
    ids=["lines", "list", "long"],
)
@pytest.mark.parametrize("key", ["conversations", "items"])
def test_every_shape_gives_the_same(source, dump, key):
    made = source(dump([{key: TALK}, {"id": "x2", key: TALK}]), name="gpt.json")
    messages = read(made)

    assert sharegpt.looks_like(made)
    assert [(one.thread, one.role, one.text) for one in messages] == [(name, *said) for name in ("gpt-1", "x2") for said in SAID]


@pytest.mark.parametrize(
    ("who", "role", "skipped"),
    [
        ("user", "customer", None), ("Human", "customer", None), ("chatgpt", "agent", None), ("bing", "agent", None),
        ("assistant", "agent", None), ("system", None, "system"), ("tool", None, "system"), ("observation", None, "system"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("keys", [("from", "value"), ("role", "content")])
def test_who_speaks(source, who, role, skipped, keys):
    made = source(json.dumps({"conversations": [dict(zip(keys, (who, "text"), strict=True))]}))
    assert sharegpt.looks_like(made)
    assert [(one.role, one.text, one.skipped) for one in read(made)] == [(role, "text", skipped)]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"instruction": "Open on Sunday?", "input": "", "output": "No."}, [("customer", "Open on Sunday?", None), ("agent", "No.", None)]),
        ({"instruction": "Translate", "input": "안녕", "output": "Hi"}, [("customer", "Translate\n안녕", None), ("agent", "Hi", None)]),
        ({"instruction": "Open?", "output": ""}, [("customer", "Open?", None), ("agent", "", "empty")]),
        (
            {"instruction": "Open?", "output": "No.", "system": "Be brief."},
            [(None, "Be brief.", "system"), ("customer", "Open?", None), ("agent", "No.", None)],
        ),
    ],
)
def test_an_alpaca_row_is_one_exchange(source, row, said):
    made = source(json.dumps(row) + "\n" + json.dumps(row), name="alpaca.jsonl")
    messages = read(made)

    assert sharegpt.looks_like(made)
    assert [(one.role, one.text, one.skipped) for one in messages] == said * 2
    assert {one.thread for one in messages} == {"alpaca-1", "alpaca-2"}


@pytest.mark.parametrize(
    ("made", "why"),
    [
        ("x", "found a str in a conversation"),
        (say("narrator", "x"), "found 'narrator' as who speaks"),
        (say(5, "x"), "found '5' as who speaks"),
        (say("human", None), "found a NoneType as a message's text"),
    ],
)
def test_a_broken_message_leaves_the_others(source, made, why):
    messages = read(source(json.dumps({"conversations": [TALK[0], made, TALK[1]]})))
    assert [type(one) is Broken for one in messages] == [False, True, False]
    assert messages[1].why.startswith(why)


@pytest.mark.parametrize(
    "line",
    ['{"id": 3}', '{"conversations": 3}', '{"instruction": 5, "output": "x"}', '{"instruction": "x"}', '{"conversations": [{"fr'],
)
def test_a_broken_record_leaves_the_others(source, line):
    whole = json.dumps({"conversations": TALK})
    messages = read(source(f"{whole}\n{line}\n{whole}"))
    assert [one.line for one in messages if type(one) is Broken] == [2]
    assert [(one.role, one.text) for one in messages if type(one) is not Broken and one.line != 2] == SAID * 2
