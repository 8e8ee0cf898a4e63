"""Questions, answers and categories by the rank of lines."""

import pytest

from data_tools.readers.faqs.blocks import ASKING, BOLD, LARGEST, Block, Piece, bare, nothing_found, pairs, paragraph, whole_text
from data_tools.readers.records import FaqRecord
from data_tools.sources.json_stream import Broken
from frontdesk.errors import UserError


@pytest.fixture
def read(source):
    """The pairs of a page of blocks, each a rank and a text: category, question, answer."""

    def records(*blocks):
        found = list(pairs(source("x"), [Block(line, text, rank) for line, (rank, text) in enumerate(blocks, 1)]))
        lines = [item.line if isinstance(item, Broken) else int(item.source.rsplit(":", 1)[1]) for item in found]
        assert lines == sorted(set(lines))
        assert all(item.why.startswith("found ") for item in found if isinstance(item, Broken))
        return [(item.category, *item.questions, *item.answers) for item in found if isinstance(item, FaqRecord)]

    return records


def test_headings_that_ask_are_questions(read):
    assert read(
        (1, "FAQ"), (0, "Welcome."), (2, "When?"), (0, "At nine."), (0, "Or ten."), (2, "Q. Your hours"), (0, "A. Nine to five.")
    ) == [
        ("FAQ", "When?", "At nine.\nOr ten."),
        ("FAQ", "Your hours", "Nine to five."),
    ]


def test_headings_that_say_something_are_questions_where_text_stands_below(read):
    page = [
        (1, "Help"),
        (0, "Read this."),
        (2, "Shipping"),
        (0, "Two days."),
        (2, "Payment"),
        (3, "Cards"),
        (0, "Yes."),
        (3, "Cash"),
        (0, "No."),
    ]

    assert read(*page) == [("Help", "Shipping", "Two days."), ("Payment", "Cards", "Yes."), ("Payment", "Cash", "No.")]


def test_the_headings_above_are_the_category_without_the_title(read):
    page = [(1, "FAQ"), (2, "1. Orders"), (3, "Abroad"), (4, "How long?"), (0, "A week."), (2, "Returns"), (3, "How?"), (0, "By post.")]

    assert read(*page) == [("Orders > Abroad", "How long?", "A week."), ("Returns", "How?", "By post.")]


def test_an_answer_ends_at_the_next_question_of_the_same_or_a_higher_rank(read):
    page = [
        (2, "How do I return?"),
        (0, "Like this:"),
        (3, "First step"),
        (0, "Pack it."),
        (BOLD, "Really?"),
        (0, "Yes."),
        (2, "Why?"),
        (0, "So."),
    ]

    assert read(*page) == [("", "How do I return?", "Like this:\nFirst step\nPack it.\nReally?\nYes."), ("", "Why?", "So.")]


def test_a_question_below_a_question_is_one_of_its_own(read):
    assert read((2, "What is it?"), (0, "A shop."), (3, "Where?"), (0, "Here.")) == [
        ("", "What is it?", "A shop."),
        ("What is it?", "Where?", "Here."),
    ]


def test_a_heading_that_asks_for_others_is_their_category(read):
    assert read((2, "Any questions?"), (3, "Where?"), (0, "Here.")) == [("Any questions?", "Where?", "Here.")]


def test_a_question_without_an_answer_is_a_record(read):
    assert read((2, "When?"), (2, "Why?"), (0, "So."), (0, "Q: How?")) == [("", "When?"), ("", "Why?", "So."), ("Why?", "How?")]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("Q. When?", "A. At nine."),
        ("Q: When?", "A: At nine."),
        ("q1) When?", "a1) At nine."),
        ("Q 1. When?", "At nine."),
        ("[Q] When?", "[A] At nine."),
        ("[질문 1] When?", "[답변 1] At nine."),
        ("질문: When?", "답변: At nine."),
        ("질문：When?", "답：At nine."),
        ("Question: When?", "Answer: At nine."),
        ("Q: 1. When?", "At nine."),
    ],
)
@pytest.mark.parametrize("rank", [0, 2, BOLD])
def test_marks_of_question_and_answer_are_taken_off(read, asked, said, rank):
    assert read((rank, asked), (0, said), (0, "A. stays")) == [("", "When?", "At nine.\nA. stays")]


