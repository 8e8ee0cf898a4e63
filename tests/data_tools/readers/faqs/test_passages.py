"""Passages: cut at headings and between sentences, never within a row; nothing of the text is lost."""

from pathlib import Path

from data_tools.readers.faqs.blocks import Block
from data_tools.readers.faqs.passages import LONGEST, cut, passages
from data_tools.sources.text import Source
from frontdesk.facts.entries import Origin

SOURCE = Source("guide.pdf", Path("guide.pdf"), "utf-8", "", 0)


def test_a_passage_has_the_headings_above_it() -> None:
    page = [
        Block(1, "Returns", 1),
        Block(2, "You can send most things back within 30 days."),
        Block(4, "Final sale", 2),
        Block(5, "Items on final sale cannot be returned."),
        Block(7, "Repairs", 1),
        Block(8, "We repair tents for a flat fee of $18."),
    ]
    found = list(passages(SOURCE, page, Origin("Handbook", url="https://pine.example/handbook")))
    assert [record.questions for record in found] == [("Handbook: Returns",), ("Returns: Final sale",), ("Handbook: Repairs",)]
    assert [record.origin.heading for record in found] == ["Returns", "Returns > Final sale", "Repairs"]
    assert all(record.passage and record.origin.url == "https://pine.example/handbook" for record in found)
    assert [record.source for record in found] == ["guide.pdf:2", "guide.pdf:5", "guide.pdf:8"]


def test_long_text_is_cut_between_sentences_and_loses_none() -> None:
    sentences = [f"Rule {number} says what happens to a tent." for number in range(100)]
    found = [text for _, text in cut([Block(1, " ".join(sentences))])]
    assert all(len(text) <= LONGEST for text in found)
    assert " ".join(found).split() == " ".join(sentences).split()
    assert all(text.endswith(".") for text in found)


def test_text_without_sentences_is_cut_between_words() -> None:
    text = " ".join(f"word{number}" for number in range(400))
    found = [text for _, text in cut([Block(1, text)])]
    assert all(len(text) <= LONGEST for text in found)
    assert " ".join(found).split() == text.split()


def test_a_row_of_a_table_stays_whole() -> None:
    row = " | ".join(["a cell of many words"] * 60)
    found = [text for _, text in cut([Block(1, "Some words before the table."), Block(2, row), Block(3, "And some words behind it.")])]
    assert row in found


def test_parts_of_one_section_have_questions_of_their_own() -> None:
    page = [Block(1, "Returns", 1), Block(2, " ".join(f"Rule {number} is about returns." for number in range(60)))]
    found = list(passages(SOURCE, page, Origin(), id="kb-7"))
    assert len({record.questions for record in found}) == len(found) > 1
    assert [record.id for record in found] == [f"kb-7#{number}" for number in range(1, len(found) + 1)]


def test_a_table_that_goes_on_has_its_first_row_again() -> None:
    rows = ["Size | Fee", *(f"a tent of the size {number:03} that is pitched | £{number}" for number in range(40))]
    found = [text.split("\n") for _, text in cut(Block(line, row) for line, row in enumerate(rows, 1))]
    assert len(found) > 2
    assert all(part[0] == "Size | Fee" for part in found)
    assert [row for part in found for row in part[1:]] == rows[1:]


def test_a_short_text_counts_where_it_states_a_figure_or_ends_a_longer_one() -> None:
    assert [text for _, text in cut([Block(1, "Back to top")])] == []
    assert [text for _, text in cut([Block(1, "9:30 to 18:00")])] == ["9:30 to 18:00"]
    sentences = [f"Rule {number} says what happens to a tent." for number in range(100)]
    found = [text for _, text in cut([Block(1, " ".join(sentences)), Block(2, "See below.")])]
    assert found[-1].endswith("See below.")
    assert len(found) == len([*cut([Block(1, " ".join(sentences))])])
