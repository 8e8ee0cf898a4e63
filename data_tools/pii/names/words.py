"""Words that decide whether a word is a person's name; given names stand in names.txt."""

import re
from functools import lru_cache
from pathlib import Path

from data_tools.pii.patterns import words


@lru_cache(maxsize=1)
def given_names() -> dict[str, frozenset[str]]:
    """The lists of names.txt: "english", "korean" and "foreign" (both in Hangul), "syllables" (of Korean names in Latin letters)."""
    text = (Path(__file__).parent / "names.txt").read_text(encoding="utf-8")
    lists = [block.split("\n", 1) for block in text.removeprefix("# ").split("\n# ")]
    return {title.split(":")[0]: words(names) for title, names in lists}


@lru_cache(maxsize=1)
def korean_syllables() -> tuple[frozenset[str], frozenset[str]]:
    """The first and the last syllables of known Korean given names."""
    names = given_names()["korean"]
    return frozenset(name[0] for name in names), frozenset(name[-1] for name in names)


def is_given(word: str) -> bool:
    """Whether a word is a given name in Latin letters, known or of two Korean syllables ("Ji-woo"), or two with a hyphen."""
    names, low = given_names(), word.lower()
    if low in names["english"]:
        return True
    first, hyphen, last = low.partition("-")
    if hyphen:
        return first in names["english"] or {first, last} <= names["syllables"]
    cuts = range(2, len(low) - 1) if 5 <= len(low) <= 10 else ()
    return any(low[:cut] in names["syllables"] and low[cut:] in names["syllables"] for cut in cuts)


SURNAMES = (
    "(?:남궁|황보|제갈|선우|독고|사공|서문|"
    "[김이박최정강조윤장임한오서신권황안송류유전홍고문양손배백허남심노하곽성차주우구민나진지엄채원천방공현함변염여추도소석선설마길연위표명기반라왕금옥육인맹제모탁국어은편용피봉감팽좌갈계두복빈온옹음견묵범표설국])"
)
SURNAME = re.compile(SURNAMES)

ROLES = words(
    "customer client guest visitor user buyer member agent support help desk helpdesk service services care team staff admin "
    "administrator bot chatbot assistant system operator "
    "representative rep host anonymous unknown me you sales billing info official manager moderator noreply web chat live virtual "
    "shop store inc ltd llc co the and of "
    "고객 고객님 손님 상담원 상담사 상담 상담봇 나 너 저 회원 회원님 관리자 운영자 운영팀 매니저 방문자 게스트 사용자 이용자 구매자 "
    "판매자 담당자 담당 챗봇 봇 고객센터 고객지원 지원팀 상담팀 알림 시스템 "
    "알수없음 (알수없음) 본인 익명 사장님 사장 직원 점장 점원 팀장 대표 문의 상점 매장 공식 스토어 서비스"
)
"""Words of a participant's label that name a role, not a person."""

TITLES = words(
    "과장 대리 부장 차장 사장 팀장 실장 대표 이사 교수 선생 박사 기사 매니저 사원 주임 소장 원장 반장 점장 간호사 약사 변호사 상담 "
    "상담원 상담사 고객 회원 손님 부원장 본부장 센터장 지점장 여사 사모 씨"
)

