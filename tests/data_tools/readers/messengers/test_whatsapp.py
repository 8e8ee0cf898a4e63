"""WhatsApp's heads and date orders; what WhatsApp itself says, photos and deleted messages."""

import pytest

from data_tools.readers.messengers import whatsapp
from data_tools.sources.json_stream import Broken
from tests.timing import LINEAR, exponent

LRM, NARROW = "\u200e", "\u202f"
SAID = [
    ("2026-03-02T15:12:00", "Mina Park", "Hello, my parcel is late: order 12-03"),
    ("2026-03-02T15:14:00", "Blue Kettle", "Sorry!\n\n[link] see\n12:30 at the latest"),
    ("2026-03-14T00:05:00", "+44 20 7946 0000", "thanks"),
]


def read(source):
    assert whatsapp.looks_like(source)
    return list(whatsapp.read(source, {}))


def talk(*heads):
    """SAID with the given heads, each up to where the name begins."""
    return "".join(f"{head}{name}: {text}\n" for head, (_, name, text) in zip(heads, SAID, strict=True))


HEADS = {
    "iphone, british": ("[02/03/2026, 15:12:00] ", f"{LRM}[02/03/2026, 15:14:00] ", "[14/03/2026, 00:05:00] "),
    "iphone, american": (f"[3/2/26, 3:12:00{NARROW}PM] ", f"[3/2/26, 3:14:00{NARROW}PM] ", f"[3/14/26, 12:05:00{NARROW}AM] "),
    "iphone, korean": ("[2026. 3. 2. 오후 3:12:00] ", "[2026. 3. 2. 오후 3:14:00] ", f"{LRM}[2026. 3. 14. 오전 12:05:00] "),
    "iphone, year first": ("[2026-03-02, 15:12:00] ", "[2026-03-02, 15:14:00] ", "[2026-03-14, 00:05:00] "),
    "android, british": ("02/03/2026, 15:12 - ", "02/03/2026, 15:14 - ", "14/03/2026, 00:05 - "),
    "android, indian": ("02/03/26, 3:12 pm - ", "02/03/26, 3:14 pm - ", "14/03/26, 12:05 am - "),
    "android, australian": (f"2/3/2026, 3:12{NARROW}p.m. - ", f"2/3/2026, 3:14{NARROW}p.m. - ", f"14/3/2026, 12:05{NARROW}a.m. - "),
    "android, american": (f"3/2/26, 3:12{NARROW}PM - ", f"3/2/26, 3:14{NARROW}PM - ", f"3/14/26, 12:05{NARROW}AM - "),
    "android, german": ("02.03.26, 15:12 - ", "02.03.26, 15:14 - ", "14.03.26, 00:05 - "),
    "android, korean": ("2026. 3. 2. 오후 3:12 - ", "2026. 3. 2. 오후 3:14 - ", "2026. 3. 14. 오전 12:05 - "),
    "android, korean words": ("2026년 3월 2일 오후 3:12 - ", "2026년 3월 2일 오후 3:14 - ", "2026년 3월 14일 오전 12:05 - "),
    "android, short korean": ("26. 3. 2. 오후 3:12 - ", "26. 3. 2. 오후 3:14 - ", "26. 3. 14. 오전 12:05 - "),
    "android, year first": ("2026/03/02, 15:12 - ", "2026/03/02, 15:14 - ", "2026/03/14, 00:05 - "),
}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("phone", HEADS)
def test_all_phones_say_the_same(source, phone, end):
    text = talk(*HEADS[phone])
    messages = read(source(text.replace("\n", end)))

    assert [(message.at, message.name, message.text) for message in messages] == SAID
    assert {(message.thread, message.role, message.skipped) for message in messages} == {(None, None, None)}
    assert [message.line for message in messages] == [1, 2, 6]


def days(source, *dates):
    return [message.at[:10] for message in read(source("".join(f"{date} - A: hi\n" for date in dates)))]


