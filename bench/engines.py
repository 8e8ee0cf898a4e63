"""Two engines behind the router: what each policy finds in the prefix cache, whether answers are the same, what the router costs;
and, by a simulation with these engines' measured times, what more of them would give.

    FRONTDESK_ENGINE_KEY=… python -m bench.engines configs/demo.yaml http://127.0.0.1:8101 http://127.0.0.1:8102 [--json FILE]

The engines are those of `frontdesk engine`, freshly started. Conversations of the FAQ's questions, each asked with what was said before, as
the gateway renders them; each turn is asked of all conversations before the next. Rounds ask consistent_hash, round_robin, round_robin,
consistent_hash …, each with conversations that no engine has seen. Hits are vLLM's own: tokens of prompts found in the cache, of all.
Then one engine gets all those prompts alone, and its answers are compared.

The simulation: questions arrive at random; each conversation's go to its engine (consistent_hash) or to one engine after the other. An
engine shares its speed, as measured with 1, 4 and 16 questions at once, between those that it has. It knows nothing of networks,
deaths and other processes on the cores.
"""

import argparse
import asyncio
import bisect
import datetime
import hashlib
import json
import math
import os
import random
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from bench import servers
from frontdesk.config.run import Run
from frontdesk.config.schema import load_config
from frontdesk.engine import router
from frontdesk.engine.vllm import ENGINE_KEY, MAX_REQUESTS, SESSION, free_ports, status_of
from frontdesk.errors import UserError, run_command
from frontdesk.files import read_jsonl
from frontdesk.models.family import with_family
from frontdesk.models.hardware import describe_hardware
from frontdesk.prompt.render import Message

POLICIES = {"consistent_hash": "ConsistentHash", "round_robin": "RoundRobin"}
CACHE = ("vllm:prefix_cache_hits_total", "vllm:prefix_cache_queries_total")
AT_ONCE = (1, 4, 16)
PATIENCE = 5.0
"""Seconds in which 95 % of the simulated answers must be whole."""
KEY = os.environ.get(ENGINE_KEY, "")
Prompt = list[Message]


def main() -> None:
    """Start a router for each policy, measure, simulate, print."""
    parser = argparse.ArgumentParser("python -m bench.engines", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config")
    parser.add_argument("engines", nargs=2)
    parser.add_argument("--conversations", type=int, default=12, help="for each policy and round")
    parser.add_argument("--turns", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    if not KEY:
        raise UserError(f"{ENGINE_KEY} is not set; expected the key with which the engines were started; export it")
    config = load_config(args.config)
    run = Run(config.name)
    config = with_family(config, "bench", run.model)
    sets = [one for number in range(args.rounds) for one in (POLICIES if number % 2 == 0 else reversed(POLICIES))]
    talks = conversations(config, run, (len(sets) + 1) * args.conversations, args.turns)
    with ExitStack() as running:
        routers = {policy: running.enter_context(routed(args.engines, name)).address for policy, name in POLICIES.items()}
        found = asyncio.run(measured(config.name, args.engines, routers, sets, talks, args.conversations))
    found |= {"date": str(datetime.date.today()), "machine": describe_hardware()}
    found["simulated"] = simulated(found["seconds"])
    if args.json:
        args.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=2))


def conversations(config: Any, run: Run, count: int, turns: int) -> list[list[Prompt]]:
    """For each conversation the prompt of every turn, as the engine gets it."""
    from serve.gateway.prompts import PromptBuilder

    builder, entries, chance = PromptBuilder(config, run), list(read_jsonl(run.faq)), random.Random(7)
    made = []
    for _ in range(count):
        said: Prompt = []
        prompts = []
        for entry in chance.sample(entries, turns):
            said.append({"role": "user", "content": chance.choice(entry["questions"])})
            prompts.append(list(builder.prompt(said, config.serve.max_tokens).messages))
            said.append({"role": "assistant", "content": entry["answers"][0]})
        made.append(prompts)
    return made


async def measured(
    model: str, engines: list[str], routers: dict[str, str], sets: list[str], talks: list[list[Prompt]], count: int
) -> dict[str, Any]:
    """Hits by policy, answers that differ, the router's price in ms, and seconds of an answer by questions at once."""
    async with httpx.AsyncClient(timeout=1800, trust_env=False) as client:
        await asyncio.gather(*(ask(client, engine, model, talks[0][0], "") for engine in engines))
        hits: dict[str, list[float]] = {policy: [] for policy in POLICIES}
        answers: list[tuple[Prompt, str]] = []
        for number, policy in enumerate(sets):
            part, before = talks[number * count : (number + 1) * count], await cached(client, engines)
            for turn in range(len(part[0])):
                asked = [(one[turn], f"{policy} {number} {place}") for place, one in enumerate(part)]
                told = await asyncio.gather(*(ask(client, routers[policy], model, prompt, name) for prompt, name in asked))
                answers += zip([prompt for prompt, _ in asked], told, strict=True)
            found, wanted = (after - was for after, was in zip(await cached(client, engines), before, strict=True))
            hits[policy].append(round(found / wanted, 4))
        alone = await asyncio.gather(*(ask(client, engines[0], model, prompt, "") for prompt, _ in answers))
        differ = sum(a != b for a, (_, b) in zip(alone, answers, strict=True))
        price = await prices(client, (engines[0], routers["round_robin"]), model, [prompt for prompt, _ in answers[:40]])
        fresh = [prompt for talk in talks[len(sets) * count :] for prompt in talk]
        parts = {clients: fresh[place :: len(AT_ONCE)] for place, clients in enumerate(AT_ONCE)}  # nothing is asked twice
        seconds = {str(clients): await seconds_at(client, engines[0], model, part, clients) for clients, part in parts.items()}
    return {"hits": hits, "answers": len(answers), "differ": differ, "router_ms": price, "seconds": seconds}


