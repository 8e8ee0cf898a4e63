"""Terms are words and pieces of words, of any text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from frontdesk.retrieval.lexical import terms


def test_terms_are_words_and_their_pieces() -> None:
    assert terms("Cat!") == ["cat", "_ca", "cat", "at_", "_cat", "cat_"]
    assert terms("배송비") == ["배송비", "배송", "송비"]
    assert {"30", "days", "일"} <= set(terms("30days, 30일"))
    assert terms("CAT cat") == terms("cat CAT")
    assert terms("?! … 👍 _") == []


@pytest.mark.parametrize(
    ("one", "other"), [("shipping", "shiping"), ("delivery", "delivrey"), ("배송비는", "배송비가"), ("환불은요", "환불은언제")]
)
def test_a_slip_or_an_ending_leaves_pieces_as_they_were(one: str, other: str) -> None:
    assert len(set(terms(one)) & set(terms(other))) >= 2
    assert set(terms(one)) != set(terms(other))


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(st.text(max_size=40))
def test_any_text_has_terms_that_do_not_depend_on_its_case(text: str) -> None:
    assert all(terms(text))
    assert terms(text) == terms(text.casefold())
