"""Numbers, addresses and secrets are found in both languages, and what looks like them stays."""

import pytest

from data_tools.pii import Masker
from data_tools.pii.__main__ import unmark

MARKED = """
제 번호는 [[PHONE:010-1234-5678]] 입니다
[[PHONE:01098765432]]로 전화 주세요
연락처 [[PHONE:010 2345 6789]]이고 문자도 됩니다
[[PHONE:010.3456.7890]]
[[PHONE:+82 10-1234-5678]]입니다
해외라서 [[PHONE:+82-10-2345-6789]] 로 걸어야 해요
[[PHONE:(02)123-4567]] 로 연락 바랍니다
매장 전화는 [[PHONE:031-123-4567]]이에요
인터넷 전화 [[PHONE:070-8765-4321]]
[[PHONE:1588-1234]]로 걸어도 안 받아요
안심번호 [[PHONE:0507-1234-5678]] 로 주세요
[[PHONE:공일공 일이삼사 오육칠팔]] 이에요
제 번호 [[PHONE:공일공일이삼사오육칠팔]]입니다
[[PHONE:공일공-구팔칠육-오사삼이]]로 문자 주세요
[[PHONE:０１０－１２３４－５６７８]] 이요
[[PHONE:010 - 1234 - 5678]]
[[PHONE:010 1234에 5678]]이에요
끝자리만 가렸어요 [[PHONE:010-****-5678]]
[[PHONE:02-987-6543]], [[PHONE:010-1111-2222]] 둘 다 돼요
you can reach me at [[PHONE:(977) 625-2661]].
Call [[PHONE:415-555-0134]] after six
my cell is [[PHONE:4155550134]]
phone: [[PHONE:555-0134]]
It's [[PHONE:+44 20 7946 0958]]
UK mobile [[PHONE:07700 900123]]
[[PHONE:+1 (415) 555-0199]] works best
Toll-free [[PHONE:1-800-555-0199]]
my number is [[PHONE:five five five, oh one three four, nine]]
메일은 [[EMAIL:haneul.kim@example.com]]이에요
[[EMAIL:jane_roe+shop@mail.example.co.uk]] please
[[EMAIL:roe99@EXAMPLE.com]]로 보내주세요
이메일 주소: [[EMAIL:bora88@naver.com]]
write to [[EMAIL:jane (at) example.com]]
bora88 말고 [[EMAIL:bora99골뱅이naver.com]]이요
주민번호 [[RRN:880214-1543219]] 입니다
[[RRN:8802141543219]]
주민등록번호는 [[RRN:010723-3412349]]이에요
외국인등록번호 [[RRN:910412-5123453]]
제 주민번호가 [[RRN:210105-3987650]]인데요
사업자등록번호 [[BUSINESS_NUMBER:214-87-03311]]로 발행해 주세요
세금계산서는 [[BUSINESS_NUMBER:1058290045]] 앞으로요
[[BUSINESS_NUMBER:105-82-90045]]
여권번호 [[PASSPORT:M12345678]]입니다
my passport number is [[PASSPORT:M123A4567]]
Passport no. [[PASSPORT:C01X00T47]]
운전면허 [[DRIVER_LICENSE:11-18-123456-72]]
면허번호는 [[DRIVER_LICENSE:131912345671]]이요
계좌는 국민은행 [[BANK_ACCOUNT:123456-04-789012]]입니다
신한 [[BANK_ACCOUNT:110-234-567890]] 예금주 [[NAME:김하늘]]
카카오뱅크 [[BANK_ACCOUNT:3333-01-1234567]]로 환불해 주세요
환불 계좌: 농협 [[BANK_ACCOUNT:3021234567891]]
우리은행 [[BANK_ACCOUNT:1002 345 678901]]
입금은 [[BANK_ACCOUNT:1002-345-678901]]로 했어요
my account number is [[BANK_ACCOUNT:12345678]], sort code [[BANK_ACCOUNT:12-34-56]]
IBAN [[BANK_ACCOUNT:GB82 WEST 1234 5698 7654 32]] please
Routing number [[BANK_ACCOUNT:021000021]]
카드번호 [[CARD:4532-2011-9876-5417]]로 결제했어요
[[CARD:4532 2011 9876 5417]]
card [[CARD:5204739982110054]] was charged twice
amex [[CARD:3714 496353 98431]]
카드 [[CARD:1234-****-****-5678]]로 결제됐어요
[[CARD:****-****-****-5417]] 이 카드예요
주소는 [[ADDRESS:서울 강남구 테헤란로 152, 3층]]입니다
배송지 [[ADDRESS:경기도 성남시 분당구 판교역로 235]]
[[ADDRESS:서울특별시 마포구 양화로 45 101동 1203호]]로 보내주세요
[[ADDRESS:마포구 합정동 369-12]] 살아요
[[ADDRESS:부산광역시 해운대구 우동 1408번지]]
주소: [[ADDRESS:세종대로 110]]
[[ADDRESS:한빛마을아파트 302동 1504호]]예요
[[ADDRESS:대전 유성구 대학로99번길 12]] 1층이요
[[ADDRESS:전라남도 순천시 해룡면 상삼리 77-1]]
ship it to [[ADDRESS:6821 1st ave  san mateo, ny 75227]]
I live at [[ADDRESS:742 Maple Street, Apt 4B, Springfield, IL 62704]].
my address is [[ADDRESS:12 Acacia Road, London N1 4AB]]
[[ADDRESS:1600 Harbor View Drive, Portland, OR 97201]]
send to [[ADDRESS:PO Box 4412]]
[[ADDRESS:152 Teheran-ro, Gangnam-gu, Seoul]]
my order [[ORDER:#10234]] is late
where is order [[ORDER:20260227-0001234]]?
Order number: [[ORDER:PP-88231]]
booking ID is [[ORDER:968]]
tracking number [[ORDER:1Z999AA10123456784]]
invoice [[ORDER:INV-2026-0042]] has a mistake
reservation code [[ORDER:XKQZPL]]
주문번호 [[ORDER:20260227-0001234]]요
주문번호는 [[ORDER:A1029384]]입니다
송장번호 [[ORDER:1234-5678-9012]] 조회가 안 돼요
운송장 [[ORDER:640123456789]]
예약번호가 [[ORDER:R-55120]]이에요
[[ORDER:ORD-20260315-77]] 언제 와요?
지금 [[IP:192.168.0.17]]에서 접속해요
my IP is [[IP:2001:db8:85a3::8a2e:370:7334]]
key [[SECRET:sk-a8Kd93jfLq02mXz7Pq]] leaked
Authorization: Bearer [[SECRET:eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl]]
[[SECRET:ghp_16C7e42F292c6912E7710c838347Ae178B4a]]
it was `[[SECRET:qw_live_7Qm2xVd9Kp4sTz81LwYb]]`, not unit_test_connection2 or qw_test_…
`pip install "lib==1.20.3.4"` and git clone git@code.example:team/repo.git
write to [[EMAIL:git@code.example]]: they know
AWS [[SECRET:AKIAIOSFODNN7EXAMPLE]]
my password is [[SECRET:Hunter2!x]]
비밀번호는 [[SECRET:abcd1234!]]예요
비번 [[SECRET:qwer9876]] 인데 안 돼요
인증번호 [[SECRET:483920]] 왔어요
my social is [[SSN:512-44-7781]]
SSN [[SSN:512447781]]
[[PHONE:(+82)10-2222-3333]] 맞아요
[[PHONE:010_4444_5555]]
[[PHONE:00447700900456]]
[[PHONE:1670 3311]] 여기로 걸었어요
[[CARD:4532 **** **** 5417]]
Order numbers are [[ORDER:KX-20417]] or [[ORDER:KX-20477]]
order no [[ORDER:2025/0731]]
USPS tracking [[ORDER:9400 1200 0255 4478 3390 18]]
recovery key [[SECRET:PQ7D-29XM-KF4T-8ZRA]]
door code is [[SECRET:5521#]]
[[SECRET:0f3ad9127bb64c0e9d5531aa7cf08e62]]
client_secret=[[SECRET:Qm2Xv81Lc0Tz]]
acct [[BANK_ACCOUNT:5519927001]] is the new one
SC제일 [[BANK_ACCOUNT:426-20-117733]] 됩니까
[[ADDRESS:Flat 4, 9 Mill Lane, York YO1 9AB]]
[[ADDRESS:The Old Forge, Copse Road, Upper Wick, UW3 2AB]] is where she lives
[[ADDRESS:14 Rue des Acacias, 69001 Lyon, France]]
[[ADDRESS:Lindenstraße 12, 10115 Berlin]]
반품은 [[ADDRESS:경기 파주시 문발읍 책향기로 30 한빛 물류센터 B동]]
the claim [[ORDER:CLM-558-2091]] and both orders, [[ORDER:SG-77120]] and [[ORDER:SG-77121]]
booking ref for the ferry is [[ORDER:QZ8LTM]]
PNR: [[ORDER:QWERTZ]], two bags
order number는 [[ORDER:GR-551209]] 이에요
예약번호 문자로 [[ORDER:R2407-0091]] 왔어요
the order number is [[ORDER:six one four oh nine two seven]]
the lockbox code is [[SECRET:8826]], the alarm wants [[SECRET:44910#]]
공동현관 [[SECRET:1502#7734]] 누르세요
와이파이는 [[SECRET:stay_hanok24]] 예요
임시비번 받았는데 [[SECRET:Tmp!9wKe27]] 로 안 돼요
access_token=[[SECRET:9c1f7be20d5a4e83b6e2]]
API 키는 [[SECRET:dlk_live_8fQ2mZr71XvT0pLc]] 이거예요
my social was wrong when I signed up - it should be [[SSN:527 31 8846]]
to the account [[BANK_ACCOUNT:04-19-62 83910276]] please
it is [[EMAIL:jo dot fenwick at brightmail dot example]]
[[EMAIL:dawon77 골뱅이 네이버 닷컴]] 이요
제 번호 [[PHONE:공1공-4482-71삼9]]
[[ADDRESS:경기도 파주시 탄현면 금산리 184-3]] 달래상점
[[ADDRESS:63 st. brannocks rd, ilfracombe, ex34 8eq]] not 36
from [[ADDRESS:31B Cotter's Row, Galway H91 X2P4]], 2 kg
[[ADDRESS:#1203, 19 Seongsui-ro 7-gil, Seongdong-gu, Seoul 04780]]
집은 [[ADDRESS:용산구 새창로 7-12 반지하]]예요
[[ORDER:ON-241107-5583]] 이 주문 취소 좀요
[[ORDER:YB20251103-118]] 건인데 아직도 준비 중이네요
[[ORDER:JW20251120A17]] 확인 좀 해 주세요
[[ORDER:B4471-2290]] 환불해 주세요
[[ORDER:99120331]]번 주문 취소요
한진 [[ORDER:412398771209]] 어디쯤 왔나요
CJ대한통운 [[ORDER:6611-2209-8834]] 분실된 것 같아요
우체국 등기 [[ORDER:11234-5678-9012]] 언제 와요
whats going on with [[ORDER:113-4408726-9950317]]
can you check order [[ORDER:0055927143]] again
[[ORDER:TX-99120-B]] please cancel this one
please cancel [[ORDER:88213-4471]] and refund me
order [[ORDER:4471]] hasn't arrived
I have two orders [[ORDER:55102]] and [[ORDER:55108]]
the parcel with [[ORDER:9405511899223197428490]] never came
change the phone on my account to [[PHONE:646-555-0118]]
[[PHONE:06 12 34 56 78]] is my mobile
phone [[PHONE:04 1234 5678]] thanks
[[PHONE:98765 43210]] whatsapp me there
you can get me on [[PHONE:0 7 7 0 0 9 0 0 1 2 3]]
my mobile no is [[PHONE:07 911 123 456]]
[[PHONE:(0161) 496 0777]]
phone is [[PHONE:646/555/0190]]
the number on file is [[PHONE:646 555-0190]], right?
Tel. [[PHONE:030 / 123 45 67]]
[[PHONE:010-55-21-3098]]
번호는 [[PHONE:010ㅡ5521ㅡ3098]]
[[PHONE:O10-5521-3098]]이에요
[[PHONE:010:5521:3098]], [[PHONE:010....5521....3098]]
[[PHONE:10-8821-3344]] 앞에 0 빠졌어요
전번 [[PHONE:5521-3098]]이요
"""

