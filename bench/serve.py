"""The gateway's price, the engine's settings, and other servers beside them, with the run's own prompts.

    python -m bench.serve configs/demo.yaml                                       engine and gateway in turn: throughput and first token
    python -m bench.serve configs/demo.yaml --settings ["as it is" eager w8a8 …]  the engine with one setting after the other
    python -m bench.serve configs/demo.yaml --beside [--llama-server PATH --gguf FILE …]

Needs `make train`. The load is vLLM's own generator (bench/load.py): questions of the FAQ, answered greedily
and streamed, 1, 8 and 32 clients that each ask again when they have their answer.

Engine and gateway: one engine; the same conversations are asked of it and of the gateway before it. The
gateway's raw model gets the very bytes that the engine gets, rendered beforehand; its grounded model gets the
customer's words and renders them itself. A round asks engine, raw, grounded, grounded, raw, engine, so that a
drift of the machine cancels; each half is a pair. All prompts were asked once before, so each arm finds them
in the prefix cache: the engine then makes most tokens for the gateway to pass on, which is the gateway's
hardest case. The tokens of each prompt, as the engine counts them, must be the same in all arms. How much
later the first token comes is the median over the conversations of what each waited longer than in the
engine's own turn.

Settings and others: each server is new, so the prompts are new to it but for what they have in common.
"""

import argparse
import contextlib
import datetime
import math
import os
import statistics
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import yaml

from bench import servers
from bench.load import Conversation, Load, measure, questions, rendered, several
from frontdesk.config.run import Run
from frontdesk.config.schema import Config, load_config
from frontdesk.engine.vllm import KEY_VARIABLE, free_port, raw_model
from frontdesk.errors import StartFailed, UserError, run_command
from frontdesk.models.family import with_family
from frontdesk.models.hardware import describe_hardware

T = (12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.20, 2.18, 2.16, 2.14, 2.13)
"""Student's t for 95 % and 1, 2, 3 … degrees of freedom."""
THROUGHPUT, FIRST_MS = 0.97, 5.0
"""The gateway's goals: of the engine's tokens a second, and milliseconds more to the first token."""
ARMS = ("engine", "raw model", "grounded model")