@contextmanager
def routed(engines: list[str], policy: str) -> Iterator[servers.Server]:
    """A router with a policy."""
    port, metrics = free_ports(2)
    environment, address = router.environment(router.settings(engines, (port, metrics), KEY, policy=policy)), f"http://127.0.0.1:{port}"

    async def ready(client: httpx.AsyncClient) -> bool:
        return await status_of(client, address + router.READY, {"Authorization": f"Bearer {KEY}"}) == 200

    with servers.started(f"router {policy}", router.COMMAND, environment, address, ready) as server:
        yield server


async def ask(client: httpx.AsyncClient, address: str, model: str, prompt: Prompt, name: str, most: int = 32) -> str:
    """A greedy answer of at most `most` tokens; `name` is the conversation's."""
    body = {"model": model, "messages": prompt, "temperature": 0, "max_tokens": most}
    headers = {"Authorization": f"Bearer {KEY}", SESSION: hashlib.sha256(name.encode()).hexdigest()[:32]}  # as the gateway names them
    answer = await client.post(f"{address}/v1/chat/completions", json=body, headers=headers)
    return str(answer.raise_for_status().json()["choices"][0]["message"]["content"])


async def cached(client: httpx.AsyncClient, engines: list[str]) -> tuple[float, float]:
    """Tokens of all prompts so far that stood in the cache, and all."""
    pages = [(await client.get(f"{engine}/metrics")).text for engine in engines]
    samples = [sample for page in pages for family in text_string_to_metric_families(page) for sample in family.samples]
    hits, asked = (sum(sample.value for sample in samples if sample.name == name) for name in CACHE)
    return hits, asked


async def prices(client: httpx.AsyncClient, addresses: tuple[str, str], model: str, prompts: list[Prompt]) -> float:
    """Median ms by which a one-token answer to a cached prompt comes later through the router, asked one after the other."""
    later = []
    for number, prompt in enumerate(prompts):
        took = {}
        for address in addresses if number % 2 else addresses[::-1]:
            begun = time.monotonic()
            await ask(client, address, model, prompt, "", 1)
            took[address] = time.monotonic() - begun
        later.append(took[addresses[1]] - took[addresses[0]])
    return round(1000 * statistics.median(later), 1)


async def seconds_at(client: httpx.AsyncClient, engine: str, model: str, prompts: list[Prompt], clients: int) -> float:
    """Mean seconds of an answer where so many are always in work."""
    left, begun = iter(prompts), time.monotonic()

    async def one() -> None:
        for prompt in left:
            await ask(client, engine, model, prompt, "")

    await asyncio.gather(*(one() for _ in range(clients)))
    return round((time.monotonic() - begun) / len(prompts) * clients, 3)


def simulated(seconds: dict[str, float]) -> dict[str, dict[int, float]]:
    """By policy and engines: answers a second of which 95 % are whole within PATIENCE. `seconds`: of an answer, by answers at once."""
    return {policy: {count: most(seconds, policy, count) for count in (1, 2, 4, 8)} for policy in POLICIES}


def most(seconds: dict[str, float], policy: str, engines: int, questions: int = 4000) -> float:
    """The largest rate that is kept, by halving."""
    low, high = 0.0, 2 * engines * max(int(clients) / each for clients, each in seconds.items())
    for _ in range(8):
        rate = (low + high) / 2
        low, high = (rate, high) if late(seconds, policy, engines, rate, questions) <= PATIENCE else (low, rate)
    return round(low, 1)


def late(seconds: dict[str, float], policy: str, engines: int, rate: float, questions: int) -> float:
    """The 95th percentile of the seconds of an answer, at so many questions a second from 50 open conversations an engine."""
    chance, now, arrivals = random.Random(7), 0.0, [[] for _ in range(engines)]  # type: ignore[var-annotated]
    homes = [chance.randrange(engines) for _ in range(50 * engines)]
    for number in range(questions):
        now += chance.expovariate(rate)
        place = chance.randrange(len(homes))
        arrivals[homes[place] if policy == "consistent_hash" else number % engines].append(now)
        if chance.random() < 1 / 4:  # its last turn: another conversation begins
            homes[place] = chance.randrange(engines)
    waited = sorted(one for each in arrivals for one in shared(each, seconds))
    return waited[int(0.95 * len(waited))]


def shared(arrivals: list[float], seconds: dict[str, float]) -> list[float]:
    """Seconds from each arrival to its answer at one engine, which shares its speed between those that it has."""
    speeds = {int(clients): int(clients) / each for clients, each in seconds.items()}  # answers a second
    now, work, took = 0.0, {}, []  # type: ignore[var-annotated]
    for at in [*arrivals, math.inf]:
        while work:
            known = sorted(speeds)
            high = min(bisect.bisect_left(known, len(work)), len(known) - 1)
            low = max(high - 1, 0)
            part = min(1.0, (len(work) - known[low]) / max(1, known[high] - known[low]))
            each = (speeds[known[low]] + part * (speeds[known[high]] - speeds[known[low]])) / len(work)
            first = min(work, key=work.__getitem__)
            step = min(at - now, work[first] / each)
            now, work = now + step, {one: left - step * each for one, left in work.items()}
            if now >= at:
                break
            took.append(now - first)
            del work[first]
        now = at
        work[at] = 1.0
        if len(work) > MAX_REQUESTS["cpu"]:  # it would refuse
            return [math.inf] * len(arrivals)
    return took


if __name__ == "__main__":
    run_command(main)
