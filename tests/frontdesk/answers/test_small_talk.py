"""Small talk is whole in each language: what customers say, once each, and replies that state no fact."""

import re

import pytest

from frontdesk.answers.small_talk import faq_only, is_small_talk, small_talk
from frontdesk.config.schema import HANDOFF
from frontdesk.facts.entries import Entry

FEE = Entry("fee", ("fee?",), ("It is $4.90.",), source="faq.csv:2")


@pytest.mark.parametrize("language", ["en", "ko"])
def test_each_kind_has_wordings_of_its_own_and_one_reply(language: str) -> None:
    talk = small_talk(language)
    said = [question for one in talk for question in one.questions]
    assert len(talk) >= 7 and all(len(one.questions) >= 8 for one in talk)
    assert len({re.sub(r"\W", "", text.casefold()) for text in said}) == len(said)
    assert len({one.id for one in talk}) == len({one.answers for one in talk}) == len(talk)
    assert all(text == text.strip() != "" and "\n" not in text for text in said)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_reply_is_of_the_language_states_nothing_and_calls_nobody(language: str) -> None:
    for one in small_talk(language):
        (reply,) = one.answers
        assert (language == "ko") == bool(re.search("[가-힣]", reply))
        assert not re.search(r"\d|http|@", reply)
        assert reply not in HANDOFF.values()


def test_the_desk_says_what_it_is() -> None:
    (english,) = (one for one in small_talk("en") if "Are you a robot?" in one.questions)
    (korean,) = (one for one in small_talk("ko") if "로봇이에요?" in one.questions)
    assert "automated assistant" in english.answers[0] and "자동" in korean.answers[0]


def test_small_talk_is_told_from_the_faq() -> None:
    talk = small_talk("en")
    assert all(map(is_small_talk, talk)) and not is_small_talk(FEE)
    assert faq_only([talk[0], FEE, *talk[1:]]) == [FEE]
