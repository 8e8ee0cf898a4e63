"""What contradicts the FAQ, and the many things that only look like it."""

import pickle

import pytest

from frontdesk.facts.contradictions import FaqFacts
from frontdesk.facts.entries import Entry
from tests.timing import LINEAR, exponent

FAQ = [
    (
        "return-window",
        ["How long can I return something?", "return period"],
        ["Returns are accepted within 14 days of delivery.", "You can return unused items for 14 days."],
    ),
    ("return-label", ["What does a return cost?"], ["The return label costs $6, which we deduct from your refund."]),
    ("refund-time", ["When do I get my money back?"], ["Refunds are paid within 7 working days after the return has arrived."]),
    ("ship-standard", ["How much is standard shipping?"], ["Standard shipping costs $4.90 per order."]),
    ("ship-express", ["How much is express shipping?"], ["Express shipping costs $14.50 per order."]),
    ("ship-time", ["How long does standard delivery take?"], ["Standard delivery takes 5 to 8 working days."]),
    ("ship-time-express", ["How long does express delivery take?"], ["Express delivery takes 2 working days."]),
    ("ship-free", ["When is shipping free?"], ["Orders over $75 ship free."]),
    (
        "hours",
        ["When is customer service open?", "opening hours"],
        ["Customer service is open Monday to Friday, 9 am to 6 pm.", "We answer from 9 am to 6 pm, Monday to Friday."],
    ),
    ("phone", ["What is your phone number?"], ["Our phone number is +1-555-0142."]),
    ("email", ["What is your e-mail address?"], ["Our e-mail address is help@larch.example."]),
    ("track", ["How do I track my parcel?"], ["Track your parcel at shop.larch.example/track."]),
    ("student", ["Is there a student discount?"], ["Students get 12% off with a student e-mail."]),
    ("birthday", ["Do I get something for my birthday?"], ["Birthday customers get 15% off in their birthday month."]),
    ("gift-cards", ["What gift card amounts are there?"], ["Gift cards come in $25, $50 and $100."]),
    ("gift-valid", ["Do gift cards expire?"], ["A gift card is valid for 3 years."]),
    ("tents", ["How long is the warranty on tents?"], ["Tents have a warranty of 5 years."]),
    ("stoves", ["How long is the warranty on stoves?"], ["Stoves have a warranty of 2 years."]),
    ("repair", ["How much is a repair, and how long does it take?"], ["A repair costs $18 and takes about 3 weeks."]),
    ("countries", ["Which countries do you ship to?"], ["We ship to 34 countries."]),
    ("rental", ["Can I rent a tent?"], ["Tents are rented from $9 a night, for a minimum of 3 nights."]),
    ("password", ["How long is the password reset link valid?"], ["The password reset link is valid for 20 minutes."]),
    ("alma-breakfast", ["Hotel Alma: When is breakfast?"], ["Breakfast is served from 7:00 to 10:00."]),
    ("alma-deposit", ["Hotel Alma: Do you take a deposit?"], ["A deposit of 50 GBP per stay is required."]),
    ("alma-park-breakfast", ["Hotel Alma Park: When is breakfast?"], ["Breakfast is served from 6:30 to 9:30."]),
    ("brook-deposit", ["Brook Inn: Do you take a deposit?"], ["A deposit of 20 GBP per stay is required."]),
    ("ko-return", ["반품 기간이 어떻게 되나요?"], ["반품은 수령 후 14일 이내에 신청하실 수 있습니다.", "반품 기한은 수령 후 14일입니다."]),
    ("ko-defect", ["불량 상품은 언제까지 교환되나요?"], ["불량은 수령 후 7일 안에 알려 주시면 교환해 드립니다."]),
    ("ko-refund", ["환불은 언제 되나요?"], ["환불은 검수 후 3영업일 안에 처리됩니다."]),
    ("ko-ship-fee", ["배송비는 얼마인가요?", "택배비 얼마예요"], ["기본 배송비는 3,000원입니다.", "배송비는 주문 한 건당 3천원이에요."]),
    ("ko-ship-island", ["제주도는 배송비가 더 드나요?"], ["제주는 배송비 4,000원이 추가됩니다."]),
    ("ko-ship-time", ["배송은 며칠 걸리나요?"], ["배송은 출고 후 1~2일 걸립니다."]),
    ("ko-cutoff", ["몇 시까지 결제해야 당일 출고되나요?"], ["당일 출고 마감은 오후 2시입니다."]),
    ("ko-hours", ["고객센터 운영시간이 언제인가요?"], ["고객센터는 평일 오전 10시부터 오후 6시까지 운영합니다."]),
    ("ko-phone", ["고객센터 전화번호 알려 주세요"], ["고객센터 전화번호는 070-0000-0142입니다."]),
    ("ko-points", ["적립금은 얼마나 쌓이나요?"], ["결제 금액의 1%가 적립금으로 쌓입니다."]),
    ("ko-points-expire", ["적립금 유효기간이 있나요?"], ["적립금 유효기간은 12개월입니다."]),
    ("ko-installment", ["무이자 할부 되나요?"], ["무이자 할부는 3개월까지 가능합니다."]),
    ("ko-engrave", ["머그 각인은 얼마예요?"], ["머그 각인은 개당 8,000원입니다."]),
    ("ko-repair", ["수리는 얼마나 걸려요?"], ["수리는 약 3주 걸립니다."]),
    ("ko-bulk", ["단체 할인 있나요?"], ["20개 이상 주문하시면 10% 단체 할인해 드립니다."]),
    ("ko-code", ["인증번호는 언제까지 유효한가요?"], ["인증번호는 5분 동안 유효합니다."]),
]