def main() -> None:
    """One of the three."""
    parser = argparse.ArgumentParser("python -m bench.serve", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", help="the run's YAML file, such as configs/demo.yaml")
    parser.add_argument("--settings", nargs="*", metavar="NAME", help=f"of: {', '.join(servers.SETTINGS)}; none: all")
    parser.add_argument("--beside", action="store_true", help="vLLM's defaults, transformers, llama.cpp")
    parser.add_argument("--llama-server", type=Path, help="llama.cpp's server")
    parser.add_argument("--gguf", type=Path, nargs="*", default=[], help="the run's model for it")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--requests", type=int, help="for each measurement; without it 8 and 6 for each client")
    args = parser.parse_args()
    config, run = trained(args.config)
    asked = questions(run)
    prompts = rendered(config, run, asked)
    counts = {clients: args.requests or 8 + 6 * clients for clients in args.clients}
    print(f"{datetime.date.today()}, {describe_hardware()}; {config.name}, answers of at most {config.serve.max_tokens} tokens", flush=True)
    if args.settings is not None or args.beside:
        others(config, run, prompts, counts, args)
    else:
        pair(config, run, asked, prompts, counts, args.rounds)


def trained(path: str) -> tuple[Config, Run]:
    """A config and its run, whose model is to be served without a key. Raises UserError where there is none."""
    config = load_config(path)
    run = Run(config.name)
    if not run.provenance.is_file():
        raise UserError(f"{run.model}: no trained model; the bench serves one; run `make train` with this CONFIG first")
    os.environ.pop(KEY_VARIABLE, None)
    return with_family(config, "bench", run.model), run


def pair(config: Config, run: Run, asked: list[Conversation], prompts: list[Conversation], counts: dict[int, int], rounds: int) -> None:
    """Engine and gateway in turn; prints a table, and whether the goals are met."""
    most, names = config.serve.max_tokens, dict(zip(ARMS, (config.name, raw_model(config), config.name), strict=True))
    with tempfile.TemporaryDirectory() as folder, servers.vllm(config, run) as engine, beside(config, engine, Path(folder)) as gateway:
        print(f"| clients | | tokens/s | of the engine's (95 %) | first token, ms | more than the engine's (95 %) |\n{'|---' * 6}|")
        for clients, count in counts.items():
            sent = {arm: several(asked if arm == ARMS[-1] else prompts, count) for arm in ARMS}
            addresses = {arm: engine.address if arm == "engine" else gateway.address for arm in ARMS}
            measure(engine.address, config.name, sent["engine"], 32, most)  # into the prefix cache
            halves = [
                {arm: measure(addresses[arm], names[arm], sent[arm], clients, most) for arm in order}
                for _ in range(rounds)
                for order in (ARMS, ARMS[::-1])
            ]
            same_prompts(halves)
            print("\n".join(rows(clients, halves)), flush=True)


@contextlib.contextmanager
def beside(config: Config, engine: servers.Server, folder: Path) -> Iterator[servers.Server]:
    """The gateway before a running engine, on a free port and with a database in the folder."""
    ours = config.model_copy(update={"serve": config.serve.model_copy(update={"port": free_port(), "host": "127.0.0.1"})})
    ours = ours.model_copy(update={"desk": config.desk.model_copy(update={"database": f"sqlite:///{folder}/store.db"})})
    path = folder / f"{config.name}.yaml"
    path.write_text(yaml.safe_dump(ours.model_dump(mode="json")), encoding="utf-8")
    with servers.gateway(ours, path, engine) as gateway:
        yield gateway


def same_prompts(halves: list[dict[str, Load]]) -> None:
    """Raises UserError where an arm's prompts were others."""
    for half in halves:
        for arm, load in half.items():
            if other := sum(a != b for a, b in zip(load.prompts, half["engine"].prompts, strict=True)):
                raise UserError(f"{other} of {len(load.prompts)} prompts of the {arm} have another length than the engine's: no fair pair")


def rows(clients: int, halves: list[dict[str, Load]]) -> list[str]:
    """A line of the table for each arm."""
    lines, missed = [], ", goal missed"
    for arm in ARMS:
        speed = statistics.mean(half[arm].speed for half in halves)
        first = statistics.median(second for half in halves for second in half[arm].firsts)
        begin = f"| {clients} | {arm} | {speed:.0f} "
        if arm == "engine":
            lines.append(f"{begin}| | {1000 * first:.1f} | |")
            continue
        ratio, low, high = (math.exp(one) for one in interval([math.log(half[arm].speed / half["engine"].speed) for half in halves]))
        more = [statistics.median(a - b for a, b in zip(half[arm].firsts, half["engine"].firsts, strict=True)) for half in halves]
        late, least, worst = (1000 * one for one in interval(more))
        same = statistics.mean(a == b for half in halves for a, b in zip(half[arm].answers, half["engine"].answers, strict=True))
        lines.append(
            f"{begin}| {ratio:.1%} ({low:.1%} to {high:.1%}){'' if ratio >= THROUGHPUT else missed} | {1000 * first:.1f} "
            f"| {late:+.1f} ({least:+.1f} to {worst:+.1f}){'' if late <= FIRST_MS else missed} | {same:.0%} answers the same"
        )
    return lines


def interval(values: list[float]) -> tuple[float, float, float]:
    """The mean and, by Student's t, the ends of its 95 % interval."""
    mean = statistics.mean(values)
    if len(values) < 2:
        return mean, -math.inf, math.inf
    half = T[min(len(values) - 2, len(T) - 1)] * statistics.stdev(values) / math.sqrt(len(values))
    return mean, mean - half, mean + half


def others(config: Config, run: Run, prompts: list[Conversation], counts: dict[int, int], args: argparse.Namespace) -> None:
    """A line of the table for each setting or server."""
    names = args.settings if args.settings is not None else ["as it is", "vLLM's defaults"]
    if unknown := [name for name in names if name not in servers.SETTINGS]:
        raise UserError(f"--settings: found {', '.join(unknown)}; expected some of {', '.join(servers.SETTINGS)}")
    heads = " | ".join(f"{clients} clients: tokens/s, first token ms" for clients in counts)
    print(f"| | ready, s | {heads} | GiB |\n{'|---' * (3 + len(counts))}|")
    for name in names or servers.SETTINGS:
        if (library := servers.SETTINGS[name].needs) and not library.is_file():
            print(f"| {name} | not tried: {library} is missing |")
            continue
        line(name, partial(servers.vllm, config, run, name), config, prompts, counts)
    if not args.beside:
        return
    for file in args.gguf:
        start = partial(servers.llama_cpp, config, args.llama_server, file, max(counts))
        line(f"llama.cpp, {file.stem}", start, config, prompts, counts)
    found = [servers.transformers(config, run, part, clients, config.serve.max_tokens) for clients, part in portions(prompts, counts)]
    speeds = " | ".join(f"{speed:.0f}" for speed, _ in found)
    print(f"| transformers `generate`, batches | | {speeds} | {max(gib for _, gib in found):.1f} |", flush=True)


Start = Callable[[], AbstractContextManager[servers.Server]]


def line(name: str, start: Start, config: Config, prompts: list[Conversation], counts: dict[int, int]) -> None:
    """Start a server, measure it, print its line, or why it failed. The others come all the same."""
    try:
        with start() as server:
            loads = [
                measure(server.address, config.name, part, clients, config.serve.max_tokens, server.headers)
                for clients, part in portions(prompts, counts)
            ]
            cells = [f"{load.speed:.0f}, {1000 * statistics.median(load.firsts):.0f}" for load in loads]
            print(f"| {name} | {server.seconds:.0f} | {' | '.join(cells)} | {server.gib():.1f} |", flush=True)
    except (StartFailed, UserError) as error:
        print(f"| {name} | failed: {str(error).splitlines()[:2][-1].strip()[:200]} |", flush=True)


def portions(prompts: list[Conversation], counts: dict[int, int]) -> Iterable[tuple[int, list[Conversation]]]:
    """For each number of clients its own conversations, so that none is met twice."""
    start = 0
    for clients, count in counts.items():
        yield clients, several(prompts, count, start)
        start += count


if __name__ == "__main__":
    run_command(main)
