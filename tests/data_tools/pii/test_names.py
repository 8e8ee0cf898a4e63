"""Names are found where people introduce themselves, answer, sign or are greeted; ordinary words stay."""

from collections.abc import Iterable

import pytest

from data_tools.pii import Masker
from data_tools.pii.__main__ import unmark
from data_tools.pii.names.people import person

INTRODUCED = """
My name is [[NAME:Jane Roe]] and I need help
my name is [[NAME:susan]], I lost my bag
my name's [[NAME:jane roe]] and i want a refund
Hi, I'm [[NAME:Oliver Quill]]. My parcel is late.
I am [[NAME:Marta Vance]] from Leeds
Hello, this is [[NAME:Ben]] I need a ride
This is [[NAME:Priya Nair]] from accounting
hi, this is [[NAME:jane]] from the flower shop
Name: [[NAME:Tom Harper]]
Name on the card is [[NAME:JANE ROE]]
Full name - [[NAME:Ana de Souza]]
Recipient: [[NAME:Colin Marsh]]
Thank you, Ms. [[NAME:Okafor]].
Dear [[NAME:Jane]], your parcel is on its way
Thank you so much, [[NAME:Susan]]!
[[NAME:Jane]] here, any news?
My friends call me [[NAME:Lexi]]
You're chatting with [[NAME:Mia]].
제 이름은 [[NAME:김하늘]]입니다
저는 [[NAME:박서준]]이라고 합니다
저는 [[NAME:이도윤]]인데요 배송이 안 와요
안녕하세요, [[NAME:최유진]]입니다
안녕하세요 상담원 [[NAME:정다은]]입니다
예금주 [[NAME:강민호]]
예금주는 [[NAME:윤서아]]이고 국민은행이에요
받는 사람 [[NAME:오세훈]]
수령인: [[NAME:한지민]]
성함: [[NAME:배수지]]
[[NAME:김하늘]] 고객님 확인 감사합니다
[[NAME:서지호]]님, 주문이 확인되었습니다
제 이름은 [[NAME:Jane Roe]]입니다
주문자 [[NAME:남궁민]]입니다
My wife [[NAME:Ilse]] will collect it
It is booked under [[NAME:Tobin Farrow]] for two
Please ask for [[NAME:L. Marchetti]] at the gate
Passenger 2: [[NAME:Oona Bright]], window seat
[[NAME:Daniel Okoro]] signed, I saw him
한글로는 [[NAME:Robin Lee]]으로 예약했어요
[[NAME:조은채]]한테 보낼 선물이에요
딸 이름이 [[NAME:문서윤]]입니다
[[NAME:유재민]] 팀장님께 전해 주세요
[[NAME:백다온]] [[PHONE:010-3333-4444]] 로 바꿔 주세요
경비실 말고 [[NAME:하은결]] 앞으로 부탁드려요
Thanks [[NAME:June]]! See you in June
[[NAME:Lorcan]], can you look at it again?
That works for us, [[NAME:Tamsin]]!
The chair came.\\n\\nCheers,\\n[[NAME:Oisin Blakeway]]\\nBuyer
We sent it twice. [[NAME:Petra Hollins]]
Ship to: [[NAME:Idris Vane]], by Friday
cc [[NAME:Dunstan Ferro]] on it
hiya its [[NAME:bronwyn]] again
A table for [[NAME:Ines]] and [[NAME:Torvald]], please
Label for [[NAME:Quill, Josephine]] please
my surname is wrong, it's [[NAME:O'Dell]] with two Ls
Kindly resend it. Yours faithfully, [[NAME:M. Okoro-Lind]]
[[NAME:J. R. Thornby]] will sign
Please ask for [[NAME:Min-jun Kwak]] there
put it in the name of [[NAME:Hartwell]]
i am [[NAME:rosalind thorne]] and i want a refund
[[NAME:Grace Hollow]], order of two lamps
[[NAME:도윤]]아 이거 맞지?
[[NAME:하율]]님 문의 감사합니다
친구 [[NAME:하린]]이가 받을 거예요
담당은 [[NAME:구본희]] 과장입니다
받는 분을 [[NAME:노하린]]에서 [[NAME:노하림]]으로 바꿔 주세요
남편([[NAME:지상현]])이 대신 수령합니다
각인은 '[[NAME:소율]]' 이렇게 넣어 주세요
예약자 [[NAME:유리]], 4명이요
제 이름은 [[NAME:마리아 곤잘레스]]인데 예약이 안 보여요
저는 [[NAME:응우옌 반 안]]이라고 합니다
여권에는 [[NAME:사토 겐지]]로 되어 있어요
저 지난주에 상담했던 [[NAME:하시모토 유이]]라고 하는데요
예약자 이름은 [[NAME:팜 티 흐엉]]이고 두 명이에요
어제 통화했던 [[NAME:블라디미르 소로킨]]입니다
담당 [[NAME:소피 마르소]]님께 전달해 주세요
[[NAME:김마리아]] 이름으로 예약했습니다
외국인 친구 [[NAME:조셉]]도 같이 가요
[[NAME:벤자민 리]] 이름으로 되어 있을 거예요
[[NAME:은새]]님 안녕하세요
[[NAME:말숙]]씨 앞으로 온 택배예요
[[NAME:준서]]가 아파서 오늘 못 가요
아이 이름이 [[NAME:로아]]인데 각인 되나요
이름표에 [[NAME:라엘]]이라고 적어 주세요
[[NAME:권 준호]] 앞으로 온 택배 있나요
[[NAME:윤설]]이라는 이름으로 예약했어요
입금자명을 [[NAME:조규철]]로 했어요
명함 이름 [[NAME:서문혁]]으로 200장이요
할머니 성함은 [[NAME:육종만]]이세요
탑승객 [[NAME:PARK/SEOYEON]] 철자 바꿔 주세요
my name is [[NAME:Siti binti Rahman]] and I'm locked out
Booking for [[NAME:Kowalczyk]], party of 4
[[NAME:Ravi]] and [[NAME:Meena]] will both come
could you ask [[NAME:Blessing]] to call me
Deliver to [[NAME:Eun-ji Park]], reception
passport says [[NAME:GARCIA LOPEZ, MARIA]]
hey team, [[NAME:Dariusz]] from the Krakow office
@[[NAME:Paulina]] can you take this one?
Transferring you to [[NAME:Benji]] now
the account is in my wife's name, [[NAME:Kateryna Shevchenko]]
Ticket holder [[NAME:Pooja Deshmukh]]
"""