def test_an_answer_may_be_marked_as_a_heading_or_in_bold(read):
    page = [(2, "Q. When?"), (3, "A. At nine."), (2, "Q. Why?"), (2, "A. So."), (0, "Q. How?"), (BOLD, "A. Thus.")]

    assert [record[1:] for record in read(*page)] == [("When?", "At nine."), ("Why?", "So."), ("How?", "Thus.")]


def test_question_and_answer_may_share_a_line(read):
    assert read((0, "Q: When? A: At nine."), (0, "Or ten.")) == [("", "When?", "At nine.\nOr ten.")]


def test_lines_in_bold_are_questions_and_categories(read):
    page = [(1, "FAQ"), (BOLD, "Orders"), (0, "Q: When?"), (0, "A: At nine."), (BOLD, "Returns"), (0, "Q: How?"), (0, "A: By post.")]

    assert read(*page) == [("Orders", "When?", "At nine."), ("Returns", "How?", "By post.")]
    assert read((BOLD, "Shipping"), (0, "Two days."), (BOLD, "Payment"), (0, "By card.")) == [
        ("", "Shipping", "Two days."),
        ("", "Payment", "By card."),
    ]


def test_a_note_in_bold_is_a_part_of_the_answer(read):
    assert read((BOLD, "When?"), (0, "At nine."), (BOLD, "Note"), (0, "Not on Sundays."), (BOLD, "Why?"), (0, "So.")) == [
        ("", "When?", "At nine.\nNote\nNot on Sundays."),
        ("", "Why?", "So."),
    ]


def test_text_below_no_question_is_reported_once_but_not_before_the_first(source):
    page = [
        (1, "FAQ"),
        (0, "Hello."),
        (2, "When?"),
        (0, "At nine."),
        (1, "Returns"),
        (0, "All about"),
        (0, "returns."),
        (2, "How?"),
        (0, "So."),
    ]
    found = list(pairs(source("x"), [Block(line, text, rank) for line, (rank, text) in enumerate(page, 1)]))

    assert [item.line for item in found if isinstance(item, Broken)] == [6]
    assert [item.answers for item in found if isinstance(item, FaqRecord)] == [("At nine.",), ("So.",)]


def test_a_page_without_questions_has_no_pairs(read, source):
    assert read() == read((0, "text"), (0, "more")) == read((1, "Heading")) == []
    assert str(nothing_found(source("x"))).startswith("input.txt:1: found no question; expected headings or lines")


def test_a_paragraph_is_parted_into_lines_and_bold_questions():
    pieces = [
        Piece("Wh", True),
        Piece("en?", True),
        Piece(" At nine.\n", False),
        Piece("Note", True),
        Piece("\nplain ", False),
        Piece("b?", True),
    ]

    assert list(paragraph(range(4, 9), pieces)) == [
        Block(4, "When?", BOLD),
        Block(4, "At nine."),
        Block(5, "Note", BOLD),
        Block(6, "plain b?"),
    ]


def test_long_pages_take_linear_time(source):
    page = [Block(line, f"Why {line}?" if line % 2 else "So.", ASKING if line % 2 else 0) for line in range(1, 60_000)]
    page = [Block(0, "FAQ", 1), Block(0, "Part", 2), *page]

    assert sum(isinstance(item, FaqRecord) for item in pairs(source("x"), page)) == 30_000


@pytest.mark.parametrize(
    ("text", "left"), [("3. Why?", "Why?"), ("Q3. 1) Why?", "Why?"), ("2026. a year", "2026. a year"), ("3.5 mm?", "3.5 mm?")]
)
def test_numbers_before_questions_are_taken_off(text, left):
    assert bare(text) == left


def test_a_file_too_large_for_a_page_is_refused(source):
    opened = source("x")
    opened.size = LARGEST + 1

    with pytest.raises(UserError, match=r"input\.txt:1: found 32 MB; expected a page of at most 32 MB; split it"):
        whole_text(opened)
