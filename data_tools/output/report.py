"""The page that `make data` leaves: what was read, left out, masked, and what the model will be trained on.

It is for the owner of the data and the privacy officer, in English and Korean. It needs no network and no script: charts are inline
SVG, and its policy forbids the browser to load or run anything. Text is escaped unless it is `Html`, which only
frontdesk/reports/html.py makes.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from importlib import resources
from math import ceil
from pathlib import Path
from typing import Any, NamedTuple

from frontdesk.files import write_text
from frontdesk.reports.html import Html, both, join, tag

EMPTY: dict[str, Any] = {
    **dict.fromkeys(("name", "company", "data_hash", "seed", "base"), ""),
    **dict.fromkeys(("max_length", "conflicts_total"), 0),
    **dict.fromkeys(("sources", "skipped", "turns", "answer_tokens", "stock", "allowed", "conflicts", "preview"), ()),
    **{key: {} for key in ("rows", "languages", "roles", "tokens", "masks")},
    "messages": {"read": 0, "kept": 0, "merged": 0, "capped": 0, "set aside": 0, "dropped": {}, "masked": 0},
    "conversations": {"read": 0, "rows": 0, "windows": 0, "dropped": {}},
    "faq": {"entries": 0, "wordings": 0, "derived": {}, "dropped": {}},
    "leak": {"random": {"exact": 0, "near": 0, "of": 0}, "splits": {"exact": 0, "near": 0, "of": 0}, "clusters": 0, "largest": 0},
    "refusals": {"own": 0, "generated": {}},
}
"""Facts of a run without any data."""
KOREAN = {
    # what is counted
    "messages": "메시지", "conversations": "대화", "FAQ entries": "FAQ 항목", "entries": "항목", "rows": "행", "training rows": "학습 행",
    "messages masked": "가린 메시지", "held-out rows copied": "학습과 겹치는 평가 행", "conflicts to review": "확인할 충돌",
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
}  # fmt: skip
"""Our words as they stand in heads and labels."""
PLACEHOLDER = re.compile(r"(\[[A-Z]+(?:_[A-Z]+)*_\d+\])")
VISIBLE = str.maketrans({" ": "·", "\n": "↵", "\r": "␍", "\t": "⇥", "\u00a0": "⍽"})
BINS = 24


def term(*words: str) -> Html:
    """Words of ours, such as "dropped", "system", with their Korean where there is one."""
    english, korean = (": ".join(names) for names in (words, [KOREAN.get(word, word) for word in words]))
    return both(english, korean) if korean != english else join([english])


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun, as in "1 row" and "2,000 rows"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def under(counts: dict[str, int], *words: str) -> dict[tuple[str, ...], int]:
    """Counts by words for `term`, as in ("dropped", "system")."""
    return {(*words, name): number for name, number in counts.items()}


def figure(english: str, korean: str, *body: object) -> Html:
    """A chart or table under a sentence that says what it means; without a body the sentence alone, which says that there is none."""
    sentence = both(english, korean)
    return tag("figure", tag("figcaption", sentence), *body) if body else tag("p", sentence, class_="none")


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> Html:
    """Rows under their heads; a row's first cell names it, and numbers stand to the right."""
    numeric = [isinstance(cell, int) for cell in rows[0]]
    head = [tag("th", term(name), scope="col", class_="n" if right else "") for name, right in zip(heads, numeric, strict=True)]
    cells = [[tag("td", cell, class_="n" if isinstance(cell, int) else "") for cell in row[1:]] for row in rows]
    body = [tag("tr", tag("th", row[0], scope="row"), *others) for row, others in zip(rows, cells, strict=True)]
    return tag("div", tag("table", tag("thead", tag("tr", *head)), tag("tbody", *body)), class_="scroll")


class Bar(NamedTuple):
    """A number, of a whole; it is drawn from `start` on."""

    label: Html
    number: int
    whole: int
    start: int = 0


def strip(number: int, whole: int, start: int = 0) -> Html:
    """A bar of the length number/whole, from start/whole on."""
    fill = tag("rect", x=start, width=number, height=1)
    return tag("svg", fill, viewBox=f"0 0 {max(whole, 1)} 1", preserveAspectRatio="none", class_="strip", role="presentation")