KOREAN_WORDS = words(
    "고객 고객님 고객센터 고객분 주문 주문자 주문건 주문한 구매 구매자 구매한 이용 이용자 이용한 배송 배송팀 배송지 안내 안내문 신규 "
    "신규회원 전화 전화번호 예약 예약자 예금 예금주 환불 환불금 사장님 담당자 담당 매장 문제 이유 "
    "이거 이것 이게 이건 이번 이제 이미 이후 이전 이상 이내 이하 이쪽 이분 이름 이메일 이벤트 이틀 이체 이사 이동 이모 이불 이해 이런 "
    "이렇게 정보 정상 정품 정확 정기 정말 정도 정회원 정리 정지 정산 정책 정직원 최신 최고 최근 최대 최소 "
    "최종 최초 현재 현금 현장 진행 진짜 진심 하자 하나 하루 하지만 하이 한국 한국인 한국어 한국말 한달 한개 한번 한참 한시 한도 한정 "
    "한정판 오류 오늘 오전 오후 오래 오히려 오빠 오픈 어제 어디 어떻게 어떤 어느 어머니 내일 서울 서비스 서류 "
    "서면 서명 강남 강북 강원 강원도 강아지 강의 성인 성함 성공 성별 성격 성분 여성 여자 여기 여권 여러 여러분 여행 여행사 여분 여친 "
    "여동생 남성 남자 남편 남친 남동생 남색 유료 유저 유학생 유명 유효 유선 유리 유아 기본 기사 기사님 기존 기간 기능 "
    "기기 기타 기대 기분 공식 공지 공사 공항 공동 공용 고장 고양이 고급 고등학생 고민 고유 고정 고마 반품 반갑 반대 반값 반려 원래 "
    "원인 원피스 원하 원본 원함 원장 원룸 지금 지연 지난 지난번 지난주 지인 지역 지원 지원팀 지점 지불 지정 지하 지하철 "
    "주소 주말 주부 주인 주차 주세요 주의 주중 주유 주시 주방 주간 주황색 우선 우리 우편 우수 우체국 우측 우유 우수고객 우수회원 제품 "
    "제가 제발 제일 제주 제주도 제주 제대로 제외 제목 제작 제한 제조사 상품 선물 선생 선생님 선불 선택 선결제 선착순 소형 "
    "소비자 소량 소파 소식 소요 소리 소개 전부 전체 전혀 전자 전에 전달 전송 전액 전용 전문 전문가 전시 전원 전산 조건 조회 조금 조카 "
    "조용 조심 조립 조정 차액 차량 차단 차이 차례 추가 추천 추석 추후 추가금 연락 연락처 연결 연장 연말 연초 연차 연휴 연동 "
    "방문 방문자 방법 방금 방향 신청 신청자 신용 신용카드 신상 신발 신분증 신입 신입생 신혼 신혼부부 신고 실패 사이즈 사용 사용자 "
    "사진 수량 색상 세트 장바구니 장애 장비 장소 장난감 장기 장점 임시 임산부 임신 임신부 임대 임직원 황당 황사 초보 초보자 대학생 "
    "노트북 노란색 노력 노약자 가방 가격 감사 문의 문의자 문자 문서 문구 문화 문의건 문의사항 안녕 안녕하세요 안전 안되 안돼 안경 "
    "양도 양말 양식 양해 양쪽 손님 손잡이 손상 손목 배터리 배경 배우자 배달 백화점 백만 백신 백팩 허락 허용 심각 심심 성수기 "
    "변경 변심 변호사 변동 변환 나중 나머지 나이 나라 나쁜 민원 민감 진열 채팅 채널 천천히 천원 천만 방송 현관 현황 함께 도움 도착 "
    "도시락 도로 도중 도움말 석사 설치 설명 설정 설날 마감 마음 마지막 마스크 마일리지 길이 위치 위험 위약금 위생 위탁 "
    "제작자 진행자 소유자 기획자 개발자 지원자 연출자 추천자 남자친구 여자친구 알려주 조회수 주최자 서포터 이웃 차주 선배 선배님 후배 "
    "지도자 주치의 원장님 공무원 강의자 현지인 심사자 정비사 설계사 "
    "표시 표준 명절 명의 명의자 명세서 명함 반지 라면 라인 왕복 왕자 금액 금요일 금일 금방 옥상 육아 인터넷 인증 인원 인쇄 인천 인기 "
    "인턴 인스타 모델 모두 모든 모바일 모임 모자 모르 모레 국내 국제 국가 국민 국산 은행 은색 편의점 편하 편지 용도 용량 "
    "용품 용기 네 예 넵 넹 아니 아니요 아뇨 그냥 그럼 그래 그건 근데 잠시 잠시만 잠깐 없음 없어 없어요 모름 몰라 글쎄 왜요 뭐 뭐요 "
    "누구 대리 대신 대리인 대표자 대량 대기 대략 동일 동생 동행 동의 본인 확인 확인중 회원 회원님 비회원 직원 학생 외국인 "
    "중국인 일본인 미성년자 판매자 수령인 관리자 담당부서 무엇 뭔가 다시 다른 다음 당일 당연 되나 됩니다 합니다 입니다 가능 불가 필요 "
    "취소 교환 결제 카드 계좌 입금 쿠폰 할인 적립 포인트 재고 품절 입고 출고 발송 택배 번호 등록 가입 탈퇴 로그인 비밀번호 "
    "아이디 성명 이모티콘 이미지 이용권 이야기 이십대 삼십대 정수기 정장 정오 정가 최저가 강사 강습 조식 윤년 임의 한화 한우 오프라인 "
    "오렌지 서랍 신제품 신선 신품 권한 황금 안심 송금 송장 송장번호 유니폼 유통기한 전기 전동 홍보 홍삼 고기 고구마 문고리 "
    "문제점 문앞 양파 손해 배상 백업 허위 남은 심야 노선 하차 하의 하객 곽티슈 성능 차장 주문서 주문번호 우회 구성 구독 구두 구입 "
    "네이버 쿠팡 카카오 카카오톡 지마켓 무신사 구글 애플 비밀 비공개 익명 공란 성이 불량 조건 구매처 민트 민트색 나이키 진주 진동 지갑 지도 지문 지우개 지퍼 엄마 엄청 채소 원단 원산지 원목 천연 방수 방학 공기 공구 현물 "
    "함유 염색 여름 여유 여성용 추위 추첨 도매 도장 소금 소독 소재 소음 석유 선풍기 선크림 설탕 마우스 마켓 마트 길게 연필 연두색 "
    "연보라 위로 위쪽 표면 명단 명품 기계 기념 기념품 반바지 반팔 반찬 라벨 왕만두 금색 금지 인형 제습기 모니터 모양 국물 어른 "
    "어린이 어르신 은퇴 편도 용돈 부탁 부탁드 기다려 기다리 감사합 죄송 미안 잘못 하늘색 보라색 노랑 파랑 빨강 검정 흰색 회색 분홍 "
    "현상 유형 음성 차지 공유 유지 정정 용이 전이 명이 이슬비 이태원 한여름 상태 문제니 지나 도인지 정해 정해진 우리나 남아라 "
    "농협 신한 국민 수협 신협 새마을 카뱅 토스 소문자 대문자 고지서 두번째 두개 두명 두시 온라인 감독 감자 계약 계란 계산 계속 계정 계획 복사 범위 음료 음식 "
    "분홍색 초록 초록색 이월 삼월 사월 오월 유월 칠월 시월"
)
"""Common words in the shape of a surname and a given name, and words that answer "who?" without a name."""

