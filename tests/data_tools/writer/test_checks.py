"""A drafted question is used only if it is one, in the entry's language, and names nothing that the text does not."""

import pytest

from data_tools.writer.checks import fault, spoken
from frontdesk.facts.entries import Entry, Origin

RETURNS = Entry(
    "guide#2",
    ("Handbook: Returns",),
    ("You can send most tents back within 30 days. The fee is $4.90. Write to returns@pine.example, or visit our shop in Bergen.",),
    origin=Origin("Handbook", "Returns"),
    passage=True,
)
KOREAN = Entry(
    "guide#3", ("안내서: 환불",), ("텐트는 30일 안에 반품하실 수 있습니다. 반품비는 4,900원입니다. 자세한 내용은 FAQ를 보세요.",)
)


@pytest.mark.parametrize(
    "question",
    [
        "How long can I take to return a tent?",
        "Can I send a tent back after 30 days?",
        "I'd like to return my tent, what's the fee?",
        "Is it $4.90 to send a tent back?",
        "May I bring a tent to the shop in Bergen?",
        "Does Ferrywire charge a return fee?",
        "Returning a tent: who do I write to?",
    ],
)
def test_questions_that_the_text_answers(question: str) -> None:
    assert fault(question, RETURNS, "Ferrywire", ["en"]) == ""


@pytest.mark.parametrize(
    ("question", "why"),
    [
        ("Can I return a tent within 60 days?", "naming what the text does not name"),
        ("Is the return fee $5.90?", "naming what the text does not name"),
        ("Can I return a tent in Oslo?", "naming what the text does not name"),
        ("Oslo returns of tents?", "naming what the text does not name"),
        ("Can I return a tent on 3 May?", "naming what the text does not name"),
        ("Is returns@evil.example where I send the tent?", "naming what the text does not name"),
        ("Should I return the tent at https://evil.example/pay?", "naming what the text does not name"),
        ("텐트를 반품할 수 있나요?", "in another language"),
        ("Combien de temps ai-je pour renvoyer une tente achetée dans votre magasin ?", "in another language"),
        ("Can I return a tent in 卡车?", "in another language"),
        ("Can I return a tent, друг?", "in another language"),
        ("Return a tent.", "no question"),
        ("", "no question"),
        ("?", "no question"),
        ("What is it?", "no question"),
        ("Can I return\na tent?", "no question"),
        ("Can I return \u202ea tent?", "no question"),
        ("A tent is a shelter. " * 20 + "Can I return it?", "no question"),
        ("Are penguins birds?", "about something else"),
    ],
)
def test_what_is_wrong_is_told(question: str, why: str) -> None:
    assert fault(question, RETURNS, "Ferrywire", ["en"]) == why


@pytest.mark.parametrize(
    ("question", "why"),
    [
        ("텐트 반품은 며칠 안에 해야 하나요?", ""),
        ("반품비가 4,900원인가요?", ""),
        ("FAQ 말고 반품비는 어디서 보나요?", ""),
        ("반품비가 5,900원인가요?", "naming what the text does not name"),
        ("Oslo 매장에서 텐트를 반품할 수 있나요?", "naming what the text does not name"),
        ("Can I return a tent?", "in another language"),
        ("펭귄도 새인가요?", "about something else"),
    ],
)
def test_korean(question: str, why: str) -> None:
    assert fault(question, KOREAN, "Ferrywire", ["ko"]) == why


def test_the_language_is_that_of_most_of_the_text() -> None:
    assert (spoken(RETURNS), spoken(KOREAN)) == ("en", "ko")
    assert spoken(RETURNS._replace(answers=("The menu “고객센터” leads to our people, who answer from nine to five.",))) == "en"
