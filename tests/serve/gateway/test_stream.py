"""The product's stream and the source at its end, however the stream is cut into pieces."""

import json

from hypothesis import given
from hypothesis import strategies as st

from frontdesk.facts.entries import Entry
from frontdesk.retrieval.grounding import Grounded
from serve.gateway.sse import GroundedStream, RawStream, with_provenance
from tests.serve.gateways import data, spoken
from tests.serve.stand_in import END, event, events

ANSWERS = ("Returns are free within 45 days.", "Wrapping costs $2 an item.", "Kayaks cost 300 dollars.")
ENTRIES = [Entry(text[:4], (f"What of {text}?",), (text,), "", f"faq.csv:{line}") for line, text in enumerate(ANSWERS, 2)]
PROMPT = Grounded([], ENTRIES)


def cut(whole: bytes, pieces: st.DataObject) -> list[bytes]:
    """The bytes in parts that aren't empty."""
    ends = sorted({*pieces.draw(st.lists(st.integers(1, len(whole) - 1), max_size=8)), len(whole)})
    return [whole[start:end] for start, end in zip([0, *ends], ends, strict=False)]


TEXTS = [
    "Returns are free within 45 days.",
    "Wrapping costs $2 an item, kayaks not.",
    "Shall I connect you with an agent?",
    "",
    " x ",
    '네, "됩니다" \\ ok',
]


@given(st.sampled_from(TEXTS), st.booleans(), st.data())
def test_a_stream_cut_anywhere_is_the_same_answer(text: str, usage: bool, pieces: st.DataObject) -> None:
    letters = [text[i : i + 2] for i in range(0, len(text), 2)]
    rewriter = GroundedStream(PROMPT, usage)
    out = b"".join(rewriter.add(part) for part in cut(b"".join(events(*letters, usage=True)), pieces))
    source = PROMPT.source_of(text)
    assert rewriter.done and spoken(out.decode()) == text
    *chunks, last, done = data(out.decode())
    assert done == "[DONE]" and not any("frontdesk" in chunk for chunk in chunks)
    named = {"id": source.id, "question": source.questions[0], "source": source.source} if source else None
    expected = {"source": named} if source else {"source": None, "near": [one.questions[0] for one in ENTRIES]}
    assert last["frontdesk"] == {"ai": True, **expected}
    assert ("usage" in last) == usage
    plain = json.loads(with_provenance({"id": "1", "choices": [{"message": {"role": "assistant", "content": text}}]}, PROMPT))
    assert plain["choices"][0]["message"]["content"] == spoken(out.decode())
    assert plain["frontdesk"] == last["frontdesk"]


def test_an_answer_that_rests_on_nothing_names_what_is_near() -> None:
    def field(prompt: Grounded) -> dict[str, object]:
        answer = json.loads(with_provenance({"choices": [{"message": {"content": "Shall I connect you with an agent?"}}]}, prompt))
        return dict(answer["frontdesk"])

    assert field(Grounded([], [], ENTRIES[1:])) == {"ai": True, "source": None, "near": [one.questions[0] for one in ENTRIES[1:]]}
    assert field(Grounded([], [], [Entry("a", (), ("Yes.",))])) == field(Grounded([], [])) == {"ai": True, "source": None}


def test_events_before_the_end_go_on_byte_by_byte() -> None:
    odd = event('a "quote" \\ 가 "finish_reason":"stop" data: [DONE]')
    stream = GroundedStream(PROMPT, False)
    assert stream.add(odd) == odd
    assert not stream.done


def test_each_event_goes_on_when_it_has_come() -> None:
    stream = GroundedStream(PROMPT, False)
    for word in ("Yes", " we", " do"):
        assert spoken(stream.add(event(word)).decode()) == word


def test_the_role_is_not_held_back() -> None:
    assert GroundedStream(PROMPT, False).add(event("")) == event("")


def test_an_error_of_the_engine_goes_on_and_has_no_source() -> None:
    out = GroundedStream(PROMPT, True).add(b'data: {"error":{"message":"no"}}' + END + b"data: [DONE]" + END)
    assert data(out.decode()) == [{"error": {"message": "no"}}, "[DONE]"]


@given(st.booleans(), st.data())
def test_the_bare_streams_events_are_not_touched_but_for_the_count(usage: bool, pieces: st.DataObject) -> None:
    stream, counted = RawStream(usage), events('[1] "usage":{', " we do", usage=True)
    out = b""
    for part in cut(b"".join(counted), pieces):
        assert not stream.done
        out += stream.add(part)
    assert stream.done and stream.counted == {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 9}
    assert out == b"".join(counted if usage else [*counted[:-2], counted[-1]])