KOREAN_THINGS = words(
    "현관문 정류장 도서관 연구실 소방서 유치원 전봇대 경비실 주차장 강의실 노래방 미용실 세탁소 영화관 음식점 고깃집 전철역 소화전 "
    "방화문 기숙사 고시원 공사장 안내소 차고지 양로원 수영장 경로당 주민센터 "
    "장미 국화 나비 하마 고래 여우 사자 배추 오이 기린 모란 백합 안개 수박 노을 채송화 진달래 해바라기"
)
"""Places and things that are addressed or ordered, in the shape of a name."""

KOREAN_GIVEN_WORDS = words(
    "형식 상태 지나 영상 정원 정식 유선 무선 진상 수상 정규 현상 명상 상영 수영 성인 진영 동선 정석 인정 인상 동원 정수 지진 여정 우연 지선 수선 기선 해상 영웅 도장 미정 "
    "보상 상수 정인 진정 수형 성형 인주 동영 영수 수명 경수 화정 소정 유한 무한 상민 용수 연장 재연 미래 조은 온유 이든 아주 영자 이한 이진 "
    "하늘 보라 지우 사랑 나라 바다 이슬 가을 여름 봄 겨울 다운 아름 우리 나리 나무 유리 수정 지원 미소 진주 보람 소망 은혜 진실 슬기 "
    "기준 기호 기원 기상 강산 강인 경남 대용 대원 대한 동주 마루 만수 방울 상호 소비 소라 소유 소원 수호 승낙 승인 연경 연두 연하 영광 영남 영화 우상 우성 우정 원기 유공 유성 유수 유연 "
    "유정 유지 유채 유화 은상 인성 인수 인자 인재 인지 인화 자영 재원 재일 재정 재현 정국 정기 정자 정화 종식 주한 지난 지니 지상 지석 지형 진솔 창원 태양 하루 하수 한결 한일 해라 해일 향기 현재 형국 "
    "희석 단아 소진 여주 영주 이레 일호 미주 나온 이건 하라 하이 리사 대성 조이 하얀 고은 "
    "기쁨 소리 지도 신원 시원 가영 예지 지영 보배 상미 정리 은행 사과 유나 채우 지수 하나 두리 세나 가람 누리 다정 소정 인정 "
    "정은 성은 지은 수리 성실 재미 주말 진행 주연 우주 서로 예약 나래 노을 새벽 새롬 햇살 단비 구름 송이 초롱 샘 솔 별 달 강 선물 "
    "민주 자유 평화 이유 상아 은하 수지 세미 고은 예은 보미 나은 하영 도움 주원 기대 대기 승인 시우 도은 수현 주문 정우 상우 나영"
)
"""Given names that are also words or word stems: a plain particle behind them ("지우는") proves nothing."""

