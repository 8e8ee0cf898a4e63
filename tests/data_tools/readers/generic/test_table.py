"""Chat tables: messages and exchanges of each kind of table, times, and mistakes."""

import json

import openpyxl
import pytest

from data_tools.readers.generic import table as chat_table
from data_tools.readers.records import ExportMessage
from data_tools.sources.json_stream import Broken
from data_tools.sources.text import read_source
from frontdesk.errors import UserError

HEADER = "conversation_id,timestamp,sender_role,message"
TABLES = [
    f"{HEADER}\n1,2026-01-01T10:00:00Z,customer,Hi\n1,2026-01-01T10:01:00Z,agent,Hello\n",
    "대화번호,일시,보낸사람유형,내용\n1,2026. 1. 1. 오전 10:00,고객,Hi\n1,2026. 1. 1. 오전 10:01,상담사,Hello\n",
    "채팅방 ID;발신자;구분;메시지;전송일시\n1;김하늘;고객님;Hi;20260101100000\n1;별빛스토어;상담원;Hello;20260101100100\n",
    "상담번호\t날짜\t시간\t화자\t발화\n1\t2026-01-01\t10:00\t고객1\tHi\n1\t2026-01-01\t오전 10:01\t상담사2\tHello\n",
    "Ticket;Date;Author Type;Text\n1;2026-01-01 10:00;visitor;Hi\n1;2026-01-01 10:01;staff;Hello\n",
    "case no|created at|direction|body\n1|01/01/2026 10:00 AM|inbound|Hi\n1|01/01/2026 10:01 AM|outbound|Hello\n",
    '{"ticket": 1, "role": "user", "content": "Hi", "time": 1767261600}\n'
    '{"ticket": 1, "role": "admin", "content": "Hello", "time": 1767261660000}\n',
    json.dumps([{"chatId": "1", "at": "2026-01-01T10:00", "role": "end-user", "text": "Hi"},
                {"chatId": "1", "at": "2026-01-01T10:01", "role": "agent", "text": "Hello"}], indent=1),
]  # fmt: skip


def read(source, **columns):
    return list(chat_table.read(source, {}, columns))


def spoken(items):
    return [(item.thread, item.role, item.text) for item in items if isinstance(item, ExportMessage) and item.skipped is None]


def broken_in(items):
    return [(item.line, item.why) for item in items if isinstance(item, Broken)]


@pytest.mark.parametrize("text", TABLES)
def test_columns_roles_and_times_of_each_style(source, text):
    opened = source(text)
    items = read(opened)

    assert chat_table.looks_like(opened)
    assert spoken(items) == [("1", "customer", "Hi"), ("1", "agent", "Hello")]
    assert [item.at for item in items] == ["2026-01-01T10:00:00", "2026-01-01T10:01:00"]
    assert [item.line for item in items] == ([2, 8] if "[" in text else [1, 2] if "{" in text else [2, 3])


def test_a_workbook_is_read_like_a_csv(tmp_path):
    book = openpyxl.Workbook()
    for row in (["March"], ["Ticket", "Role", "Text"], [1, "customer", "Hi"], [1, "agent", "Hello"]):
        book.active.append(row)
    book.save(tmp_path / "chats.xlsx")
    opened = read_source(tmp_path / "chats.xlsx")

    assert chat_table.looks_like(opened)
    assert spoken(read(opened)) == [("1", "customer", "Hi"), ("1", "agent", "Hello")]
    assert [item.line for item in read(opened)] == [3, 4]


def test_names_stand_where_no_role_does(source):
    items = read(source("conversation,name,text\n1,Ann,Hi\n1,Shop,Hello\n"))

    assert [(item.name, item.role, item.text) for item in items] == [("Ann", None, "Hi"), ("Shop", None, "Hello")]


def test_every_row_is_given_once_in_the_order_of_the_file(source):
    rows = [f"{number % 3},,{'agent' if number % 2 else 'customer'},text {number}" for number in range(2500)]
    items = read(source("\n".join([HEADER, *rows])))

    assert [(item.line, item.thread, item.text) for item in items] == [(n + 2, str(n % 3), f"text {n}") for n in range(2500)]


def test_what_is_no_turn_says_why(source):
    rows = ["1,,customer,Hi", "1,,system,joined", "1,,bot,Welcome", "1,,agent, ", "1,,Internal note,rude", ",,시스템,left", ",,agent,"]
    items = read(source("\n".join([HEADER, *rows])))

    assert [item.skipped for item in items] == [None, "system", "bot", "empty", "internal note", "system", "empty"]


def test_a_broken_row_leaves_the_others(source):
    rows = ["1,,customer,a", "1,,owner,b", ",,customer,c", '1,,agent,"d', "1,,agent,e,f", "1,,agent,g"]
    items = read(source("\n".join([HEADER, *rows])))

    assert spoken(items) == [("1", "customer", "a"), ("1", "agent", "g")]
    found = dict(broken_in(items))
    assert list(found) == [3, 4, 5, 6]
    assert found[3].startswith("found 'owner' as a speaker's role; expected one of customer, ") and found[3].endswith("; correct the cell")
    assert found[4] == "found a message without its conversation; expected an id in 'conversation_id'; fill in the cell"


