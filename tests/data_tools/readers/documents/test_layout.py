"""The order of reading on invented pages, and what runs along the pages."""

from data_tools.readers.documents.layout import Rule, Span, lines, rules, running


def span(left, base, text, width=None, size=10.0):
    return Span(left, left + (width or 5.0 * len(text)), base, text, size, False)


def read(spans, drawn=()):
    return [line.text for line in lines(spans, list(drawn))]


def column(left, name, top=700, rows=6):
    return [span(left, top - 12 * row, f"{name}{row}", 150) for row in range(rows)]


def test_three_columns_below_a_title_across():
    spans = [span(50, 740, "title", 500), *column(50, "a"), *column(220, "b"), *column(390, "c"), span(50, 600, "across", 500)]
    names = [f"{name}{row}" for name in "abc" for row in range(6)]

    assert read(sorted(spans, key=lambda one: -one.base)) == ["title", *names, "across"]


def test_columns_whose_lines_are_not_level():
    assert read([*column(50, "a", 700), *column(300, "b", 694)]) == [f"{name}{row}" for name in "ab" for row in range(6)]


def test_narrow_cells_are_a_table_and_not_columns():
    spans = [one for row in range(5) for one in (span(50, 700 - 20 * row, f"item {row}"), span(300, 700 - 20 * row, f"£{row}"))]

    assert read(spans) == [f"item {row} | £{row}" for row in range(5)]


def test_rules_across_make_a_table_of_full_cells_too():
    spans = [*column(50, "a"), *column(220, "b")]
    drawn = rules(Rule(708.0 - 12 * row, left, left + 165) for row in range(7) for left in (45, 210))

    assert len(drawn) == 7
    assert read(spans, drawn) == [f"a{row} | b{row}" for row in range(6)]


def test_a_cell_of_several_lines_and_one_that_is_empty():
    spans = [
        *(span(50, 700, "Tent"), span(200, 700, "a long text"), span(400, 700, "£5")),
        span(200, 688, "in two lines"),
        *(span(50, 660, "Pole"), span(400, 660, "£9")),
    ]

    assert read(spans) == ["Tent | a long text in two lines | £5", "Pole |  | £9"]


def test_headers_and_numbers_run_along_but_headings_do_not():
    pages = [
        [span(50, 800, "Shop"), span(50, 760, f"Chapter {place + 1}: {name}"), span(50, 700, "text"), span(300, 20, f"{place + 7} / 40")]
        for place, name in enumerate(("Tents", "Poles", "Gas", "Maps"))
    ]
    dropped = {one.text for _, one in running(pages, [(0, 842)] * len(pages))}

    assert dropped == {"Shop", "7 / 40", "8 / 40", "9 / 40", "10 / 40"}
    assert not running([[span(50, 600, "Dear customer"), span(50, 500, name)] for name in "abcd"], [(0, 842)] * 4), "in the middle of pages"
