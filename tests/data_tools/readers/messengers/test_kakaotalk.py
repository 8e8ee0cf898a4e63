"""KakaoTalk's shapes, all of one talk; what is no message."""

import pytest

from data_tools.readers.messengers import kakaotalk
from data_tools.sources.json_stream import Broken


def read(source):
    assert kakaotalk.looks_like(source)
    return list(kakaotalk.read(source, {}))


def translated(text, *changes):
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


def numbered(text):
    return dict(enumerate(text.split("\n"), 1))


SAID = [
    ("2026-03-02T15:12:00", "김", "안녕하세요 [문의] 드려요"),
    ("2026-03-02T15:14:00", "별빛 [공식]", "안녕하세요 고객님 :)\n\n: 계좌는 123입니다.\n감사합니다."),
    ("2026-03-02T15:17:00", "김", "사진"),
    ("2026-03-02T15:20:00", "김", "네"),
    ("2026-03-03T09:05:00", "김", "입금했어요"),
    ("2026-03-03T09:30:00", "별빛 [공식]", "확인했습니다."),
]
WINDOWS = """김 님과 카카오톡 대화
저장한 날짜 : 2026-03-04 10:00:11

--------------- 2026년 3월 2일 월요일 ---------------
김님이 들어왔습니다.
[김] [오후 3:12] 안녕하세요 [문의] 드려요
[별빛 [공식]] [오후 3:14] 안녕하세요 고객님 :)

: 계좌는 123입니다.
감사합니다.
[김] [오후 3:17] 사진
[김] [오후 3:20] 네
--------------- 2026년 3월 3일 화요일 ---------------
[김] [오전 9:05] 입금했어요
[별빛 [공식]] [오전 9:30] 확인했습니다.
"""
ENGLISH = translated(
    WINDOWS, ("2026년 3월 2일 월요일", "Monday, March 02, 2026"), ("2026년 3월 3일 화요일", "Tuesday, March 03, 2026"),
    ("오후 3:12", "3:12 PM"), ("오후 3:14", "3:14 PM"), ("오후 3:17", "3:17 PM"), ("오후 3:20", "3:20 PM"),
    ("오전 9:05", "9:05 AM"), ("오전 9:30", "9:30 AM"), ("님이 들어왔습니다.", " joined this chatroom."),
)  # fmt: skip
ANDROID = """2026년 3월 2일 오후 3:12
2026년 3월 2일 오후 3:12, 김님이 들어왔습니다.
2026년 3월 2일 오후 3:12, 김 : 안녕하세요 [문의] 드려요
2026년 3월 2일 오후 3:14, 별빛 [공식] : 안녕하세요 고객님 :)

: 계좌는 123입니다.
감사합니다.
2026년 3월 2일 오후 3:17, 김 : 사진
2026년 3월 2일 오후 3:20, 김 : 네
2026년 3월 3일 오전 9:05
2026년 3월 3일 오전 9:05, 김 : 입금했어요
2026년 3월 3일 오전 9:30, 별빛 [공식] : 확인했습니다.
"""
IOS = translated(
    ANDROID, ("2026년 3월 2일 오후 3:12\n", "2026년 3월 2일 월요일\n"), ("2026년 3월 3일 오전 9:05\n", "\n2026년 3월 3일 화요일\n\n"),
    ("2026년 3월 2일 오", "2026. 3. 2. 오"), ("2026년 3월 3일 오", "2026. 3. 3. 오"), ("3:12, 김님이", "3:12: 김님이"),
)  # fmt: skip
IOS_ENGLISH = translated(
    IOS, ("2026년 3월 2일 월요일", "Monday, March 2, 2026"), ("2026년 3월 3일 화요일", "Tuesday, March 3, 2026"),
    ("2026. 3. 2. 오후 3:", "Mar 2, 2026 at 15:"), ("2026. 3. 3. 오전 ", "Mar 3, 2026 at 0"),
)  # fmt: skip
IOS_BRITISH = translated(IOS_ENGLISH, ("Mar 2, 2026", "2 Mar 2026"), ("Mar 3, 2026", "3 Mar 2026"))
MAC = """Date,User,Message
"2026-03-02 15:12:00","김","김님이 들어왔습니다."
"2026-03-02 15:12:00","김","안녕하세요 [문의] 드려요"
"2026-03-02 15:14:00","별빛 [공식]","안녕하세요 고객님 :)

: 계좌는 123입니다.
감사합니다."
"2026-03-02 15:17:00","김","사진"
"2026-03-02 15:20:00","김","네"
"2026-03-03 09:05:00","김","입금했어요"
"2026-03-03 09:30:00","별빛 [공식]","확인했습니다."
"""
SHAPES = {"windows": WINDOWS, "english": ENGLISH, "android": ANDROID, "ios": IOS, "mac": MAC}
SHAPES |= {"ios-english": IOS_ENGLISH, "ios-british": IOS_BRITISH}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp949"])
@pytest.mark.parametrize("shape", SHAPES)
def test_all_shapes_say_the_same(source, shape, encoding, end):
    messages = read(source(SHAPES[shape].replace("\n", end), encoding=encoding))
    said = [message for message in messages if message.skipped is None]
    lines = numbered(SHAPES[shape])

    assert [(message.at, message.name, message.text) for message in said] == SAID
    assert [(message.skipped, message.name) for message in messages if message.skipped] == [("room event", "")]
    assert messages[0].skipped == "room event"
    for message in messages:
        assert message.text.split("\n")[0] in lines[message.line]
        assert (message.thread, message.role) == (None, None)