@pytest.mark.parametrize(
    ("dates", "first", "last"),
    [
        pytest.param(("02/03/2026, 15:12", "13/03/2026, 15:12"), "2026-03-02", "2026-03-13", id="a day above 12 in first place"),
        pytest.param(("02/03/2026, 15:12", "02/13/2026, 15:12"), "2026-02-03", "2026-02-13", id="a day above 12 in second place"),
        pytest.param(("02/11/2026, 9:00", "03/01/2026, 9:00", "03/02/2026, 9:00"), "2026-02-11", "2026-03-02", id="time does not go back"),
        pytest.param(("05/01/2026, 9:00", "03/05/2026, 9:00", "04/09/2026, 9:00"), "2026-01-05", "2026-09-04", id="order before closeness"),
        pytest.param(
            ("01/02/2026, 9:00", "01/03/2026, 9:00", "01/04/2026, 9:00"), "2026-01-02", "2026-01-04", id="days lie close, month first"
        ),
        pytest.param(
            ("02/01/2026, 9:00", "03/01/2026, 9:00", "04/01/2026, 9:00"), "2026-01-02", "2026-01-04", id="days lie close, day first"
        ),
        pytest.param(("05/04/26, 9:00", "06/04/26, 9:00"), "2026-04-05", "2026-04-06", id="the year is not in first place"),
        pytest.param(("02/03/2026, 15:12",), "2026-03-02", "2026-03-02", id="nothing tells: day first"),
        pytest.param(("3/2/26, 3:12 PM",), "2026-03-02", "2026-03-02", id="nothing tells, but written as Americans do"),
        pytest.param(("02/03/26, 3:12 pm",), "2026-03-02", "2026-03-02", id="nothing tells, and written as elsewhere"),
        pytest.param(("14/03/2026, 9:00", "03/04/2026, 9:00", "15/03/2026, 9:00"), "2026-03-14", "2026-03-15", id="one day that goes back"),
    ],
)
def test_the_order_of_a_date_is_told_by_all_dates(source, dates, first, last):
    found = days(source, *dates)
    assert (found[0], found[-1]) == (first, last)


def test_dates_far_below_tell_the_order_too(source):
    early = [f"0{1 + number % 9}/03/2026, 10:{number % 60:02d}" for number in range(60_000)]
    assert days(source, "02/03/2026, 09:00", *early, "28/03/2026, 09:00")[0] == "2026-03-02"


@pytest.mark.parametrize(
    ("text", "skipped"),
    [
        *[(f"{LRM}{kind} omitted", "attachment") for kind in ("image", "video", "audio", "GIF", "sticker", "document", "Contact card")],
        (f"price list.pdf • {LRM}2 pages {LRM}document omitted", "attachment"),
        (f"{LRM}<attached: 00000012-PHOTO-2026-03-02-15-12-10.jpg>", "attachment"),
        (f"{LRM}이미지 생략됨", "attachment"),
        (f"{LRM}This message was deleted.", "deleted"),
        (f"{LRM}You deleted this message.", "deleted"),
        (f"{LRM}Messages and calls are end-to-end encrypted. Only people in this chat can read them.", "system"),
        (f"{LRM}Missed voice call, {LRM}Tap to call back", "system"),
        (f"{LRM}Voice call, {LRM}2 min", "system"),
        (f"{LRM}Mina changed the subject to “VIP: 2026”", "system"),
        (f"{LRM}Mina added Kim", "system"),
        (f"{LRM}이 그룹을 만들었습니다", "system"),
        ("Messages and calls are end-to-end encrypted. Tap to learn more.", "system"),
        ("", "empty"),
        (LRM, "system"),
        ("the image omitted from the mail is this one", None),
        ("Please call, I missed a voice call", None),
        ("Missed voice call", "system"),
        ("Missed voice call from you, why?", None),
        ("Video call, please", None),
        ("My security code was changed. Why?", None),
        ("부재중 음성 통화가 있어서 연락드려요", None),
        ("이 메시지를 삭제해 주세요", None),
        ("메시지를 삭제했습니다", None),
        ("이 메시지는 삭제되었습니다", "deleted"),
        ("thanks @\u2068Kim\u2069", None),
        ("I added Kim to the order", None),
        ("\u200fשלום", None),
    ],
)
def test_what_an_iphone_marks_is_no_turn(source, text, skipped):
    (message,) = read(source(f"[02/03/2026, 15:12:10] Blue Kettle: {text}\n"))

    assert (message.skipped, message.name) == (skipped, "Blue Kettle")
    assert not {*message.text[:1], *message.text[-1:]} & {*whatsapp.MARKS}


