"""Whatever a model says, a customer reads sentences of the entry, in its order and each once, or the decision's own text."""

import random
from collections.abc import Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from frontdesk.answers.decision import Decision
from frontdesk.answers.reply import Reply
from frontdesk.facts.entries import Entry

SENTENCES = {
    "shipping": [
        "Standard shipping costs $4.90, e.g. to 3.5 million homes from 9 a.m. on Mondays.",
        "We do not ship to Peru.",
        "Orders over $60 ship for free!",
        'Say "Hello."',
        "See https://shop.example/a.html?b=1 or call +1 555 010 9999.",
    ],
    "returns": ["Returns are possible within 30 days.", "However, underwear is excluded.", "Ask Mr. Smith of St. James."],
    "list": ["Bring:\n- your ID\n- no liquids.", "Then call us.", "First:\n1. Open the app.\n2. Tap it."],
    "refund-ko": ["환불은 3일 안에 됩니다.", "단, 배송비는 환불되지 않습니다.", "네, 가능합니다."],
    "one": ["Yes"],
}


def entry(name: str) -> Entry:
    return Entry(name, (f"{name}?",), (" ".join(SENTENCES[name]),))


def say(*entries: Entry) -> Decision:
    return Decision("say", "\n".join(one.answers[0] for one in entries), entries, 0.9)


def run(reply: Reply, pieces: Sequence[str]) -> str:
    """What the customer reads."""
    return "".join([*map(reply.add, pieces), reply.end()])


def answer_of(name: str, *pieces: str) -> tuple[str, Reply]:
    reply = Reply(say(entry(name)))
    return run(reply, pieces), reply


def in_order(text: str, sentences: Sequence[str]) -> bool:
    """Whether a text is some of the sentences, each at most once, in their order, with a space between them."""
    for one in sentences:
        if text == one:
            return True
        text = text.removeprefix(one + " ")
    return False


# The guarantee --------------------------------------------------------------------------------------------------------

EVERY = [sentence for sentences in SENTENCES.values() for sentence in sentences]
WORDS = [word for sentence in EVERY for word in sentence.split()]


def spoil(sentence: str, rng: random.Random) -> str:
    """A sentence with a word less, a word more, other figures, or cut."""
    words = sentence.split(" ")
    place = rng.randrange(len(words))
    return rng.choice(
        [
            " ".join(words[:place] + words[place + 1 :]),
            " ".join([*words[:place], rng.choice(WORDS), *words[place:]]),
            " ".join(words[:place]),
            " ".join(words[place:]),
            sentence.replace("3", "4").replace("9", "8"),
            sentence.replace("not ", "").replace("no ", "").replace("않", ""),
            sentence.upper(),
            sentence.replace(" ", "\n"),
        ]
    )


bits = st.one_of(
    st.sampled_from(EVERY),
    st.builds(spoil, st.sampled_from(EVERY), st.randoms(use_true_random=False)),
    st.sampled_from(
        ["no", "yes yes yes", "The fee is $7.", "Sí, claro.", "\x00", "\u202e", "...", ".", "!", "\n\n", "<|im_end|>", "¡", "👍", "é"]
    ),
    st.text(max_size=20),
    st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join),
)
talk = st.lists(st.tuples(bits, st.sampled_from([" ", "", ". ", "\n", "  "])), max_size=8).map(lambda some: "".join(a + b for a, b in some))


def pieces(text: str, size: int) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]


@settings(max_examples=400)
@given(st.sampled_from(sorted(SENTENCES)), talk, st.integers(1, 30))
@example("returns", "Returns are possible within 30 days. However", 1)
def test_any_words_of_a_model_become_sentences_of_the_entry_or_its_whole_answer(name: str, text: str, size: int) -> None:
    said, reply = answer_of(name, *pieces(text, size))
    assert said == reply.decision.text or (reply.outcome == "said" and in_order(said, SENTENCES[name]))
    assert (reply.outcome, bool(said)) in (("said", True), ("replaced", True))
    assert answer_of(name, text)[0] == said, "the cuts between the pieces change nothing"


@given(st.sampled_from(sorted(SENTENCES)), st.integers(1, 30))
def test_the_entrys_own_answer_comes_out_as_it_is(name: str, size: int) -> None:
    said, reply = answer_of(name, *pieces(entry(name).answers[0], size))
    assert (said, reply.outcome, reply.why) == (entry(name).answers[0], "said", "")


