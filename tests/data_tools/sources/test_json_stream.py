"""JSON in every shape that exports have: lines, documents, lists; broken, cut off, deep, and large."""

import json
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_tools.sources import json_stream as records
from data_tools.sources import text as sources
from data_tools.sources.json_stream import Broken, Located, Record, line_of, read_json
from data_tools.sources.text import Source

ROWS = [{"id": number, "text": f'row {number}: "가" }}{{ ][', "tags": [{"a": [number]}, {}]} for number in range(5)]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.lists(st.dictionaries(st.text(max_size=6), VALUES, max_size=4), max_size=5)
LAYOUTS = {
    "lines": lambda rows, indent: "\n".join(json.dumps(row, ensure_ascii=False) for row in rows),
    "documents": lambda rows, indent: "\n".join(json.dumps(row, indent=indent) for row in rows),
    "side by side": lambda rows, indent: "".join(json.dumps(row) for row in rows),
    "list": lambda rows, indent: json.dumps(rows, indent=indent, ensure_ascii=False),
    "lists": lambda rows, indent: "\n".join(json.dumps([row], indent=indent) for row in rows),
    "list of lines": lambda rows, indent: "[\n" + ",\n".join(map(json.dumps, rows)) + "\n]\n",
    "key first": lambda rows, indent: json.dumps({"rows": rows, "other": [{}], "n": 1}, indent=indent),
    "key last": lambda rows, indent: json.dumps({"n": 1, "other": [{}], "rows": rows}, indent=indent),
}


def read(text, lists=()):
    """The records of a text that comes in one piece."""
    return list(read_json(Text(text), lists))


class Text(Source):
    """A source in memory, in pieces of `size` letters."""

    def __init__(self, text, size=sources.CHUNK):
        super().__init__("input.json", Path("input.json"), "utf-8", "", len(text))
        self.text, self.piece = text, size

    def chunks(self):
        yield from (self.text[start : start + self.piece] for start in range(0, len(self.text), self.piece))


def values(found):
    assert all(isinstance(record, Record) for record in found), found
    return [record.value for record in found if record.key != "document"]