ENGLISH_WORDS = words(
    "a about above absolutely actually afraid after afternoon again against agent ago agree ahead ain't alive all allowed almost "
    "alone already alright also always am amazing amazon an and angry annoyed another any anyone "
    "anything anyway apologies app are aren't around as asap asking assistant at available away awaiting awake aware away awesome "
    "awful back bad based be because been before behind being best better big bit black blue book booked bored both "
    "bought box bro broke broken brown bummed business busy but buy by bye call called can can't cancel card care certain check chat "
    "city clear close cold come comfortable coming company completely concerned confident confirm confirming "
    "confused contact content cool correct could couldn't country course credit crazy curious current currently customer daily day "
    "dear deal definitely delayed delighted delivery desperate did didn't different disappointed dissatisfied do "
    "does doesn't doing don't done down driver due early easy eager either else email emailing emergency end english enough even "
    "evening ever every everyone everything exactly excellent excited expecting experiencing extra extremely fair family familiar "
    "fantastic fast fed few fifth final finally find fine first flexible folks for free friday friend from frustrated full fully "
    "furious gday general get getting giving glad go goes going gold gone gonna good goodbye got gotta grateful gray great green "
    "guest guessing guys "
    "had half happy hard has hate have haven't having he hello help helpful her here hey hi him his hm hmm home honestly hope hoping "
    "horrible hotel hour how however huge hungry hurt i i'd i'll i'm i've if impressed in incorrect indeed "
    "information inquiring inside instead interested into inside is isn't issue it it's item its just keen keep kind kinda know "
    "language last late later least leave leaving left less let let's like likely line listed little live living local located locked "
    "long look looking lost lot love "
    "lucky ma'am mad madam made mail maybe me mean member message mine missing mistaken misspelled monday month more morning most "
    "mother mr mrs ms much must my name near need needed neither never new next nice night no nobody none nope not nothing now number "
    "of off "
    "offline ok okay old on once one online only open opposed optional or order ordered other our out outside over overcharged own "
    "paid parcel part party pending people perfect perhaps person phone platinum please pleased positive possible preferred "
    "premium pretty price private probably problem product proper prompt public purple put question quick quite rather ready real "
    "really receipt receiving red refund regarding regular related reply required reservation retired return returning ride right "
    "room running sad safe said same satisfied saturday "
    "say second see seem seen self sending serious service several shall she shocked shop short should sick silver simple since sir "
    "skeptical sleepy small so sold some someone something sometimes somewhere soon sorry special spelled stay still stop store "
    "student stuck stupid such sunday super "
    "support supposed sure surprised take taken talk team tell terrible terribly thank thankful thanks that that's the their them "
    "then there these they thing think third this those thought thrilled thursday thx til time tired to today together tomorrow "
    "tonight too totally tried trouble true truly try trying "
    "tuesday tuesday two type u uh um unable unable uncertain under unfortunately unhappy unknown unless unsure until up updated "
    "upset urgent us use used user using usual usually valid very via victim vip visitor wait waiting wanna want was wasn't way we "
    "wednesday week weird welcome well went were what "
    "what's whatever when where whether which while white who whole whom whose why will willing with within without wonderful "
    "wondering won't work worried worse worst worth would wouldn't wow writing wrong yeah year yellow yep yes yesterday yet you "
    "you're your yours yup zip "
    "american british korean chinese japanese canadian german french spanish italian mexican indian australian european russian dutch "
    "irish scottish vegan vegetarian pregnant disabled elderly january february march april june july august september october "
    "november december mon tue wed thu fri sat sun "
    "ho nevermind nah cannot dunno idk lol haha oh ah aha ooh np ty pls plz thru everybody anybody ladies gentlemen santa alexa siri "
    "google apple samsung amazon paypal visa mastercard uber ubers lyft fedex ups usps dhl gmail whatsapp facebook instagram kitty "
    "airport university hospital mall school office bank address street credit debit password username account id merry happy "
    "congrats congratulations cheers regards sincerely kindly respectfully interested eligible entitled responsible sizing wearing "
    "size medium large "
    "tracking website site page label klarna tesco ikea zara nike adidas lego sony bosch canon dyson philips xbox playstation nintendo "
    "android iphone ipad macbook bluetooth wifi usb windows chrome safari firefox netflix spotify youtube tiktok twitter linkedin ebay etsy "
    "shopify stripe klarna royal hermes dpd evri correos canada america korea japan china germany france spain italy england scotland wales "
    "ireland australia london paris berlin seoul busan tokyo chicago boston york california texas christmas easter thanksgiving valentine "
    "valentine's mother's father's boxing monday's today's yesterday's tomorrow's customer's company's "
    "meanwhile otherwise anyways basically apparently additionally furthermore moreover therefore however plus nevertheless sadly luckily "
    "hopefully ideally regardless besides finally firstly secondly lastly first second lately recently previously eventually wherever "
    "whichever hence thus besides indeed likewise instead overall sometimes often usually generally specifically fortunately "
    "settings warranty terms conditions profile menu tools options section details department dept desk reception security gdpr policy "
    "technician driver courier engineer doctor nurse teacher director receptionist manager supervisor "
    "subject date sent cc bcc re fw fwd attachment total subtotal qty quantity price amount item items sku model brand color colour delivery "
    "shipping billing pickup return returns exchange warehouse depot invoice statement confirmation reference tracking status reason "
    "notes note comment comments instructions message title mobile tel fax cell hq ltd llc inc gmbh plc corp group holdings solutions "
    "shinhan kookmin woori hana nonghyup kakao naver coupang samsung hyundai kia engineers iban swift engineers engineer ssn dob vat pin otp api id wifi "
    "beyond car omg ugh ug ugg god gosh duh wait enjoy completed done wow yay oops whoa aw aww hmm huh lol lmao haha sheesh damn dang jeez geez "
    "sent received noted understood agreed fixed solved toyota honda ford bmw tesla corolla uhm umm yea yup nope bravo amen sweetie honey dude bro man mate folks everybody guys gals team sirs madams "
    "ask asked broken frozen raining cold hot warm dirty noisy slow faulty leaking blank beautiful gorgeous lovely nasty dark crowded empty "
    "shipped delivered dispatched cancelled canceled processed"
)
"""Words that no name begins with: they follow "I'm", "this is", "hi" and "thanks", or answer a question for the name without one."""

