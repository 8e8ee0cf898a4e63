"""Documents beside the FAQ: what is read, what is left out, and what cannot be read."""

import io
import shutil
import zipfile
from collections import Counter
from contextlib import redirect_stderr
from pathlib import Path

import pytest

from data_tools.faq.load import load_faq
from data_tools.readers.documents import slides
from data_tools.sources.files import inputs
from data_tools.sources.reading import Reading
from frontdesk.config.run import Run
from frontdesk.config.schema import DataConfig
from frontdesk.errors import UserError

FILES = Path(__file__).parents[1] / "readers" / "documents" / "files"
FAQ = '{"id": "a", "question": "Are you open?", "answer": "Both shops are open from 9:30 to 18:00."}\n'


def load(*documents, strict=False):
    dropped, told = Counter(), io.StringIO()
    with inputs() as opened, redirect_stderr(told):
        reading = Reading(opened, strict)
        found = load_faq(reading, DataConfig(faq=("faq.jsonl",), documents=documents), dropped, Run("shop"))
        reading.report_skipped()
    return found, dropped, told.getvalue().splitlines()


@pytest.fixture(autouse=True)
def _faq(write):
    write("faq.jsonl", FAQ)


def test_a_folder_of_all_kinds(write):
    write("docs/page.html", "<!DOCTYPE html><html><body><h1>Care</h1><p>Dry the tent before you store it.</p></body></html>")
    write("docs/style.css", "body { color: black; font-size: 12px; }")
    write("docs/copy.html", "<!DOCTYPE html><html><body><h1>Care</h1><p>Dry the tent before you store it.</p></body></html>")
    write("docs/table.csv", "question,answer\nDo you ship?,Yes.\n")
    Path("docs/picture.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    for name in ("handbook.pdf", "briefing.pptx", "members.docx", "locked.pdf", "scan.pdf", "partly.pdf"):
        shutil.copy(FILES / name, "docs")
    found, dropped, told = load("docs")
    per_file = Counter(entry.source.rsplit(":", 1)[0] for entry in found)

    assert per_file["docs/copy.html"] + per_file["docs/page.html"] == 1
    assert all(per_file[f"docs/{name}"] for name in ("table.csv", "handbook.pdf", "briefing.pptx", "members.docx", "partly.pdf"))
    assert dropped == {"document: part of a web page or a copy": 2, "document: hidden slide": 1}
    assert [line.split(": found")[0] for line in told] == [
        "warning: docs/partly.pdf:2",
        "warning: docs/locked.pdf",
        "warning: docs/scan.pdf",
    ]
    assert {entry.passage for entry in found if entry.source.startswith("docs/table.csv")} == {False}


def test_an_archive_and_a_zip_bomb(write, monkeypatch):
    monkeypatch.setattr(slides, "UNPACKED", 1 << 20)
    with zipfile.ZipFile("all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(FILES / "members.docx", "members.docx")
        archive.write(FILES / "tea.pdf", "tea.pdf")
    with zipfile.ZipFile("bomb.pptx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ppt/presentation.xml", "<p/>")
        archive.writestr("ppt/slides/slide1.xml", bytes(3 << 20))
    found, _, told = load("all.zip", "bomb.pptx")

    assert {entry.source.rsplit(":", 1)[0] for entry in found} == {"faq.jsonl", "all.zip/members.docx", "all.zip/tea.pdf"}
    assert [line.split("; expected")[0] for line in told] == ["warning: bomb.pptx: found a document that unpacks to 3 MB"]


def test_what_is_not_there_or_must_be_whole(write):
    with pytest.raises(UserError, match=r"nowhere: no such file or folder; expected a source named in 'data.documents'"):
        load("nowhere")
    shutil.copy(FILES / "locked.pdf", "locked.pdf")
    with pytest.raises(UserError, match=r"locked\.pdf:1: found a PDF with a password"):
        load("locked.pdf", strict=True)


def test_a_passage_that_says_what_an_entry_says_is_that_entry(write):
    write("faq.jsonl", FAQ.replace('"id": "a", ', ""))
    write("hours.md", "# Hours\n\nBoth shops are open from 9:30 to 18:00.\n")
    [entry], _, _ = load("hours.md")

    assert [wording.text for wording in entry.questions] == ["Are you open?", "Hours"] and not entry.passage


def test_a_pdf_in_the_place_of_the_faq(write):
    shutil.copy(FILES / "tea.pdf", "faq.jsonl")
    with pytest.raises(UserError, match=r"found a document of the kind pdf; expected a FAQ \(.*\); name it in data.documents"):
        load()
