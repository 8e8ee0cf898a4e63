"""The report of `make data`, for the data's owner and the privacy officer; report.jinja is the page."""

import re
from collections.abc import Sequence
from math import ceil
from pathlib import Path
from typing import Any

from data_tools.faq.compare import differing, word_diff
from frontdesk.reports.charts import bar
from frontdesk.reports.html import Html, both, join, tag
from frontdesk.reports.numbers import counted
from frontdesk.reports.page import write_page

Bar = tuple[Html, int, int, int]  # a name, a number, the whole that it is a part of, and where its bar begins
KOREAN = {
    # what is counted
    "messages": "메시지", "conversations": "대화", "FAQ entries": "FAQ 항목", "entries": "항목", "rows": "행", "training rows": "학습 행",
    "messages masked": "가린 메시지", "held-out rows copied": "학습과 겹치는 평가 행", "conflicts to review": "확인할 충돌",
    "website": "웹사이트", "fetched": "새로 읽음", "unchanged": "변경 없음", "kept copy": "보관본", "passages": "단락", "skipped": "건너뜀",
    "file": "파일", "damaged": "깨진 글자", "mended": "복구한 줄", "broken": "못 읽은 기록", "count": "개수", "total": "합계",
    # what became of it
    "read": "읽음", "kept": "유지", "merged": "합침", "capped": "상한 초과", "set aside": "보류", "dropped": "제외", "reason": "이유",
    "system": "시스템 알림", "bot": "봇", "internal note": "내부 메모", "attachment": "첨부 파일", "deleted": "삭제됨",
    "empty": "빈 메시지", "placeholder": "대체 문구", "leading agent": "질문 없는 첫 안내", "trailing customer": "답변 없는 끝 질문",
    "duplicate": "중복", "no answered question": "답변된 질문 없음", "conflict": "FAQ와 충돌",
    "windows of long conversations": "긴 대화의 구간", "wordings": "질문 표현", "no answer": "답변 없음", "derived": "파생",
    "typing noise": "오타", "spacing": "띄어쓰기", "ending": "어미", "casing": "대소문자", "punctuation": "문장 부호", "opening": "인사말",
    # rows
    "split": "분할", "train": "학습", "valid": "검증", "test": "시험", "valid_wordings": "검증: 다른 표현",
    "test_wordings": "시험: 다른 표현", "test_unseen": "시험: 처음 보는 내용", "chat": "상담 대화", "refusal": "담당 밖 질문",
    "drafted": "초안", "drafted questions": "초안 질문", "entry": "항목",
    "feedback": "검토한 상담",
    "own": "직접 작성", "generated": "생성", "customer": "고객", "agent": "상담원", "en": "영어", "ko": "한국어", "answers": "답변",
    "split at random": "무작위 분할", "as they are split": "실제 분할", "exact copies": "똑같은 행", "near copies": "거의 같은 행",
    "agent's sentence": "상담원 문장", "occurs": "나온 횟수", "trained": "학습 횟수", "share trained": "학습 비율",
    # personal data
    "NAME": "이름", "PHONE": "전화번호", "EMAIL": "이메일", "RRN": "주민등록번호", "SSN": "미국 사회보장번호", "PASSPORT": "여권번호",
    "DRIVER_LICENSE": "운전면허번호", "BUSINESS_NUMBER": "사업자등록번호", "BANK_ACCOUNT": "계좌번호", "CARD": "카드번호",
    "ADDRESS": "주소", "ORDER": "주문번호", "IP": "IP 주소", "SECRET": "비밀 정보", "found": "발견", "masked samples": "가린 예시",
    # conflicts
    "kind": "종류", "price": "가격", "percent": "비율", "duration": "기간", "date": "날짜", "time": "시간", "phone": "전화번호",
    "email": "이메일", "url": "링크", "number": "수", "the log says": "상담 기록", "the FAQ says": "현재 FAQ", "question": "질문",
    "answer": "답변",
    # the FAQ's changes and dates
    "changed": "수정", "removed": "삭제", "added": "추가", "moved": "이동", "questions": "질문", "category": "분류",
    "subject": "대상", "title": "문서 제목", "heading": "소제목", "expires": "유효 기한", "reviewed": "검토일", "facts": "사실",
    "rows that the model has learned": "모델이 학습한 행", "rows of the former data": "이전 데이터의 행",
    "scored answers": "채점한 답변", "replies of the last 14 days": "최근 14일 답변",
    "source": "위치", "last day": "마지막 날", "what rests on it": "영향을 받는 것",
}  # fmt: skip
"""Our words as they stand in heads and labels."""
UNITS = ("messages", "conversations", "entries", "rows", "damaged", "mended", "broken")  # what is counted of a file
PAGES = ("fetched", "unchanged", "kept copy")  # how a page of a website was read
PLACEHOLDER = re.compile(r"(\[[A-Z]+(?:_[A-Z]+)*_\d+\])")
VISIBLE = str.maketrans({" ": "·", "\n": "↵", "\r": "␍", "\t": "⇥", "\u00a0": "⍽"})