PLAIN = """
가격이 6,000원인가요? 49,900원이 아니고요?
It was $49.90, then 1,299.00 USD
2026-03-02에 주문했고 3월 2일에 취소했어요
from 03/02/2026 to 2026.03.09
오후 3시 30분, 15:30 아니면 10:30:15
WH-1000XM5랑 SM-G991N 재고 있나요?
Is the Galaxy S24 or the iPhone 15 Pro 256GB in stock?
버전 1.2.3 으로 올렸더니 10.0.19.4 버전이라고 나와요
version 1.2.3.4 of the firmware
100% 환불, 50~70% 할인
사이즈 250, 1588 sizes in total
in 2024 we sold 12000 units
https://shop.example/faq/returns?page=2
쿠폰 WELCOME10 이 안 먹어요
order 2 shirts and 3 pairs
10-20 items, open 24-7, 1-2-3
서울 매장은 언제 여나요? 2호선 타고 가요
ISBN 9788937460449 책 있어요?
1층 매장 3번 출구로 오세요
바로 10분 뒤에 1개로 바꿔 주세요
앱으로 3번 시도했어요
제주도로 3박 4일 가요
강남으로 2명 예약이요
영업일 3-5일, 2~3일 걸려요
I ordered 2 on 2026-03-02 and 3 more on 2026-03-05
주문 금액 60000원 이상이면 무료
주문 60000원 했어요
5 minute walk, 3 orders on the way
room #302, step 2 of 3
비밀번호는 어떻게 바꾸나요? 8자 이상이어야 하나요?
my password is not working and the password is incorrect
10 lbs at 70 mph, 1080p 60Hz
전화번호 변경은 어디서 하나요?
주민번호 없이 가입되나요?
카드 결제는 5만원부터
score 3:2, ratio 16:9, 1920x1080
the std::string a::b
call me at 10:30
2025-2026 시즌 상품
주문은 2026년 3월 15일 20:00까지
the router page is 192.168.0.1
black case for SM-G991N
INV is short for invoice, GDPR is a law
게이트웨이를 192.168.1.254로 바꾸세요
open 10.0.0.138 in the router settings
the part number is 00754870, it fits SMS25AW00G
the code you gave me, GIVE15, and 쿠폰코드 FIRST-5000
a case for SM-G991N, I want to order the WH-CH720N
볼륨 이단계로 해주세요
part no 5304-523-152 and part # WPW10311524 please
where is the 10000 mAh power bank, cancel my 2024 subscription
update on 12/11/2025 please, refund 129.99 please
LG 27GP850이랑 삼성 LS27A800 중에 고민이에요
품번 DD1391-100 재입고되나요, 모델 SM-R960NZKAKOO 취소해주세요
15-20분 도착 예정, 1200-1500W 배송되나요, 60-70cm 사이즈로 배송되나요
10,000원 이상 배송비 무료, 100-200개 주문하면 할인되나요
6자리 인증번호가 안 와요
Go to https://acme.example/tickets/search
"""


def lines(block: str) -> list[str]:
    return block.strip().splitlines()


@pytest.fixture(scope="module")
def masker() -> Masker:
    return Masker()


def test_every_mark_is_found_with_its_kind_and_nothing_else(masker: Masker) -> None:
    wrong = []
    for marked in lines(MARKED):
        text, gold = unmark(marked)
        found = masker.mask([text])[0].spans
        missed = [g for g in gold if not any(s.kind == g.kind and s.start <= g.start and g.end <= s.end for s in found)]
        false = [s for s in found if not any(s.kind == g.kind and s.start < g.end and g.start < s.end for g in gold)]
        wrong += [(marked, missed, false)] if missed or false else []
    assert wrong == []


def test_what_only_looks_like_personal_data_stays(masker: Masker) -> None:
    assert [masker.mask([text])[0].text for text in lines(PLAIN)] == lines(PLAIN)
