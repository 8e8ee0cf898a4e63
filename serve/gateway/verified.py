"""From an engine's words to what the desk may say."""

from collections.abc import AsyncIterator

from frontdesk.answers.reply import Reply
from frontdesk.prompt.render import Message
from serve.gateway import sse
from serve.gateway.engine_client import EngineClient, gone
from serve.gateway.schema import Asked


async def verified(engine: EngineClient, asked: Asked, messages: list[Message], reply: Reply, words: sse.Words) -> AsyncIterator[str]:
    """What may be said, as it comes. No engine is asked where the desk's words are fixed, and it is left as
    soon as more of its words would change nothing. Raises ApiError."""
    if not reply.done:
        async with engine.ask(asked.verified_body(messages), asked.conversation, explain=False) as response:
            async for data in response.content.iter_any():
                if piece := reply.add(_read(words, data)):
                    yield piece
                if reply.done:
                    break
        if not (words.done or reply.done):
            raise gone()
    if rest := reply.end():
        yield rest


def _read(words: sse.Words, data: bytes) -> str:
    try:
        return words.add(data)
    except (ValueError, KeyError, TypeError):  # an error in the middle of the engine's stream
        raise gone() from None
