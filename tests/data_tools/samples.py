"""One small valid export of each chat, FAQ and document format, for tests of what damage does to it.

All tell the same: three conversations of a tea shop's customer with "Agent", or four questions of its FAQ. Each text holds a tag of its
own, such as `tag07`, by which it is found again.
"""

import io
import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

FILES = Path(__file__).parent / "readers" / "documents" / "files"


class Sample(NamedTuple):
    """An export: whether it is of "chats", an "faq" or "documents", its bytes, whether its lines are its records, and its tags in order."""

    kind: str
    data: bytes
    lines: bool
    tags: tuple[str, ...]


TALKS = (
    (
        "찻잔이 깨져서 왔어요 tag01",
        "불편을 드려 죄송합니다, 사진을 보내 주세요 tag02",
        "방금 보냈어요 tag03",
        "새 잔을 내일 보내 드릴게요 tag04",
    ),
    ("Is the green tea in stock tag05?", "Yes, 40 tins are here tag06", "Great, I take two tag07", "They leave on Friday tag08"),
    ("영업시간이 어떻게 되나요? tag09", "평일 9시부터 6시까지입니다 tag10", "점심에는요? tag11", "12시부터 1시까지 쉽니다 tag12"),
)
"""Customer and agent in turn."""
PAIRS = (
    ("Do you ship abroad tag01?", "Yes, to Japan and Canada; it takes 9 days tag02"),
    ("찻잎은 어떻게 보관하나요 tag03?", "서늘하고 어두운 곳에 두세요 tag04"),
    ("Can I return an open tin tag05?", "No, only closed ones within 14 days tag06"),
    ("포인트는 언제 쌓이나요 tag07?", "배송이 끝난 다음 날 쌓입니다 tag08"),
)
SAID = [
    (talk, 2 * turn + talk, ("Mina", "Agent")[turn % 2], text, turn % 2)
    for talk, texts in enumerate(TALKS, 1)
    for turn, text in enumerate(texts)
]
"""Talk, minute, name, text, and 1 for the agent."""


