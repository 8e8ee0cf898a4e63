"""Conversations on their way to rows: masked, cleaned, compared; by one process or several."""

import os
import pickle
import signal

import pytest

from data_tools.conversations.conversation import Conversation, Turn
from data_tools.conversations.workers import Preparer, SpillFile, digest, prepared
from data_tools.pii import Masker
from data_tools.rows.windows import Windows
from frontdesk.errors import UserError
from frontdesk.facts.contradictions import FaqFacts
from frontdesk.facts.entries import Entry


@pytest.fixture
def windows(tokenizer):
    return Windows(tokenizer, 256)


def conversation(number, *said):
    turns = [Turn(role, text, None, f"a.csv:{10 * number + n}", name="Nora Lind") for n, (role, text) in enumerate(said)]
    return Conversation(f"c{number}", turns)


def talk(number):
    return conversation(
        number, ("customer", f"hello {number}"), ("agent", "Good day."), ("customer", f"call 010-2345-{6000 + number}"), ("agent", "ok")
    )


def test_masks_are_consistent_and_counted_by_message(windows):
    one = conversation(1, ("customer", "I am Nora Lind, 010-2345-6789"), ("agent", "Nora, I call 010 2345 6789"))
    item = Preparer(Masker(), FaqFacts([]), windows).prepare(one)

    assert [said.text for said in item.said] == ["I am [NAME_1], [PHONE_1]", "[NAME_1], I call [PHONE_1]"]
    assert item.masks == [("NAME", "PHONE"), ("NAME", "PHONE")]


def test_without_a_masker_nothing_is_masked(windows):
    item = Preparer(None, FaqFacts([]), windows).prepare(talk(1))

    assert item.masks == [()] * 4
    assert "010-2345-6001" in item.said[2].text


def test_the_exchange_that_contradicts_the_faq_is_named(windows):
    facts = FaqFacts([Entry("fee", ("How much is gift wrapping?",), ("Gift wrapping costs $3 an item.",), source="faq.csv:2")])
    one = conversation(
        1, ("customer", "hi"), ("agent", "Hello."), ("customer", "how much is gift wrapping?"), ("agent", "Gift wrapping costs $5 an item.")
    )
    item = Preparer(None, facts, windows).prepare(one)

    assert item.conflict is not None
    assert (item.conflict[0], item.conflict[1].entry) == (1, "fee")


def test_digests_stand_for_agents_sentences_whatever_their_case(windows):
    one, two = (
        Preparer(None, FaqFacts([]), windows).prepare(conversation(1, ("customer", "x"), ("agent", text)))
        for text in ("Good day!", "good day")
    )

    assert one.sentences == two.sentences == [(), (digest("GOOD DAY"),)]


def test_equal_conversations_have_equal_digests_and_others_not(windows):
    items = [Preparer(None, FaqFacts([]), windows).prepare(talk(n)) for n in (1, 1, 2)]

    assert items[0].digest == items[1].digest != items[2].digest


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("number", [0, 1, 63, 64, 65, 400])
def test_results_come_in_the_order_given(windows, workers, number):
    preparer = Preparer(Masker(), FaqFacts([]), windows)
    found = list(prepared((talk(n) for n in range(number)), preparer, workers))

    assert found == [preparer.prepare(talk(n)) for n in range(number)]


def test_reading_stays_a_few_batches_ahead_only(windows):
    given = 0

    def source():
        nonlocal given
        for given in range(5000):
            yield talk(given)

    results = prepared(source(), Preparer(None, FaqFacts([]), windows), 2)
    next(results)
    assert given < 1500
    results.close()


def test_a_killed_process_is_one_line_and_no_endless_wait(windows):
    class Dies(Preparer):
        def prepare(self, conversation):
            if conversation.id == "c100":
                os.kill(os.getpid(), signal.SIGKILL)
            return super().prepare(conversation)

    with pytest.raises(UserError, match="was killed"):
        list(prepared((talk(n) for n in range(400)), Dies(None, FaqFacts([]), windows), 2))


def test_a_spill_file_gives_back_what_it_got_but_for_the_n_grams(tmp_path, windows):
    preparer = Preparer(Masker(), FaqFacts([]), windows)
    items = [preparer.prepare(talk(n)) for n in range(20)]
    spill = SpillFile(tmp_path / "spill")
    for item in items:
        spill.add(item)

    assert list(spill) == [item._replace(grams=b"") for item in items] == list(spill)
    assert pickle.loads(pickle.dumps(items)) == items