@given(talk, st.integers(1, 30), st.sampled_from(["small talk", "ask back", "escalate", "say"]))
def test_where_no_model_is_asked_its_words_do_not_count(text: str, size: int, kind: str) -> None:
    decision = Decision(kind, "The text.", [entry("shipping"), entry("returns")], 0.5)  # type: ignore[arg-type]
    reply = Reply(decision)
    assert reply.done and [reply.add(piece) for piece in pieces(text, size)] == [""] * len(pieces(text, size))
    assert reply.end() == "The text." and reply.why == ""


@pytest.mark.parametrize("answer", ["", "...", "👍", " ", "?!\n"])
def test_an_answer_without_words_is_said_as_it_is(answer: str) -> None:
    for text in ("", "Yes. We do. ", answer, "no " * 1000):
        reply = Reply(say(Entry("a", ("a?",), (answer,))))
        assert run(reply, pieces(text, 7)) == answer and reply.outcome == "replaced"


# What becomes of it ---------------------------------------------------------------------------------------------------

COSTS, PERU, FREE, HELLO, LINK = SENTENCES["shipping"]


@pytest.mark.parametrize(
    ("text", "said", "why"),
    [
        (f"{COSTS} {FREE}", f"{COSTS} {FREE}", ""),
        (FREE, FREE, ""),
        ("orders over $60 SHIP FOR FREE", FREE, ""),
        ("We don't ship to Peru", PERU, ""),
        (f"{PERU}\n\n{HELLO}\n", f"{PERU} {HELLO}", ""),
        (f"{PERU} 👍 ... {FREE}", f"{PERU} {FREE}", ""),
        (f"{PERU} {FREE} We ship to the moon. {HELLO}", f"{PERU} {FREE}", "in no entry"),
        (f"{PERU} " * 50, PERU, "repeated"),
        (f"{FREE} {COSTS}", FREE, "repeated"),  # what comes earlier in the entry is not said later
        (f"{PERU} {COSTS[:-12]}", PERU, "repeated"),
        (f"{COSTS} And so on" + " and so on" * 500, COSTS, "no end"),
        (f"See https://shop.example/a.html?b=1 or call +1 555 010 9999. {FREE}", LINK, "repeated"),
    ],
)
def test_what_passes_is_said_in_the_entrys_words_up_to_the_first_that_does_not(text: str, said: str, why: str) -> None:
    for size in (1, 4, 10_000):
        found, reply = answer_of("shipping", *pieces(text, size))
        assert (found, reply.outcome, reply.why) == (said, "said", why)
        assert list(reply.sources) == [entry("shipping")]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "nothing said"),
        (" \n", "nothing said"),
        ("...", "nothing said"),
        ("\x00\x1b[2J", "in no entry"),
        ("We ship to Peru.", "in no entry"),
        ("We do ship to Peru.", "in no entry"),
        ("Standard shipping costs $4.95, e.g. to 3.5 million homes from 9 a.m. on Mondays.", "in no entry"),
        ("Standard shipping costs $4.90, e.g. to 35 million homes from 9 a.m. on Mondays.", "in no entry"),
        ("Sure! " + FREE, "in no entry"),
        ("Returns are possible within 30 days.", "in no entry"),
        ("El envío cuesta $4.90.", "in no entry"),
        ("배송비는 $4.90입니다.", "in no entry"),
        ("See https://evil.example/a.html?b=1 or call +1 555 010 9999.", "in no entry"),
        ("yes " * 20, "in no entry"),
        ("yes " * 25_000, "no end"),
        ("ship", "in no entry"),
    ],
)
def test_where_nothing_passes_the_whole_answer_is_said(text: str, why: str) -> None:
    for size in (1, 4, 100_000):
        found, reply = answer_of("shipping", *pieces(text, size))
        assert (found, reply.outcome, reply.why) == (entry("shipping").answers[0], "replaced", why)


def test_an_exception_is_said_with_the_rule_and_the_rule_with_the_exception() -> None:
    rule, exception, _ = SENTENCES["returns"]
    for text in (rule, exception, f"{rule} {exception}", rule + " It is free."):
        assert answer_of("returns", text)[0] == f"{rule} {exception}"
    assert answer_of("refund-ko", SENTENCES["refund-ko"][0])[0] == " ".join(SENTENCES["refund-ko"][:2])