def share(number: int, whole: int) -> str:
    """The number in percent of the whole."""
    return f"{100 * number / whole:.1f} %" if whole else "–"


def bars(items: Iterable[Bar]) -> Html:
    """Labels with bars, numbers and percentages."""
    rows = [
        tag(
            "tr",
            tag("th", label, scope="row"),
            tag("td", strip(number, whole, start)),
            tag("td", number, class_="n"),
            tag("td", share(number, whole), class_="n"),
        )
        for label, number, whole, start in items
    ]
    return tag("div", tag("table", tag("tbody", *rows)), class_="bars")


def parts(counts: dict[str, int]) -> Html:
    """The parts of a whole, one bar after the other."""
    total = sum(counts.values())
    return bars(Bar(term(name), number, total) for name, number in counts.items())


def histogram(name: Html, lengths: Sequence[int], limit: int | None) -> Html:
    """How many rows have how many tokens, with a line at `limit`. Lengths beyond twice the limit stand in the last bar."""
    ordered = sorted(lengths)
    top = max(ordered[-1], limit) if limit else ordered[-1]
    top = min(top, 2 * limit) if limit else top
    width = top // BINS + 1
    bins = Counter(min(length, top) // width for length in ordered)
    end, peak = (top // width + 1) * width, max(bins.values())
    rects = [
        tag(
            "rect",
            tag("title", f"{place * width:,} to {(place + 1) * width - 1:,} tokens: {counted(number, 'row')}"),
            **{"x": f"{place + 0.06:.2f}", "y": peak - number, "width": 0.88, "height": number},
            class_="over" if limit and place * width > limit else "",
        )
        for place, number in sorted(bins.items())
    ]
    line = tag("span", f"max_length {limit:,}", class_="limit", style=f"width:{100 * limit / end:.1f}%") if limit else ""
    plot = tag("svg", *rects, viewBox=f"0 0 {end // width} {peak}", preserveAspectRatio="none", role="img", aria_label="histogram")
    marks = ("0", f"tallest bar {peak:,}", f"{end:,}{'+' if ordered[-1] > end else ''} tokens")
    axis = tag("div", *[tag("span", mark) for mark in marks], class_="axis")
    return tag("div", tag("h3", name), _spread(ordered, limit), tag("div", line, plot, class_="plot"), axis, class_="panel")


def _spread(ordered: Sequence[int], limit: int | None) -> Html:
    """The middle and the end of sorted lengths, in words."""
    half, most = (ordered[ceil(len(ordered) * part) - 1] for part in (0.5, 0.95))
    over = sum(length > limit for length in ordered) if limit else 0
    english = f"{counted(len(ordered), 'length')}: half are at most {half:,}, 95 % at most {most:,}, the longest {ordered[-1]:,}"
    korean = f"{len(ordered):,}개: 절반은 {half:,} 이하, 95 %는 {most:,} 이하, 최장 {ordered[-1]:,} 토큰"
    tail = (f"; {over:,} over {limit:,}.", f", {limit:,} 초과 {over:,}개") if limit else (".", "")
    return tag("p", both(english + tail[0], korean + tail[1]), class_="spread")


def masked(text: str) -> Html:
    """Text of the data with its placeholders marked."""
    return join(tag("mark", part) if PLACEHOLDER.fullmatch(part) else part for part in PLACEHOLDER.split(text))


def _summary(facts: dict[str, Any]) -> Html:
    train = sum(facts["rows"].get("train", {}).values())
    english, korean = (" ".join(sentences) for sentences in zip(_became(facts, train), _left(facts["messages"]), strict=True))
    about = {"run": facts["name"], "data": facts["data_hash"], "seed": str(facts["seed"])}
    about |= {"base": facts["base"], "max_length": facts["max_length"]}
    return tag(
        "header",
        tag("p", both("Training data report", "학습 데이터 보고서"), class_="eyebrow"),
        tag("h1", facts["company"] or facts["name"] or "Frontdesk"),
        tag("p", english, class_="lead"),
        tag("p", korean, class_="lead", lang="ko"),
        _tiles(facts, train),
        tag("dl", *[tag("div", tag("dt", key), tag("dd", value)) for key, value in about.items()], class_="about"),
    )


def _became(facts: dict[str, Any], train: int) -> tuple[str, str]:
    """What the data became, in English and Korean."""
    read, faq = facts["conversations"]["read"], facts["faq"]["entries"]
    return (
        f"{counted(read, 'conversation')} and {counted(faq, 'FAQ entry', 'FAQ entries')} became {counted(train, 'training row')}.",
        f"대화 {read:,}건과 FAQ 항목 {faq:,}개가 학습 행 {train:,}개가 되었습니다.",
    )


def _left(fates: dict[str, Any]) -> tuple[str, str]:
    """What was left out and masked, in English and Korean."""
    kept, merged, capped, aside, masks = (f"{fates[name]:,}" for name in ("kept", "merged", "capped", "set aside", "masked"))
    dropped = f"{sum(fates['dropped'].values()):,}"
    if not fates["read"]:
        return "No chat message was read.", "읽은 상담 메시지는 없습니다."
    return (
        f"Of {counted(fates['read'], 'message')}, {kept} were kept, {merged} merged, {capped} capped, {aside} set aside and "
        f"{dropped} dropped; personal data was masked in {masks}.",
        f"메시지 {fates['read']:,}개 가운데 {kept}개는 유지, {merged}개는 합침, {capped}개는 상한 초과, {aside}개는 보류, "
        f"{dropped}개는 제외했고, {masks}개에서 개인정보를 가렸습니다.",
    )


def _tiles(facts: dict[str, Any], train: int) -> Html:
    """The figures to see first, each with a link to its section. What a person should look at is marked."""
    copied = facts["leak"]["splits"]["exact"] + facts["leak"]["splits"]["near"]
    tiles = (
        ("conversations", facts["conversations"]["read"], "funnel", False),
        ("FAQ entries", facts["faq"]["entries"], "funnel", False),
        ("training rows", train, "rows", False),
        ("messages masked", facts["messages"]["masked"], "personal", False),
        ("held-out rows copied", copied, "leak", copied > 0),
        ("conflicts to review", facts["conflicts_total"], "conflicts", facts["conflicts_total"] > 0),
    )
    shown = [
        tag("a", tag("b", number, " !" if look else ""), tag("span", term(name)), href=f"#{to}", class_="look" if look else "")
        for name, number, to, look in tiles
    ]
    return tag("div", *shown, class_="tiles")


def _funnel(facts: dict[str, Any]) -> Html:
    return join([_messages(facts["messages"]), _conversations(facts["conversations"]), _faq(facts["faq"], facts["refusals"])])


def _messages(fates: dict[str, Any]) -> Html:
    if not fates["read"]:
        return figure("No message was read.", "읽은 메시지가 없습니다.")
    items, at = [Bar(term("read"), fates["read"], fates["read"])], 0
    counts = {(name,): fates[name] for name in ("kept", "merged", "capped", "set aside")} | under(fates["dropped"], "dropped")
    for words, number in counts.items():
        items.append(Bar(term(*words), number, fates["read"], at))
        at += number
    right = at == fates["read"]
    english = f"{'✓' if right else '✗'} The fates add up to {at:,} of {fates['read']:,}."
    check = both(english, "합계가 맞습니다." if right else "합계가 맞지 않습니다.")
    return figure(
        "Each message that was read has exactly one fate; the bars below “read” follow one another until all are accounted for.",
        "읽은 메시지는 저마다 꼭 한 가지로 처리되며, 아래 막대들을 이으면 읽은 메시지 전체가 됩니다.",
        bars(items),
        tag("p", check, class_="check" if right else "check wrong"),
    )


def _conversations(counts: dict[str, Any]) -> Html:
    if not counts["read"]:
        return figure("No conversation was read.", "읽은 대화가 없습니다.")
    named = {("read",): counts["read"]} | under(counts["dropped"], "dropped")
    named |= {("rows",): counts["rows"], ("windows of long conversations",): counts["windows"]}
    return figure(
        "A conversation becomes a row unless it is dropped; one that is longer than max_length is trained in windows.",
        "대화는 제외되지 않으면 한 행이 되고, max_length보다 긴 대화는 여러 구간으로 나누어 학습합니다.",
        bars(Bar(term(*words), number, max(named.values())) for words, number in named.items()),
    )


def _faq(counts: dict[str, Any], refusals: dict[str, Any]) -> Html:
    named: dict[tuple[str, ...], int] = {("FAQ entries",): counts["entries"], ("wordings",): counts["wordings"]}
    named |= under(counts["derived"], "derived") | under(counts["dropped"], "dropped")
    named |= {("refusal", "own"): refusals["own"]} | under(refusals["generated"], "refusal", "generated")
    if not any(named.values()):
        return figure("No FAQ entry was read.", "읽은 FAQ 항목이 없습니다.")
    return figure(
        "The FAQ teaches each answer with several wordings of its question; refusals teach to hand over what is another desk's.",
        "FAQ의 답변마다 질문을 여러 표현으로 학습하고, 담당 밖 질문은 상담원에게 넘기도록 학습합니다.",
        table(["kind", "count"], [[term(*words), number] for words, number in named.items()]),
    )


def _sources(facts: dict[str, Any]) -> Html:
    return join([_files(facts["sources"]), _skipped(facts["skipped"])])


def _files(sources: list[dict[str, Any]]) -> Html:
    if not sources:
        return figure("No source was read.", "읽은 파일이 없습니다.")
    units = ("messages", "conversations", "entries", "rows", "damaged", "mended", "broken")
    names = [join([it["path"], tag("small", f"{it['format']}, {it['encoding']}")]) for it in sources]
    rows = [[name, *(source[unit] for unit in units)] for name, source in zip(names, sources, strict=True)]
    if len(rows) > 1:
        rows.append([tag("b", term("total")), *(sum(source[unit] for source in sources) for unit in units)])
    return figure(
        "What each file held: damaged letters are kept as �, mended lines had a wrong encoding, broken records were left out.",
        "파일마다 들어 있던 내용입니다. 깨진 글자는 �로 남고, 잘못된 인코딩은 복구했으며, 못 읽은 기록은 뺐습니다.",
        table(["file", *units], rows),
    )


def _skipped(files: list[dict[str, str]]) -> Html:
    if not files:
        return figure("No file was skipped.", "건너뛴 파일이 없습니다.")
    rows = [[file["path"], file["reason"]] for file in files]
    return figure("These files were found but not used.", "아래 파일은 찾았지만 쓰지 않았습니다.", table(["file", "reason"], rows))


def _rows(facts: dict[str, Any]) -> Html:
    kinds = list(dict.fromkeys(kind for counts in facts["rows"].values() for kind in counts))
    if not kinds:
        return figure("No row was made.", "만들어진 행이 없습니다.")
    most = max(sum(counts.values()) for counts in facts["rows"].values())
    rows = [
        [term(split), *(counts.get(kind, 0) for kind in kinds), sum(counts.values()), strip(sum(counts.values()), most)]
        for split, counts in facts["rows"].items()
    ]
    return figure(
        "Only the rows of “train” are learned; all others are held out, to decide when training stops and to test what was learned.",
        "“train” 행만 학습하고, 나머지는 학습을 멈출 때를 정하고 결과를 시험하는 데 남겨 둡니다.",
        table(["split", *kinds, "total", ""], rows),
    )


def _leak(facts: dict[str, Any]) -> Html:
    leak = facts["leak"]
    if not leak["splits"]["of"]:
        return figure("No held-out row was compared with the training rows.", "학습 행과 비교한 평가 행이 없습니다.")
    named = (("random", "split at random"), ("splits", "as they are split"))
    items = [Bar(term(words, f"{kind} copies"), leak[key][kind], leak[key]["of"]) for key, words in named for kind in ("exact", "near")]
    return figure(
        f"Held-out rows that have a copy in train would make test results too good; {leak['splits']['of']:,} rows as they are split and "
        f"{leak['random']['of']:,} split at random were compared. Like rows stay together in {counted(leak['clusters'], 'cluster')}, "
        f"the largest of {counted(leak['largest'], 'row')}.",
        f"학습 행과 겹치는 평가 행은 시험 결과를 부풀립니다. 비슷한 행은 {leak['clusters']:,}개 묶음으로 함께 나뉘며, 가장 큰 묶음은 "
        f"{leak['largest']:,}행입니다.",
        bars(items),
    )


def _lengths(facts: dict[str, Any]) -> Html:
    panels = [histogram(term(split), lengths, facts["max_length"]) for split, lengths in facts["tokens"].items() if lengths]
    if facts["answer_tokens"]:
        panels.append(histogram(term("answers"), facts["answer_tokens"], None))
    if not panels:
        return figure("No row was measured.", "길이를 잰 행이 없습니다.")
    return figure(
        "How long rows are, in tokens of the base model; what lies beyond the dashed line is cut into windows.",
        "행의 길이를 모델의 토큰으로 잰 것입니다. 점선을 넘는 행은 여러 구간으로 나뉩니다.",
        tag("div", *panels, class_="panels"),
    )


def _mixture(facts: dict[str, Any]) -> Html:
    turns = {counted(number, "message"): rows for number, rows in facts["turns"]}
    shown = (
        figure("How many rows have how many messages.", "메시지 수에 따른 행의 개수입니다.", parts(turns))
        if turns
        else figure("No row has messages.", "메시지가 있는 행이 없습니다."),
        figure("Who wrote the messages of the sources.", "메시지를 쓴 사람입니다.", parts(facts["roles"]))
        if facts["roles"]
        else figure("No speaker was found.", "말한 사람이 없습니다."),
        figure("The languages of the rows.", "행의 언어입니다.", parts(facts["languages"]))
        if facts["languages"]
        else figure("No language was found.", "확인된 언어가 없습니다."),
    )
    return tag("div", *shown, class_="columns")


def _stock(facts: dict[str, Any]) -> Html:
    if not facts["stock"]:
        return figure("No agent's sentence occurs often.", "자주 되풀이되는 상담원 문장이 없습니다.")
    rows = [[masked(it["text"]), it["count"], it["trained"], strip(it["trained"], it["count"])] for it in facts["stock"]]
    return figure(
        "Sentences that agents say again and again; only so many of each are trained, or the model would answer everything with them.",
        "상담원이 되풀이하는 문장입니다. 모델이 이 말만 하지 않도록 일부만 학습합니다.",
        table(["agent's sentence", "occurs", "trained", "share trained"], rows),
    )


def _personal(facts: dict[str, Any]) -> Html:
    return join([_masks(facts["masks"]), _allowed(facts["allowed"])])


def _masks(masks: dict[str, dict[str, Any]]) -> Html:
    if not masks:
        return figure("No personal data was found.", "발견된 개인정보가 없습니다.")
    kinds = sorted(masks, key=lambda kind: -int(masks[kind]["found"]))
    samples = [join(tag("q", masked(sample)) for sample in masks[kind]["samples"]) for kind in kinds]
    rows = [[term(kind), masks[kind]["found"], quotes] for kind, quotes in zip(kinds, samples, strict=True)]
    return figure(
        "Personal data that was found in chats and replaced; the samples show the text as it is trained, with its placeholders.",
        "상담 기록에서 찾아 바꾼 개인정보입니다. 예시는 자리표시로 바뀐, 학습에 쓰이는 그대로의 문장입니다.",
        table(["kind", "found", "masked samples"], rows),
    )


def _allowed(known: list[str]) -> Html:
    if not known:
        return figure("No public fact was kept.", "가리지 않은 공개 정보가 없습니다.")
    return figure(
        "The company's own public facts, which stand in its FAQ and are not masked.",
        "FAQ에 공개된 회사 정보라서 가리지 않았습니다.",
        tag("ul", *[tag("li", fact) for fact in known], class_="chips"),
    )


def _conflicts(facts: dict[str, Any]) -> Html:
    total, shown = facts["conflicts_total"], facts["conflicts"]
    if not total and not shown:
        return figure("No conflict was found.", "FAQ와 어긋나는 답변이 없습니다.")
    return figure(
        f"{counted(total, 'answer')} in chats, {len(shown):,} of which are shown, state another fact than today's FAQ and are left out; "
        "if the chat is right, mend the FAQ.",
        f"현재 FAQ와 다른 답변 {total:,}개를 제외했고, 그중 {len(shown):,}개를 보여 줍니다. 상담 기록이 맞다면 FAQ를 고치세요.",
        *[_conflict(conflict) for conflict in shown],
    )


def _conflict(conflict: dict[str, Any]) -> Html:
    """A conflict as a card: the two facts side by side, then where they stand."""
    said = ("the log says", conflict["said"], conflict["source"])
    known = ("the FAQ says", conflict["known"], f"{conflict['entry']}, {conflict['entry_source']}")
    facts = [tag("div", tag("dt", term(name)), tag("dd", tag("b", fact), tag("small", place))) for name, fact, place in (said, known)]
    quotes = [tag("p", tag("span", term(key), class_="who"), masked(conflict[key])) for key in ("question", "answer")]
    return tag("article", tag("h3", term(conflict["kind"])), tag("dl", *facts), *quotes, class_="card")


def _preview(facts: dict[str, Any]) -> Html:
    if not facts["preview"]:
        return figure("No row is shown.", "보여 줄 행이 없습니다.")
    heads = [tag("h3", term(row["kind"]), tag("small", row["id"])) for row in facts["preview"]]
    texts = [tag("p", *map(_token, row["tokens"]), class_="tokens") for row in facts["preview"]]
    signs = [tag("span", both(*words)) for words in (("· blank", "빈칸"), ("↵ new line", "줄바꿈"))]
    return figure(
        "Rows as the model reads them, token by token: it learns to write what is underlined, and only reads the rest.",
        "모델이 읽는 그대로의 행입니다. 밑줄 친 토큰은 쓰는 법을 배우고, 나머지는 읽기만 합니다.",
        tag("p", tag("b", "trained 학습"), tag("i", "only read 읽기만"), *signs, class_="tokens legend"),
        *[tag("article", head, text, class_="card") for head, text in zip(heads, texts, strict=True)],
    )


def _token(token: Sequence[Any]) -> Html:
    """A token with its blanks visible; a line ends after it where it holds a line's end."""
    text, trained = token
    return join([tag("b" if trained else "i", text.translate(VISIBLE)), Html("<br>") if "\n" in text else ""])


def write_report(path: Path, facts: dict[str, Any]) -> None:
    """Write the page for the facts of one run (shaped like `EMPTY`, whose values stand for missing ones), atomically."""
    facts = EMPTY | facts
    sections = (
        ("funnel", both("From sources to rows", "원본에서 학습 행까지"), _funnel),
        ("sources", both("Sources", "원본 파일"), _sources),
        ("rows", both("Rows", "학습·평가 행"), _rows),
        ("leak", both("Leak", "평가 데이터 누출"), _leak),
        ("lengths", both("Lengths", "길이"), _lengths),
        ("mixture", both("Turns, roles, languages", "메시지 수, 역할, 언어"), _mixture),
        ("stock", both("Stock sentences", "상투 문장"), _stock),
        ("personal", both("Personal data", "개인정보"), _personal),
        ("conflicts", both("Conflicts", "FAQ와의 충돌"), _conflicts),
        ("preview", both("What is trained", "학습되는 토큰"), _preview),
    )
    nav = tag("nav", *[tag("a", title, href=f"#{name}") for name, title, _ in sections])
    body = [tag("section", tag("h2", title), make(facts), id=name) for name, title, make in sections]
    style = resources.files("data_tools.output").joinpath("report.css").read_text(encoding="utf-8")
    page = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"{tag('title', facts['company'], ' – ', facts['name'])}\n<style>\n{style}</style>\n</head>\n"
        f"<body>\n{tag('main', _summary(facts), nav, *body)}\n</body>\n</html>\n"
    )
    write_text(path, page.encode("utf-8", "replace").decode("utf-8"))  # half a surrogate pair, which JSON may hold, is no UTF-8