CONFLICTS = [
    ("How long do I have to return this?", "You can return it within 30 days.", "return-window", "30 days"),
    ("return policy?", "Returns are accepted for 45 days.", "return-window", "45 days"),
    ("Do I pay for sending it back?", "The return label costs $9, which we deduct from your refund.", "return-label", "$9"),
    ("When will I see the refund?", "Refunds are paid within 10 working days of arrival.", "refund-time", "10 working days"),
    ("how much is normal shipping", "Hi Ada! Standard shipping is $5.90 per order.", "ship-standard", "$5.90"),
    ("And express?", "Express shipping costs twelve dollars per order.", "ship-express", "twelve dollars"),
    ("How long does it take to Oslo?", "Standard delivery takes 10 to 14 working days.", "ship-time", "10 to 14 working days"),
    ("I need it fast", "Express delivery takes 4 working days.", "ship-time-express", "4 working days"),
    ("is there free shipping", "Yes, orders over $100 ship free.", "ship-free", "$100"),
    ("When are you open?", "Customer service is open Monday to Friday, 8 am to 5 pm.", "hours", "8 am"),
    ("Can I call you?", "Sure, our phone number is +1-555-0199.", "phone", "+1-555-0199"),
    ("What's your mail?", "Our e-mail address is support@larch.example.", "email", "support@larch.example"),
    ("Where do I track it?", "Track your parcel at shop.larch.example/where.", "track", "shop.larch.example/where"),
    ("Where do I track it?", "Track your parcel at shop.larch.example/tracking.", "track", "shop.larch.example/tracking"),
    ("student discount?", "Yes! Students get 10% off with a student e-mail.", "student", "10%"),
    ("It's my birthday soon", "Birthday customers get twenty percent off in their birthday month.", "birthday", "twenty percent"),
    ("which gift cards do you sell", "Our gift cards come in $20 and $40.", "gift-cards", "$20"),
    ("Does a gift card run out?", "A gift card is valid for one year.", "gift-valid", "one year"),
    ("Is my tent under warranty?", "Our tents have a warranty of 3 years.", "tents", "3 years"),
    ("And the stove?", "Stoves have a warranty of 1 year.", "stoves", "1 year"),
    ("How much would a repair be?", "A repair costs $25.", "repair", "$25"),
    ("How long will the repair be?", "A repair takes about 6 weeks.", "repair", "6 weeks"),
    ("do you ship to peru", "We ship to 41 countries.", "countries", "41"),
    ("renting a tent?", "Tents are rented from $12 a night.", "rental", "$12"),
    ("the link does not work", "The password reset link is valid for 60 minutes.", "password", "60 minutes"),
    ("When is breakfast at Hotel Alma?", "Breakfast is served from 8:00 to 11:00.", "alma-breakfast", "8:00"),
    ("Does the Brook Inn want a deposit?", "Yes, a deposit of 30 GBP per stay is required.", "brook-deposit", "30 GBP"),
    ("How long do I have to return a jacket?", "30 days.", "return-window", "30 days"),
    ("반품 언제까지 돼요?", "반품은 수령 후 7일 이내에 신청하실 수 있습니다.", "ko-return", "7일"),
    ("반품 기한이 궁금해요", "네, 30일입니다.", "ko-return", "30일"),
    ("환불 언제 돼요?", "검수 후 5영업일 안에 환불 처리됩니다.", "ko-refund", "5영업일"),
    ("배송비 얼마예요?", "기본 배송비는 2,500원입니다.", "ko-ship-fee", "2,500원"),
    ("택배비요", "고객님, 배송비는 주문 한 건당 삼천오백원이에요.", "ko-ship-fee", "삼천오백원"),
    ("제주도인데요", "제주는 배송비 5천원이 추가됩니다.", "ko-ship-island", "5천원"),
    ("배송 얼마나 걸려요", "배송은 출고 후 3~5일 걸립니다.", "ko-ship-time", "3~5일"),
    ("당일 출고 몇 시까지예요?", "당일 출고 마감은 오후 4시입니다.", "ko-cutoff", "오후 4시"),
    ("고객센터 몇시에 열어요", "고객센터는 평일 오전 9시부터 오후 5시까지 운영합니다.", "ko-hours", "오전 9시"),
    ("전화번호 알려주세요", "고객센터 전화번호는 070-0000-0199입니다.", "ko-phone", "070-0000-0199"),
    ("적립금 얼마나 줘요?", "결제 금액의 3%가 적립금으로 쌓입니다.", "ko-points", "3%"),
    ("적립금 언제 없어져요", "적립금 유효기간은 6개월입니다.", "ko-points-expire", "6개월"),
    ("할부 되나요", "무이자 할부는 6개월까지 가능합니다.", "ko-installment", "6개월"),
    ("각인 가격이요", "머그 각인은 개당 만원입니다.", "ko-engrave", "만원"),
    ("수리 맡기면 얼마나 걸려요?", "수리는 약 2주 걸립니다.", "ko-repair", "2주"),
    ("인증번호가 안 먹혀요", "인증번호는 3분 동안 유효합니다.", "ko-code", "3분"),
]

