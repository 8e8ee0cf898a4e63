"""KakaoTalk's shapes, all of one talk; what is no message; where conversations end."""

import pytest

from data_tools.readers import read_chat


def translated(text, *changes):
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


SAID = [
    ("2026-03-02T15:12:00", "customer", "안녕하세요 [문의] 드려요"),
    ("2026-03-02T15:14:00", "agent", "안녕하세요 고객님 :)\n\n: 계좌는 123입니다.\n감사합니다."),
    ("2026-03-02T15:20:00", "customer", "네"),
    ("2026-03-03T09:05:00", "customer", "입금했어요"),
    ("2026-03-03T09:30:00", "agent", "확인했습니다."),
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
    ("오전 9:05", "9:05 AM"), ("오전 9:30", "9:30 AM"), ("] 사진", "] Photo"), ("님이 들어왔습니다.", " joined this chatroom."),
)  # fmt: skip
ANDROID = """2026년 3월 2일 오후 3:12
2026년 3월 2일 오후 3:12, 김님이 들어왔습니다.
2026년 3월 2일 오후 3:12, 김 : 안녕하세요 [문의] 드려요
2026년 3월 2일 오후 3:14, 별빛 [공식] : 안녕하세요 고객님 :)

: 계좌는 123입니다.
감사합니다.
2026년 3월 2일 오후 3:17, 김 : 이모티콘
2026년 3월 2일 오후 3:20, 김 : 네
2026년 3월 3일 오전 9:05
2026년 3월 3일 오전 9:05, 김 : 입금했어요
2026년 3월 3일 오전 9:30, 별빛 [공식] : 확인했습니다.
"""
IOS = translated(
    ANDROID, ("2026년 3월 2일 오후 3:12\n", "2026년 3월 2일 월요일\n"), ("2026년 3월 3일 오전 9:05\n", "2026년 3월 3일 화요일\n"),
    ("2026년 3월 2일 오", "2026. 3. 2. 오"), ("2026년 3월 3일 오", "2026. 3. 3. 오"),
)  # fmt: skip
IOS_ENGLISH = translated(
    IOS, ("2026년 3월 2일 월요일", "Monday, March 2, 2026"), ("2026년 3월 3일 화요일", "Tuesday, March 3, 2026"),
    ("2026. 3. 2. 오후 3:", "Mar 2, 2026 at 15:"), ("2026. 3. 3. 오전 ", "Mar 3, 2026 at 0"), ("이모티콘", "Emoticon"),
)  # fmt: skip
MAC = """Date,User,Message
"2026-03-02 15:12:00","김","안녕하세요 [문의] 드려요"
"2026-03-02 15:14:00","별빛 [공식]","안녕하세요 고객님 :)

: 계좌는 123입니다.
감사합니다."
"2026-03-02 15:17:00","김","동영상"
"2026-03-02 15:20:00","김","네"
"2026-03-03 09:05:00","김","입금했어요"
"2026-03-03 09:30:00","별빛 [공식]","확인했습니다."
"""
SHAPES = {"windows": WINDOWS, "english": ENGLISH, "android": ANDROID, "ios": IOS, "ios-english": IOS_ENGLISH, "mac": MAC}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp949"])
@pytest.mark.parametrize("shape", SHAPES)
def test_all_shapes_say_the_same(source, shape, encoding, end):
    read = source(SHAPES[shape].replace("\n", end), encoding=encoding)
    name, chat = read_chat(read, ("별빛 [공식]",))

    turns = [turn for conversation in chat.conversations for turn in conversation.turns]
    assert name == "KakaoTalk"
    assert [(turn.at, turn.role, turn.text) for turn in turns] == SAID
    assert [len(conversation.turns) for conversation in chat.conversations] == [3, 2]
    room_events = {} if shape == "mac" else {"message: room event": 1}
    assert chat.dropped == {"message: placeholder": 1, **room_events}
    for turn in turns:
        assert turn.text.split("\n")[0] in read.text.split("\n")[int(turn.source.split(":")[1]) - 1]


@pytest.mark.parametrize(
    "text", ["사진", "사진 3장", "동영상", "이모티콘", "(이모티콘)", "파일: a.pdf", "삭제된 메시지입니다.", "Photo", "Video", "Emoticon"]
)
def test_placeholders_are_dropped_only_when_alone(source, text):
    lines = [f"[A] [3:1{i} PM] {said}" for i, said in enumerate([text, f"보냈어요 {text}"])]
    chat = read_chat(source("\n".join(lines)), ("B",))[1]

    assert [turn.text for turn in chat.conversations[0].turns] == [f"보냈어요 {text}"]
    assert chat.dropped == {"message: placeholder": 1}
