"""Proof that what is served is what was trained: the adapter, the merged model and the served model answer the same held-out prompts.

All three answer greedily: the tuned model as training left it and the merged model by transformers, and the merged model by the engine
that `make serve` starts, through its API. Until two answers part they have the same context, so their tokens' log-probabilities can be
compared. Rounding to bf16 moves log-probabilities a little and now and then tips a near tie, after which the two answers go
different ways; a merge into the wrong weights, a template that differs or a stop token that is missing does more than that.

Writes `runs/NAME/parity.json`:
    {"key", "passed", "failures", "tolerance", "prompts", "same_prompt_tokens",
     "stopped": {system: answers that ended by themselves},
     "pairs": {"merged/adapter", "served/merged", "served/adapter":
         {"same_answers", "token_agreement", "log_prob_difference": {"mean", "largest"}}},
     "answers": [{"messages", system: text}]}
"""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from frontdesk.base import load_tokenizer
from frontdesk.config import Config
from frontdesk.engine import KEY_VARIABLE, running
from frontdesk.files import read_jsonl, write_json
from frontdesk.generate import Answer, greedy_answers
from frontdesk.prompt import Message, encode_prompt
from frontdesk.run import Run
from train.base import load_plain
from train.tuned import as_trained

if TYPE_CHECKING:
    import torch

MOST_TOKENS = 96  # of an answer
AT_ONCE = 16  # requests to the engine
TOLERANCE = {"token_agreement": 0.8, "mean_log_prob_difference": 0.1, "stopped": 0.9, "same_prompt_tokens": 1.0}
"""Least share of tokens before two answers part; largest mean difference (nats); least share of the adapter's stops that the served
model makes too; share of prompts that are the same tokens in training and in the engine."""


def prove(config: Config, run: Run, base: Path, dtype: "torch.dtype", key: str) -> list[str]:
    """Compare the three, write `parity.json`, and return what is out of tolerance."""
    import torch

    tokenizer = load_tokenizer(config, base)
    prompts = held_out_prompts(run, config.train.parity_prompts)
    most = min(config.serve.max_tokens, MOST_TOKENS)
    print(f"parity: {len(prompts)} held-out prompts to the tuned model, the merged model and the engine", flush=True)
    answers = {"adapter": greedy_answers(as_trained(config, run, base, dtype), tokenizer, prompts, most)}
    answers["merged"] = greedy_answers(load_plain(run.model, torch.bfloat16), tokenizer, prompts, most)
    with running(config, run, log=run.root / "parity.log") as url:
        answers["served"], seen = ask(url, config.name, prompts, most)
    same_prompts = sum(encode_prompt(tokenizer, prompt) == ids for prompt, ids in zip(prompts, seen, strict=True))
    pairs = {f"{one}/{other}": compare(answers[one], answers[other]) for one, other in PAIRS}
    stopped = {name: sum(answer.stopped for answer in given) for name, given in answers.items()}
    failures = out_of_tolerance(pairs, stopped, same_prompts, len(prompts))
    record = {
        "key": key,
        "passed": not failures,
        "failures": failures,
        "tolerance": TOLERANCE,
        "prompts": len(prompts),
        "same_prompt_tokens": same_prompts,
        "stopped": stopped,
        "pairs": pairs,
        "answers": [{"messages": prompt} | {name: answers[name][i].text for name in answers} for i, prompt in enumerate(prompts)],
    }
    write_json(run.parity, record)
    for name, pair in pairs.items():
        difference = pair["log_prob_difference"]
        print(
            f"parity: {name}: {pair['same_answers']} of {len(prompts)} answers the same, {pair['token_agreement']:.1%} of the tokens; "
            f"log-probabilities differ by {difference['mean']:.3f} on average, {difference['largest']:.2f} at most",
            flush=True,
        )
    return failures


PAIRS = (("merged", "adapter"), ("served", "merged"), ("served", "adapter"))


def held_out_prompts(run: Run, count: int) -> list[list[Message]]:
    """First questions that training did not see, evenly taken: wordings of trained entries, then unseen entries and conversations."""
    rows = [row for name in ("test_wordings", "test", "valid") for row in read_jsonl(run.data / f"{name}.jsonl")]
    ordered = sorted(rows, key=lambda row: row["kind"] != "faq")
    return [row["messages"][:1] for row in ordered[:: max(1, len(ordered) // count)][:count]]


def ask(url: str, model: str, prompts: list[list[Message]], most: int) -> tuple[list[Answer], list[list[int]]]:
    """Greedy answers of the engine, and the prompts' tokens as it saw them."""
    from openai import OpenAI

    client = OpenAI(base_url=url, api_key=os.environ.get(KEY_VARIABLE) or "none", timeout=600)

    def one(messages: list[Message]) -> tuple[Answer, list[int]]:
        answer: Any = client.chat.completions.create(
            model=model,
            messages=messages,  # type: ignore[arg-type]
            temperature=0,
            max_tokens=most,
            logprobs=True,
            extra_body={"return_token_ids": True},
        )
        choice = answer.choices[0]
        log_probs = [token.logprob for token in choice.logprobs.content]
        return Answer(choice.token_ids, log_probs, choice.finish_reason == "stop", choice.message.content or ""), answer.prompt_token_ids

    with ThreadPoolExecutor(AT_ONCE) as pool:
        given = list(pool.map(one, prompts))
    return [answer for answer, _ in given], [ids for _, ids in given]


def compare(ones: list[Answer], others: list[Answer]) -> dict[str, Any]:
    """How far two systems say the same: see the module's docstring."""
    same, agreed, tokens = 0, 0, 0
    differences: list[float] = []
    for one, other in zip(ones, others, strict=True):
        longest = max(len(one.tokens), len(other.tokens))
        shared = next((n for n, pair in enumerate(zip(one.tokens, other.tokens, strict=False)) if pair[0] != pair[1]), None)
        shared = min(len(one.tokens), len(other.tokens)) if shared is None else shared
        same += one.tokens == other.tokens
        agreed += shared
        tokens += longest
        differences += [abs(a - b) for a, b in zip(one.log_probs[:shared], other.log_probs[:shared], strict=True)]
    return {
        "same_answers": same,
        "token_agreement": round(agreed / max(1, tokens), 4),
        "log_prob_difference": {
            "mean": round(sum(differences) / max(1, len(differences)), 4),
            "largest": round(max(differences, default=0.0), 4),
        },
    }


def out_of_tolerance(pairs: dict[str, Any], stopped: dict[str, int], same_prompts: int, prompts: int) -> list[str]:
    """One line for each figure beyond TOLERANCE."""
    out = []
    for name, pair in pairs.items():
        if pair["token_agreement"] < TOLERANCE["token_agreement"]:
            out.append(f"{name}: {pair['token_agreement']:.1%} of the tokens agree; expected {TOLERANCE['token_agreement']:.0%}")
        mean, allowed = pair["log_prob_difference"]["mean"], TOLERANCE["mean_log_prob_difference"]
        if mean > allowed:
            out.append(f"{name}: log-probabilities differ by {mean:.3f} on average; expected at most {allowed}")
    if stopped["served"] < TOLERANCE["stopped"] * stopped["adapter"]:
        out.append(f"{stopped['served']} served answers ended by themselves, {stopped['adapter']} of the adapter's; check the stop tokens")
    if same_prompts < prompts:
        out.append(
            f"{prompts - same_prompts} of {prompts} prompts are other tokens in the engine than in training; check the chat template"
        )
    return out
