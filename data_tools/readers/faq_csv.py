"""FAQ as CSV: a header in English or Korean, and one pair of question and answer a row.

Rows with one id are one entry: a blank answer adds a wording of the question, a blank question a wording of the answer.
Facts are parted by `;`. Columns with other names are ignored.
"""

from data_tools.faq import FaqRecord
from data_tools.source import Source
from data_tools.tables import find_column, read_csv, text_of
from frontdesk.errors import UserError

COLUMNS = {
    "question": ("question", "questions", "q", "질문", "질문내용", "문의", "문의내용"),
    "answer": ("answer", "answers", "a", "답변", "답변내용", "답"),
    "id": ("id", "faqid", "번호"),
    "category": ("category", "분류", "카테고리"),
    "subject": ("subject", "대상", "주제"),
    "facts": ("facts", "fact"),
}


def looks_like(source: Source) -> bool:
    """Whether the file is text that does not begin as JSON or a web page does."""
    return bool(source.start) and not source.start.startswith(("{", "[", "<"))


def read(source: Source) -> list[FaqRecord]:
    """One record for each row. Raises UserError for a missing column or a broken row."""
    header, rows = read_csv(source)
    columns = {field: find_column(header, names) for field, names in COLUMNS.items()}
    for field in ("question", "answer"):
        if columns[field] is None:
            raise UserError(
                f"{source.at(1)}: found the columns {', '.join(header)}; expected one for the {field}, called "
                f"{', '.join(COLUMNS[field])}; rename the column"
            )

    records = []
    for line, values in rows:
        cells = {field: text_of(values[column]) if column is not None else "" for field, column in columns.items()}
        records.append(
            FaqRecord(
                source.at(line),
                cells["id"],
                cells["category"],
                cells["subject"],
                _present(cells["question"]),
                _present(cells["answer"]),
                tuple(fact.strip() for fact in cells["facts"].split(";") if fact.strip()),
            )
        )
    return records


def _present(text: str) -> tuple[str, ...]:
    return (text,) if text else ()
