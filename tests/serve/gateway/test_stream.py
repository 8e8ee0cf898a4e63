"""A verified answer and the bare model's stream, however the engine's stream is cut into pieces."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontdesk.answers.decision import Decision
from frontdesk.answers.reply import Reply
from frontdesk.facts.entries import Entry, Origin
from serve.gateway.sse import Completion, RawStream, Words, provenance
from tests.serve.gateways import data, spoken
from tests.serve.stand_in import END, event, events

ENTRY = Entry("return", ("Can I return a tent?",), ("Returns are free within 45 days. Use the box that it came in.",), "", "faq.csv:4")
OTHER = Entry("wrap", ("Do you wrap gifts?",), ("Wrapping costs $2.",), "", "faq.csv:5")
COUNTED = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}


def cut(whole: bytes, pieces: st.DataObject) -> list[bytes]:
    """The bytes in parts that aren't empty."""
    ends = sorted({*pieces.draw(st.lists(st.integers(1, len(whole) - 1), max_size=8)), len(whole)})
    return [whole[start:end] for start, end in zip([0, *ends], ends, strict=False)]


TEXTS = ["Returns are free within 45 days.", "", " x ", '네, "됩니다" \\ ok', 'a "quote" 가 "finish_reason":"stop" data: [DONE]']


@given(st.sampled_from(TEXTS), st.data())
def test_the_engines_words_are_read_however_they_come(text: str, pieces: st.DataObject) -> None:
    letters = [text[i : i + 2] for i in range(0, len(text), 2)]
    words = Words()
    assert "".join(map(words.add, cut(b"".join(events(*letters, usage=True)), pieces))) == text
    assert words.done and words.counted == {"prompt_tokens": 1, "completion_tokens": len(letters), "total_tokens": 9}


def test_words_come_with_their_event_and_the_end_is_no_word() -> None:
    words = Words()
    assert [words.add(event(word)) for word in ("Yes", " we")] == ["Yes", " we"]
    assert not words.done
    assert words.add(b"data: [DONE]" + END) == "" and words.done


def test_an_error_of_the_engine_is_no_chunk() -> None:
    with pytest.raises(KeyError):
        Words().add(b'data: {"error":{"message":"no"}}' + END)


@pytest.mark.parametrize("usage", [True, False])
def test_a_completion_has_the_same_field_and_words_whole_and_streamed(usage: bool) -> None:
    answer, ours = Completion("shop", usage), {"ai": True, "source": None}
    out = answer.start() + answer.words("Returns ") + answer.words('are "free".') + answer.end(ours, COUNTED)
    *chunks, last, done = data(out.decode())
    assert done == "[DONE]" and spoken(out.decode()) == 'Returns are "free".'
    assert last["frontdesk"] == ours and not any("frontdesk" in chunk for chunk in chunks)
    assert ("usage" in last) == usage
    assert [choice["finish_reason"] for chunk in (*chunks, last) for choice in chunk["choices"]][-1] == "stop"
    assert chunks[0]["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    whole = json.loads(answer.whole('Returns are "free".', ours, COUNTED))
    assert (whole["choices"][0]["message"]["content"], whole["frontdesk"], whole["usage"]) == ('Returns are "free".', ours, COUNTED)
    assert {chunk["id"] for chunk in (*chunks, last, whole)} == {whole["id"]} and whole["model"] == "shop"


def field(decision: Decision, words: str = "") -> dict[str, object]:
    reply = Reply(decision)
    reply.add(words)
    reply.end()
    return provenance(reply)


def test_the_field_names_the_entry_whoever_wrote_the_words() -> None:
    say = Decision("say", ENTRY.answers[0], [ENTRY], 0.9)
    named = {"id": "return", "question": "Can I return a tent?", "source": "faq.csv:4"}
    assert field(say, "Returns are free within 45 days.") == {"ai": True, "outcome": "said", "source": named}
    assert field(say, "Returns cost $5.") == {"ai": True, "outcome": "replaced", "source": named}


def test_the_field_names_both_entries_of_a_double_answer() -> None:
    both = field(Decision("say", f"{ENTRY.answers[0]}\n{OTHER.answers[0]}", [ENTRY, OTHER], 0.9))
    assert both["outcome"] == "said" and [one["id"] for one in both["sources"]] == ["return", "wrap"]  # type: ignore[attr-defined]


def test_the_field_names_where_each_entry_was_published() -> None:
    page = ENTRY._replace(
        origin=Origin("Handbook", "Returns", "", "https://pine.example/handbook", "2026-05-12", "2026-06-01"), passage=True
    )
    hostile = OTHER._replace(origin=Origin("<b>Gifts</b>", url="javascript:alert(1)"))
    both = field(Decision("say", f"{page.answers[0]}\n{hostile.answers[0]}", [page, hostile], 0.9))
    cited = {"title": "Handbook", "heading": "Returns", "url": "https://pine.example/handbook", "updated": "2026-05-12"}
    assert both["source"]["origin"] == cited  # type: ignore[index]
    assert [one["origin"] for one in both["sources"]] == [cited, {"title": "<b>Gifts</b>"}]  # type: ignore[attr-defined]


@pytest.mark.parametrize(("kind", "outcome"), [("ask back", "asked back"), ("escalate", "escalated")])
def test_where_nothing_is_said_the_field_names_what_is_near(kind: str, outcome: str) -> None:
    entries = [ENTRY, OTHER, Entry("a", (), ("Yes.",))]
    near = field(Decision(kind, "Well?", entries, 0.3, entries if kind == "ask back" else ()))  # type: ignore[arg-type]
    assert near == {"ai": True, "outcome": outcome, "source": None, "near": ["Can I return a tent?", "Do you wrap gifts?"]}


def test_the_field_names_what_is_answered_and_what_is_asked_about() -> None:
    both = field(Decision("say", f"{ENTRY.answers[0]}\nDo you mean …?", [ENTRY], 0.9, [OTHER]), "Returns cost $5.")
    assert (both["outcome"], both["source"]["id"], both["near"]) == ("said", "return", ["Do you wrap gifts?"])  # type: ignore[index]


def test_small_talk_names_nothing() -> None:
    assert field(Decision("small talk", "Hello!", [OTHER], 0.9)) == {"ai": True, "outcome": "small talk", "source": None}


@given(st.booleans(), st.data())
def test_the_bare_streams_events_are_not_touched_but_for_the_count(usage: bool, pieces: st.DataObject) -> None:
    stream, counted = RawStream(usage), events('[1] "usage":{', " we do", usage=True)
    out = b""
    for part in cut(b"".join(counted), pieces):
        assert not stream.done
        out += stream.add(part)
    assert stream.done and stream.counted == {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 9}
    assert out == b"".join(counted if usage else [*counted[:-2], counted[-1]])