THINGS = words(
    "bonas secret bank nespresso spencer bed drive turn court place way bank temple palmer palmers street road avenue lane hotel inn store shop collection edition sponge "
    "mcqueen jacobsen eames cafe bakery salon studio studios clinic garage gym bar pub restaurant bistro grill kitchen pharmacy spa boutique "
    "boots lamp chair table sofa mug shoes bag dress jacket klein hilfiger kors lauren martens spade daniels jeans perfume pro max "
    "plus mini "
    "book books park center centre square station airport hall house kong river valley beach city county island day award foundation "
    "university college hospital church museum gallery theatre"
)
"""A second word that makes a first name a place or a brand."""

NAMES_THAT_ARE_WORDS = words(
    "abbott alexa amber angel ann april archer art august austin autumn baker ball ban banks barb basil bear bell best bill bird "
    "bishop black blaze bliss bob bond book bridges brooklyn brooks brown buck buddy bull bush butler candy carol carter case cash "
    "chance chandler chase chelsea cherry china chip christian chuck church clay cliff cole colt comfort constance cook cooper court "
    "crane crystal daisy dale dallas daly dan dawn day dean destiny dick dolly don drake drew duke earl early east english eve faith "
    "field fields finch fisher florence ford forest fox frank free freeman gale gates gay gene georgia ginger glen gold golden good "
    "grace grant gray green grey guy hall ham hand hank happy harmony hay head heath high hill holly home hood hope house hunter hurt "
    "india iris ivy jack jackson jade jan jasmine jean jet jewel joiner joy june justice kay key king kitty knight lake lamb lance "
    "land lane law leader lee lily little lock london long lord love low lucky lyon mac major march mark marshal mason mat max may "
    "melody melon mercy merit merry mike miles miller minor moon more moss nail nan neal newman nick noble north olive opal outlaw "
    "pace pack page paris park parker pat patience pay pearl peg pen penny pepper piper pope poppy porter potter power price prince "
    "prior prudence quick raven ray read reed rice rich rivers rob rocket rod root rose rosemary ross ruby rush rusty sage sales salt "
    "sandy scout self sell sharp sherry ship shirt shoe short silver sir skip sky small smart son south spencer star steel sterling "
    "stock stone storm stormy street strong sue summer sun sunday sunny swan sweet tad tanner taylor ted temperance town train "
    "trinity trip true tune turner tyler van verity vest vi victoria vince violet wade wait walker wall ward warren weaver wells west "
    "white will willow wing winner winter wise wolf wood woods wright yard york young zip "
    "adele alexandria alma ash athena aurora blanche blessing camden caesar charlotte cheyenne clementine coral cruz dakota denver "
    "dusty ember fern flora fleur german hamilton harley hazel heather honor houston jasper jefferson jordan ken lane laurel lincoln luna madison "
    "marina maxim melody memphis mercedes merlin mickey minnie montgomery myrtle orion orlando phoenix portia precious ram rex river "
    "robin savannah siena sienna sora sydney una viola virginia washington zelda bonnie brandy cherry carolina asia santiago coco tiger"
)
"""Names that are ordinary words: they count only with a capital, where a name can stand."""

