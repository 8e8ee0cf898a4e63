"""Encodings, damage and how it is fixed, line ends, memory, and files that are no text."""

import codecs
import random
import tracemalloc
import unicodedata

import pytest

from data_tools.sources.text import fix_text, read_source
from frontdesk.errors import UserError

KOREAN = "질문,답변\n배송은 얼마나 걸리나요?,2일 안에 도착합니다.\n대구 가게가 가장 가까운가요?,관악점이 더 가깝습니다.\n"
ENCODINGS = {
    "utf-8": "utf-8",
    "utf-8-sig": "utf-8",
    "utf-16": "utf-16",
    "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be",
    "utf-32": "utf-32",
    "cp949": "cp949",
}


def whole(read):
    """The text as `lines` gives it, which must be what `chunks` gives."""
    lines = "\n".join(read.lines())
    assert "".join(read.chunks()).removesuffix("\n") == lines
    return lines


@pytest.mark.parametrize(("encoding", "named"), ENCODINGS.items())
def test_korean_is_read_in_each_encoding(source, encoding, named):
    read = source(KOREAN, encoding=encoding)

    assert whole(read) == KOREAN.removesuffix("\n")
    assert read.head == KOREAN
    assert (read.encoding, read.damaged) == (named, 0)


def test_big_endian_with_its_mark(write):
    path = write("a.txt", "")
    path.write_bytes(codecs.BOM_UTF16_BE + KOREAN.encode("utf-16-be"))

    assert whole(read_source(path)) == KOREAN.removesuffix("\n")


@pytest.mark.parametrize(
    "text",
    [
        "question,answer\nWhere’s the menu?,It’s here.\n",
        "Straße, Ärger, Übermut\n",
        "Order a café crème, s'il vous plaît\n",
        "one é only\n",
    ],
)
def test_western_text_of_windows_is_not_taken_for_korean(source, text):
    read = source(text, encoding="cp1252")

    assert whole(read) == text.removesuffix("\n")
    assert (read.encoding, read.damaged) == ("cp1252", 0)


def test_korean_after_much_english_is_told(source):
    read = source("order,2\n" * 200_000 + KOREAN, encoding="cp949")

    assert read.encoding == "cp949"
    assert whole(read).endswith(KOREAN.removesuffix("\n"))


def test_an_empty_file_is_text(source):
    read = source("")

    assert (list(read.lines()), list(read.chunks()), read.head, read.start, read.size) == ([], [], "", "", 0)


@pytest.mark.parametrize(("encoding", "cut"), [("utf-8", 1), ("utf-8", 2), ("cp949", 1), ("utf-16", 1), ("utf-16-le", 1), ("utf-32", 3)])
def test_a_file_that_was_cut_in_a_letter(write, encoding, cut):
    text = KOREAN + "끝"
    path = write("a.txt", "")
    path.write_bytes(text.encode(encoding)[:-cut])
    read = read_source(path)

    assert read.damaged == 1
    assert whole(read) == text[:-1] + "\ufffd"


@pytest.mark.parametrize("encoding", ["utf-8", "cp949"])
def test_a_few_broken_bytes_are_counted(write, encoding):
    path = write("a.txt", "")
    path.write_bytes((KOREAN * 20).encode(encoding) + b"\xff\n" + (KOREAN * 20).encode(encoding) + b"\xff\n")
    read = read_source(path)

    assert (read.encoding, read.damaged) == (encoding, 2)
    assert whole(read).count("\ufffd") == 2


def test_what_was_lost_before_is_counted_and_stays(source):
    text = "pay with caf\ufffd card\ncr\ufffdme\nna\ufffdve\n"
    read = source(text)

    assert (read.encoding, read.damaged) == ("utf-8", 3)
    assert whole(read) == text.removesuffix("\n")


def test_a_stray_zero_byte_does_not_make_text_utf16(source):
    assert source("hello\0there, " * 3 + KOREAN * 5).encoding == "utf-8"


def noise(size):
    return random.Random(3).randbytes(size)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(noise(50_000), id="noise"),
        pytest.param(noise(1000).replace(b"\0", b"\1"), id="noise without zero bytes"),
        pytest.param(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + noise(3000), id="picture"),
        pytest.param(b"SQLite format 3\0" + bytes(4000) + b"name TEXT, id INT" * 20, id="database"),
        pytest.param(
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "통합문서".encode("utf-16-le") * 20 + noise(900), id="old workbook"
        ),
        pytest.param(codecs.BOM_UTF16_LE + noise(5001), id="noise with a mark"),
    ],
)
def test_what_is_no_text_is_refused_with_what_to_do(write, content):
    path = write("faq.bin", "")
    path.write_bytes(content)

    with pytest.raises(UserError, match=r"^faq\.bin: found bytes that are no text; expected text in UTF-8.*; save it as CSV"):
        read_source(path)