@pytest.mark.parametrize(
    "line",
    [
        "Messages and calls are end-to-end encrypted. Tap to learn more.",
        "메시지와 통화는 종단간 암호화됩니다. 탭하여 자세히 알아보세요.",
        'Mina changed the subject from "VIP: old" to "VIP: new"',
        'You created group "Tea: orders"',
        "Mina added Kim",
        "Missed voice call",
        "Your security code with Mina changed. Tap to learn more.",
        'Mina님이 그룹 이름을 "VIP: 2026"(으)로 변경했습니다',
    ],
)
def test_android_gives_events_no_name(source, line):
    before, event, after = read(source(f"02/03/2026, 15:12 - Mina: hi\n02/03/2026, 15:13 - {line}\n02/03/2026, 15:14 - Mina: bye\n"))

    assert (event.skipped, event.name, event.text) == ("system", "", line)
    assert (before.text, after.text) == ("hi", "bye")


@pytest.mark.parametrize(
    ("text", "said", "skipped"),
    [
        ("<Media omitted>", "<Media omitted>", "attachment"),
        ("<미디어 파일을 제외한 내용>", "<미디어 파일을 제외한 내용>", "attachment"),
        ("IMG-20260302-WA0001.jpg (file attached)", "IMG-20260302-WA0001.jpg (file attached)", "attachment"),
        ("IMG-20260302-WA0001.jpg (파일 첨부됨)", "IMG-20260302-WA0001.jpg (파일 첨부됨)", "attachment"),
        ("IMG-20260302-WA0001.jpg (file attached)\nThis is the crack", "This is the crack", None),
        ("This message was deleted", "This message was deleted", "deleted"),
        ("삭제된 메시지입니다", "삭제된 메시지입니다", "deleted"),
        ("Yes, please <This message was edited>", "Yes, please", None),
        (f"Yes, please {LRM}<수정된 메시지>", "Yes, please", None),
        ("My file is attached", "My file is attached", None),
        ("write 3 < 5 > 2", "write 3 < 5 > 2", None),
    ],
)
def test_photos_and_deleted_messages_of_android(source, text, said, skipped):
    (message,) = read(source(f"02/03/2026, 15:12 - Mina: {text}\n"))
    assert (message.text, message.skipped) == (said, skipped)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        *[("Mina Park", "Mina Park"), (f"~{NARROW}Mina", "Mina"), ("\u202a+44\u00a020\u00a07946\u00a00000\u202c", "+44 20 7946 0000")],
        ("Blue Kettle (Support) 24:7", "Blue Kettle (Support) 24:7"),
    ],
)
def test_names_are_plain(source, written, name):
    assert [message.name for message in read(source(f"[02/03/2026, 15:12:10] {written}: hi: there\n"))] == [name]


def test_text_above_the_first_message_is_broken(source):
    broken, message = read(source("\nthe end of a message that was cut\n02/03/2026, 15:12 - Mina: hi\n"))
    assert isinstance(broken, Broken) and broken.line == 2
    assert (message.line, message.text) == (3, "hi")


def test_a_cut_file_gives_what_is_there(source):
    text = talk(*HEADS["android, british"])
    assert read(source(text[:-4]))[:2] == read(source(text))[:2]


def test_a_day_that_does_not_exist_has_no_time(source):
    assert [message.at for message in read(source("02/03/2026, 15:12 - A: hi\n45/03/2026, 15:12 - A: hi\n"))] == [
        "2026-03-02T15:12:00",
        None,
    ]


@pytest.mark.parametrize(
    "text", ["", "a,b\n1,2\n", "[김] [오후 3:12] 네\n", "2026. 3. 2. 오후 3:12, 김 : 네\n", '{"messages": []}', "2026-03-02,15:12,Kim,hi\n"]
)
def test_other_files_are_not_claimed(source, text):
    assert not whatsapp.looks_like(source(text))


@pytest.mark.parametrize(("piece", "end"), [(" • ", "omitted"), ("<", "attached"), ("(", "첨부"), (" ", ">x"), ("omitted ", "")])
def test_long_messages_of_odd_marks_take_time_in_proportion(source, piece, end):
    """A pattern that looks at each mark from each mark takes minutes."""
    files = {times: source(f"02/03/2026, 15:12 - Mina: {piece * times}{end}\n") for times in (5_000, 20_000)}
    (message,) = read(files[5_000])

    assert message.skipped is None
    assert exponent(lambda times: list(read(files[times])), 5_000, 20_000) < LINEAR
