"""What an answer says against the FAQ, and what it may say beside the facts."""

import pytest

from frontdesk.facts.denials import contradicted

FEE = "Standard shipping costs $4.90 per order and takes 5 to 8 working days."
PAY = "We accept Visa, PayPal and Apple Pay."
GUEST = "Guests can order without an account."
FINAL = 'Sale items marked "final" cannot be returned.'
KO_PAY = "신용카드와 카카오페이, 네이버페이로 결제하실 수 있습니다."
KO_MUG = "에나멜 머그는 전자레인지에 넣으시면 안 되고, 부드러운 수세미로 손설거지해 주세요."

AGAINST = [
    (FEE, "$4.90", "It costs $4.90. No, it costs $14.50."),
    (FEE, "$4.90", "$14.50 or $4.90"),
    (FEE, "$4.90", "It is free. It costs $4.90."),
    (FEE, "5 to 8 working days", "5 to 8 working days, or 2 working days."),
    ("Students get 12% off.", "12%", "12%, or even 15%."),
    ("We ship to 34 countries.", "34 countries", "We ship to 34 countries, that is 30 countries."),
    ("Open until 6 pm.", "6 pm", "Until 6 pm. At 2 pm we close."),
    ("Courses start on 3 May.", "3 May", "On 3 May or 4 June."),
    ("같은 상품 20개 이상은 10% 할인합니다.", "20개", "20개 이상, 30개 이상입니다."),
    (PAY, "Visa", "We do **not** accept Visa."),
    (PAY, "PayPal", "PayPal is not accepted."),
    (PAY, "PayPal", "We don't take Visa, PayPal or Apple Pay."),
    (PAY, "Visa|Visa card", "We do not accept Visa."),
    (GUEST, "without an account", "You **cannot** order without an account."),
    (KO_PAY, "카카오페이", "현금으로만 됩니다. 카카오페이나 네이버페이는 안 됩니다."),
    (KO_PAY, "카카오페이", "카카오페이로 결제하시면 안 됩니다."),
    (FINAL, "final", 'Items marked "final" can be returned.'),
    (KO_MUG, "전자레인지", "네, 전자레인지에 넣으셔도 됩니다."),
]
BESIDE = [
    (FEE, "$4.90", "It costs $4.90 per order and takes 5 to 8 working days."),
    (FEE, "$4.90", "$4.90, not $14.50."),
    (FEE, "$4.90", "It is $4.90 and arrives within 2 weeks."),
    (FEE, "$4.90", "With your $60 you pay $4.90."),
    (FEE, "5 to 8 working days", "At least 5 working days and at most 8 working days."),
    ("It takes 24 hours.", "24 hours", "A day, so 24 hours."),
    ("You get 2 photos and 3 prints.", "3 prints", "3 prints. Call 555-0142 about 40 frames."),
    (PAY, "Visa", "Don't worry, you can pay with Visa."),
    (PAY, "Visa", "No problem, Visa works."),
    (PAY, "Visa", "We accept Visa, but not cash."),
    (PAY, "PayPal", "If you do not have a card, PayPal is fine."),
    (PAY, "Visa", "Cash is not accepted. Please use Visa."),
    (GUEST, "without an account", "No, guests can order without an account."),
    (KO_PAY, "카카오페이", "문제없습니다. 카카오페이도 됩니다."),
    (KO_PAY, "카카오페이", "카드가 없으셔도 카카오페이로 됩니다."),
    (KO_PAY, "카카오페이", "카카오페이는 되지만 현금은 안 됩니다."),
    (FINAL, "final", 'Those marked "final" are excluded.'),
    (KO_MUG, "전자레인지", "전자레인지는 쓰지 마세요."),
    (PAY, "Visa|PayPal", "We do not accept Visa, only PayPal."),
    (FEE, "yes", "No."),
    ("PO boxes are not possible.", "no,|not|cannot", "We never send there; it is not possible."),
]


@pytest.mark.parametrize(("reference", "fact", "answer"), AGAINST)
def test_what_contradicts_the_faq(reference: str, fact: str, answer: str) -> None:
    assert contradicted(answer, [fact], [reference], []) == [True]


@pytest.mark.parametrize(("reference", "fact", "answer"), BESIDE)
def test_what_does_not(reference: str, fact: str, answer: str) -> None:
    assert contradicted(answer, [fact], [reference], ["I have $60 here."]) == [False]


def test_each_fact_is_judged_alone() -> None:
    told = ["Engraving costs $7 and adds 3 days."]
    assert contradicted("$7 or $9, and 3 days more.", ["$7", "3 days"], told, []) == [True, False]


def test_a_value_is_known_from_any_answer_of_the_entry_and_from_the_turns_before() -> None:
    answer = "It costs $4.90, and $14.50 by express."
    assert contradicted(answer, ["$4.90"], [FEE], []) == [True]
    assert contradicted(answer, ["$4.90"], [FEE, "By express it is $14.50."], []) == [False]
    assert contradicted(answer, ["$4.90"], [FEE], ["What is $14.50?"]) == [False]


def test_where_the_faq_is_of_two_minds_a_no_counts_for_nothing() -> None:
    assert contradicted("We do not take Visa.", ["Visa"], [PAY, "Visa is not taken abroad."], []) == [False]


def test_without_a_reference_nothing_is_contradicted() -> None:
    assert contradicted("$4.90 or $14.50", ["$4.90"], [], []) == [False]
