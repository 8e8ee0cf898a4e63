"""Which column of a chat table holds what: by its English or Korean name, else by what stands in it."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from data_tools.readers.records import Role
from data_tools.sources.tables import find_column, given_columns, listed, plain_name, text_of
from data_tools.sources.text import Source
from data_tools.sources.times import parse_time
from frontdesk.errors import UserError

COLUMNS = {
    "conversation": """
        conversationid conversation convid conversationno conversationkey ticketid ticket ticketnumber ticketno caseid case casenumber
        caseno sessionid session chatid userchatid threadid thread roomid room chatroom chatroomid dialogueid dialogue dialogid dialog
        interactionid issueid requestid inquiryid 대화id 대화번호 대화방 대화방id 대화세션 대화일련번호 대화키 상담id 상담번호
        상담건번호 상담세션 상담 티켓 티켓id 티켓번호 세션 세션id 세션번호 채팅id 채팅번호 채팅방 채팅방id 채팅방번호 스레드 스레드id
        문의id 문의번호 접수번호 접수id 케이스 케이스번호 대화
    """,
    "text": """
        text message messagetext messagebody messagecontent content contents body plaintext plainbody msg chattext chatmessage utterance
        comment commentbody 내용 메시지 메세지 메시지내용 메세지내용 메시지본문 대화내용 상담내용 채팅내용 발화 발화문 발화내용 본문
        텍스트 문장
    """,
    "role": """
        role senderrole authorrole speakerrole participantrole userrole authortype sendertype speakertype usertype persontype
        participanttype fromtype direction 역할 보낸사람유형 작성자유형 발신자유형 발화자유형 화자유형 보낸사람구분 작성자구분
        발신자구분 발화자구분 화자구분 송수신구분 수발신 수발신구분 방향 구분
    """,
    "name": """
        name sendername speakername authorname username displayname nickname speaker sender author from user 작성자 작성자명 보낸사람
        보낸이 발신자 발신자명 발화자 화자 대화자 사용자 이름 성명 닉네임
    """,
    "time": """
        time timestamp createdat datetime sentat senttime sendtime messagetime messagedate createdtime createddate created postedat
        eventtime date 시간 일시 시각 작성일시 작성시간 작성일 발송일시 발송시간 전송일시 전송시간 등록일시 등록일 접수일시 상담일시
        상담시간 대화일시 대화시간 메시지시간 생성일시 생성일 보낸시간 보낸일시 발화시간 타임스탬프 날짜 일자
    """,
}
"""The names of each column as `plain_name` gives them, the likeliest first."""
DATES = "date messagedate createddate 날짜 일자 작성일 상담일 상담일자 대화일자"  # of the day where another column has the time of day
EXCHANGE = {
    "question": """
        question customermessage customerquestion customertext usermessage userinput query inquiry request prompt input 질문 질문내용
        문의 문의내용 문의사항 고객문의 고객질문 고객메시지 고객발화 message text content body 내용 메시지 본문
    """,
    "answer": """
        answer agentreply agentmessage agentresponse agentanswer agenttext reply response output completion 답변 답변내용 상담사답변
        상담원답변 상담사메시지 상담원메시지 상담사발화 응답 회신 회신내용 답
    """,
}
SIDES = {"question": "customer user 고객 손님", "answer": "agent assistant 상담사 상담원 직원"}
"""Names of exchange columns where no column holds the text of messages."""
WORDS = {
    "customer": """
        customer user visitor client enduser consumer guest buyer requester member caller contact lead human inbound incoming in
        received 고객 고객님 손님 회원 이용자 사용자 소비자 구매자 문의자 질문자 민원인 방문자 수신
    """,
    "agent": """
        agent assistant admin administrator staff operator support supportagent humanagent representative rep csr employee seller
        manager advisor adviser consultant specialist teammate outbound outgoing out sent 상담사 상담원 상담직원 직원 관리자 담당자
        매니저 운영자 판매자 답변자 발신
    """,
    "system": "system developer tool event 시스템 시스템메시지 알림",
    "bot": "bot chatbot automation auto 봇 챗봇 자동응답 자동메시지",
    "internal note": "note privatenote internalnote internal 메모 내부메모 상담메모",
}
"""What a role column says, as `plain_name` gives it: a role, or why there is no turn."""
MEANING = {word: meaning for meaning, words in WORDS.items() for word in words.split()}
FEW = 8  # distinct words at most in a column of roles
LONGEST_TIME = 40
BESIDE = ("conversation", "name", "time")  # what an exchange may have beside question and answer
NEEDED = {"conversation": "the conversation", "text": "the text"}


def find_columns(source: Source, rows: Sequence[Mapping[str, Any]], given: Mapping[str, str]) -> dict[str, str]:
    """The columns by field: conversation, text, role, name, time and date, those that there are; or question and answer for exchanges.

    `rows` are the table's first ones, `given` the columns that the config names. Raises UserError for one that is missing.
    """
    header = list(dict.fromkeys(name for values in rows for name in values))
    ours = given_columns(source, header, {field: name for field, name in given.items() if field in COLUMNS}, "data.columns")
    named = {field: find_column(header, names.split()) for field, names in COLUMNS.items()}
    found = {field: column for field, column in named.items() if column and column not in ours.values()} | ours
    held = {name: [text for values in rows if (text := text_of(values.get(name)))] for name in header}
    has_role = "role" in found and _known(held[found["role"]]) >= 0.5
    wanted = {field: names if "text" in found else f"{names} {SIDES[field]}" for field, names in EXCHANGE.items()}
    pair = {field: column for field, names in wanted.items() if (column := find_column(header, names.split()))}
    if len(pair) == len(EXCHANGE) and not ({"text", "role"} & given.keys() or ("text" in found and has_role)):
        return {field: column for field, column in found.items() if field in BESIDE and column not in pair.values()} | pair
    _tell_speakers(found, held, given)
    for field, fits in (("role", _holds_roles), ("time", _holds_times)):  # by contents, where exactly one fits
        free = [name for name in held if name not in found.values() and held[name] and fits(held[name])]
        if field not in found and len(free) == 1:
            found[field] = free[0]
    if "text" not in found and (longest := _longest({name: texts for name, texts in held.items() if name not in found.values()})):
        found["text"] = longest
    _check(source, header, found)
    if "time" in found and (date := find_column([name for name in header if name not in found.values()], DATES.split())):
        found["date"] = date
    return found


def _tell_speakers(found: dict[str, str], held: dict[str, list[str]], given: Mapping[str, str]) -> None:
    """Leave a role column only where it holds words for roles; what holds other words has names."""
    role, name = found.get("role"), found.get("name")
    if role and "role" not in given and _known(held[role]) < 0.5:
        del found["role"]
        found.setdefault("name", role)
    elif not role and name and "name" not in given and held[name] and _known(held[name]) == 1:
        found["role"] = found.pop("name")


def _known(texts: list[str]) -> float:
    return sum(who(text) != (None, None) for text in texts) / max(1, len(texts))


def _longest(held: dict[str, list[str]]) -> str | None:
    """The column whose texts are twice as long as those of any other."""
    lengths = sorted(((sum(map(len, texts)) / max(1, len(texts)), name) for name, texts in held.items()), reverse=True)
    (most, name), (second, _) = [*lengths, (0, ""), (0, "")][:2]
    return name if most > 5 and most >= 2 * second else None


def _holds_roles(texts: list[str]) -> bool:
    words = set(texts)
    return len(words) <= FEW and {"customer", "agent"} <= {who(word)[0] for word in words} and (None, None) not in map(who, words)


def _holds_times(texts: list[str]) -> bool:
    short = [text for text in texts if len(text) <= LONGEST_TIME and not text.isdecimal()]
    return len(short) >= 0.9 * len(texts) and sum(parse_time(text) is not None for text in short) >= 0.9 * len(texts)


def _check(source: Source, header: list[str], found: dict[str, str]) -> None:
    lacking = [f"{what}, such as {' or '.join(COLUMNS[field].split()[:2])}" for field, what in NEEDED.items() if field not in found]
    if not {"role", "name"} & found.keys():
        lacking.append("who speaks, such as role or name")
    if lacking:
        fields = ", ".join(field for field in COLUMNS if field not in found)
        place = f"{source.at(source.first_line)}: found the columns {listed(header)}"
        do = f"rename the columns, or name them in data.columns of the config ({fields})"
        raise UserError(f"{place}; expected one for {'; and one for '.join(lacking)}; {do}")


@lru_cache(maxsize=4096)
def who(word: str) -> tuple[Role | None, str | None]:
    """The role that a word means, or why its messages are no turns; neither for an unknown word. A number behind it does not count."""
    plain = plain_name(word)
    meaning = MEANING.get(plain.rstrip("0123456789"))
    role: Role | None = "customer" if meaning == "customer" else "agent" if meaning == "agent" else None
    return role, None if role else meaning
