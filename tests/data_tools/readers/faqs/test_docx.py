"""The FAQ as a Word document: headings, paragraphs, tables, and broken files."""

import zipfile

import docx
import pytest
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from data_tools.readers.faqs import docx as faq_docx
from data_tools.readers.records import FaqRecord
from data_tools.sources.text import read_source
from frontdesk.errors import UserError


@pytest.fixture
def read(tmp_path):
    """The pairs of a document that a function fills, each a category, question, answer and line."""

    def records(fill):
        document = docx.Document()
        fill(document)
        document.save(tmp_path / "faq.docx")
        opened = read_source(tmp_path / "faq.docx", "faq.docx")
        assert faq_docx.looks_like(opened)
        return [
            (record.category, *record.questions, *record.answers, record.source.removeprefix("faq.docx:"))
            for record in faq_docx.read(opened)
            if isinstance(record, FaqRecord)
        ]

    return records


def bold(document, text, below=""):
    paragraph = document.add_paragraph()
    paragraph.add_run(text).bold = True
    if below:
        paragraph.add_run(below)


def test_headings_and_what_stands_below(read):
    def fill(document):
        document.add_heading("Help", 0)
        document.add_paragraph("Hello.")
        document.add_heading("Orders", 1)
        document.add_heading("When?", 2)
        document.add_paragraph("At nine.")
        document.add_paragraph("by post", style="List Bullet")
        document.add_paragraph("")
        document.add_heading("Opening hours", 2)
        document.add_paragraph("Nine to five.\nNot on Sundays.")

    assert read(fill) == [
        ("Orders", "When?", "At nine.\n- by post", "4"),
        ("Orders", "Opening hours", "Nine to five.\nNot on Sundays.", "8"),
    ]


def test_questions_in_bold_and_with_marks(read):
    def fill(document):
        document.add_paragraph("Q. When?")
        document.add_paragraph("A. At nine.")
        bold(document, "Why?")
        document.add_paragraph("So.")
        bold(document, "How?", "\nThus.")
        document.add_paragraph("질문: 언제 와요?", style="List Number")
        document.add_paragraph("답변: 내일 와요.")

    assert read(fill) == [
        *(("", "When?", "At nine.", "1"), ("", "Why?", "So.", "3"), ("", "How?", "Thus.", "5"), ("", "언제 와요?", "내일 와요.", "6")),
    ]


def test_a_style_may_be_bold(read):
    def fill(document):
        document.styles.add_style("Asked", 1).font.bold = True
        document.add_paragraph("When?", style="Asked")
        document.add_paragraph("At nine.")
        document.add_paragraph().add_run("Why?", style="Strong")
        document.add_paragraph("So?")

    assert read(fill) == [("", "When?", "At nine.", "1"), ("", "Why?", "So?", "3")]


def test_tables_with_columns_for_question_and_answer(read):
    def fill(document):
        document.add_heading("Orders", 1)
        first = [("No", "질문", "답변"), ("1", "When?", "At nine."), ("2", "Why?", ""), ("", "", "")]
        for rows in (first, [("Category", "Q", "A"), ("c", "How?", "So.")]):
            table = document.add_table(0, 3)
            for row in rows:
                for cell, text in zip(table.add_row().cells, row, strict=True):
                    cell.text = text

    assert read(fill) == [("Orders", "When?", "At nine.", "3"), ("Orders", "Why?", "4"), ("c", "How?", "So.", "7")]


def test_other_tables_are_lines_of_the_answer_or_questions_by_their_first_cell(read):
    def fill(document):
        document.add_heading("What does it cost?", 1)
        for rows in ([("Small", "3"), ("Large", "5")], [("Q", "When?"), ("A", "At nine.")], [("Q. Why?", "A. So.")]):
            table = document.add_table(0, 2)
            for row in rows:
                for cell, text in zip(table.add_row().cells, row, strict=True):
                    cell.text = text
            document.add_paragraph()

    assert [record[1:] for record in read(fill)] == [
        *(("What does it cost?", "Small | 3\nLarge | 5", "1"), ("When?", "At nine.", "5"), ("Why?", "So.", "8")),
    ]


def test_links_and_changes_are_read_as_they_show(read):
    def fill(document):
        document.add_heading("When?", 1)
        paragraph = document.add_paragraph("See ")
        link = document.part.relate_to("https://shop.example/map", RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
        space = nsdecls("w", "r")
        paragraph._p.append(parse_xml(f'<w:hyperlink {space} r:id="{link}"><w:r><w:t>the map</w:t></w:r></w:hyperlink>'))
        paragraph._p.append(parse_xml(f'<w:ins {space} w:id="1"><w:r><w:t xml:space="preserve"> now</w:t></w:r></w:ins>'))
        paragraph._p.append(parse_xml(f'<w:del {space} w:id="2"><w:r><w:delText> later</w:delText></w:r></w:del>'))
        boxed = "<w:p><w:r><w:t>In a field.</w:t></w:r></w:p>"
        paragraph._p.addnext(parse_xml(f"<w:sdt {space}><w:sdtContent>{boxed}</w:sdtContent></w:sdt>"))

    assert read(fill) == [("", "When?", "See the map (https://shop.example/map) now\nIn a field.", "1")]


def test_a_document_without_questions_is_refused(read):
    with pytest.raises(UserError, match=r"faq\.docx:1: found no question; expected headings or lines"):
        read(lambda document: document.add_paragraph("Hello."))


def test_a_broken_document_is_one_line(read, tmp_path):
    read(lambda document: bold(document, "When?"))
    with zipfile.ZipFile(tmp_path / "faq.docx") as whole, zipfile.ZipFile(tmp_path / "torn.docx", "w") as torn:
        for part in whole.namelist():
            torn.writestr(part, whole.read(part)[:300] if part == "word/document.xml" else whole.read(part))

    with pytest.raises(UserError, match=r"torn\.docx:1: found a Word document that cannot be read \(.*\); expected one without") as told:
        list(faq_docx.read(read_source(tmp_path / "torn.docx")))
    assert "\n" not in str(told.value)


def test_a_document_that_unpacks_to_too_much_is_not_opened(read, monkeypatch):
    monkeypatch.setattr(faq_docx, "UNPACKED", 1000)

    with pytest.raises(UserError, match=r"faq\.docx:1: found a document that unpacks to"):
        read(lambda document: bold(document, "When?"))


@pytest.mark.parametrize("text", ["Q. When?\n", "", "question,answer\n"])
def test_other_formats_are_left_alone(source, text):
    assert not faq_docx.looks_like(source(text))
