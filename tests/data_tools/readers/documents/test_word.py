"""Word documents that LibreOffice and pandoc wrote."""

from pathlib import Path

from data_tools.readers.documents import word
from data_tools.sources.text import read_source

FILES = Path(__file__).parent / "files"


def read(name):
    source = read_source(FILES / name, name)
    assert word.looks_like(source)
    return list(word.read(source))


def test_written_by_libreoffice():
    found = read("handbook.docx")

    assert {record.origin.title for record in found} == {"Pebble & Pine Customer Handbook"}
    headings = [record.origin.heading for record in found if record.passage]
    assert headings == ["", "Returns", "Repairs", "Workshops", "Membership > What it costs", "Privacy"]
    assert [record.questions[0] for record in found if not record.passage] == ["How long does a membership last?"]
    assert found[1].answers[0].startswith("This handbook says what you can expect of us"), "the title is no passage"


def test_written_by_pandoc():
    entry, text = read("members.docx")

    assert (entry.questions, entry.passage) == (("Can I keep it longer?",), False)
    assert entry.answers == ("Yes, for 9 pounds a night.\nTent | Persons | Deposit\nHeron | 2 | £50\nOsprey | 4 | £80",)
    assert text.origin.title == "Members’ handbook" and text.origin.heading == "Borrowing a tent"
