"""The answers of all systems: quote, the run's own models one after the other, then other runs and endpoints."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

from evaluate.questions.load import Question, evenly, packaged
from evaluate.systems.ask import Cache, Exchange, Model, ask, jobs_of, searched
from evaluate.systems.engines import client_of, engine
from evaluate.systems.general import choose
from evaluate.systems.quote import ask_quote
from evaluate.systems.systems import BASE, QUOTE, TUNED, PromptBuilder, elsewhere, served, systems
from frontdesk.answers.knowledge import knowledge_of
from frontdesk.config.run import Run
from frontdesk.config.schema import Config, stored_config
from frontdesk.engine.vllm import served_weights
from frontdesk.errors import warn
from frontdesk.files import read_json, read_jsonl
from frontdesk.models.base import load_tokenizer
from frontdesk.terminal import track

Items = list[dict[str, Any]]
Choices = tuple[Items, list[bool], list[bool]]
"""Questions of general ability, and which of them the model gets right before and after tuning."""


def collect(
    config: Config, run: Run, provenance: dict[str, Any], other: Run | None, questions: list[Question]
) -> tuple[list[Exchange], Choices | None]:
    """The exchanges of all systems, in the order of the table, and the choices by which forgetting shows."""
    import torch

    knowledge = knowledge_of(config, run, (other or run).faq)
    knowledge.index.precompute([text for question in questions for text in searched(question)])
    torch.set_num_threads(1)  # from here on the cores are the engine's
    cache = Cache(run.report / "cache.jsonl")
    folders = {BASE: Path(provenance["base_path"]), TUNED: served_weights(config, run)}
    if "reader" in provenance and not folders[BASE].is_dir():
        del folders[BASE]  # the reader comes from another machine
    tokenizer = load_tokenizer(config, folders[TUNED])
    prompt_builder = PromptBuilder(config, knowledge, tokenizer)
    foreign = other is not None or "reader" in provenance
    table = [system for system in systems(config, run, prompt_builder, foreign) if system.model in (QUOTE, *folders)]
    spoken = {question.language for question in questions}
    general = [] if foreign else evenly(packaged("general.jsonl", spoken), config.evaluate.sample, lambda one: one["ability"])
    quote = next(system for system in table if system.model == QUOTE)
    label = f"eval: {quote.name} (1 of {len(table)})"
    exchanges = ask_quote(quote, track(questions, label, len(questions), "questions"))
    print(f"{label}: {len(questions)} questions, no model", flush=True)
    chosen: dict[str, list[bool]] = {}
    for which, folder in folders.items():
        with engine(config, run, folder, which) as model:
            for number, system in enumerate(table, 1):
                if system.model == which:
                    ahead = sum(len(question.turns) for later in table[number:] for question, _ in jobs_of(later, model, questions))
                    label = f"{system.name} ({number} of {len(table)})"
                    exchanges += asyncio.run(ask(system, model, questions, cache, label, ahead))
            if general:
                chosen[which] = asyncio.run(choose(model, tokenizer, general, cache, f"general ability, {which}"))
    if other is None:
        exchanges += from_others(config, prompt_builder, questions, cache)
    order = {system.name: place for place, system in enumerate(table)}
    exchanges.sort(key=lambda exchange: order.get(exchange.system, len(order)))
    assert any(exchange.system == served(config) for exchange in exchanges)
    return exchanges, (general, chosen[BASE], chosen[TUNED]) if general else None


def from_others(config: Config, prompt_builder: PromptBuilder, questions: list[Question], cache: Cache) -> list[Exchange]:
    """The answers of other runs' served systems and of other endpoints to the same questions."""
    exchanges: list[Exchange] = []
    for name in config.evaluate.compare_runs:
        run = Run(name)
        if run.provenance.is_file():
            exchanges += from_run(run, questions, cache)
        else:
            warn(f"{run.model}: no trained model; evaluate.compare_runs names it; left out; run `make train` with its CONFIG")
    for name, endpoint in config.evaluate.endpoints.items():
        model = Model(client_of(endpoint), endpoint.model, f"{endpoint.url} {endpoint.model}", 0.0)
        for system in elsewhere(name, config, prompt_builder):
            exchanges += asyncio.run(ask(system, model, questions, cache, system.name))
    return exchanges


def from_run(run: Run, questions: list[Question], cache: Cache) -> list[Exchange]:
    """What another run's served system answers, under the run's name: with its own prompt, FAQ and encoder.

    It is not asked what it was trained on.
    """
    provenance = read_json(run.provenance)
    config = stored_config(provenance["config"])
    config = config.model_copy(update={"serve": config.serve.model_copy(update={"quantization": None})})
    trained = {turn["content"] for row in read_jsonl(run.data / "train.jsonl") for turn in row["messages"] if turn["role"] == "user"}
    fair = [question for question in questions if trained.isdisjoint(turn.text for turn in question.turns)]
    if left := len(questions) - len(fair):
        warn(f"{run.root}: {left} of {len(questions)} questions are in its training rows; it is not asked those")
    prompt_builder = PromptBuilder(config, knowledge_of(config, run), load_tokenizer(config, Path(provenance["base_path"])))
    system = next(one for one in systems(config, run, prompt_builder) if one.name == served(config))
    with engine(config, run, run.model, run.name) as model:
        return asyncio.run(ask(replace(system, name=run.name, passes=1), model, fair, cache, run.name))