PLAIN = """
Mark it as done please
I'm Sure it was blue
I'm looking for a gift, I'm not happy
I'm Canadian and this is Great!
Will you ship by May 5?
May 5 works. April 3 too. Rose gold is fine.
This is Amazing. This is the third time
Hi there, hello team, dear customer, dear Sir
Thanks Again! Thank you So much!
What's the product name: WH-1000XM5?
username is required, the file name is wrong
the name is misspelled on my ticket
The Alexa speaker and the Victoria sponge
하늘색이랑 보라색 지우개 있나요?
안녕하세요 문의드립니다
안녕하세요, 고객센터입니다
저는 대학생입니다
저는 유학생인데요 할인되나요
안녕하세요 주문자입니다
김 과장님 계신가요? 선생님, 사장님, 고객님
수령인 변경하고 싶어요
예금주 확인 부탁드려요
이름을 바꾸고 싶어요
담당자 연결해 주세요
이벤트입니다 이번 주말까지입니다
제품 이름은 무엇인가요?
강아지 이름은 보리예요
이메일로 가입했고 지메일로 예약했어요
아들 생일이 언제라고 했죠
추운날인데 배송 괜찮나요
두 잔은 Shirley Temple 주세요? 아니요, one Shirley Temple
Murray Drive is closed, the Oliver Bonas store too
Under GDPR I may ask for it
Completed, thank you. Ugh, can you hurry?
The Olivia chair, a flight to San Diego, a Ralph Lauren shirt
The Samsung one says it is full. Engineers can come on Monday
지원서 제출 기한이 언제까지인가요
엘니뇨 현상은 왜 생기나요, 차지하는 용량은요
우리나라만 되나요, 둘 중 하나예요
추가는 안 되고 정리는 됩니다
예약에는 성이랑 이름이 바뀌어 있어요
회원등급 기준이 어떻게 돼요, 지수가 높은 걸로요
불량이라고 하는데요, 배송 완료라고 하는데요
예약자 이름은 아직 못 정했어요
이름이 길어서 잘려요, 이름은 비밀이에요
받는 사람은 회사 동료예요, 예약자는 같은 사람입니다
구매자는 제 친구입니다, 담당자는 따로 없어요
작가님 사인본인가요, 판매자님 답변이 없어요, 글씨가 안 보여요
톰포드 선글라스, 에스티로더 크림, 빅토리아시크릿
the Alexander McQueen scarf, the Arne Jacobsen chair
Is the Marc Jacobs or the Dr. Martens one back, and the Levi's 501?
my dog Rufus chewed it, my cat Luna ate it
This is Ridiculous, does Sam's Club price match
NVIDIA RTX 4090 24GB vs 4080
"""