def write_report(path: Path, facts: dict[str, Any]) -> None:
    """Write the page for the facts of one run (data_tools/pipeline/manifest.py), atomically."""
    functions = {function.__name__: function for function in FUNCTIONS}
    skipped = [[file["path"], file["reason"]] for file in facts["skipped"]]
    turns = {counted(number, "message"): rows for number, rows in facts["turns"]}
    more = {"PAGES": PAGES, "UNITS": UNITS, "VISIBLE": VISIBLE, "skipped": skipped, "turns": turns}
    write_page(path, "data_tools.output", "report.jinja", facts=facts, **functions, **more)


def term(*words: str) -> Html:
    """Words of ours, such as "dropped", "system", with their Korean where there is one."""
    return both(": ".join(words), ": ".join(KOREAN.get(word, word) for word in words))


def terms(*words: str) -> list[Html]:
    """The heads of a table."""
    return [term(word) for word in words]


def masked(text: str) -> Html:
    """Text of the data with its placeholders marked."""
    return join(tag("mark", part) if PLACEHOLDER.fullmatch(part) else part for part in PLACEHOLDER.split(text))


def message_bars(counts: dict[str, Any]) -> tuple[list[Bar], int]:
    """What became of the messages, one bar after the other, and the sum of all."""
    named = {(name,): counts[name] for name in ("kept", "merged", "capped", "set aside")} | _under(counts["dropped"], "dropped")
    bars, at = [(term("read"), counts["read"], counts["read"], 0)], 0
    for words, number in named.items():
        bars.append((term(*words), number, counts["read"], at))
        at += number
    return bars, at


def conversation_bars(counts: dict[str, Any]) -> list[Bar]:
    """What became of the conversations."""
    named = {("read",): counts["read"]} | _under(counts["dropped"], "dropped")
    named |= {("rows",): counts["rows"], ("windows of long conversations",): counts["windows"]}
    return [(term(*words), number, max(named.values()), 0) for words, number in named.items()]


def leak_bars(leak: dict[str, Any]) -> list[Bar]:
    """Copies of training rows among the held-out ones, as they would be at random and as they are."""
    named = (("random", "split at random"), ("splits", "as they are split"))
    return [(term(words, f"{kind} copies"), leak[key][kind], leak[key]["of"], 0) for key, words in named for kind in ("exact", "near")]


def parts(counts: dict[str, int]) -> list[Bar]:
    """The parts of a whole."""
    return [(term(name), number, sum(counts.values()), 0) for name, number in counts.items()]


def _under(counts: dict[str, int], *words: str) -> dict[tuple[str, ...], int]:
    return {(*words, name): number for name, number in counts.items()}


def taught_rows(faq: dict[str, Any], refusals: dict[str, Any]) -> list[tuple[Html, int]]:
    """What is taught of the FAQ and of refusals; nothing where all is 0."""
    named: dict[tuple[str, ...], int] = {("FAQ entries",): faq["entries"], ("wordings",): faq["wordings"]}
    named |= _under(faq["derived"], "derived") | _under(faq["dropped"], "dropped")
    if drafts := faq.get("drafts"):
        named |= {("drafted questions",): drafts["written"]} | _under(drafts["dropped"], "drafted questions", "dropped")
    named |= {("refusal", "own"): refusals["own"]} | _under(refusals["generated"], "refusal", "generated")
    return [(term(*words), number) for words, number in named.items()] if any(named.values()) else []


