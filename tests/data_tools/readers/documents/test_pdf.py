"""PDFs that other programs wrote: order of reading, tables, headings, what runs along the pages, and what cannot be read."""

from pathlib import Path

import pytest

from data_tools.readers.documents import pdf
from data_tools.readers.records import FaqRecord
from data_tools.sources.json_stream import Broken
from data_tools.sources.text import read_source
from frontdesk.errors import UserError

FILES = Path(__file__).parent / "files"


def read(name):
    source = read_source(FILES / name, name)
    assert pdf.looks_like(source)
    return list(pdf.read(source))


def texts(found):
    return {record.origin.heading: record.answers[0] for record in found}


def test_two_columns_are_read_one_after_the_other():
    found = read("handbook.pdf")
    headings = [record.origin.heading for record in found if record.passage]

    assert headings == ["", "Returns", "Repairs", "Workshops", "Membership > What it costs", "Privacy"]
    assert {record.origin.title for record in found} == {"Pebble & Pine Customer Handbook"}
    said = texts(found)
    assert "You get a message when the item is ready, and we keep it for eight weeks without charge." in said["Repairs"], (
        "into the next column"
    )
    assert said["Returns"].count("\n") == 1, "a line a paragraph"


def test_what_runs_along_the_pages_is_dropped():
    said = "\n".join(record.answers[0] for record in read("handbook.pdf"))

    assert "Outdoor Ltd" not in said and "Edition of spring" not in said and "page 1" not in said


def test_a_heading_that_asks_is_an_entry_and_no_passage():
    entries = [record for record in read("handbook.pdf") if not record.passage]

    assert [record.questions for record in entries] == [("How long does a membership last?",)]
    assert entries[0].answers == ("It lasts twelve months from the day on which you paid, and ends by itself.",)
    assert entries[0].origin.page == "2" and entries[0].source == "handbook.pdf:2"
    assert "twelve months" not in " ".join(record.answers[0] for record in read("handbook.pdf") if record.passage)


def test_tables_with_lines_and_without():
    said = texts(read("fees.pdf"))

    assert said["Delivery > Fees by weight"].split("\n") == [
        "Weight | Scotland | Rest of the UK | Europe",
        "up to 2 kg | £3.20 | £4.10 | £11.50",
        "up to 5 kg | £4.80 | £5.90 | £16.00",
        "up to 15 kg | £7.40 | £9.20 | £28.00",
        "tents and poles over 90 cm long | £9.00 | £12.50 | not sent; collect at the shop",
        "Orders above £60 are sent free of charge within the UK.",
    ]
    assert said["Opening hours"].split("\n") == [
        "Monday to Friday | 9:30 to 18:00",
        "Saturday | 9:30 to 17:00",
        "Sunday | closed",
        "25 and 26 December | closed",
        "The workshop opens at 10:00.",
    ]


def test_korean_lines_are_joined_within_words():
    said = texts(read("fees.pdf"))

    assert "반품할 때에는 왕복 배송비" in said["교환 및 반품 안내"]
    assert said["교환 및 반품 안내 > 멤버십은 어떻게 해지하나요?"].endswith("사흘 안에 환불됩니다.")


def test_justified_columns_without_a_title():
    found = read("ferry.pdf")
    said = " ".join(record.answers[0] for record in found)

    assert {record.origin.title for record in found} == {"ferry"}
    assert list(dict.fromkeys(record.origin.heading for record in found))[:3] == [
        "Article about boat", "Article about ferry", "Article about ticket",
    ]  # fmt: skip
    numbers = [f"number {article + more}-{sentence}" for article in range(9) for more in (0, 100) for sentence in range(12)]
    places = [said.index(number) for number in numbers]
    assert places == sorted(places), "every sentence, in order"
    assert "Age | Fare\nAdult | £12\nChild | £6\nDog | £3" in "\n".join(record.answers[0] for record in found)
    assert "Northwater" not in said and "Conditions of carriage" not in said


def test_pages_that_lie_on_their_side():
    found = read("turned.pdf")

    assert [record.origin.heading for record in found] == [f"Turned by {turn}" for turn in (90, 180, 270)]
    text = "A page that lies on its side holds a wide table of fees. Its lines are read as they are shown.\nTent | £5\nPole | £9"
    assert {record.answers[0] for record in found} == {text}


def test_pages_that_are_pictures_are_named():
    first, broken = sorted(read("partly.pdf"), key=lambda item: isinstance(item, Broken))

    assert isinstance(first, FaqRecord) and first.answers[0].startswith("The letter on the next pages")
    assert broken == Broken(2, "found no text layer on the pages 2 to 3; expected text; run an OCR program on it if they are scans")
    with pytest.raises(UserError, match=r"scan\.pdf:1: found 3 pages without a text layer, such as a scan; expected text; run an OCR"):
        read("scan.pdf")


def test_a_password():
    with pytest.raises(UserError, match=r"locked\.pdf:1: found a PDF with a password; expected one without; save it"):
        read("locked.pdf")
    assert any(isinstance(item, FaqRecord) for item in read("printonly.pdf"))


def test_a_broken_file(tmp_path):
    path = tmp_path / "broken.pdf"
    path.write_bytes((FILES / "tea.pdf").read_bytes()[:900])

    with pytest.raises(UserError, match=r"found a PDF that cannot be read .*; expected .*; save it anew"):
        list(pdf.read(read_source(path)))


def test_too_many_pages(monkeypatch):
    monkeypatch.setattr(pdf, "MOST_PAGES", 2)
    with pytest.raises(UserError, match=r"ferry\.pdf:1: found 3 pages; expected at most 2; split the document"):
        read("ferry.pdf")


@pytest.mark.parametrize(
    ("text", "more", "joined"),
    [
        ("the ware-", "house in Leith", "the warehouse in Leith"),
        ("from 9-", "18 o'clock", "from 9- 18 o'clock"),
        ("open on Mon-", "Fri", "open on Mon- Fri"),
        ("반품할 때", "에는 고객이", "반품할 때에는 고객이"),
        ("상품을", "받은 날", "상품을 받은 날"),
    ],
)
def test_lines_are_joined(text, more, joined):
    assert pdf._joined(text, more) == joined
