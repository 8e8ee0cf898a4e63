"""Which entry is which, whatever became of its id; what changed, and by which words."""

from typing import Any

import pytest

from data_tools.faq.compare import compare, differing, matched, word_diff

Json = dict[str, Any]


def entry(id: str, answer: str, *questions: str, source: str = "faq.csv:2", **more: Any) -> Json:
    asked = list(questions) or [f"What about {id}?"]
    return {"id": id, "category": "", "subject": "", "questions": asked, "answers": [answer], "facts": [], "source": source, **more}


def passage(id: str, text: str, heading: str = "Returns", source: str = "guide.pdf:1", **origin: str) -> Json:
    return entry(id, text, heading, source=source, origin={"heading": heading, **origin}, passage=True)


def kinds(before: list[Json], after: list[Json]) -> list[tuple[str, str, str]]:
    """The changes as (kind, former id, id)."""
    found = compare({one["id"]: one for one in before}, after)
    return [(one.kind, *((of["id"] if of else "") for of in (one.before, one.after))) for one in found]


def test_nothing_changed_where_lines_and_dates_of_a_review_differ() -> None:
    before = [entry("fee", "It is $4.90.", origin={"reviewed": "2026-01-02"}), passage("p", "Send it back.")]
    after = [passage("p", "Send it back.", source="guide.pdf:9"), entry("fee", "It is $4.90.", source="faq.csv:7")]
    assert kinds(before, after) == [] == kinds([], [])


def test_each_kind_of_change() -> None:
    before = [entry("fee", "It is $4.90."), entry("gift", "Yes, for $2."), entry("hours", "9 to 5."), entry("end", "Now.")]
    after = [
        entry("kite", "We do."),
        entry("end", "Now.", origin={"expires": "2026-12-24"}),
        entry("hours", "9 to 5.", source="other.csv:2"),
        entry("fee", "It is $5.20."),
    ]
    assert kinds(before, after) == [
        ("changed", "end", "end"), ("changed", "fee", "fee"), ("removed", "gift", ""), ("added", "", "kite"), ("moved", "hours", "hours"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value"), [("category", "c"), ("subject", "Mill Road"), ("questions", ["Fee?"]), ("answers", ["4"]), ("facts", ["4"])]
)
def test_every_field_of_its_text_counts(field: str, value: Any) -> None:
    (change,) = compare({"fee": entry("fee", "It is $4.90.")}, [entry("fee", "It is $4.90.") | {field: value}])
    assert change.kind == "changed" and change.answers_changed == (field == "answers")


def test_a_digest_changes_with_the_answer_and_the_questions_tell_which_it_was() -> None:
    one, other, new = "faq-0123456789", "faq-aaaaaaaaaa", "faq-bbbbbbbbbb"
    before = [entry(one, "It is $4.90.", "Fee?", "Cost?"), entry(other, "9 to 5.", "When?", "Fee?")]
    assert kinds(before, [before[1], entry(new, "It is $5.20.", "Fee?", "Cost?")]) == [("changed", one, new)]
    assert kinds(before, [before[1], entry(new, "We do.", "Kites?")]) == [("removed", one, ""), ("added", "", new)]


def test_an_id_that_somebody_gave_is_no_other_entrys() -> None:
    """A new entry that asks the same is a new one, where its owner says so."""
    assert kinds([entry("a", "Yes.", "Gift?")], [entry("b", "No.", "Gift?")]) == [("removed", "a", ""), ("added", "", "b")]


def test_passages_whose_numbers_move_are_known_by_their_text() -> None:
    before = [passage(f"kb#{number}", f"Rule {number} says this.", f"Part {number}") for number in range(1, 6)]
    after = [passage("kb#1", "Something new is here.", "News")]
    after += [{**one, "id": f"kb#{number + 1}"} for number, one in enumerate(before, 1)]
    after[4] = passage("kb#5", "Rule 4 says that.", "Part 4")
    assert kinds(before, after) == [("changed", "kb#4", "kb#5"), ("added", "", "kb#1")]


def test_a_passage_under_another_heading_or_in_another_file_has_moved() -> None:
    before = [passage("faq-0000000001", "Send it back."), passage("faq-0000000002", "We mend it.", "Repairs")]
    after = [passage("faq-0000000001", "Send it back.", "Terms"), passage("faq-0000000002", "We mend it.", "Repairs", source="b.pdf:1")]
    assert [kind for kind, *_ in kinds(before, after)] == ["moved", "moved"]
    assert differing(before[0], after[0]) == [("questions", "Returns", "Terms"), ("heading", "Returns", "Terms")]
    assert differing(before[1], after[1]) == [("file", "guide.pdf", "b.pdf")]
    assert kinds(before, [passage(one["id"], one["answers"][0], one["questions"][0], page="7") for one in before]) == [], "another page"


def test_a_section_that_is_cut_anew_is_compared_part_by_part() -> None:
    """The parts have other first words, and so other questions and other ids."""
    texts = [" ".join(f"Rule {part}.{number} is about tents of size {part}." for number in range(9)) for part in range(4)]
    before = [passage(f"faq-000000000{part}", text) | {"questions": [f"Returns: {text[:20]} …"]} for part, text in enumerate(texts)]
    after = [
        passage(f"faq-00000000a{part}", f"So: {text[:-40]}") | {"questions": [f"Returns: So: {text[:20]} …"]}
        for part, text in enumerate(texts)
    ]
    assert matched({one["id"]: one for one in before}, after) == {f"faq-00000000a{part}": f"faq-000000000{part}" for part in range(4)}


def test_ten_thousand_entries_with_new_ids_are_matched_in_one_pass() -> None:
    """Comparing each with each would be a hundred million comparisons: the test would not end in time."""
    before = {f"faq-{number:010x}": entry(f"faq-{number:010x}", f"It is ${number}.", f"Fee of {number}?") for number in range(10_000)}
    after = [entry(f"faq-f{number:09x}", f"It was ${number}.", f"Fee of {number}?") for number in range(10_000)]
    found = compare(before, after)
    assert len(found) == 10_000 and all(one.kind == "changed" and one.before["questions"] == one.after["questions"] for one in found)


def test_a_document_without_headings_is_compared_with_what_is_near() -> None:
    before = {f"faq-{number:010x}": passage(f"faq-{number:010x}", f"Old rule {number}.", "") for number in range(2_000)}
    after = [passage(f"faq-f{number:09x}", f"New rule {number}.", "") for number in range(2_000)]
    assert matched(before, after) == {f"faq-f{number:09x}": f"faq-{number:010x}" for number in range(2_000)}


@pytest.mark.parametrize(
    ("before", "after", "parts"),
    [
        ("", "", []),
        ("It is $4.90.", "It is $4.90.", [("", "It is $4.90.")]),
        ("It is $4.90 a month.", "It is $5.20 a month.", [("", "It is "), ("-", "$4.90 "), ("+", "$5.20 "), ("", "a month.")]),
        ("Yes.", "", [("-", "Yes.")]),
        ("", "Yes.", [("+", "Yes.")]),
        ("배송비는 4,900원입니다.", "배송비는 5,200원입니다.", [("", "배송비는 "), ("-", "4,900원입니다."), ("+", "5,200원입니다.")]),
        ("one two", "one\n two", [("", "one\n two")]),
        ("a b c d", "x y c d", [("-", "a b "), ("+", "x y "), ("", "c d")]),
    ],
)
def test_the_words_that_went_and_came(before: str, after: str, parts: list[tuple[str, str]]) -> None:
    assert word_diff(before, after) == parts