def test_the_lines_of_a_list_are_said_together_and_as_lines() -> None:
    assert answer_of("list", "bring: your ID, no liquids")[0] == SENTENCES["list"][0]
    assert answer_of("list", "your ID no liquids")[0] == SENTENCES["list"][0]
    assert answer_of("list", "Bring your ID.")[1].outcome == "said", "half of it: all of it is said"
    assert answer_of("list", "Bring liquids.")[1].outcome == "replaced"


# As it comes ----------------------------------------------------------------------------------------------------------


def test_a_sentence_is_sent_as_soon_as_the_next_begins() -> None:
    reply = Reply(say(entry("shipping")))
    sent = [reply.add(piece) for piece in ("We do not", " ship to Peru", ".", " ", "O", "rders over $60 ship for free!")]
    assert sent == ["", "", "", "", PERU, ""]
    assert reply.end() == " " + FREE


def test_nothing_is_read_once_a_sentence_did_not_pass() -> None:
    reply = Reply(say(entry("shipping")))
    assert reply.add(f"{PERU} Nonsense. {FREE} ") == PERU and reply.done
    assert reply.add(FREE + " ") == reply.end() == ""


def test_an_endless_sentence_is_left_early() -> None:
    reply, taken = Reply(say(entry("shipping"))), 0
    while not reply.done:
        assert reply.add("yes ") == ""
        taken += 1
    assert taken < 500
    assert reply.end() == reply.decision.text


@pytest.mark.parametrize(
    ("kind", "outcome"), [("say", "said"), ("small talk", "small talk"), ("ask back", "asked back"), ("escalate", "escalated")]
)
def test_the_sources_are_those_that_an_answer_rests_on(kind: str, outcome: str) -> None:
    entries = [entry("shipping"), entry("returns")]
    reply = Reply(Decision(kind, "The text.", entries, 0.5))  # type: ignore[arg-type]
    assert reply.end() == "The text." and reply.outcome == outcome
    assert list(reply.sources) == (entries if kind == "say" else [])


PASSAGE = Entry(
    "guide#2",
    ("Handbook: Shipping",),
    (
        "We send parcels from Monday to Friday. Parcels that are ordered before noon leave on the same day.\n"
        "The fee depends on the country and the weight:\nCountry | up to 2 kg | up to 10 kg\nFrance | €7.90 | €14.90\n"
        "Republic of Korea | €19.90 | €39.90\n"
        "Parcels above 10 kg are sent by a freight forwarder, who calls you to agree on a day.\n"
        "It needs a street that a truck can enter.",
    ),
    passage=True,
)


@pytest.mark.parametrize(
    ("said", "read"),
    [
        (
            "Parcels that are ordered before noon leave on the same day.",
            "Parcels that are ordered before noon leave on the same day.",
        ),
        (
            "Parcels above 10 kg are sent by a freight forwarder, who calls you to agree on a day.",
            "Parcels above 10 kg are sent by a freight forwarder, who calls you to agree on a day.\n"
            "It needs a street that a truck can enter.",
        ),
        ("Republic of Korea | €19.90 | €39.90", PASSAGE.answers[0]),
        ("To Korea it costs €19.90.", PASSAGE.answers[0]),
        ("Parcels above 10 kg cost €39.90.", PASSAGE.answers[0]),
        (PASSAGE.answers[0], PASSAGE.answers[0]),
        (" ".join(PASSAGE.answers[0].split()), PASSAGE.answers[0]),
        ("", PASSAGE.answers[0]),
    ],
)
def test_of_a_passage_the_sentences_that_were_chosen_are_read_or_else_all_with_its_lines(said: str, read: str) -> None:
    for pieces in ([said], list(said)):
        assert run(Reply(say(PASSAGE)), pieces) == read


def test_a_passage_of_many_rows_comes_whole_even_if_the_model_begins_in_the_middle() -> None:
    rows = "\n".join(f"Zone {number} | €{number}.90 | {number + 2} days" for number in range(1, 60))
    entry = Entry("zones", ("Zones",), (f"Zone | fee | time\n{rows}",), passage=True)
    for said in ("Zone 7 | €7.90 | 9 days", "Zone 7 costs €7.90."):
        assert run(Reply(say(entry)), [said]) == entry.answers[0]