BRANDS = re.compile(
    r"\b(?:Levi'?s|Dr\.? (?:Martens|Pepper|Oetker|Scholl)|Marc Jacobs|Sam's Club|Trader Joe|Michael Kors|Tommy Hilfiger|Calvin Klein|Ralph Lauren|Jimmy Choo|Tory Burch"
    r"|Alexander (?:Wang|McQueen)|Tom Ford|Hugo Boss|Paul Smith|Jo Malone|Est[eé]e Lauder|Kate Spade|Vera (?:Wang|Bradley)|Stella (?:McCartney|Artois)|Vivienne Westwood|Louis Vuitton"
    r"|Christian (?:Dior|Louboutin)|Yves Saint|Victoria'?s Secret|Mary Kay|Elizabeth Arden|Bobbi Brown|Charlotte Tilbury|Laura (?:Mercier|Ashley)|Cath Kidston|John (?:Lewis|Deere|Frieda)"
    r"|Ted Baker|Fred Perry|Karen Millen|Johnnie Walker|Jack Daniel'?s?|Jim Beam|Jose Cuervo|Ben & Jerry|Uncle Ben|Harry (?:Potter|Styles|Winston)|Taylor Swift|Stephen King|Mario (?:Kart|Bros)"
    r"|Tim Hortons|Papa Johns?|Wendy'?s|Denny'?s|Arby'?s|Macy'?s|Kohl'?s|Lowe'?s|Sainsbury'?s|Dillard'?s|Carl'?s Jr|Dick'?s Sporting|Eddie Bauer|Steve Madden|Oscar Mayer|Betty Crocker"
    r"|Kurt Geiger|Russell (?:Hobbs|Athletic)|Philipp Plein|Giorgio Armani|Marc O'Polo|Martha Stewart|Rachael Ray|Barbie|Thomas (?:Sabo|the Tank)|Emma (?:mattress|bed)|Lea & Perrins)\b"
)
"""Brands, shops and works named after persons: names only where somebody is introduced."""

LATIN_SURNAMES = words(
    "kim lee park choi jung jeong chung kang cho jo yoon yun jang lim han oh seo shin kwon hwang ahn an song ryu yoo yu hong ko go moon yang son "
    "bae baek heo nam sim noh no ha kwak sung cha joo woo koo min na jin ji um won chae cheon bang kong hyun byun yeo chu do so seok sun ma pyo ki "
    "ban myung wang nguyen tran le pham li wang zhang chen liu tanaka sato suzuki wi ok"
)
"""Of Korea and its neighbours: they stand before the given name."""
