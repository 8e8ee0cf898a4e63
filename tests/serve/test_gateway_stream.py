"""The number of an FAQ entry at the beginning of an answer, and the stream around it, however it is cut into pieces."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontdesk.grounding import source_of
from frontdesk.retrieval import Entry
from serve.stream import OPEN, BareStream, ProductStream, Words, whole
from tests.serve.gateway import data, spoken
from tests.serve.stand_in import END, event, events

ENTRIES = [Entry(name, (f"What of {name}?",), (f"{name}.",), "", f"faq.csv:{line}") for line, name in enumerate("abc", 2)]


def cut(whole: bytes, pieces: st.DataObject) -> list[bytes]:
    """The bytes in parts that aren't empty."""
    ends = sorted({*pieces.draw(st.lists(st.integers(1, len(whole) - 1), max_size=8)), len(whole)})
    return [whole[start:end] for start, end in zip([0, *ends], ends, strict=False)]


TEXTS = [
    *("[1] Yes.", "[2]No.", " [3]  Maybe.", "[9] Nobody.", "[0] Zero.", "[12] Twelve.", "[a] A.", "No number [1].", "[", "[1", "[1]", ""),
    *("  two", "\n[1]\n\nA list", "1] odd", "[[1] twice", "[1] [2] both", "[١] other digit", "가 [1] 한국어", '[2] 네, "됩니다" \\ ok'),
]


@pytest.mark.parametrize("text", TEXTS)
def test_words_and_source_are_those_of_evaluate(text: str) -> None:
    words = Words(ENTRIES)
    told = words.add(text)
    told = words.end() if told is None else told
    assert (words.source, told.strip()) == source_of(text, ENTRIES)
    assert told == told.lstrip()


@given(st.text(alphabet="[]12 \na", max_size=12), st.data())
def test_pieces_say_the_same_as_the_whole(text: str, pieces: st.DataObject) -> None:
    words, told, rest = Words(ENTRIES), None, text
    while rest and told is None:
        size = pieces.draw(st.integers(1, len(rest)))
        told, rest = words.add(rest[:size]), rest[size:]
    told = (words.end() if told is None else told) + rest
    assert (words.source, told.strip()) == source_of(text, ENTRIES)


@pytest.mark.parametrize(
    ("pieces", "held"), [(("[", "1", "]", " ", "Yes"), 4), (("Yes",), 0), (("[", "a"), 1), ((" ", "No"), 1), (("[1] Y",), 0)]
)
def test_no_more_is_held_back_than_must_be(pieces: tuple[str, ...], held: int) -> None:
    words = Words(ENTRIES)
    assert [words.add(piece) is None for piece in pieces] == [True] * held + [False] * (len(pieces) - held)


@given(st.sampled_from(TEXTS), st.booleans(), st.data())
def test_a_stream_cut_anywhere_is_the_same_answer(text: str, usage: bool, pieces: st.DataObject) -> None:
    letters = [text[i : i + 2] for i in range(0, len(text), 2)]
    rewriter = ProductStream(ENTRIES, usage)
    out = b"".join(rewriter.add(part) for part in cut(b"".join(events(*letters, usage=usage)), pieces))
    source, words = source_of(text, ENTRIES)
    assert rewriter.done and spoken(out.decode()).strip() == words
    *chunks, last, done = data(out.decode())
    assert done == "[DONE]" and not any("frontdesk" in chunk for chunk in chunks)
    named = {"id": source.id, "question": source.questions[0], "source": source.source} if source else None
    assert last["frontdesk"] == {"source": named}
    assert ("usage" in last) == usage
    plain = json.loads(whole(json.dumps({"id": "1", "choices": [{"message": {"role": "assistant", "content": text}}]}).encode(), ENTRIES))
    assert plain["choices"][0]["message"]["content"] == spoken(out.decode())
    assert plain["frontdesk"] == last["frontdesk"]


def test_events_in_the_middle_go_on_byte_by_byte() -> None:
    odd = event('a "quote" \\ 가 "finish_reason":"stop" data: [DONE]')
    stream = ProductStream(ENTRIES, False)
    assert spoken(stream.add(event("[1] Yes")).decode()) == "Yes"
    assert OPEN in odd and stream.add(odd) == odd
    assert not stream.done


def test_each_event_goes_on_when_it_has_come() -> None:
    stream = ProductStream(ENTRIES, False)
    for word in ("Yes", " we", " do"):
        assert spoken(stream.add(event(word)).decode()) == word


def test_the_role_is_not_held_back() -> None:
    assert ProductStream(ENTRIES, False).add(event("")) == event("")


def test_an_error_of_the_engine_goes_on_and_has_no_source() -> None:
    out = ProductStream(ENTRIES, True).add(b'data: {"error":{"message":"no"}}' + END + b"data: [DONE]" + END)
    assert data(out.decode()) == [{"error": {"message": "no"}}, "[DONE]"]


@given(st.data())
def test_the_bare_stream_is_not_touched(pieces: st.DataObject) -> None:
    stream = BareStream()
    for part in cut(b"".join(events("[1] Yes", " we do")), pieces):
        assert not stream.done
        assert stream.add(part) == part
    assert stream.done
