"""Presentations that LibreOffice wrote: titles, tables, notes and hidden slides."""

import zipfile
from pathlib import Path

import pytest

from data_tools.readers.documents import slides
from data_tools.readers.records import FaqRecord, LeftOut
from data_tools.sources.text import read_source
from frontdesk.errors import UserError

FILES = Path(__file__).parent / "files"


def read(path):
    source = read_source(path, path.name)
    assert slides.looks_like(source)
    return list(slides.read(source))


def test_slides_have_their_titles_and_numbers():
    found = read(FILES / "briefing.pptx")
    said = {(record.origin.page, record.origin.heading): record.answers[0] for record in found if isinstance(record, FaqRecord)}

    assert said == {
        ("1", "Spring sale 2026"): "What customers will ask",
        ("2", "Discounts"): "Tents: 20 percent off from 4 to 18 April\nStoves: 15 percent off\ngas is never discounted",
        ("3", "Opening hours during the sale"): "Day | Hours\nSaturday 4 April | 8:00 to 20:00\nEaster Monday | closed",
        ("4", "Can sale items be returned?"): "Yes, within 14 days, for store credit only.",
    }
    assert [record.passage for record in found if isinstance(record, FaqRecord) and record.origin.page == "4"] == [False]
    assert found[-1] == LeftOut("hidden slide", 1)
    assert "June" not in repr(found), "notes are for who presents"


def test_one_that_is_broken_or_unpacks_to_too_much(tmp_path, monkeypatch):
    path = tmp_path / "broken.pptx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("ppt/presentation.xml", "<p:presentation")
    with pytest.raises(UserError, match=r"broken\.pptx:1: found a presentation that cannot be read .*; expected one without a password"):
        read(path)
    monkeypatch.setattr(slides, "UNPACKED", 1000)
    with pytest.raises(UserError, match=r"briefing\.pptx:1: found a document that unpacks to 0 MB; expected at most 0 MB"):
        read(FILES / "briefing.pptx")