def file_rows(sources: list[dict[str, Any]]) -> list[list[Any]]:
    """Each file's counts, and where there are several their sums."""
    names = [join([one["path"], tag("small", f"{one['format']}, {one['encoding']}")]) for one in sources]
    rows = [[name, *(source[unit] for unit in UNITS)] for name, source in zip(names, sources, strict=True)]
    total = [tag("b", term("total")), *(sum(source[unit] for source in sources) for unit in UNITS)]
    return [*rows, total] if len(rows) > 1 else rows


def site_rows(sources: list[dict[str, Any]]) -> list[list[Any]]:
    """Of each website: how its pages were read, its passages, why addresses were skipped, and which need a script."""
    sites = [source for source in sources if "pages" in source]
    why = [", ".join([*_reasons(site), *site["scripts"][:20]]) for site in sites]
    return [
        [site["path"], one, site["passages"], *(site["pages"].get(how, 0) for how in PAGES)] for site, one in zip(sites, why, strict=True)
    ]


def _reasons(site: dict[str, Any]) -> list[str]:
    return [f"{number} {reason}" for reason, number in site["skipped"].items()]


def split_rows(splits: dict[str, dict[str, int]]) -> tuple[list[str], list[list[Any]]]:
    """The heads, and for each split how many rows it has of each kind, how many of all, and a bar of all; nothing without any kind."""
    kinds = list(dict.fromkeys(kind for counts in splits.values() for kind in counts))
    totals = {split: sum(counts.values()) for split, counts in splits.items()}
    rows = [
        [term(split), *(counts.get(kind, 0) for kind in kinds), totals[split], bar([("", totals[split])], max(totals.values()))]
        for split, counts in splits.items()
    ]
    return ["split", *kinds, "total", ""], rows if kinds else []


def stock_rows(stock: Sequence[dict[str, Any]]) -> list[list[Any]]:
    """Each stock sentence, how often it occurs and is trained, and a bar of the trained share."""
    return [[masked(one["text"]), one["count"], one["trained"], bar([("", one["trained"])], one["count"])] for one in stock]


def spread(lengths: Sequence[int], limit: int | None) -> Html:
    """The middle and the end of the lengths, in words."""
    ordered = sorted(lengths)
    half, most = (ordered[ceil(len(ordered) * part) - 1] for part in (0.5, 0.95))
    over = sum(length > limit for length in ordered) if limit else 0
    english = f"{counted(len(ordered), 'length')}: half are at most {half:,}, 95 % at most {most:,}, the longest {ordered[-1]:,}"
    korean = f"{len(ordered):,}개: 절반은 {half:,} 이하, 95 %는 {most:,} 이하, 최장 {ordered[-1]:,} 토큰"
    tail = (f"; {over:,} over {limit:,}.", f", {limit:,} 초과 {over:,}개") if limit else (".", "")
    return both(english + tail[0], korean + tail[1])


def change_fields(change: dict[str, Any]) -> list[tuple[Html, Html]]:
    """What a change did to each field, with the words marked that went and that came."""
    before, after = change["before"], change["after"]
    if before and after:
        return [(term(name), marked(old, new)) for name, old, new in differing(before, after)]
    texts = [(term(name), "\n".join((after or before)[name])) for name in ("questions", "answers")]
    return [(name, marked("", text) if after else marked(text, "")) for name, text in texts]


def marked(before: str, after: str) -> Html:
    """Two texts in one: the words that went struck out, those that came underlined."""
    names = {"-": "del", "+": "ins"}
    parts = [(names.get(sign), words, words.rstrip()) for sign, words in word_diff(before, after)]
    return join(part for name, words, bare in parts for part in ([tag(name, bare), words[len(bare) :]] if name else [words]))


FUNCTIONS = (
    change_fields, conversation_bars, file_rows, leak_bars, masked, message_bars, parts, site_rows, split_rows, spread, stock_rows,
    taught_rows, term, terms,
)  # fmt: skip
"""What the template calls."""