INNOCENT = [
    # the same in other words
    ("How long do I have to return this?", "You can return it within two weeks, that is 14 days."),
    ("How long do I have to return this?", "You can return it within fourteen days."),
    ("How long do I have to return this?", "You can return it within 2 weeks."),
    ("standard shipping?", "Standard shipping is 4.90 USD per order."),
    ("How long does it take?", "Standard delivery takes 6 to 7 working days."),
    ("How long does it take?", "Standard delivery takes about 7 working days."),
    ("When are you open?", "Customer service is open from 9 to 18:00, Monday to Friday."),
    ("When are you open?", "Customer service is open until 6, Monday to Friday."),
    ("What gift cards?", "Gift cards come in $25 and $50."),
    ("Can I call?", "Our phone number is +1 555 0142."),
    ("Where is it?", "Track your parcel at shop.larch.example/track/77120."),
    ("My mail is ada@home.example", "We write to ada@home.example, that is your e-mail address."),
    ("Where is it?", "Track your parcel at https://www.shop.larch.example/track/."),
    # another thing
    ("When do I get my money back?", "Refunds take 3 days once we have the parcel."),
    ("Can I return it and when will it arrive?", "Delivery takes 4 days."),
    ("How long do I have to return this?", "The exchange must be asked for within 30 days."),
    ("Do you have a warranty?", "Blankets have a warranty of 1 year."),
    ("Is shipping to Canada extra?", "International shipping costs $29 per order."),
    ("Is overnight possible?", "Overnight shipping costs $35 per order."),
    ("warranty on the stove?", "Stoves have a warranty of 2 years."),
    ("Which discounts are there?", "Birthday customers get 15% off, students 12%."),
    ("Newsletter?", "Newsletter readers get 5% off."),
    ("Can I rent?", "The deposit for a rented tent is $60."),
    ("Can I rent?", "Tents can be rented for 30 nights at most."),
    ("Where is the courier?", "The courier's phone number is +1-555-0177."),
    ("How long is the gift card valid?", "The gift card code is shown for 10 minutes."),
    ("repair?", "The repair team answers within 2 days."),
    ("Is there a size guide?", "See shop.larch.example/sizes."),
    ("I'm a member", "For members, standard shipping costs $2 per order."),
    ("How long can gifts be returned?", "Gifts can be returned for 60 days."),
    ("Which tent is light?", "The small tent weighs 2.1 kg."),
    ("wholesale", "Please write to wholesale@larch.example for a quote."),
    # one customer's own
    ("Is my refund on its way?", "We refunded $42.50 to your card."),
    ("Where is my order?", "Your order will arrive in 3 working days by standard delivery."),
    ("How much is shipping for my order?", "Your total comes to $61, standard shipping included."),
    ("I paid $5.90 for standard shipping, why?", "You are right, standard shipping was $5.90."),
    ("Can I return it after 30 days?", "No, 30 days is too late to return it."),
    ("I'm renting for 4 nights", "Tents rented for 4 nights cost $36."),
    ("Express for two parcels?", "Express shipping costs $29 for 2 orders."),
    ("My basket is $50, is shipping free?", "You need $25 more, then it ships free."),
    ("When is my call?", "I booked a call from customer service at 4 pm for you."),
    ("Is it late?", "Standard delivery currently takes 12 working days because of the strike."),
    ("Can you make an exception?", "As an exception you can return it within 30 days."),
    ("What about PP-1234?", "PP-1234 can be returned within 20 days."),
    ("Order [ORDER_1]", "[ORDER_1] ships by standard shipping for $3."),
    # another subject, or none
    ("When is breakfast at Hotel Alma Park?", "Breakfast is served from 6:30 to 9:30."),
    ("When is breakfast?", "Breakfast is served from 8:00 to 11:00."),
    ("Deposit at the Cedar House?", "A deposit of 35 GBP per stay is required."),
    # nothing to compare
    ("Hello", "Hi, how can I help?"),
    ("How long do I have to return this?", "You have some time, no hurry."),
    ("Is shipping free?", "Standard shipping is free this week."),
    ("Thanks", "Thank you, have a nice day!"),
    # Korean
    ("반품 언제까지 돼요?", "반품은 수령 후 14일 안에 신청해 주세요."),
    ("반품 언제까지 돼요?", "반품은 2주 안에 신청해 주세요."),
    ("불량인데 교환되나요?", "불량은 수령 후 7일 안에 알려 주세요."),
    ("배송비 얼마예요?", "기본 배송비는 3천원입니다."),
    ("배송비 얼마예요?", "제주는 4천원이 추가되고 기본 배송비는 3,000원입니다."),
    ("해외도 되나요?", "해외 배송비는 25,000원입니다."),
    ("배송 얼마나 걸려요", "배송은 출고 후 2일 걸립니다."),
    ("얼마나 걸려요", "교환은 5일 걸립니다."),
    ("제 주문 언제 와요?", "주문하신 상품은 배송까지 4일 남았습니다."),
    ("환불 얼마 돼요?", "고객님 주문은 총 27,000원이 환불됩니다."),
    ("배송비 5,000원 맞아요?", "네, 배송비 5,000원이 결제되었습니다."),
    ("오늘 출고되나요?", "오늘 출고는 오후 3시에 나갔습니다."),
    ("각인 두 개 하면요?", "머그 각인 2개면 16,000원입니다."),
    ("매장은요?", "매장은 토요일 오전 11시부터 오후 5시까지 엽니다."),
    ("택배사 번호요", "택배 기사님 전화번호는 010-0000-3344입니다."),
    ("수리 얼마예요?", "수리 접수 후 하루 안에 견적을 드립니다."),
    ("적립금 문의", "후기를 쓰시면 적립금 500원을 드립니다."),
    ("할인 있나요?", "신규 회원은 5% 할인해 드립니다."),
    ("지금 배송 늦나요?", "현재 폭설로 배송은 출고 후 5일 걸립니다."),
    ("안녕하세요", "네, 무엇을 도와드릴까요?"),
]