def test_what_cannot_be_opened_is_the_users_mistake(write):
    folder = write("chats/a.txt", "x").parent

    with pytest.raises(UserError, match=r"^chats: cannot be read .*; expected a readable text file; "):
        read_source(folder)


SAID = [
    "배송은 얼마나 걸리나요?",
    "네",
    "iPhone 15 배송 됬나요",
    "ㅋㅋㅋ",
    "ㅠㅠ",
    "감사합니다^^ 넵",
    "환불 요청드립니다…",
    "[홍길동] [오후 3:15] 네",
]


@pytest.mark.parametrize("wrong", ["latin-1", "sloppy-windows-1252"])
@pytest.mark.parametrize("text", [*SAID, "café", "It’s “ok”", "Übung", "😀 thanks"])
def test_utf8_that_was_read_as_western_is_fixed(text, wrong):
    import ftfy.bad_codecs  # noqa: F401  has that name for cp1252

    assert fix_text(text.encode().decode(wrong)) == text


@pytest.mark.parametrize("wrong", ["latin-1", "sloppy-windows-1252"])
@pytest.mark.parametrize("text", SAID)
def test_cp949_that_was_read_as_western_is_fixed(text, wrong):
    import ftfy.bad_codecs  # noqa: F401

    assert fix_text(text.encode("cp949").decode(wrong)) == text


def test_what_was_read_wrongly_twice_is_fixed():
    assert fix_text("배송은 언제?".encode().decode("latin-1").encode().decode("latin-1")) == "배송은 언제?"


@pytest.mark.parametrize(
    "text",
    [
        *("déjà vu", "It’s “ok”…", "Ärger", "€5–€6", "CAFÉ’S MENU", "CAFÉ…", "RECLAMAÇÃO", "«Ça va»…", "25°–30°", "naïve – café”…"),
        *("Müüdud", "½×½", "배송 “오늘”… 되나요?", "가격은 €5–€6", "ok", ""),
    ],
)
def test_innocent_text_stays(text):
    assert fix_text(text) == text


def test_fixed_lines_are_counted(source):
    wrong = "배송은 언제?".encode().decode("latin-1")
    read = source(f"{wrong}\nplain\n가격\n{unicodedata.normalize('NFD', '가격')}\ncafé\n{wrong}\n")

    assert list(read.lines()) == ["배송은 언제?", "plain", "가격", "가격", "café", "배송은 언제?"]
    assert read.fixed == 2
    assert read.head.startswith("배송은 언제?\nplain")


def test_line_ends_and_letters_are_unified(source):
    read = source(unicodedata.normalize("NFD", "가\r\n나\r다\n라"))

    assert list(read.lines()) == ["가", "나", "다", "라"]
    assert read.head == "가\n나\n다\n라"
    assert "".join(read.chunks()).count("\n") == 3


def test_only_line_ends_end_lines(source):
    assert list(source("a\x85b\u2028c\x0bd\x0ce\n").lines()) == ["a\x85b\u2028c\x0bd\x0ce"]


def test_the_first_line_that_is_not_blank(source):
    read = source("\n  \nhello\nthere")

    assert (read.start, read.first_line, read.at(3)) == ("hello", 3, "input.txt:3")


def test_the_head_can_be_forgotten(source):
    read = source(KOREAN)
    before = read.head
    read.forget()

    assert "head" not in vars(read)
    assert read.head == before
    read.forget()
    read.forget()


@pytest.mark.parametrize("way", ["lines", "chunks"])
def test_memory_does_not_grow_with_the_file(source, way):
    read = source("배송은 얼마나 걸리나요? two days, we think\n" * 400_000)
    tracemalloc.start()
    size = sum(len(piece) + (way == "lines") for piece in getattr(read, way)())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert size == 400_000 * len("배송은 얼마나 걸리나요? two days, we think\n")
    assert peak < 16 << 20 < read.size
    assert read.position == pytest.approx(read.size, rel=0.1)


@pytest.mark.parametrize(("part", "kind"), [("xl/workbook.xml", "xlsx"), ("word/document.xml", "docx"), ("chats.txt", "")])
def test_office_documents_are_told_by_what_is_in_them(write, part, kind):
    from zipfile import ZipFile

    path = write("a.bin", "")
    with ZipFile(path, "w") as archive:
        archive.writestr(part, "x")

    if not kind:
        with pytest.raises(UserError):
            read_source(path)
        return
    read = read_source(path)
    assert (read.encoding, read.head) == (kind, "")


def test_a_document_that_was_cut_off_is_no_text(write):
    path = write("faq.xlsx", "")
    path.write_bytes(b"PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0\xb5\x9d\x81\x8d\x90")

    with pytest.raises(UserError, match=r"faq\.xlsx: found bytes that are no text"):
        read_source(path)