def test_broken_json_leaves_the_other_lines(source):
    lines = ['{"ticket": 1, "role": "user", "text": "a"}', '{"ticket": 1, role}', '"b"', '{"ticket": 1, "role": "user", "text": ["c"]}',
             '{"ticket": 1, "role": "user"}', '{"ticket": 1, "role": "agent", "text": "d"}']  # fmt: skip
    items = read(source("\n".join(lines)))

    assert spoken(items) == [("1", "customer", "a"), ("1", "agent", "d")]
    assert [line for line, _ in broken_in(items)] == [2, 3, 4]
    assert "found a list in 'text'; expected text" in broken_in(items)[2][1]


@pytest.mark.parametrize(
    "text",
    [
        "question,answer\nWhen?,At nine.\nWhy?,\n",
        "번호,작성자,문의내용,답변내용,등록일\n1,Ann,When?,At nine.,2026-01-01\n2,Ben,Why?,,2026-01-02\n",
        "작성자;구분;내용;답변\nAnn;배송;When?;At nine.\nBen;배송;Why?;\n",
        "Customer\tAgent\nWhen?\tAt nine.\nWhy?\t\n",
        '{"customer_message": "When?", "agent_reply": "At nine."}\n{"customer_message": "Why?", "agent_reply": null}\n',
    ],
)
def test_a_row_with_question_and_answer_is_a_thread(source, text):
    opened = source(text)
    items = read(opened)
    first = 1 if "{" in text else 2

    assert chat_table.looks_like(opened)
    assert [(item.role, item.text, item.skipped) for item in items] == [
        *(("customer", "When?", None), ("agent", "At nine.", None), ("customer", "Why?", None), ("agent", "", "empty")),
    ]
    assert [item.line for item in items] == [first, first, first + 1, first + 1]
    assert [item.thread for item in items] == [f"input-{line}" for line in (first, first, first + 1, first + 1)]


def test_exchanges_of_one_conversation_stay_together(source):
    items = read(source("session_id,user_input,output\n7,When?,At nine.\n7,Why?,So.\n"))

    assert [(item.thread, item.text) for item in items] == [("7", "When?"), ("7", "At nine."), ("7", "Why?"), ("7", "So.")]


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        (["3/2/2026 10:00", "14/2/2026 10:00"], ["2026-02-03", "2026-02-14"]),
        (["3/2/2026 10:00", "3/14/2026 10:00"], ["2026-03-02", "2026-03-14"]),
        (["3.2.2026 10:00", "4.2.2026 10:00"], ["2026-02-03", "2026-02-04"]),
        (["3/2/2026 10:00", "4/2/2026 10:00"], ["2026-03-02", "2026-04-02"]),
        (["soon", ""], [None, None]),
    ],
)
def test_dates_with_the_year_at_the_end_are_told_by_all_of_the_file(source, dates, expected):
    rows = [f"1,{date},agent,x" for date in [dates[0]] * 1100 + dates]  # the telling date stands behind the first rows
    items = read(source("\n".join([HEADER, *rows])))

    assert [item.at and item.at[:10] for item in items[-2:]] == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "conversation_id,role\n1,agent\n",
            r":1: found the columns conversation_id, role; expected one for the text, such as text or message;",
        ),
        ("nr,role,text\n1,agent,x\n", r":1: found the columns nr, role, text; expected one for the conversation, .* \(conversation, "),
        ("conversation_id,text\n1,x\n", r":1: .*expected one for who speaks, such as role or name; rename the columns"),
        (f"\n{HEADER}\n", r":2: found no row below a header; expected one message a row; export"),
        ('{"a": \n', r":\d: found no valid JSON"),
        ("", r":1: found no row below a header"),
    ],
)
def test_a_mistake_of_the_whole_table_ends_in_one_line(source, text, message):
    with pytest.raises(UserError, match=r"input\.txt" + message) as told:
        read(source(text))
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    "text",
    [
        '[{"type": "message", "ts": "1.2", "user": "U1", "text": "hi"}]',
        '{"tickets": [{"id": 1, "comments": []}]}',
        '{"messages": [{"role": "user", "content": "hi"}]}',
        "just some words\nand more\n",
        "<html><body>a, b</body></html>",
        "",
    ],
)
def test_other_formats_are_left_alone(source, text):
    assert not chat_table.looks_like(source(text))


def test_a_file_that_was_cut_off_loses_its_end_only(source):
    whole = TABLES[0].encode()
    for size in range(whole.index(b"customer"), len(whole)):
        items = read(source(whole[:size].decode()))
        assert len(items) == whole[:size].rstrip(b"\n").count(b"\n")