ANSWERS = [
    ("May I have your name, please?", "[[NAME:Susan]]"),
    ("May I have your name, please?", "[[NAME:Mark]]."),
    ("sure, may I have your name please?", "[[NAME:Crystal Minh]]"),
    ("Could you give me your name, please?", "It's [[NAME:Jane Roe]]."),
    ("Can I get your full name and order number?", "[[NAME:jane roe]], [[ORDER:20260227-0001234]]"),
    ("Who am I speaking with?", "Sure, [[NAME:Priya]]"),
    ("What's your name?", "I have no preference"),
    ("What's your name?", "yes please"),
    ("What's the name of the hotel?", "Hilton"),
    ("What is the product name?", "Meadow"),
    ("성함이 어떻게 되세요?", "[[NAME:김하늘]]이요"),
    ("성함이 어떻게 되세요?", "네 [[NAME:박서준]]입니다"),
    ("성함과 연락처 부탁드립니다", "[[NAME:이도윤]] [[PHONE:010-1234-5678]]"),
    ("예금주 성함 알려주시겠어요?", "[[NAME:윤서아]]요"),
    ("성함 말씀해 주세요", "잠시만요"),
    ("성함 말씀해 주세요", "왜요?"),
    ("상품 이름이 어떻게 되나요?", "하늘이요"),
    ("연락처 알려주세요", "[[PHONE:555-0134]]"),
    ("주문번호 알려주시겠어요?", "[[ORDER:88213]]이요"),
    ("Can I get your booking ID, please?", "It's [[ORDER:968]]"),
    ("How many nights?", "968"),
    ("What name is it under?", "[[NAME:Hope Larkin]], and the card is in my bag"),
    ("And your first name?", "[[NAME:Will]]"),
    ("May I have your name?", "Give me a second"),
    ("어느 분 성함으로 예약하셨어요?", "네 [[NAME:남궁설아]]로 되어 있어요"),
    ("May I have your full name?", "[[NAME:Fatimah binti Yusof]]"),
    ("Your full name please?", "[[NAME:Juan Carlos de la Vega]]"),
    ("What name is the booking under?", "[[NAME:van der Berg]]"),
    ("What name is the booking under?", "should be under [[NAME:Castellanos]]"),
    ("Could I take the passenger names?", "[[NAME:Lee Min Ho]] and [[NAME:Park Shin Hye]]"),
    ("Could you spell your surname?", "[[NAME:W-O-J-C-I-K]]"),
    ("성함이 어떻게 되시나요?", "[[NAME:라즈 파텔]]입니다"),
    ("성함 알려주세요", "[[NAME:쩐 티 마이]]요"),
    ("성함이 어떻게 되나요", "아들이 받아요 [[NAME:노윤재]]입니다"),
    ("성함이 어떻게 되세요?", "민서 엄마예요".replace("민서", "[[NAME:민서]]")),
    ("성함이 어떻게 되세요?", "네이버로 주문했어요"),
    ("성함이 어떻게 되세요?", "모르겠어요 비회원이라서"),
    ("Which password did you try?", "[[SECRET:lampGlow77!]]"),
    ("계좌번호 알려주세요", "[[BANK_ACCOUNT:73810264]]"),
]