@pytest.mark.parametrize("indent", [None, 0, 2, "\t"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_objects_in_order(layout, indent):
    found = read(LAYOUTS[layout](ROWS, indent), ("rows",))

    assert values(found) == ROWS
    rest = [record.value for record in found if record.key == "document"]
    assert rest == ([{"n": 1, "other": [{}]}] if "key" in layout else [])


@given(OBJECTS, st.sampled_from(sorted(LAYOUTS)), st.sampled_from([None, 1, 3]), st.integers(1, 9), st.booleans())
def test_pieces_of_any_size_give_the_same(rows, layout, indent, size, bom):
    text = LAYOUTS[layout](rows, indent)
    found = list(read_json(Text("\ufeff" * bom + text, size), ("rows",)))

    assert values(found) == json.loads(json.dumps(rows))
    assert found == read(text, ("rows",))


def test_borders_of_the_files_own_pieces_do_not_matter(source, monkeypatch):
    expected = read(LAYOUTS["list"](ROWS, 2))
    for size in range(2, 40):
        monkeypatch.setattr(sources, "CHUNK", size)
        assert list(read_json(source(LAYOUTS["list"](ROWS, 2), encoding="utf-8-sig"))) == expected


@pytest.mark.parametrize("indent", [None, 2])
def test_an_empty_list_has_no_records(indent):
    assert read("[]") == read("") == read(" \n ") == []
    assert read(json.dumps({"rows": [], "n": 1}, indent=indent), ("rows",)) == [Record(1, {"n": 1}, "document")]


def test_a_brace_within_the_last_text_of_a_list_is_none():
    assert read('{\n "notes": [\n  "}"\n ]\n}', ("rows",)) == [Record(1, {"notes": ["}"]})]


def test_a_document_without_the_list_is_a_record():
    assert read('{"n": 1}\n{"n": {"rows": []}}', ("rows",)) == [Record(1, {"n": 1}), Record(2, {"n": {"rows": []}})]
    assert read('{"rows": {"a": 1}}', ("rows",)) == [Record(1, {"rows": {"a": 1}})]


def objects(value):
    """All objects in a value."""
    if isinstance(value, dict):
        yield value
        for one in value.values():
            yield from objects(one)
    if isinstance(value, list):
        for one in value:
            yield from objects(one)


@given(st.integers(0, 30).flatmap(lambda seed: st.tuples(st.just(seed), st.sampled_from([1, 2, 4]))), st.sampled_from([7, 10**6]))
def test_every_object_knows_its_line_in_a_pretty_file(shape, size):
    seed, indent = shape
    rows = [{"n": f"{row}", "in": [{"n": f"{row}.{i}", "in": {"n": f'{row}.{i}."\\n{{'}} for i in range(seed % 4)]} for row in range(seed)]
    text = json.dumps({"head": {"n": "head"}, "rows": rows}, indent=indent)
    lines = text.split("\n")
    for record in read_json(Text(text, size), ("rows",)):
        assert isinstance(record, Record)
        for one in objects(record.value):
            line = line_of(one, record.line)
            assert isinstance(one, Located)
            assert line == record.line or one is not record.value
            assert "n" not in one or json.dumps(one["n"]) in lines[line]
            assert lines[line - 1].rstrip().endswith("{")


def test_objects_of_one_line_are_at_the_records_line():
    record = read('{"a": 1}\n{"b": {"c": 1}}')[1]

    assert (record.line, line_of(record.value["b"], record.line), line_of("text", 7)) == (2, 2, 7)


BREAKS = {
    "a wrong word": ('"row 2', 'undefined, "row 2'),
    "an escape": ("row 2", "row \\x 2"),
    "a colon too few": ('"text": "row 2', '"text" "row 2'),
    "a quote inside": ("row 2", 'row "2"'),
    "a quote too few": ('"row 2', "row 2"),
    "thousands of digits": ('"id": 2', '"id": ' + "2" * 5000),
    "too deep": ('"id": 2', '"id": ' + "[" * 100_000 + "]" * 100_000),
    "a bracket too few": ('"id": 2', '"id": [2'),
    "a bracket too many": ('"id": 2', '"id": 2]'),
    "a brace too few": ('"id": 2', '"id": {"n": 2'),
}
SHAPES = [("lines", None), ("documents", 2), ("list of lines", None), ("list", 2), ("list", "\t"), ("key first", 2), ("key last", 1)]


@pytest.mark.parametrize("broken", BREAKS)
@pytest.mark.parametrize(("layout", "indent"), SHAPES)
def test_what_is_broken_leaves_the_others(layout, indent, broken):
    right, wrong = BREAKS[broken]
    whole = LAYOUTS[layout](ROWS, indent)
    text = whole.replace(right, wrong, 1)
    found = read(text, ("rows",) if "key" in layout else ())
    (lost,) = [item for item in found if isinstance(item, Broken)]
    rows = [item.value for item in found if isinstance(item, Record) and item.key != "document"]

    assert rows == ROWS[:2] + ROWS[3:]
    own, following = (whole[: whole.index(f'"id": {number}')].count("\n") + 1 for number in (2, 3))
    assert own - 1 <= lost.line <= following
    assert lost.why.startswith("found ")
    assert lost.why.count("; ") == 2


@pytest.mark.parametrize("broken", [name for name in BREAKS if name not in ("a quote too few", "a brace too few")])
@pytest.mark.parametrize("layout", ["list", "key first", "key last"])
def test_what_is_broken_leaves_the_others_in_one_line(layout, broken):
    found = read(LAYOUTS[layout](ROWS, None).replace(*BREAKS[broken]), ("rows",))

    assert sum(isinstance(item, Broken) for item in found) == 1
    assert [item.value for item in found if isinstance(item, Record) and item.key != "document"] == ROWS[:2] + ROWS[3:]


def test_lines_that_are_no_json_are_broken_one_by_one():
    found = read('{"a": 1}\nhello\n\nthere, you\n{"a": "line\nend"}\n{"b": 2}\n')

    assert [item.line for item in found if isinstance(item, Broken)] == [2, 4, 5, 6]
    assert values([item for item in found if isinstance(item, Record)]) == [{"a": 1}, {"b": 2}]


def test_what_cannot_be_gone_past_says_so():
    found = read('[{"a": 1}, {"b": {"c": 2}, {"d": 3}]')

    assert found[0] == Record(1, {"a": 1})
    assert [type(item) for item in found[1:]] == [Broken]
    assert "and nothing follows it that can be read; expected" in found[1].why


@pytest.mark.parametrize("indent", ["", "\n  "])
def test_a_document_that_is_broken_beside_its_list_says_what_is_lost(indent):
    found = read(f'{{"users": [oops, {{"a": "}}"}}],{indent}"rows": [{{"a": 1}}]}}', ("rows",))

    assert [type(item) for item in found] == [Broken]
    assert "nothing follows it that can be read" in found[0].why


@pytest.mark.parametrize("layout", ["lines", "list", "documents", "key first", "key last"])
@pytest.mark.parametrize("indent", [None, 2])
def test_a_file_that_was_cut_off_gives_what_is_whole_and_one_mistake(layout, indent):
    text = LAYOUTS[layout](ROWS, indent)
    for end in range(1, len(text), 3):
        found = read(text[:end], ("rows",))
        rows = [item.value for item in found if isinstance(item, Record) and item.key != "document"]
        assert rows == ROWS[: len(rows)]
        lost = [item for item in found if isinstance(item, Broken)]
        if layout in ("list", "key first", "key last"):
            assert len(lost) == 1
            assert "cut off" in lost[0].why or "nothing follows it" in lost[0].why
        assert len(lost) <= 1


def test_deep_nesting_is_no_crash_at_any_depth():
    for depth in range(1, 1100, 3):
        for text in ('{"a":' * depth + "1" + "}" * depth, '{"a":' * depth + "\n1" + "}" * depth):
            found = read(text + '\n{"b": 1}')
            assert found[-1].value == {"b": 1}
            assert isinstance(found[0], Record) or "nested too deep" in found[0].why


@pytest.mark.parametrize("text", ["[1, 2]", '"text"', "5", "hello", "null"])
def test_what_is_no_object_is_broken(text):
    found = read(f'{text}\n{{"a": 1}}')

    assert all(isinstance(item, Broken) and item.line == 1 for item in found[:-1])
    assert len(found) > 1
    assert found[-1] == Record(2, {"a": 1})


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (r"\ud83d\ude00", "😀"),
        (r"cut \ud83d", "cut \ufffd"),
        (r"\ude00 cut \ud83d\ud83d\ude00", "\ufffd cut \ufffd😀"),
        (r"\\ud83d", r"\ud83d"),
        (r"\\\ud83d", "\\\ufffd"),
    ],
)
def test_halves_of_letters_become_the_sign_for_broken_ones(written, text):
    for blank in (" ", "\n"):
        (record,) = read('{"a":' + blank + '[{"b": "' + written + '"}]}')
        assert record.value == {"a": [{"b": text}]}


