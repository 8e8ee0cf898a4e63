"""What the check costs a customer: the time to the first words and to the last, with it and without.

    python -m bench.first_words configs/demo.yaml [--count 60] [--clients 1 8]

One engine. Each question that one FAQ entry surely answers is asked of the gateway, whose words pass the check
sentence by sentence, and of the engine, with the very prompt that the gateway makes; which comes first, alternates.
The gateway's time has the search for the entry in it, too. Both are greedy, streamed and asked anew: all prompts were
asked once before. Needs `make train`.
"""

import argparse
import asyncio
import datetime
import io
import time
from contextlib import redirect_stdout
from statistics import median
from typing import Any, NamedTuple

from bench.attack import gateway
from bench.load import questions
from evaluate.stats.bootstrap import bootstrap
from frontdesk.config.run import Run
from frontdesk.config.schema import Config, load_config
from frontdesk.engine.vllm import api_key, running
from frontdesk.errors import run_command
from frontdesk.models.hardware import describe_hardware
from frontdesk.prompt.render import Message
from serve.gateway.prompts import PromptBuilder

MOST = 64  # tokens of an answer


class Times(NamedTuple):
    """Milliseconds from the request to the first and to the last words."""

    first: float
    last: float


def main() -> None:
    parser = argparse.ArgumentParser(
        "python -m bench.first_words", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("config")
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8])
    args = parser.parse_args()
    config = load_config(args.config)
    run = Run(config.name)
    builder = PromptBuilder(config, run)
    found = ((turns, builder.prompt(turns, MOST)) for turns in questions(run))
    asked = [(turns, prompt.messages) for turns, prompt in found if prompt.decision and prompt.decision.reads][: args.count]
    print(f"{datetime.date.today()}, {describe_hardware()}; {config.name}, {len(asked)} questions, medians and 95 % intervals, ms")
    with running(config, run, log=run.root / "engine-first-words.log") as engine, gateway(config, engine) as desk:
        for clients in args.clients:
            with redirect_stdout(io.StringIO()):  # the gateway's log
                asyncio.run(pairs(config, engine, desk, asked, 32))  # into the prefix cache
                without, checked = zip(*asyncio.run(pairs(config, engine, desk, asked, clients)), strict=True)
            for name in Times._fields:
                times = [[getattr(one, name) for one in arm] for arm in (without, checked)]
                more = [one - other for other, one in zip(*times, strict=True)]
                print(
                    f"{clients} clients, {name} words: engine {median(times[0]):.0f}, gateway {median(times[1]):.0f}, "
                    f"mean of what it takes longer {interval(more)}",
                    flush=True,
                )


async def pairs(
    config: Config, engine: str, desk: str, asked: list[tuple[list[Message], list[Message]]], clients: int
) -> list[tuple[Times, Times]]:
    """Of each question, the times of the engine and of the gateway."""
    import openai

    places = asyncio.Semaphore(clients)
    options: dict[str, Any] = {"api_key": api_key() or "none", "timeout": 600, "max_retries": 0}
    async with openai.AsyncOpenAI(base_url=engine, **options) as direct, openai.AsyncOpenAI(base_url=desk, **options) as through:

        async def pair(number: int, turns: list[Message], prompt: list[Message]) -> tuple[Times, Times]:
            async with places:
                if number % 2:
                    after = await times(through, config.name, turns)
                    return await times(direct, config.name, prompt), after
                return await times(direct, config.name, prompt), await times(through, config.name, turns)

        return await asyncio.gather(*(pair(number, *one) for number, one in enumerate(asked)))


async def times(client: Any, model: str, messages: list[Message]) -> Times:
    """Ask once."""
    started, first = time.monotonic(), 0.0
    stream = await client.chat.completions.create(model=model, messages=messages, temperature=0, max_tokens=MOST, stream=True)
    async for chunk in stream:
        if not first and any(choice.delta.content for choice in chunk.choices):
            first = time.monotonic()
    ended = time.monotonic()
    return Times(1000 * ((first or ended) - started), 1000 * (ended - started))


def interval(values: list[float]) -> str:
    found = bootstrap({str(place): [value] for place, value in enumerate(values)})
    return f"{found.value:+.0f} ({found.low:+.0f} to {found.high:+.0f})"


if __name__ == "__main__":
    run_command(main)