@pytest.fixture(scope="module")
def facts() -> FaqFacts:
    return FaqFacts(Entry(name, tuple(questions), tuple(answers), source=f"faq:{i}") for i, (name, questions, answers) in enumerate(FAQ))


@pytest.mark.parametrize(("question", "answer", "entry", "said"), CONFLICTS)
def test_a_contradiction_is_found(facts: FaqFacts, question: str, answer: str, entry: str, said: str) -> None:
    found = facts.contradiction(question, answer)

    assert found is not None
    assert (found.entry, found.said) == (entry, said)
    assert found.known
    assert found.said not in found.known


@pytest.mark.parametrize(("question", "answer"), INNOCENT)
def test_an_innocent_answer_is_kept(facts: FaqFacts, question: str, answer: str) -> None:
    assert facts.contradiction(question, answer) is None


@pytest.mark.parametrize("i", range(len(FAQ)))
def test_the_faq_does_not_contradict_itself(facts: FaqFacts, i: int) -> None:
    _, questions, answers = FAQ[i]

    assert all(facts.contradiction(question, answer) is None for question in questions for answer in answers)


@pytest.mark.parametrize("reordered", [False, True])
def test_it_can_be_pickled_and_the_order_of_the_entries_does_not_matter(reordered: bool) -> None:
    known = [Entry(name, tuple(questions), tuple(answers), source=name) for name, questions, answers in FAQ]
    facts = pickle.loads(pickle.dumps(FaqFacts(known[::-1] if reordered else known)))

    found = [facts.contradiction(question, answer) for question, answer, _, _ in CONFLICTS]
    assert [conflict and conflict.entry for conflict in found] == [entry for _, _, entry, _ in CONFLICTS]
    assert all(conflict and conflict.entry_source == conflict.entry for conflict in found)


