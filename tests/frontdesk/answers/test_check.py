"""A model's sentence passes only where an entry has its words in a row, and stands for the entry's whole sentences."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from frontdesk.answers.check import Checker, Passed, split_sentences, tokens, whole
from frontdesk.facts.entries import Entry

SHIPPING = Entry(
    "shipping",
    ("shipping?",),
    (
        "Standard shipping costs $4.90 and takes 3–5 business days. We do not ship to Peru or Chile. "
        "Orders over $60 ship for free! However, not in January.",
    ),
)
GIFT = Entry("gift", ("gift?",), ("Yes, we wrap presents for $2.", "Ask us."))
KOREAN = Entry("환불", ("환불?",), ("환불은 3일 안에 됩니다. 배송비는 환불되지 않습니다.",))
CHECKER = Checker([SHIPPING, GIFT, KOREAN])


@pytest.mark.parametrize(
    ("sentence", "entry", "sentences"),
    [
        ("Standard shipping costs $4.90 and takes 3–5 business days.", SHIPPING, range(0, 1)),
        ("standard SHIPPING costs  $4.90, and takes 3-5 business days", SHIPPING, range(0, 1)),
        ("The standard shipping costs $4.90", SHIPPING, range(0, 1)),
        ("We don't ship to Peru or Chile.", SHIPPING, range(1, 2)),
        ("We do not ship to Peru or Chile. Orders over $60 ship for free!", SHIPPING, range(1, 3)),
        ("Orders over $60 ship for free!  However, not in January.", SHIPPING, range(2, 4)),
        ("Yes, we wrap presents for $2.", GIFT, range(0, 1)),
        ("And so yes, we wrap the presents for $2", GIFT, range(0, 1)),
        ("환불은 3일 안에 됩니다", KOREAN, range(0, 1)),
        ("배송비는 환불되지 않습니다.", KOREAN, range(1, 2)),
    ],
)
def test_a_sentence_in_the_words_of_an_entry_passes(sentence: str, entry: Entry, sentences: range) -> None:
    assert CHECKER.passes(sentence) == Passed(entry, sentences)


@pytest.mark.parametrize(
    "sentence",
    [
        "We ship to Peru or Chile.",
        "We do ship to Peru or Chile.",
        "Standard shipping costs $4.95 and takes 3–5 business days.",
        "Standard shipping costs 4.90 and takes 3–5 business days.",  # without the sign
        "Standard shipping costs €4.90 and takes 3–5 business days.",
        "Standard shipping takes 3–5 business days.",  # not in a row
        "Standard shipping costs $4.90 and takes 3–5 business days in January.",
        "No, we wrap presents for $2.",
        "We wrap presents for $2. Standard shipping costs $4.90.",  # of two entries
        "Ask us.",  # another wording of the answer is not shown
        "shipping?",
        "배송비는 환불됩니다.",
        "환불은 5일 안에 됩니다.",
        "El envío cuesta $4.90.",
        "ship",
        "$",
        "to Peru",
        "",
        " \n",
        "!?…👍",
        "\x00",
    ],
)
def test_any_other_does_not(sentence: str) -> None:
    assert CHECKER.passes(sentence) is None


def test_enough_of_a_sentence_has_to_be_said_to_choose_it() -> None:
    checker = Checker([Entry("a", (), ("We do not ship to Peru by sea.",))])
    assert checker.passes("not ship to Peru") and not checker.passes("ship to Peru")


def test_the_first_entry_that_says_it_is_named() -> None:
    twin = GIFT._replace(id="twin")
    assert CHECKER.passes(GIFT.answers[0]) == Passed(GIFT, range(1)) == Checker([GIFT, twin]).passes(GIFT.answers[0])
    assert Checker([]).passes(GIFT.answers[0]) is None


@pytest.mark.parametrize("answer", ["", "...", "👍", "\n"])
def test_an_answer_without_a_word_lets_nothing_pass(answer: str) -> None:
    checker = Checker([Entry("a", (), (answer,))])
    assert not any(checker.passes(text) for text in ("", answer, "yes", "a", "the"))


@given(st.text(max_size=60), st.sampled_from((SHIPPING, GIFT, KOREAN)))
def test_what_passes_has_its_words_in_the_sentences_that_it_stands_for(text: str, entry: Entry) -> None:
    for sentence in (text, text + entry.answers[0][: len(text)], entry.answers[0][len(text) :]):
        if passed := CHECKER.passes(sentence):
            said = "".join(split_sentences(passed.entry.answers[0])[place] for place in passed.sentences)
            assert " ".join(tokens(sentence)) in " ".join(tokens(said))


# Sentences ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sentences",
    [
        ["It costs $4.90.", " It takes 3 days."],
        ["Come early, e.g. 9 a.m. on Monday or 3.5 hours later.", " We open at 8."],
        ["We do not ship to the U.S. or Canada, approx. half a year long."],
        ["Ask Mr. Smith of Oak Inc. about it.", "  Or not!", " Why?", "\nIt is No. 7 St. James Street."],
        ["See https://shop.example/help.html?a=1. or write to help@shop.example."],
        ["See https://shop.example/help.html.", " We answer."],
        ["Bring:\n- your ID\n- the receipt\n* a bag\n• cash."],
        ["1. Open the app. 2. Tap Returns. 3. Done."],
        ["Steps:\n1. Open the app.\n2. Tap Returns.\n10. Done."],
        ["Monday to Friday\n9 to 5\nSaturday\nclosed"],
        ["We do not ship\nto Peru."],
        ['He said "Hello."', " (On Monday.)", " “It is free.”", " Then he left."],
        ["환불은 3일 안에 됩니다.", " 단, 세일 상품은 제외됩니다.", "\n\n배송비는 3,000원입니다。", " 네!"],
        ["Wait...", " What?!", " Never mind."],
        ["no full stop"],
        ["?"],
    ],
)
def test_a_text_is_its_sentences_and_none_of_them_is_half(sentences: list[str]) -> None:
    assert split_sentences("".join(sentences)) == sentences


@given(st.text(max_size=80))
@example("A. \n\t B.")
def test_nothing_of_any_text_is_lost(text: str) -> None:
    sentences = split_sentences(text)
    assert "".join(sentences) == text
    assert all(one.strip() for one in sentences[1:])


def test_a_sentence_that_takes_up_another_is_said_with_it() -> None:
    sentences = split_sentences("Returns are free. This is for all. But not for sale items. We are open. It is warm.")
    cases = {
        range(0, 1): range(0, 3),
        range(2, 3): range(0, 3),
        range(1, 2): range(0, 3),
        range(3, 4): range(3, 5),
        range(2, 4): range(0, 5),
    }
    for said, all_of_them in cases.items():
        assert whole(sentences, said) == all_of_them
    assert whole(split_sentences("환불됩니다. 단, 세일 상품은 제외됩니다. 네."), range(0, 1)) == range(0, 2)
    assert whole(["But why."], range(0, 1)) == range(0, 1)
    assert whole(["Thistles grow.", " Itchy?", " Onlyness."], range(0, 1)) == range(0, 1), "whole words only"


TABLE = (
    "Parcels go by weight. The fee depends on the country:\nCountry | up to 2 kg\nFrance | €7.90\nKorea | €19.90 by air\n"
    "Heavier parcels go by ship. They take six weeks."
)


def test_text_behind_a_table_is_a_sentence_of_its_own() -> None:
    parts = split_sentences(TABLE)
    assert "".join(parts) == TABLE
    assert [part.split()[0] for part in parts] == ["Parcels", "The", "Heavier", "They"]
    assert parts[1].splitlines()[-1] == "Korea | €19.90 by air", "no row stands without what leads to the table"


@pytest.mark.parametrize("text", ["France | €7.90 but\nonly in summer.", "a | b\n- c is free.", "a | b\n\nC | d", "a | b\nC | d", "a|b\nC"])
def test_a_row_goes_on_where_the_next_line_is_no_sentence(text: str) -> None:
    assert split_sentences(text) == [text]
