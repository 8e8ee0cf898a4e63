"""FAQ as JSON lines `{"id", "category", "questions": […], "answers": […], "facts": […]}`, or a list of such objects.

`question`, `answer` and the column names of an FAQ table will do too. Inside one fact, `|` parts alternatives.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from data_tools.readers.faqs.origins import Dates
from data_tools.readers.faqs.table import find_columns, origin_of
from data_tools.readers.records import FaqRecord
from data_tools.sources.json_stream import Broken, read_json
from data_tools.sources.tables import listed, text_of
from data_tools.sources.text import Source

FORMAT = "FAQ JSONL"

BEGINS = re.compile(r"\s*(?:\{|\[\s*(?:[\[{\]]|$))")
LIST = re.compile(r'"(faqs?|items|questions|data)"\s*:\s*\[\s*\{')
"""A list of objects inside a document; a list of texts belongs to one object."""


def looks_like(source: Source) -> bool:
    """Whether the file begins as JSON does."""
    return BEGINS.match(source.head) is not None


def read(source: Source) -> Iterator[FaqRecord | Broken]:
    """One record for each object."""
    dates = Dates(source)
    for record in read_json(source, tuple(dict.fromkeys(LIST.findall(source.head))), inner=False):
        if isinstance(record, Broken):
            yield record
        elif record.key != "document":
            yield _record(source, record.line, record.value, dates)
    dates.report()


def _record(source: Source, line: int, values: dict[str, Any], dates: Dates) -> FaqRecord | Broken:
    found = find_columns(values)
    if not {"question", "answer"} & found.keys():
        return Broken(line, f"found the keys {listed(values)}; expected 'questions' and 'answers'; rename the keys")
    texts = {field: _values(values, field, found) for field in ("question", "answer", "facts")}
    names = {field: values[found[field]] if field in found else None for field in ("id", "category", "subject")}
    wrong = [(field, item) for field, items in texts.items() for item in items if not isinstance(item, str)]
    wrong += [(field, item) for field, item in names.items() if isinstance(item, dict | list)]
    if wrong:
        field, item = wrong[0]
        return Broken(line, f"found {str(item)[:40]} in '{found[field]}'; expected text in quotes; correct that line")
    questions, answers, facts = (tuple(text.strip() for text in items if text.strip()) for items in texts.values())
    name, category, subject = map(text_of, names.values())
    origin, about = origin_of(source.at(line), {key: value for key, value in values.items() if isinstance(value, str)}, found, dates)
    return FaqRecord(source.at(line), name, category, subject or about, questions, answers, facts, origin)


def _values(values: dict[str, Any], field: str, found: Mapping[str, str]) -> list[Any]:
    """What stands under a field's name in singular and plural, or else under another name of it."""
    one = field.removesuffix("s")
    named = [found[field]] if field in found else []
    keys = [key for key in (one, one + "s") if key in values] or named
    held = [values[key] for key in keys]
    return [item for value in held if value is not None for item in (value if isinstance(value, list) else [value])]