def test_what_the_reviewer_sees(facts: FaqFacts) -> None:
    assert facts.contradiction("How many gift cards are there?", "Gift cards come in $20.") == (
        "gift-cards",
        f"faq:{[name for name, *_ in FAQ].index('gift-cards')}",
        "$20",
        "$25, $50, $100",
        "price",
    )


def test_an_answer_that_only_one_of_the_entrys_answers_speaks_of_is_kept() -> None:
    entry = Entry("points", ("Do points expire?",), ("Points expire after 12 months.", "Points do expire, see your account."), source="x:1")

    assert FaqFacts([entry]).contradiction("Do points expire?", "Points expire after 6 months.") is None
    assert (
        FaqFacts([entry._replace(answers=entry.answers[:1])]).contradiction("Do points expire?", "Points expire after 6 months.")
        is not None
    )


def test_what_stands_before_a_colon_is_a_subject_only_in_every_question() -> None:
    answers = ("Breakfast is served from 7:00 to 10:00.",)
    one = Entry("a", ("Quick question: when is breakfast?", "breakfast hours"), answers, source="x:1")
    two = Entry("b", ("Hotel Alma: when is breakfast?", "breakfast hours at Hotel Alma"), answers, source="x:1")
    said = "Breakfast is served from 8:00 to 11:00."

    assert FaqFacts([one]).contradiction("When is breakfast?", said) is not None
    assert FaqFacts([two]).contradiction("When is breakfast?", said) is None
    assert FaqFacts([two]).contradiction("When is breakfast at the hotel  alma?", said) is not None


def test_no_entries_no_conflict() -> None:
    assert FaqFacts([]).contradiction("How much?", "It costs $5.") is None


def test_many_entries_are_searched_in_proportion() -> None:
    entries = {
        times: FaqFacts(
            Entry(f"{name}{i}", tuple(asked), tuple(answers), source="x:1") for i in range(times) for name, asked, answers in FAQ
        )
        for times in (3, 12)
    }

    def search(times: int) -> None:
        for question, answer, *_ in CONFLICTS:
            entries[times].contradiction(question, answer)

    assert exponent(search, 3, 12) < LINEAR


def test_an_answer_tells_the_entries_whose_values_it_has_or_else_most_words() -> None:
    facts = FaqFacts(
        [
            Entry(
                "split",
                ("Will you wait for all items?",),
                ("Back-ordered items follow: we ship in 2 parcels at no extra cost.",),
                "",
                "faq:1",
            ),
            Entry("preorder", ("When am I charged?",), ("Preorders are charged only when shipped.",), source="faq:2"),
            Entry("gift", ("How much is gift wrapping?",), ("Gift wrapping costs $3 an item.",), source="faq:3"),
        ]
    )

    def told(question: str, answer: str) -> tuple[str, ...]:
        return facts.compare(question, answer)[1]

    assert told("one is back-ordered", "No, we ship in 2 parcels at no extra cost then.") == ("split",)
    assert told("do I pay now?", "Hi Dominic, no, preorders are charged only once shipped.") == ("preorder",)
    assert told("how much is gift wrapping", "Gift wrapping? Let me look that up.") == ()
    assert told("how much is gift wrapping", "It is $3 an item, gift wrapping is.") == ("gift",)
    assert told("hello", "Good day!") == ()
    assert FaqFacts([]).compare("How much?", "It costs $5.") == (None, ())