@pytest.mark.parametrize(
    "event",
    [
        *["김님이 나갔습니다.", "별빛님이 김님을 초대했습니다.", "별빛님이 김님과 이님을 초대했습니다.", "별빛님이 김님을 내보냈습니다."],
        *[
            "채팅방 관리자가 메시지를 가렸습니다.",
            "김님이 방장이 되었습니다.",
            "Kim left this chatroom.",
            "Star invited Kim to this chatroom.",
        ],
    ],
)
def test_who_comes_and_goes_is_an_event_of_the_room(source, event):
    bracket = read(source(f"[김] [오후 3:12] 네\n{event}\n[김] [오후 3:13] {event}\n"))
    comma = read(source(f"2026년 3월 2일 오후 3:12, 김 : 네\n2026년 3월 2일 오후 3:13, {event}\n"))

    assert [(message.text, message.skipped) for message in bracket] == [("네", None), (event, "room event"), (event, None)]
    assert [(message.text, message.skipped) for message in comma] == [("네", None), (event, "room event")]


@pytest.mark.parametrize("text", ["사진", "사진 3장", "동영상", "이모티콘", "파일: a.pdf", "삭제된 메시지입니다.", "Photo", "Emoticon"])
def test_placeholders_keep_their_text(source, text):
    assert [(message.text, message.skipped) for message in read(source(f"[김] [3:12 PM] {text}\n"))] == [(text, None)]


def test_a_date_that_somebody_wrote_stays_in_the_message(source):
    dates = "방문 날짜입니다.\n2026년 3월 5일 목요일\n2026년 3월 3일 화요일"
    comma = read(source(f"2026. 3. 2. 오후 3:12, 별빛 : {dates}\n2026. 3. 2. 오후 3:13, 김 : 네\n2026년 3월 3일 화요일\n"
                        f"2026. 3. 3. 오전 9:05, 별빛 : {dates}\n"))  # fmt: skip
    bracket = read(source(f"--------------- 2026년 3월 2일 월요일 ---------------\n[별빛] [오후 3:12] {dates}\n"
                          "--------------- 2026년 3월 3일 화요일 ---------------\n[김] [오전 9:05] 네\n"))  # fmt: skip

    assert [message.text for message in comma] == [dates, "네", dates]
    assert [message.text for message in bracket] == [dates, "네"]
    assert [message.at for message in bracket] == ["2026-03-02T15:12:00", "2026-03-03T09:05:00"]


def test_a_later_date_at_the_end_of_a_day_is_no_date_line(source):
    text = "방문 날짜입니다.\n2026년 3월 5일 목요일"
    first, second = read(source(f"2026. 3. 2. 오후 3:12, 별빛 : {text}\n2026. 3. 3. 오전 9:05, 김 : 네\n"))
    assert (first.text, second.text) == (text, "네")


def test_lines_of_the_other_shape_belong_to_a_message(source):
    quoted = "전에 이렇게 남겼어요\n2026년 3월 2일 오후 3:12, 김 : 문의드려요"
    assert [message.text for message in read(source(f"[김] [오후 3:12] {quoted}\n[김] [오후 3:13] 네\n"))] == [quoted, "네"]


def test_a_time_above_the_first_date_line_is_not_known(source):
    assert [message.at for message in read(source("[김] [오후 3:12] 네\n"))] == [None]


def test_empty_messages_are_told(source):
    messages = read(
        source("2026년 3월 2일 오후 3:12, 김 : \n2026년 3월 2일 오후 3:12, 김 :\n2026년 3월 2일 오후 3:13, 김 : \n아래에 썼어요\n")
    )
    assert [(message.text, message.skipped) for message in messages] == [("", "empty"), ("", "empty"), ("아래에 썼어요", None)]


def test_a_broken_row_of_the_mac_leaves_the_others(source):
    rows = (
        'Date,User,Message\n"2026-03-02 15:12:00","김","닫히지 않은\n"2026-03-02 15:13:00","김"\n2026-03-02 15:14:00,김,"네, ""좋아요"""\n'
    )
    first, second, third, fourth = read(source(rows + "2026-03-02 15:15:00,김,네, 감사합니다\n"))

    assert isinstance(first, Broken) and first.line == 2
    assert isinstance(second, Broken) and second.line == 3
    assert (third.line, third.text, third.at) == (4, '네, "좋아요"', "2026-03-02T15:14:00")
    assert fourth.text == "네, 감사합니다"


def test_a_spreadsheet_may_have_saved_the_mac_file_anew(source):
    messages = read(source("Date,User,Message\n2026-03-02 15:12,김,문의드려요\n2026. 3. 2. 오후 3:13,별빛,네\n\n"))
    assert [(message.at, message.text) for message in messages] == [("2026-03-02T15:12:00", "문의드려요"), ("2026-03-02T15:13:00", "네")]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_cut_file_gives_the_messages_before_the_cut(source, shape):
    whole = read(source(SHAPES[shape]))
    cut = read(source(SHAPES[shape].rstrip()[:-4]))

    assert cut[: len(whole) - 1] == whole[:-1]
    assert len(cut) == len(whole)


@pytest.mark.parametrize(
    "text",
    [
        *["", "대화,이름,내용\n1,김,안녕\n", '{"messages": []}', '[{"text": "[김] [오후 3:12] 네"}]'],
        *["[02/03/2026, 15:12:10] Kim: hi", "2026-03-02, 15:12 - Kim: hi"],
    ],
)
def test_other_files_are_not_claimed(source, text):
    assert not kakaotalk.looks_like(source(text))