def test_ten_megabytes_in_one_line_and_in_one_text():
    long = '가나 \\n다라 \\"' * 500_000
    rows = [{"n": number, "text": "배송 언제? " * 8} for number in range(100_000)]
    text = json.dumps(rows, ensure_ascii=False)
    assert len(text) > 8_000_000

    assert sum(isinstance(item, Record) for item in read_json(Text(text, 1 << 16))) == 100_000
    tracemalloc.start()
    (record,) = read('{"a":\n{"b": "' + long + '"}}')
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(record.value["a"]["b"]) == len('가나 \n다라 "') * 500_000
    assert record.value["a"].line == 2
    assert peak < 200 << 20


def test_memory_does_not_grow_with_the_file(source):
    path = source("[" + ",\n".join([json.dumps({"text": "배송 언제 " * 10})] * 60_000) + "]")
    tracemalloc.start()
    number = sum(isinstance(item, Record) for item in read_json(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert number == 60_000
    assert peak < 20 << 20 < path.size * 2


def test_a_record_of_unreasonable_size_is_refused(monkeypatch):
    monkeypatch.setattr(records, "LONGEST", 1 << 20)
    text = '{"a": "' + "x" * (3 << 20) + '"}\n{"b": 1}'
    found = list(read_json(Text(text, 1 << 16)))

    assert "found a record of over 1 MB" in found[0].why
    assert found[-1] == Record(2, {"b": 1})