def _jsonl(rows: Iterable[Any]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _document(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def _iso(talk: int, minute: int) -> str:
    return f"2026-04-0{talk}T10:{minute:02}:00Z"


def _epoch(talk: int, minute: int) -> int:
    return 1775000000 + talk * 86400 + minute * 60


def _by_talk(make: Any) -> list[list[Any]]:
    """What `make(talk, minute, name, text, agent)` gives for each message, by talk."""
    return [[make(*said) for said in SAID if said[0] == talk] for talk in range(1, len(TALKS) + 1)]


def _rooms() -> dict[str, str]:
    """Texts of KakaoTalk and WhatsApp."""
    rows = [
        {"talk": talk, "minute": f"{minute:02}", "name": name, "text": text, "day": f"2026년 4월 {talk}일"}
        for talk, minute, name, text, _ in SAID
    ]
    days = [
        (f"--------------- 2026년 4월 {talk}일 수요일 ---------------", [row for row in rows if row["talk"] == talk]) for talk in (1, 2, 3)
    ]
    return {
        "KakaoTalk on Windows": "".join(
            f"{day}\n" + "".join("[{name}] [오전 10:{minute}] {text}\n".format(**row) for row in said) for day, said in days
        ),
        "KakaoTalk on Android": "".join("{day} 오전 10:{minute}, {name} : {text}\n".format(**row) for row in rows),
        "KakaoTalk on a Mac": "Date,User,Message\n"
        + "".join('2026-04-0{talk} 10:{minute}:00,"{name}","{text}"\n'.format(**row) for row in rows),
        "WhatsApp on an iPhone": "".join("[0{talk}/04/2026, 10:{minute}:05] {name}: {text}\n".format(**row) for row in rows),
        "WhatsApp on Android": "".join("4/0{talk}/26, 10:{minute} AM - {name}: {text}\n".format(**row) for row in rows),
    }


def _helpdesks() -> dict[str, str]:
    """JSON of helpdesks."""
    comments = _by_talk(
        lambda talk, minute, name, text, agent: {
            "author_id": 7 + agent,
            "plain_body": text,
            "public": True,
            "created_at": _iso(talk, minute),
        }
    )
    tickets = [{"id": number, "requester_id": 7, "comments": said} for number, said in enumerate(comments, 1)]
    events = _by_talk(
        lambda talk, minute, name, text, agent: {
            **{"type": "message", "created_at": _iso(talk, minute)},
            **{"author": {"type": ("end_user", "agent")[agent]}, "content": {"type": "text", "text": text}},
        }
    )
    parts = _by_talk(
        lambda talk, minute, name, text, agent: {
            **{"part_type": "comment", "body": f"<p>{text}</p>", "created_at": _epoch(talk, minute)},
            "author": {"type": ("user", "admin")[agent], "name": name},
        }
    )
    intercom = [
        {"id": f"i{number}", "source": first, "conversation_parts": {"conversation_parts": rest}}
        for number, (first, *rest) in enumerate(parts, 1)
    ]
    chats = _by_talk(
        lambda talk, minute, name, text, agent: {"type": "message", "text": text, "author_id": name, "created_at": _iso(talk, minute)}
    )
    users = [{"id": "Mina", "name": "Mina", "type": "customer"}, {"id": "Agent", "name": "Agent", "type": "agent"}]
    livechat = [
        {"id": f"c{number}", "users": users, "thread": {"id": f"t{number}", "events": said}} for number, said in enumerate(chats, 1)
    ]
    channel = [
        {"chatId": f"k{talk}", "personType": ("user", "manager")[agent], "plainText": text, "createdAt": _epoch(talk, minute) * 1000}
        for talk, minute, name, text, agent in SAID
    ]
    blocks = [{**message, "plainText": None, "blocks": [{"type": "text", "value": message["plainText"]}]} for message in channel]
    return {
        "Zendesk tickets, lines": _jsonl(tickets),
        "Zendesk tickets, document": _document({"tickets": tickets, "count": len(tickets)}),
        "Zendesk log, lines": _jsonl({"ticket_id": number, "events": said} for number, said in enumerate(events, 1)),
        "Intercom, document": _document({"type": "conversation.list", "conversations": intercom}),
        "LiveChat, document": _document({"chats": livechat, "found_chats": len(livechat)}),
        "LiveChat, lines": _jsonl(livechat),
        "Channel Talk, document": _document({"messages": blocks, "userChats": [{"id": "k1", "state": "closed"}]}),
        "Channel Talk, lines": _jsonl(channel),
    }


def _messengers() -> dict[str, str]:
    """JSON of Slack and Telegram."""
    slack = [
        {"type": "message", "user": name, "text": text, "ts": f"{_epoch(talk, minute)}.000100", "thread_ts": f"{_epoch(talk, 2)}.000100"}
        for talk, minute, name, text, agent in SAID
    ]
    telegram = _by_talk(
        lambda talk, minute, name, text, agent: {
            **{"id": minute, "type": "message", "date": f"2026-04-0{talk}T10:{minute:02}:00", "from": name, "from_id": f"user{agent}"},
            **{"text": [text[:3], {"type": "bold", "text": text[3:]}], "text_entities": []},
        }
    )
    chats = [{"name": "Mina", "type": "personal_chat", "id": number, "messages": said} for number, said in enumerate(telegram, 1)]
    everything = [message for said in telegram for message in said]
    return {
        "Slack": _document(slack),
        "Telegram chat": _document({"name": "Mina", "type": "personal_chat", "id": 1, "messages": everything}),
        "Telegram account": _document({"personal_information": {"user_id": 5}, "chats": {"about": "All chats", "list": chats}}),
    }


def _datasets() -> dict[str, str]:
    """Datasets and tables of messages."""
    openai = _by_talk(lambda talk, minute, name, text, agent: {"role": ("user", "assistant")[agent], "content": text})
    sharegpt = _by_talk(lambda talk, minute, name, text, agent: {"from": ("human", "gpt")[agent], "value": text})
    dialogues = _by_talk(lambda talk, minute, name, text, agent: [("customer", "agent")[agent], text])
    exchanges = [pair for texts in TALKS for pair in (texts[:2], texts[2:])]
    return {
        "OpenAI messages, lines": _jsonl({"messages": said} for said in openai),
        "ShareGPT, lines": _jsonl({"id": f"s{number}", "conversations": said} for number, said in enumerate(sharegpt)),
        "Alpaca, lines": _jsonl({"instruction": question, "input": "", "output": answer} for question, answer in exchanges),
        "JSON dialogues, lines": _jsonl({"id": number, "turns": said} for number, said in enumerate(dialogues)),
        "Zendesk Chat, CSV": "chat_id,timestamp,type,name,nick,sender_type,msg\n"
        + "".join(
            f'{talk},{_iso(talk, minute)},chat.msg,{name},{("visitor", "agent:7")[agent]},{("Visitor", "Agent")[agent]},"{text}"\n'
            for talk, minute, name, text, agent in SAID
        ),
        "chat table, CSV": "conversation_id,time,sender,message\n"
        + "".join(f'{talk},2026-04-0{talk} 10:{minute:02},{name},"{text}"\n' for talk, minute, name, text, _ in SAID),
        "chat table, lines": _jsonl(
            {"conversation_id": talk, "role": ("customer", "agent")[agent], "text": text} for talk, minute, name, text, agent in SAID
        ),
        "exchanges, CSV": "질문;답변\n" + "".join(f'"{question}";"{answer}"\n' for question, answer in exchanges),
    }


def _faqs() -> dict[str, str]:
    """FAQs as text."""
    entries = [{"id": f"f{number}", "questions": [question], "answers": [answer]} for number, (question, answer) in enumerate(PAIRS)]
    linked = [
        {"@type": "Question", "name": question, "acceptedAnswer": {"@type": "Answer", "text": f"<p>{answer}</p>"}}
        for question, answer in PAIRS[:2]
    ]
    script = f'<script type="application/ld+json">{_document({"@type": "FAQPage", "mainEntity": linked})}</script>'
    return {
        "FAQ, lines": _jsonl(entries),
        "FAQ, document": _document({"faq": entries}),
        "FAQ table, CSV": "id,question,answer\n"
        + "".join(f'{number},"{question}","{answer}"\n' for number, (question, answer) in enumerate(PAIRS)),
        "FAQ Markdown, headings": "# Tea\n\n" + "".join(f"## {question}\n\n{answer}\n\n" for question, answer in PAIRS),
        "FAQ Markdown, marks": "".join(f"Q. {question}\nA. {answer}\n\n" for question, answer in PAIRS),
        "FAQ web page": f"<!DOCTYPE html>\n<html><head>{script}</head>\n<body><h1>Tea</h1>\n"
        f"<dl><dt>{PAIRS[2][0]}</dt>\n<dd>{PAIRS[2][1]}</dd></dl>\n"
        f"<details><summary>{PAIRS[3][0]}</summary>\n<p>{PAIRS[3][1]}</p></details></body></html>\n",
    }


def _documents() -> dict[str, str]:
    """Documents as text."""
    entries = list(enumerate(PAIRS, 1))
    guide = [
        {**{"id": number, "html_url": f"https://tea.example/{number}", "draft": False}, "title": question, "body": f"<p>{answer}</p>"}
        for number, (question, answer) in entries
    ]
    intercom = [
        {**{"id": str(number), "type": "article", "title": question, "state": "published"}, "body": f"<p>{answer}</p>"}
        for number, (question, answer) in entries
    ]
    pages = "".join(
        f"<page><title>{question}</title>\n<ns>0</ns><revision><timestamp>2026-04-01T00:00:00Z</timestamp>\n"
        f"<text>{{{{Stub}}}} '{answer}' and [[tea|more]].</text></revision></page>\n"
        for question, answer in PAIRS
    )
    return {
        "Zendesk Guide, document": _document({"articles": guide, "sections": [{"id": 1, "name": "Tea"}]}),
        "Intercom articles, document": _document({"type": "list", "data": intercom, "total_count": len(intercom)}),
        "MediaWiki, document": f'<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/">\n{pages}</mediawiki>\n',
        "prose, web page": "<!DOCTYPE html>\n<html><body>\n"
        + "".join(f"<h2>{question}</h2>\n<p>{answer}</p>\n<div>And more of it.</div>\n" for question, answer in PAIRS)
        + "</body></html>\n",
        "prose, headings": "".join(f"## {question}\n\n{answer}\n\n" for question, answer in PAIRS),
    }


def workbook(rows: Iterable[Iterable[Any]]) -> bytes:
    """An XLSX of one sheet."""
    from openpyxl import Workbook  # type: ignore[import-untyped]

    book, data = Workbook(), io.BytesIO()
    for row in rows:
        book.worksheets[0].append(list(row))
    book.save(data)
    return data.getvalue()


def _word_document() -> bytes:
    from docx import Document

    document, data = Document(), io.BytesIO()
    for question, answer in PAIRS[:3]:
        document.add_heading(question, 2)
        document.add_paragraph(answer)
    table = document.add_table(2, 2)
    for row, cells in zip(table.rows, [("Question", "Answer"), PAIRS[3]], strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    document.save(data)
    return data.getvalue()


@cache
def samples() -> dict[str, Sample]:
    """All samples by name."""
    chats, faqs = tuple(f"tag{number:02}" for number in range(1, 13)), tuple(f"tag{number:02}" for number in range(1, 9))
    texts = _rooms() | _helpdesks() | _messengers() | _datasets()
    pages = ("document", "Slack", "Telegram", "headings", "web page")
    found = {name: Sample("chats", text.encode(), not any(page in name for page in pages), chats) for name, text in texts.items()}
    found |= {name: Sample("faq", text.encode(), not any(page in name for page in pages), faqs) for name, text in _faqs().items()}
    found |= {name: Sample("documents", text.encode(), False, faqs) for name, text in _documents().items()}
    found |= {f"prose, {name}": Sample("documents", (FILES / name).read_bytes(), False, faqs) for name in ("tea.pdf", "tea.pptx")}
    found["prose, Word document"] = Sample("documents", _word_document(), False, faqs)
    rows = [(talk, f"2026-04-0{talk} 10:{minute:02}", ("고객", "상담원")[agent], text) for talk, minute, _, text, agent in SAID]
    found["chat table, XLSX"] = Sample("chats", workbook([("대화ID", "시간", "역할", "내용"), *rows]), False, chats)
    found["FAQ table, XLSX"] = Sample("faq", workbook([("질문", "답변"), *PAIRS]), False, faqs)
    found["FAQ Word document"] = Sample("faq", _word_document(), False, faqs)
    return found
