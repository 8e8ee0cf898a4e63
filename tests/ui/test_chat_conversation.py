"""The conversation, its prompt, and what is left of it when the engine does not answer."""

import asyncio
import socket

import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from frontdesk.config import Config
from frontdesk.prompt import chat_template, encode_prompt, fit
from ui.chat import MAX_CHARACTERS, MAX_MESSAGES, Assistant, Conversation, Exchange


@pytest.fixture(scope="module")
def config() -> Config:
    return Config(
        name="shop", company="Shop", system_prompt="Answer with the shop's facts.",
        model={"base": "none", "template": "chatml"}, data={"faq": ["faq.csv"]}, serve={"context_length": 512, "max_tokens": 100},
    )  # fmt: skip


@pytest.fixture(scope="module")
def tokenizer(config: Config) -> PreTrainedTokenizerFast:
    """One token a byte, and the run's own chat template."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    raw = Tokenizer(models.BPE(vocab={letter: number for number, letter in enumerate(alphabet)}, merges=[]))
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=raw)
    tokenizer.chat_template = chat_template(config)
    return tokenizer


def talk(*exchanges: tuple[str, str]) -> Conversation:
    return Conversation([Exchange(question, answer, waiting=False) for question, answer in exchanges])


@pytest.mark.parametrize("text", ["", "  ", "\n\t"])
def test_nothing_is_not_a_question(text: str) -> None:
    conversation = talk(("Hi", "Hello"))
    conversation.notices = ["unreachable"]
    assert not conversation.ask(text)
    assert (len(conversation.exchanges), conversation.notices) == (1, ["unreachable"])


@pytest.mark.parametrize(("length", "notices"), [(MAX_CHARACTERS, []), (MAX_CHARACTERS + 1, ["cut"])])
def test_a_long_question_is_cut_with_a_notice(length: int, notices: list[str]) -> None:
    conversation = Conversation()
    assert conversation.ask("가" * length)
    assert (len(conversation.exchanges[0].question), conversation.notices) == (MAX_CHARACTERS, notices)


def test_turns_alternate_and_end_with_the_customer() -> None:
    messages = talk(("one", "first"), ("two", ""), ("three", "third"), ("four", "half an ans")).messages()
    assert [message["role"] for message in messages] == ["user", "assistant", "user", "assistant", "user"]
    assert [message["content"] for message in messages] == ["one", "first", "two\nthree", "third", "four"]


def test_a_retry_does_not_show_the_model_its_last_answer() -> None:
    assert talk(("one", "first")).messages() == [{"role": "user", "content": "one"}]


def test_no_system_turn_is_ever_sent_and_long_talks_start_with_the_customer() -> None:
    messages = talk(*((f"question {number}", f"answer {number}") for number in range(100))).messages()
    assert len(messages) == MAX_MESSAGES
    assert (messages[0]["role"], messages[-1]) == ("user", {"role": "user", "content": "question 99"})
    assert {message["role"] for message in messages} == {"user", "assistant"}


def test_the_prompt_fits_and_keeps_the_system_text(config: Config, tokenizer: PreTrainedTokenizerFast) -> None:
    limit = config.serve.context_length - config.serve.max_tokens
    for last in ("short", "가나다" * 600):
        messages = talk(*((f"question {number}", "answer " * 9) for number in range(20)), (last, "")).messages()
        prompt = encode_prompt(tokenizer, fit(tokenizer, messages, limit))
        assert len(prompt) <= limit
        assert config.system_prompt in tokenizer.decode(prompt)


async def answer_without_engine(config: Config, tokenizer: PreTrainedTokenizerFast, conversation: Conversation, *, again: bool) -> None:
    with socket.socket() as unused:  # bound but not listening: every connection is refused
        unused.bind(("127.0.0.1", 0))
        assistant = Assistant(config, tokenizer, f"http://127.0.0.1:{unused.getsockname()[1]}/v1", "none")
        async for _ in assistant.answer(conversation, again=again):
            assert conversation.busy


def test_a_refused_connection_loses_nothing(config: Config, tokenizer: PreTrainedTokenizerFast) -> None:
    conversation = talk(("Hi", "Hello"))
    conversation.ask("x" * (MAX_CHARACTERS + 1))
    for _ in range(2):  # a second failure does not repeat the notice
        asyncio.run(answer_without_engine(config, tokenizer, conversation, again=False))
        assert not conversation.busy
        assert conversation.notices == ["cut", "unreachable"]
    assert [exchange.answer for exchange in conversation.exchanges] == ["Hello", ""]


def test_a_retry_without_engine_keeps_the_old_answer(config: Config, tokenizer: PreTrainedTokenizerFast) -> None:
    conversation = talk(("Hi", "Hello"))
    asyncio.run(answer_without_engine(config, tokenizer, conversation, again=True))
    assert (conversation.exchanges, conversation.notices) == ([Exchange("Hi", "Hello", waiting=False)], ["unreachable"])


def silent_server() -> socket.socket:
    """Accepts connections (the backlog does) and never says a word: a hung machine."""
    server = socket.socket()
    server.bind(("127.0.0.1", 0))
    server.listen()
    return server


@pytest.mark.parametrize(("end", "left"), [("stop", (1, ["stopped"])), ("clear", (0, []))])
def test_stop_and_clear_end_an_answer_that_never_begins(
    config: Config, tokenizer: PreTrainedTokenizerFast, end: str, left: tuple[int, list[str]]
) -> None:
    async def customer() -> Conversation:
        conversation = Conversation()
        conversation.ask("Is anybody there?")
        with silent_server() as server:
            assistant = Assistant(config, tokenizer, f"http://127.0.0.1:{server.getsockname()[1]}/v1", "none")
            async for _ in assistant.answer(conversation):
                await asyncio.sleep(0.3)
                await getattr(conversation, end)()
        return conversation

    conversation = asyncio.run(asyncio.wait_for(customer(), 20))
    assert not conversation.busy
    assert (len(conversation.exchanges), conversation.notices) == left


def test_silence_counts_as_unreachable(config: Config, tokenizer: PreTrainedTokenizerFast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.chat.SILENCE_SECONDS", 0.5)

    async def customer() -> Conversation:
        conversation = Conversation()
        conversation.ask("Is anybody there?")
        with silent_server() as server:
            assistant = Assistant(config, tokenizer, f"http://127.0.0.1:{server.getsockname()[1]}/v1", "none")
            async for _ in assistant.answer(conversation):
                pass
        return conversation

    assert asyncio.run(asyncio.wait_for(customer(), 20)).notices == ["unreachable"]


def test_a_page_that_goes_away_ends_the_answer(config: Config, tokenizer: PreTrainedTokenizerFast) -> None:
    async def customer() -> Conversation:
        conversation = Conversation()
        conversation.ask("Is anybody there?")
        with silent_server() as server:
            assistant = Assistant(config, tokenizer, f"http://127.0.0.1:{server.getsockname()[1]}/v1", "none")
            answer = assistant.answer(conversation)
            await anext(answer)
            await answer.aclose()
            await asyncio.sleep(0)
        assert conversation.task is not None
        await asyncio.wait({conversation.task}, timeout=5)
        return conversation

    assert not asyncio.run(customer()).busy
