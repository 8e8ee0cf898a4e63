"""Damaged exports of every format: each ends in rows or in one clear line, in seconds, and nothing is lost without a word."""

import gzip
import io
import json
import os
import random
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_tools.conversations.load import read_chats
from data_tools.sources import files as archives
from data_tools.sources.files import inputs
from data_tools.sources.json_stream import HALF, Located, Record, line_of, read_json
from data_tools.sources.reading import Reading
from data_tools.sources.text import Source
from frontdesk.errors import UserError
from tests.data_tools.damage import LIMIT, MUTATIONS, Mutation, Outcome, large, limited, odd_put_in, outcome, places_in
from tests.data_tools.samples import samples, workbook

ROOT = Path(__file__).parents[2]
NAMES = sorted(samples())
ROOM = samples()["KakaoTalk on Windows"].data
TEXTS = [name for name in NAMES if not samples()[name].data.startswith((b"PK", b"%PDF"))]
LINES = [name for name in NAMES if samples()[name].lines]
JSON = [name for name in TEXTS if samples()[name].data[:2] in (b'{"', b"{\n", b"[\n")]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.sampled_from(["\ud800", "9" * 30, "2026-13-45"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | st.just("text"), inner, max_size=3),
    max_leaves=5,
)


Read = Callable[[bytes, str], Outcome]


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Read:
    """What reading bytes of a kind of source gives; `outcome` fails for what is never allowed."""
    path = tmp_path_factory.mktemp("bad") / "input.txt"

    def run(data: bytes, kind: str) -> Outcome:
        path.write_bytes(data)
        with limited(LIMIT):
            return outcome(path, kind)

    return run


@pytest.mark.parametrize("name", NAMES)
def test_the_sample_itself_is_read_whole(read: Read, name: str) -> None:
    sample = samples()[name]
    found = read(sample.data, sample.kind)

    assert not found.error
    assert not found.broken
    assert all(any(tag in text for text in found.texts) for tag in sample.tags)


@pytest.mark.parametrize("name", NAMES)
def test_any_damage_ends_in_rows_or_in_a_line(read: Read, name: str) -> None:
    rng, sample = random.Random(7), samples()[name]
    number = 4 if name not in TEXTS or sample.kind == "documents" else 8
    found = [read(mutation(sample.data, rng), sample.kind) for mutation in MUTATIONS for _ in range(number)]

    assert any(one.texts for one in found)
    assert any(one.error or one.broken for one in found)


@given(
    name=st.sampled_from(NAMES),
    mutations=st.lists(st.sampled_from(MUTATIONS), min_size=1, max_size=2),
    rng=st.randoms(use_true_random=False),
)
def test_damage_searched_at_random(read: Read, name: str, mutations: list[Mutation], rng: random.Random) -> None:
    data = samples()[name].data
    for mutation in mutations:
        data = mutation(data, rng)
    read(data, samples()[name].kind)


@pytest.mark.slow
@given(name=st.sampled_from(NAMES), rng=st.randoms(use_true_random=False))
def test_megabytes_of_any_piece_anywhere(read: Read, name: str, rng: random.Random) -> None:
    read(large(samples()[name].data, rng), samples()[name].kind)


@pytest.mark.parametrize("name", TEXTS)
def test_a_cut_anywhere_leaves_what_is_before_it(read: Read, name: str) -> None:
    sample = samples()[name]
    for end in range(0, len(sample.data), 41):
        found = read(sample.data[:end], sample.kind)
        before = [tag for tag in sample.tags if tag in sample.data[:end].rsplit(b"\n", 1)[0].decode(errors="ignore")]
        lost = [tag for tag in before if not any(tag in text for text in found.texts)]
        assert not lost or found.error or found.broken


@pytest.mark.parametrize("kind", ["chats", "faq", "documents"])
@given(data=st.binary(max_size=400) | st.text(max_size=300).map(lambda text: text.encode()))
def test_any_bytes(read: Read, kind: str, data: bytes) -> None:
    read(data, kind)


@given(name=st.sampled_from(TEXTS), place=st.floats(0, 1), text=st.text(max_size=30))
def test_any_text_anywhere(read: Read, name: str, place: float, text: str) -> None:
    sample = samples()[name]
    at = int(place * len(sample.data))
    read(sample.data[:at] + text.encode() + sample.data[at:], sample.kind)


