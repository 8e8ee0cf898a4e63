"""FAQ as a table, CSV or XLSX: a header in English or Korean, and one pair of question and answer a row.

Rows with one id are one entry: a blank answer adds a wording of the question, a blank question a wording of the answer.
Facts are parted by `;`. A link and dates (changed, reviewed, expires) are kept. Columns with other names are ignored.
"""

from collections.abc import Collection, Iterator, Mapping
from itertools import chain
from typing import Any

from data_tools.readers.faqs.blocks import MARKED
from data_tools.readers.faqs.origins import Dates, known
from data_tools.readers.records import FaqRecord
from data_tools.sources.json_stream import Broken
from data_tools.sources.tables import Row, find_column, given_columns, listed, looks_like_csv, read_csv, read_xlsx, text_of
from data_tools.sources.text import Source
from frontdesk.errors import UserError
from frontdesk.facts.entries import Origin

FORMAT = "FAQ table"

COLUMNS = {
    "question": """
        question questions q questiontext faqquestion customerquestion query inquiry 질문 질문내용 질문사항 자주묻는질문 faq질문 고객질문
        문의 문의내용 문의사항 title 제목
    """,
    "answer": """
        answer answers a answertext faqanswer reply response 답변 답변내용 답변사항 faq답변 답 응답 대답 회신 content contents body text
        내용 본문
    """,
    "id": "id faqid no nr number key code 번호 순번 연번 아이디 faq번호 코드",
    "category": "category categories topic section group type 분류 카테고리 대분류 구분 유형 항목 그룹 섹션",
    "subject": "subject product productname item place location branch store 대상 주제 상품 상품명 제품 제품명 장소 지점 매장",
    "facts": "facts fact 사실 핵심사실 필수사실 핵심정보 필수정보",
}
"""The names of each column as `plain_name` gives them, the likeliest first."""
NEEDED = ("question", "answer")
NAMES = ("name", "이름", "명칭")
TITLES = (*NAMES, "title", "pagetitle", "pagename", "제목", "페이지제목")
"""Columns with the name of the page that a row links to. Without a link, `NAMES` are what the row is about."""


def looks_like(source: Source) -> bool:
    """Whether the file is a workbook, or rows of cells that have an FAQ's columns or at least no marks of questions."""
    if source.encoding == "xlsx":
        return True
    if not looks_like_csv(source):
        return False
    first = next((row for row in read_csv(source) if isinstance(row, Row)), Row(0, {}))
    return find_columns(first.values).keys() >= set(NEEDED) or not MARKED.search(source.head)


def has_columns(source: Source) -> bool:
    """Whether the file is a table with a column for the question and one for the answer."""
    if source.encoding != "xlsx" and not looks_like_csv(source):
        return False
    try:
        first = next((row for row in (read_xlsx if source.encoding == "xlsx" else read_csv)(source) if isinstance(row, Row)), Row(0, {}))
    except UserError:
        return False
    return find_columns(first.values).keys() >= set(NEEDED)


def find_columns(header: Collection[str]) -> dict[str, str]:
    """The columns by field, those that there are."""
    return {field: column for field, names in COLUMNS.items() if (column := find_column(header, names.split()))}


def read(source: Source, columns: Mapping[str, str] = {}) -> Iterator[FaqRecord | Broken]:
    """One record for each row. `columns` names columns by question, answer, id, category, subject and facts.

    Raises UserError for a table without a row that can be read, or without a column for question or answer.
    """
    rows = read_xlsx(source) if source.encoding == "xlsx" else read_csv(source)
    broken: list[Broken] = []
    for row in rows:
        if isinstance(row, Row):
            found = _columns(source, list(row.values), columns)
            yield from broken
            dates = Dates(source)
            yield from (item if isinstance(item, Broken) else faq_record(source, item, found, dates) for item in chain([row], rows))
            dates.report()
            return
        broken.append(row)
    nothing = Broken(source.first_line, "found no row below a header; expected a question and its answer a row; add them")
    line, why = (broken or [nothing])[0]
    raise UserError(f"{source.at(line)}: {why}")


def _columns(source: Source, header: list[str], given: Mapping[str, str]) -> dict[str, str]:
    ours = given_columns(source, header, {field: name for field, name in given.items() if field in COLUMNS}, "data.faq_columns")
    found = find_columns([name for name in header if name not in ours.values()]) | ours
    lacking = [f"the {field}, called {COLUMNS[field].split()[0]}" for field in NEEDED if field not in found]
    if lacking:
        place = f"{source.at(source.first_line)}: found the columns {listed(header)}; expected one for {' and one for '.join(lacking)}"
        raise UserError(f"{place}; rename the columns, or name them in data.faq_columns of the config (question, answer)")
    return found


def faq_record(source: Source, row: Row, columns: Mapping[str, str], dates: Dates) -> FaqRecord:
    """The record of a row; it may lack question, answer or both."""
    cells = {field: text_of(row.values[columns[field]]) if field in columns else "" for field in COLUMNS}
    facts = tuple(fact.strip() for fact in cells["facts"].split(";") if fact.strip())
    questions, answers = (tuple(filter(None, [cells[field]])) for field in NEEDED)
    origin, subject = origin_of(source.at(row.line), row.values, columns, dates)
    return FaqRecord(source.at(row.line), cells["id"], cells["category"], cells["subject"] or subject, questions, answers, facts, origin)


def origin_of(place: str, values: Mapping[str, Any], columns: Mapping[str, str], dates: Dates) -> tuple[Origin, str]:
    """Where a row or object says that it was published, and its subject where only a name tells: a name beside a link is the page's."""
    others = {name: text_of(value) for name, value in values.items() if name not in columns.values()}
    origin = known(place, others, dates)
    name = others.get(find_column(others, TITLES if origin.url else NAMES) or "", "")
    return (origin._replace(title=name), "") if origin.url else (origin, "" if "subject" in columns else name)