PARTICIPANTS = [
    (["김하늘"], "[[NAME:김하늘]]님 [[NAME:하늘]]씨 [[NAME:하늘]]아"),
    (["김하늘"], "하늘색 하늘이 맑은 날"),
    (["김하늘"], "[[NAME:김하늘]]이에요, [[NAME:김 하늘]]이요"),
    (["이보라"], "보라색이랑 이 보라색 둘 다요"),
    (["박지우"], "지우개로 지우고 지우는 법, [[NAME:지우]]님"),
    (["박도현"], "[[NAME:도현]]이가 [[NAME:도현]]은 모른대요"),
    (["Jane Roe"], "Thanks [[NAME:Jane]], [[NAME:jane roe]] or Ms [[NAME:ROE]]; heroes stay"),
    (["Mia (Travel Desk)"], "I'll ask [[NAME:Mia]] at the Travel Desk"),
    (["Mark Lee"], "Mark it as done. Please ask [[NAME:Mark]]. May 5"),
    (["Will Hart"], "Will you call? Thanks, [[NAME:Will]]!"),
    (["Guest"], "a guest brought a Guest card"),
    (["Customer Support"], "Customer Support is great"),
    (["상담원", "고객", "나"], "상담원 고객 나 나는 고객이에요"),
    (["Agent Smith"], "agent [[NAME:Smith]] said so"),
    (["Visitor 1234"], "the visitor came"),
    (["José Álvarez"], "Gracias [[NAME:José]]"),
]


def lines(block: str) -> list[str]:
    return block.strip().splitlines()


def wrong(cases: Iterable[tuple[str, list[str], str]]) -> list[object]:
    """Of cases (marked text, participants, the text before) those in which other names than the marked ones are found."""
    failed: list[object] = []
    for marked, names, before in cases:
        text, gold = unmark(marked.replace("\\n", "\n"))
        found = Masker().mask([before, text], names, ["agent", "customer"])[1].spans
        if sorted(found) != sorted(gold):
            failed.append((names, before, marked, [(span.kind, text[span.start : span.end]) for span in found]))
    return failed


def test_an_introduced_name_is_found_without_title_or_particle() -> None:
    assert wrong((marked, [], "") for marked in lines(INTRODUCED)) == []


def test_ordinary_words_are_no_names() -> None:
    assert wrong((text, [], "") for text in lines(PLAIN)) == []


def test_an_answer_is_what_was_asked_for() -> None:
    assert wrong((marked, [], before) for before, marked in ANSWERS) == []


def test_participants_are_found_in_full_and_in_parts() -> None:
    assert wrong((marked, names, "") for names, marked in PARTICIPANTS) == []


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("김하늘(VIP)", "김하늘"),
        ("하늘 고객님", "하늘"),
        ("Pebble & Pine Support", ""),
        ("Mia | Pebble & Pine", "Mia"),
        ("상담원2", ""),
        ("", ""),
    ],
)
def test_the_person_in_a_label(label: str, name: str) -> None:
    assert person(label, "Pebble & Pine") == name


def test_a_name_said_once_is_masked_in_the_whole_conversation() -> None:
    texts = ["Hi Oliver was here", "my name is Oliver Quill", "Thanks Oliver", "oliver's parcel"]
    masked = [item.text for item in Masker().mask(texts)]
    assert masked == ["Hi [NAME_1] was here", "my name is [NAME_1]", "Thanks [NAME_1]", "[NAME_1]'s parcel"]


def test_two_people_have_two_placeholders() -> None:
    masked = Masker().mask(["Jane Roe and John Roe", "Jane, ask John"], ["Jane Roe", "John Roe"])
    assert [item.text for item in masked] == ["[NAME_1] and [NAME_2]", "[NAME_1], ask [NAME_2]"]