@given(name=st.sampled_from(JSON), value=VALUES, choice=st.randoms(use_true_random=False))
def test_any_value_in_the_place_of_any_other(read: Read, name: str, value: Any, choice: random.Random) -> None:
    sample = samples()[name]
    rows = [json.loads(line) for line in sample.data.splitlines()] if sample.lines else [json.loads(sample.data)]
    holder, key = choice.choice(list(places_in(rows)))
    holder[key] = value
    text = "\n".join(json.dumps(row, indent=None if sample.lines else 1) for row in rows)
    found = read(text.encode(), sample.kind)

    lost = [tag for tag in sample.tags if tag in text and not any(tag in one for one in found.texts)]
    assert not lost or found.error or found.broken or key == "plainText"  # which Channel Talk shows, whatever the blocks hold


@pytest.mark.parametrize("value", [None, 5, "x", {"a": 1}])
@pytest.mark.parametrize(
    ("name", "key"),
    [("Telegram chat", "messages"), ("Telegram account", "chats"), ("Telegram account", "list"), ("Channel Talk, document", "messages")],
)
def test_messages_that_are_no_list_are_told_of(read: Read, name: str, key: str, value: Any) -> None:
    document = json.loads(samples()[name].data)
    (document["chats"] if key == "list" else document)[key] = value
    found = read(json.dumps(document).encode(), "chats")

    assert found.error or found.broken or (key == "chats" and isinstance(value, dict))


def lines_of(places: Iterable[str]) -> set[int]:
    return {int(place.rsplit(":", 1)[1]) for place in places}


@pytest.mark.parametrize("name", LINES)
def test_a_damaged_line_costs_no_other(read: Read, name: str) -> None:
    sample, rng = samples()[name], random.Random(3)
    lines = sample.data.decode().splitlines()
    for number, line in enumerate(lines, 1):
        for _ in range(6):
            damaged = odd_put_in(line.encode(), rng).decode(errors="ignore").translate({10: " ", 13: " "})
            found = read("\n".join([*lines[: number - 1], damaged, *lines[number:], ""]).encode(errors="ignore"), sample.kind)
            told = lines_of(found.broken) | ({number} & lines_of(found.places))  # a message without text, where its field lost its name
            told |= {number} if number - 1 in told or (number == 1 and "KakaoTalk" in name) else set()  # of the row above; a room's title
            for other, whole in enumerate([*lines[: number - 1], damaged, *lines[number:]], 1):
                lost = [tag for tag in sample.tags if tag in whole and not any(tag in text for text in found.texts)]
                assert not lost or other in told or found.error, (damaged, lost, found.broken)
            assert not found.error or number == 1 or "no text" in found.error  # the first line may tell the format, or name the columns


LONG = {"letters": b"x" * 3_000_000, "blanks": b" " * 3_000_000, "brackets": b"[" * 100_000, "objects": b'{"a":' * 100_000}


@pytest.mark.parametrize("long", LONG)
@pytest.mark.parametrize("name", TEXTS)
def test_megabytes_on_one_line(read: Read, name: str, long: str) -> None:
    sample = samples()[name]
    at = sample.data.index(sample.tags[4].encode())
    found = read(sample.data[:at] + LONG[long] + sample.data[at:], sample.kind)

    assert sample.tags[-1] in "".join(found.texts) or found.broken or found.error


