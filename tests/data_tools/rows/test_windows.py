"""Long conversations as windows: no answer cut, none trained twice, none lost without a count."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_tools.rows.windows import LEAST, Windows
from frontdesk.prompt.render import encode
from tests.frontdesk.conftest import load
from tests.timing import LINEAR, exponent

pytestmark = pytest.mark.xdist_group("vllm")  # the tests of the templates load the same tokenizers

KOREAN = "배송은 보통 이틀 걸리고 환불은 영업일 기준 사흘 안에 처리됩니다 고객님 주문번호를 알려 주시겠어요".split()  # noqa: SIM905
ENGLISH = "delivery takes two days and a refund three working days could you tell me the number of your order please".split()  # noqa: SIM905
FOLDERS = {
    "chatml": "embedded_model",
    "llama3": "tiny_llama3",
    "gemma": "tiny_gemma3",
    "mistral": "real_mistral",
    "mistral-nemo": "real_nemo",
    "qwen3": "real_qwen3",
}
"""Of each way in which a turn begins and ends, the fixture with a model's folder."""
FEWER = settings(max_examples=settings().max_examples * 2 // 5)
"""Each search is one of six, a family each."""
LETTERS = st.text("ab 가힣뷁é—😀👍🏽<|im_end>\n\tＡ㎏ﷺ", max_size=40)


@pytest.fixture(scope="module", params=FOLDERS)
def tokenizer(request):
    return load(request.param, request.getfixturevalue(FOLDERS[request.param]), "Be brief.").tokenizer


def words(rng, number):
    return " ".join(rng.choice(rng.choice((KOREAN, ENGLISH))) for _ in range(number))


def conversation(turns, longest=12, seed=0, capped=0.0):
    """A conversation of `turns` exchanges; the share `capped` of the answers is context."""
    rng = random.Random(seed)
    messages = []
    for number in range(turns):
        weight = {"weight": 0} if rng.random() < capped else {}
        messages.append({"role": "user", "content": f"Q{number} {words(rng, rng.randrange(1, longest))}"})
        messages.append({"role": "assistant", "content": f"A{number} {words(rng, rng.randrange(1, longest))}"} | weight)
    return messages


def trained(window):
    return [turn["content"] for turn in window if turn["role"] == "assistant" and turn.get("weight", 1)]


def checked(windows, messages):
    """The windows of a conversation, after what must hold for any of them."""
    found = windows(messages)
    made = [window.messages for window in found]
    for window, places in found:
        assert [turn["role"] for turn in window] == [messages[place]["role"] for place in places]
        assert all(messages[place]["content"].endswith(turn["content"]) for place, turn in zip(places, window, strict=True))
        assert [turn["role"] for turn in window] == ["user", "assistant"] * (len(window) // 2)
        assert len(encode(windows.tokenizer, window)[0]) <= windows.max_length
        assert [turn["content"] for turn in window if turn["role"] == "assistant"] == [
            turn["content"] for turn in messages if turn["role"] == "assistant" and turn["content"] in {one["content"] for one in window}
        ]
    texts = [text for window in made for text in trained(window)]
    assert texts == [text for text in trained(messages) if text in set(texts)]
    assert windows.made == (len(made) if len(made) > 1 else 0)
    return made


def test_a_conversation_that_fits_stays_as_it_is(tokenizer):
    messages = conversation(3)
    windows = Windows(tokenizer, len(encode(tokenizer, messages)[0]))

    assert checked(windows, messages) == [messages]
    assert checked(windows, messages)[0] is messages
    windows.max_length -= 1
    assert len(checked(windows, messages)) == 2


@pytest.mark.parametrize("max_length", [120, 200, 400, 700])
@pytest.mark.parametrize("capped", [0.0, 0.4])
def test_each_answer_is_trained_whole_and_once(tokenizer, max_length, capped):
    for seed in range(2):
        windows = Windows(tokenizer, max_length)
        messages = conversation(36, seed=seed, capped=capped)
        made = checked(windows, messages)
        assert len(made) > 1
        assert all(trained(window) and window[-1].get("weight", 1) for window in made)
        if max_length >= 400:
            assert sum(len(trained(window)) for window in made) == len(trained(messages))
            assert all(window[0] in messages for window in made)


def test_windows_have_context_where_it_fits(tokenizer):
    windows = Windows(tokenizer, 600)
    for window in checked(windows, conversation(20, seed=4))[1:]:
        first = next(place for place, turn in enumerate(window) if turn["role"] == "assistant" and turn.get("weight", 1))
        assert first > 1
        assert len(encode(tokenizer, window[: first + 1])[0]) <= 300
        mask = encode(tokenizer, window)[1]
        before = len(encode(tokenizer, window[:first])[0])
        assert not any(mask[: before - 1])
        assert any(mask[before:])


def test_answers_that_are_context_only_make_no_window(tokenizer):
    messages = conversation(10, seed=2)
    for turn in messages[5::2]:
        turn["weight"] = 0

    windows = Windows(tokenizer, 200)
    made = checked(windows, messages)
    assert [text for window in made for text in trained(window)] == [messages[1]["content"], messages[3]["content"]]
    for turn in messages[1::2]:
        turn["weight"] = 0
    assert Windows(tokenizer, 200)(messages) == []


def test_a_long_question_is_shortened_at_its_beginning(tokenizer):
    question = "blah 안녕 " * 300 + "my real question"
    messages = [{"role": "user", "content": question}, {"role": "assistant", "content": "The whole answer."}]
    windows = Windows(tokenizer, 128)
    (window,) = checked(windows, messages)

    assert window[1] == messages[1]
    assert question.endswith(window[0]["content"])
    assert window[0]["content"].endswith("my real question")
    assert len(encode(tokenizer, window)[0]) > 80
    assert messages[0]["content"] == question


def test_an_answer_that_cannot_fit_is_left_out_and_counted(tokenizer):
    messages = conversation(3)
    messages[3]["content"] = "because " * 400
    windows = Windows(tokenizer, 300)
    made = checked(windows, messages)

    assert [text for window in made for text in trained(window)] == [messages[1]["content"], messages[5]["content"]]
    assert Windows(tokenizer, 300)(messages[2:4]) == []


def test_an_answer_that_just_fits_is_kept(tokenizer):
    answer = {"role": "assistant", "content": "because " * 20}
    messages = [{"role": "user", "content": "why? " * 100}, answer]
    alone = len(encode(tokenizer, [{"role": "user", "content": ""}, answer])[0])
    for room in range(-5, 45):
        windows = Windows(tokenizer, alone + room)
        made = checked(windows, messages)
        assert len(made) < 2 and all(window[0] not in messages for window in made)
        assert len(made) == (room > 30) or 2 < room <= 30
        assert all(len(window[0]["content"].strip()) >= LEAST for window in made)


@FEWER
@given(texts=st.lists(LETTERS, min_size=1, max_size=3), spare=st.integers(-40, 40))
def test_whether_a_conversation_fits_is_never_wrong(tokenizer, texts, spare):
    messages = [turn for text in texts for turn in ({"role": "user", "content": text}, {"role": "assistant", "content": text[::-1]})]
    windows = Windows(tokenizer, len(encode(tokenizer, messages)[0]) + spare)

    assert (windows.prompt + sum(windows.sizes(messages)) <= windows.max_length) == (spare >= 0)


@FEWER
@given(texts=st.lists(LETTERS, min_size=2, max_size=8))
def test_the_sizes_of_turns_add_up_to_what_the_template_renders(tokenizer, texts):
    messages = [{"role": "assistant" if place % 2 else "user", "content": text} for place, text in enumerate(texts)]
    windows = Windows(tokenizer, 0)
    sizes = windows.sizes(messages)

    for start in range(0, len(messages), 2):
        for end in range(start + 1, len(messages) + 1):
            assert windows.prompt + sum(sizes[start:end]) == len(encode(tokenizer, messages[start:end])[0])


@pytest.mark.parametrize("text", ["/start", "/help", "/", " /a/b", "//", "http://a"])
def test_a_slash_that_joins_the_system_prompt_is_counted(tokenizer, text):
    messages = [{"role": "user", "content": text}, {"role": "assistant", "content": "yes"}]
    windows = Windows(tokenizer, 0)

    assert windows.prompt + sum(windows.sizes(messages)) - len(encode(tokenizer, messages)[0]) in range(windows.slash + 1)


def test_short_conversations_are_not_tokenized(tokenizer):
    messages = conversation(3)
    windows = Windows(tokenizer, 2000)

    assert windows.sizes(messages) == []
    windows.max_length = 60
    assert len(windows.sizes(messages)) == 6


def test_marks_that_grow_in_the_template_are_counted_as_they_grow(tokenizer):
    messages = [{"role": "user", "content": "<|" * 200}, {"role": "assistant", "content": "yes"}]
    real = len(encode(tokenizer, messages)[0])

    whole = [Windows(tokenizer, real + spare)(messages)[0].messages == messages for spare in (-100, -10, -1, 0, 1)]
    assert whole == [False, False, False, True, True]


@FEWER
@given(
    texts=st.lists(st.tuples(LETTERS, st.text("가나다 abc", min_size=1, max_size=60)), min_size=1, max_size=6), room=st.integers(20, 200)
)
def test_any_conversation_becomes_right_windows(tokenizer, texts, room):
    messages = []
    for number, (question, answer) in enumerate(texts):
        messages += [{"role": "user", "content": question}, {"role": "assistant", "content": f"{number}: {answer}"}]
    windows = Windows(tokenizer, room)

    checked(windows, messages)


def test_a_very_long_conversation_takes_time_in_proportion(tokenizer):
    conversations = {turns: conversation(turns, seed=1) for turns in (100, 400)}
    assert len(checked(Windows(tokenizer, 400), conversations[400])) > 400 / 20
    assert exponent(lambda turns: Windows(tokenizer, 400)(conversations[turns]), 100, 400) < LINEAR
