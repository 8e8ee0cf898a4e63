"""Requests to the endpoint of `data.writer`, a few at once. What goes wrong is counted by kind, and ends nothing."""

import asyncio
import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, cast

from frontdesk.config.schema import Endpoint
from frontdesk.prompt.render import Message

if TYPE_CHECKING:
    from openai import AsyncOpenAI
    from openai.types.chat import ChatCompletionMessageParam

AT_ONCE = 4
SECONDS = 60.0  # that a request may take, with its second try
RETRIES = 1
IN_A_ROW = 5  # failures, after which no more is asked: the endpoint is away
TOKENS = 600  # of a reply
MOST = 10  # questions of a reply that are looked at
NOT_ASKED = f"not asked any more after {IN_A_ROW} failures in a row"


def ask(endpoint: Endpoint, jobs: Mapping[str, Sequence[Message]], keep: Callable[[str, list[str] | None], None]) -> Counter[str]:
    """Ask for the questions of each job. `keep` gets them by the job's key as they come, None for a reply that has
    none. Returns how many requests failed, by reason."""
    return asyncio.run(_ask_all(endpoint, jobs.items(), keep))


def questions_in(reply: str) -> list[str] | None:
    """The questions of a reply such as `{"questions": ["…"]}`, whatever stands around it; None where it has none."""
    text = reply.rpartition("</think>")[2]
    try:
        found = json.loads(text[text.index("{") : text.rindex("}") + 1])["questions"]
    except (ValueError, KeyError, RecursionError):
        return None
    if not isinstance(found, list):
        return None
    return [one.encode("utf-8", "ignore").decode().strip() for one in found[:MOST] if isinstance(one, str)]


async def _ask_all(
    endpoint: Endpoint, jobs: Iterable[tuple[str, Sequence[Message]]], keep: Callable[[str, list[str] | None], None]
) -> Counter[str]:
    import openai

    failed, left, in_a_row = Counter[str](), iter(jobs), 0
    key = os.environ.get(endpoint.key_variable or "", "") or "none"

    async def work() -> None:
        nonlocal in_a_row
        for name, messages in left:
            if in_a_row >= IN_A_ROW:
                failed[NOT_ASKED] += 1
                continue
            try:
                async with asyncio.timeout(SECONDS):
                    reply = await _reply(client, endpoint.model, messages)
            except (TimeoutError, openai.APITimeoutError):
                why = f"longer than {SECONDS:g} s"
            except openai.APIStatusError as error:
                why = f"refused with HTTP {error.status_code}"
            except openai.OpenAIError:
                why = "not reachable"
            except (AttributeError, IndexError, TypeError, ValueError):
                why = "answered by something else than this API"
            else:
                in_a_row = 0
                keep(name, questions_in(reply))
                continue
            failed[why] += 1
            in_a_row += 1

    async with openai.AsyncOpenAI(base_url=endpoint.url, api_key=key, timeout=SECONDS, max_retries=RETRIES) as client:
        await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    return failed


async def _reply(client: "AsyncOpenAI", model: str, messages: Sequence[Message]) -> str:
    """The text of the reply. Raises what the client raises, and AttributeError, IndexError, TypeError or ValueError for
    a reply of another shape."""
    answer = await client.chat.completions.create(
        model=model, messages=cast("Iterable[ChatCompletionMessageParam]", messages), max_tokens=TOKENS
    )
    text = answer.choices[0].message.content
    if not isinstance(text, str):
        raise TypeError(f"found {type(text).__name__}")
    return text