MEGABYTE = 1_000_000
TRAPS = {
    "dates of a day that never comes": (
        "KakaoTalk on Windows",
        "\n[Mina] [오전 10:07] 점",
        "\n----- " + "2026년 4월 1일 " * (MEGABYTE // 18),
    ),
    "people who invite people": ("KakaoTalk on Windows", "\n[Mina] [오전 10:07] 점", "\n" + "님이 a님을 " * (MEGABYTE // 15)),
    "photos left out without end": ("WhatsApp on Android", "Is the green", "<미디어" + "제외" * (MEGABYTE // 6)),
    "notes on encryption": (
        "WhatsApp on Android",
        "Is the green",
        "Messages and calls are " + "end-to-end encrypted " * (MEGABYTE // 21) + "\n",
    ),
    "colons of no address": ("Slack", "tag05", "<" + ":" * MEGABYTE),
    "summaries that do not close": ("FAQ Markdown, headings", "tag05", "\n\n" + "<summary>\n" * (MEGABYTE // 10)),
    "marks of links": ("FAQ Markdown, headings", "tag05", "![" * MEGABYTE),
    "terms that close too often": ("FAQ web page", "tag05", "</dt><dd>the open tin that the shop takes back" * 30_000),
    "columns without end": ("chat table, CSV", "sender", ",n" * (5 * MEGABYTE)),
    "a column's name without end": ("FAQ table, CSV", "question", "x" * (10 * MEGABYTE)),
    "quotes that never close": ("chat table, CSV", "tag05", '"\n1,"a,' * (MEGABYTE // 8)),
    "broken lines": ("OpenAI messages, lines", '{"messages"', "x\n" * 150_000),
    "numbers that are no messages": ("Slack", "[\n", "[\n" + "5," * (2 * MEGABYTE)),
    "lists of chats in chats": ("Telegram account", '"list": [', '"list": [' + '{"list": [' * 3000),
    "digits": ("Slack", '"thread_ts"', '"n": ' + "9" * 5000 + ', "thread_ts"'),
    "digits in a table": ("chat table, lines", '"role"', '"n": ' + "9" * 5000 + ', "role"'),
    "words that are no messages": ("chat table, lines", '{"conversation_id": 2', "null " * (3 * MEGABYTE)),
    "text read in a wrong encoding": ("chat table, CSV", "tag05", "ì•ˆë…• " * MEGABYTE),
}
"""What once took minutes or no end: where it goes in a sample."""


@pytest.mark.parametrize("trap", TRAPS)
def test_what_takes_long_to_understand_is_over_soon(read: Read, trap: str) -> None:
    name, place, text = TRAPS[trap]
    sample = samples()[name]
    assert place.encode() in sample.data
    found = read(sample.data.replace(place.encode(), text.encode(), 1), sample.kind)

    assert found.error or found.broken or sample.tags[-1] in "".join(found.texts)


def test_brackets_of_no_pair_in_a_list_of_one_line(read: Read) -> None:
    rows = json.dumps(json.loads(samples()["Slack"].data), ensure_ascii=False)
    found = read(rows.replace('"text": "Is', "[" * 100_000 + "}" * 100_000 + "]" * 100_000).encode(), "chats")

    assert found.broken
    assert "tag12" in "".join(found.texts) or "nothing follows" in "".join(found.broken.values())


def test_megabytes_of_bytes_that_are_no_letters(read: Read) -> None:
    assert read(b"abc" + b"\xb2" * 10_000_000, "chats").error
    found = read(ROOM + b"\xa1" * 10_000_000, "chats")
    assert found.error or "tag12" in "".join(found.texts)


@pytest.mark.parametrize("odd", ["\x00", "\x01", "&#1;", "\x7f", "\ufffe", "\ud83d\ude00", "&#xD800;", "</template>"])
def test_odd_letters_of_a_web_page(read: Read, odd: str) -> None:
    page = f"<html><h2>a{odd}</h2><details><summary>why{odd}?</summary>{odd}here<p>{odd}there</p>{odd}</details>{odd}</html>" + " " * 900
    found = read(page.encode(errors="surrogatepass"), "faq")

    assert all(word in "".join(found.texts) for word in ("why", "here", "there"))


def test_json_of_a_web_page_is_as_deep_as_it_may_be(read: Read) -> None:
    for depth in (10, 300, 980, 3000):
        question = {"@type": "Question", "acceptedAnswer": {"text": "here \ud800"}, "name": "NAME"}
        page = json.dumps(question).replace('"NAME"', "[" * depth + '"why?"' + "]" * depth)
        found = read(f'<html><script type="application/ld+json">{page}</script></html>'.encode(), "faq")
        assert found.broken or "here \ufffd" in found.texts


@pytest.mark.parametrize("name", JSON)
@pytest.mark.parametrize("opened", ["[", '{"text":', '{"blocks":[', '{"a":[', '[{"list":'])
def test_values_nested_to_any_depth(read: Read, name: str, opened: str) -> None:
    sample = samples()[name]
    closed = "".join({"[": "]", "{": "}"}.get(mark, "") for mark in reversed(opened))
    for depth in (90, 400, 480, 490, 950, 990, 3000):
        for old in (b'"' + sample.tags[5].encode(), b'"' + sample.data.split(b'"')[3]):
            at = sample.data.find(old) if old in sample.data else sample.data.rindex(b'"', 0, sample.data.index(sample.tags[5].encode()))
            end = sample.data.index(b'"', at + 1) + 1
            read(sample.data[:at] + (opened * depth + "1" + closed * depth).encode() + sample.data[end:], sample.kind)


@pytest.mark.parametrize("kind", ["chats", "faq"])
@pytest.mark.parametrize(
    "data", [b"", b" ", b"\n\n \t\n", b"\xef\xbb\xbf", b"\xff\xfe", b"\0" * 99, b"{", b"[", b"[]", b"{}", b"null", b'"', b"<html><dl></dl>"]
)
def test_files_of_next_to_nothing(read: Read, kind: str, data: bytes) -> None:
    found = read(data, kind)

    assert not found.texts
    assert found.error or found.broken or data == b"[]"


def zipped(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def nested(data: bytes, depth: int) -> bytes:
    return zipped({"in.zip": nested(data, depth - 1)}) if depth else data


ENCRYPTED = bytearray(zipped({"a.txt": ROOM}))
for header, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
    ENCRYPTED[ENCRYPTED.index(header) + offset] |= 1
ARCHIVES = {
    "out of the archive": (zipped({"../../a.txt": ROOM}), "leads out of the archive"),
    "an absolute name": (zipped({"/etc/a.txt": ROOM}), "leads out of the archive"),
    "nine archives deep": (nested(ROOM, 9), "archives inside archives"),
    "encrypted": (bytes(ENCRYPTED), "encrypted"),
    "gz cut in the middle": (gzip.compress(random.Random(1).randbytes(5000))[:2500], "damaged archive"),
    "zip cut in the middle": (zipped({"a.txt": ROOM})[:-100], "damaged archive"),
    "a bomb": (zipped({"a.txt": b"0" * (20 << 20)}), "unpacks to more than"),
    "a bomb in a bomb": (nested(gzip.compress(b"0" * (20 << 20)), 2), "unpacks to more than"),
    "a member without a name": (zipped({"aa": b"\0\1" * 99}).replace(b"aa", b"\0a"), "no text"),
    "no file at all": (zipped({"a/": b""}), "empty archive"),
    "a name that commands the terminal": (zipped({"\x1b[2J\n.bin": b"\0\1" * 99}), "no text"),
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_archives_that_cannot_be_read(write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    data, why = ARCHIVES[name]
    monkeypatch.setattr(archives, "FREE", 1 << 20)
    write("export.zip", "").write_bytes(data)
    before = set(Path().rglob("*"))
    with limited(LIMIT), inputs() as opened:
        try:
            assert list(read_chats(Reading(opened), ["export.zip"], ["Agent"], {})) == []
            told = [f"{path}: {reason}" for path, reason in opened.skipped]
        except UserError as error:
            told = [str(error)]

    assert [why in line and line.startswith("export.zip") and line.isprintable() for line in told] == [True]
    assert set(Path().rglob("*")) == before


def test_what_lies_beside_an_export_is_told_and_costs_nothing(write: Callable[..., Path]) -> None:
    write("in/room.txt", "").write_bytes(ROOM)
    write("in/logo.png", "").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    Path("in/broken").symlink_to("nowhere")
    Path("in/loop").symlink_to("loop")
    Path("in/unreadable").symlink_to("/proc/self/mem")
    os.mkfifo("in/pipe")
    odd = b"in/" + "대화".encode("cp949") + b".bin"
    Path(os.fsdecode(odd)).write_bytes(b"\0\1\2")
    with limited(LIMIT), inputs() as opened:
        texts = "".join(turn.text for one in read_chats(Reading(opened), ["in"], ["Agent"], {}) for turn in one.turns)

    assert "tag12" in texts
    assert [path for path, _ in opened.skipped] == [*("in/broken", "in/logo.png", "in/loop", "in/pipe", "in/unreadable", "in/대화.bin")]
    assert all("; expected" in reason or "a pipe" in reason for _, reason in opened.skipped)


@pytest.mark.parametrize("path", ["in/pipe", "in/broken", "x" * 5000, "in/nothing\0"])
def test_what_is_no_file_ends_in_a_line(write: Callable[..., Path], path: str) -> None:
    write("in/room.txt", "hello")
    os.mkfifo("in/pipe")
    Path("in/broken").symlink_to("nowhere")
    with limited(LIMIT), inputs() as opened, pytest.raises(UserError, match=r"; expected a (file|source)"):
        list(read_chats(Reading(opened), [path], ["Agent"], {}))


@pytest.mark.parametrize("name", ["KakaoTalk on Windows", "Channel Talk, lines", "chat table, XLSX", "chat table, CSV"])
def test_a_file_that_vanishes_ends_in_a_line(write: Callable[..., Path], name: str) -> None:
    for number in (1, 2):
        write(f"{number}.txt", "").write_bytes(samples()[name].data)
    with inputs() as opened, pytest.raises(UserError, match=r"^2\.txt(:1)?: .*No such file.*; expected .*; "):
        for _ in read_chats(Reading(opened), ["1.txt", "2.txt"], ["Agent"], {}):
            Path("2.txt").unlink(missing_ok=True)


def test_a_file_that_vanishes_while_it_is_known(source: Callable[..., Source]) -> None:
    file = source("hello")
    assert file.head == "hello"
    file.file.unlink()
    for read_on in (file.lines, file.chunks):
        with pytest.raises(UserError, match=r"^input\.txt: cannot be read \(No such file"):
            list(read_on())


@pytest.mark.parametrize("cell", ["_xD800_", "=1/0", 1e300, True, "\u202e\u200bx", "<b>", "x" * 32_000, -1])
def test_odd_cells_of_a_workbook(read: Read, cell: Any) -> None:
    rows: list[tuple[Any, ...]] = [
        ("conversation_id", "role", "text"),
        ("1", "customer", cell),
        ("1", "agent", "here tag01"),
        (cell, cell, cell),
    ]
    found = read(workbook(rows), "chats")

    assert "here tag01" in found.texts


COMMANDS = {
    "rows": (ROOM, 0),
    "rows beside a broken line": (samples()["OpenAI messages, lines"].data + b'{"messages": [[[\n', 0),
    "nothing": (b"", 2),
    "a binary": (bytes(range(256)), 2),
    "a deep document": (b'{"messages":' + b"[" * 100_000, 2),
    "cut archives": (b"\x1f\x8b cut", 2),
    "numbers that are none": (b'{"conversation_id": NaN, "text": 1e999, "name": "Agent"}', 0),
    "half a workbook": (samples()["chat table, XLSX"].data[:2000], 2),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_command_ends_with_rows_or_with_one_line(write: Callable[..., Path], name: str) -> None:
    data, code = COMMANDS[name]
    write("export", "").write_bytes(data)
    command = [sys.executable, "-m", "data_tools.read", "export", "--agent", "Agent"]
    done = subprocess.run(command, env={"PYTHONPATH": str(ROOT), "PATH": ""}, capture_output=True, text=True, check=False, timeout=60)

    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    if code:
        assert done.stdout == ""
        assert done.stderr.startswith("error: export") and done.stderr.count("\n") == 1
    else:
        assert [json.loads(line)["turns"] for line in done.stdout.splitlines()]


def test_each_chat_of_an_account_is_a_room_of_its_own(write: Callable[..., Path]) -> None:
    """Messages of one minute in two chats are two conversations."""
    message = {"type": "message", "date": "2026-04-01T10:00:00", "from_id": "user1", "text_entities": []}
    chats = [
        {
            "name": name,
            "type": "personal_chat",
            "id": number,
            "messages": [{**message, "from": who, "text": f"{who} to {name}"} for who in people],
        }
        for number, (name, people) in enumerate({"Kai": ("Kai", "Agent"), "Lou": ("Lou", "Agent")}.items())
    ]
    write("all.json", json.dumps({"personal_information": {"user_id": 1}, "chats": {"list": chats}}))
    with inputs() as opened:
        found = list(read_chats(Reading(opened), ["all.json"], ["Agent"], {}))

    assert [[turn.text for turn in one.turns] for one in found] == [["Kai to Kai", "Agent to Kai"], ["Lou to Lou", "Agent to Lou"]]


def test_lines_of_inner_objects_can_be_left_out(source: Callable[..., Source]) -> None:
    rows = [{"a": [{"n": number}]} for number in range(3)]
    file = source(json.dumps(rows, indent=2))
    lines, without = list(read_json(file)), list(read_json(file, inner=False))

    assert lines == without == [Record(2 + 7 * number, row) for number, row in enumerate(rows)]
    assert [line_of(one.value["a"][0], 0) for one in lines if isinstance(one, Record)] == [4, 11, 18]
    assert not any(isinstance(one.value, Located) for one in without if isinstance(one, Record))


def test_escaped_korean_is_not_looked_through_for_halves_of_letters() -> None:
    assert not HALF.search(json.dumps("".join(map(chr, range(ord("가"), ord("힣") + 1)))))
    assert HALF.search(json.dumps("😀"))
