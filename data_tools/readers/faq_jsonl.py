"""FAQ as JSON lines: `{"id", "category", "questions": […], "answers": […], "facts": […]}`.

`question` and `answer` with one text each will do too; id, category, subject and facts may be missing. Inside one fact, `|`
parts alternatives.
"""

from typing import Any

from data_tools.faq import FaqRecord
from data_tools.source import Source
from data_tools.tables import Record, read_json, text_of
from frontdesk.errors import UserError


def looks_like(source: Source) -> bool:
    """Whether the file begins as JSON does."""
    return source.start.startswith(("{", "["))


def read(source: Source) -> list[FaqRecord]:
    """One record for each object. Raises UserError for a broken line or a value of the wrong type."""
    return [_record(source, record) for record in read_json(source)]


def _record(source: Source, record: Record) -> FaqRecord:
    line, values = record
    if not {"question", "questions"} & values.keys():
        found = ", ".join(values) or "none"
        raise UserError(f"{source.at(line)}: found the keys {found}; expected 'questions' and 'answers'; rename the keys")
    return FaqRecord(
        source.at(line),
        text_of(values.get("id")),
        text_of(values.get("category")),
        text_of(values.get("subject")),
        _texts(source, line, values, "question"),
        _texts(source, line, values, "answer"),
        _texts(source, line, values, "fact"),
    )


def _texts(source: Source, line: int, values: dict[str, Any], name: str) -> tuple[str, ...]:
    """The texts under `name` and under its plural."""
    texts: list[str] = []
    for key in (name, name + "s"):
        value = values.get(key)
        items = value if isinstance(value, list) else [] if value is None else [value]
        for item in items:
            if not isinstance(item, str):
                raise UserError(f"{source.at(line)}: found {item!r} in '{key}'; expected text in quotes; correct that line")
        texts += [item.strip() for item in items if item.strip()]
    return tuple(texts)
