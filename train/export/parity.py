"""Proof that what is served is what was trained: adapter, merged model and served model on the same held-out
prompts.

All three answer greedily: the adapter, unmerged, on the base that the merge kept, and the merged model by
transformers, and the merged model by the engine that `make serve` starts, through its API. The merged and the
served model also score the adapter's answers token by token, in the adapter's own context: is each token
their first choice, and how far is its log-probability from the adapter's? Rounding to bf16 moves
log-probabilities a little and tips a near tie now and then; another merge than the one intended, another
template or a missing stop token does more than that.

Writes `runs/NAME/parity.json`:
    {"key", "passed", "failures", "tolerance", "prompts", "tokens", "same_prompt_tokens",
     "stopped": {system: answers that ended by themselves}, "same_answers": {system: answers that are the adapter's},
     "agreement": {system: share of the adapter's tokens that are its first choice},
     "log_prob_difference": {"merged/adapter", "served/adapter", "served/merged": {"mean", "largest"}}, nats
     "answers": [{"messages", "adapter", "merged", "served"}]}
"""

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import torch
from openai import OpenAI
from transformers import PreTrainedModel

from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.engine.vllm import api_key, running
from frontdesk.engine.vllm import dtype as serving_dtype
from frontdesk.files import read_json, read_jsonl, write_json
from frontdesk.models.base import load_tokenizer
from frontdesk.models.generate import Answer, greedy_answers
from frontdesk.prompt.render import Message, encode_prompt
from frontdesk.terminal import track
from train.export.tuned import unmerged
from train.free import release
from train.trainer.base_model import load_plain

MOST_TOKENS = 96  # of an answer
AT_ONCE = 16  # requests to the engine


TOLERANCE = {"agreement": 0.95, "mean_log_prob_difference": 0.1, "stopped": 0.9}
"""Least share of the adapter's tokens that are the other's first choice; largest mean difference of a token's
log-probability, in nats; least share of the adapter's own ends that the served model makes too."""


@dataclass(frozen=True)
class Score:
    """Another model's view of an answer: each token's log-probability, and whether it is the first choice."""

    log_probs: list[float]
    first: list[bool]


def prove(config: Config, run: Run, base: Path, dtype: torch.dtype, key: str) -> list[str]:
    """Compare the three, write `parity.json`, print it, and return a line for what is out of tolerance."""
    tokenizer = load_tokenizer(config, base)
    prompts = held_out_prompts(config, run, config.train.parity_prompts)
    ids = [encode_prompt(tokenizer, prompt) for prompt in prompts]
    most = min(config.serve.max_tokens, MOST_TOKENS)
    print(f"parity: {len(prompts)} held-out prompts to the tuned model, the merged model and the engine", flush=True)
    into = read_json(run.provenance)["merge"]["into"]
    answers = {"adapter": greedy_answers(unmerged(config, run, base, dtype, into), tokenizer, prompts, most, label="parity: tuned")}
    merged = load_plain(run.model, getattr(torch, serving_dtype(config)))
    answers["merged"] = greedy_answers(merged, tokenizer, prompts, most, label="parity: merged")
    scores = {"merged": score(merged, ids, answers["adapter"])}
    del merged  # the engine loads it again
    release()
    with running(config, run, log=run.root / "parity.log") as url:
        answers["served"], scores["served"], same = ask(Engine(url, config.name), prompts, ids, most, answers["adapter"])
    record: dict[str, Any] = {"key": key, "same_prompt_tokens": same} | compare("adapter", answers, scores)
    failures = out_of_tolerance(record)
    texts = [{"messages": prompt} | {name: answers[name][i].text for name in answers} for i, prompt in enumerate(prompts)]
    head = {"passed": not failures, "failures": failures, "tolerance": TOLERANCE}
    write_json(run.parity, head | record | {"answers": texts})
    for name in scores:
        figures = (record["agreement"][name], record["log_prob_difference"][f"{name}/adapter"], record["same_answers"][name])
        print_figures(f"{name} against adapter", record, *figures)
    return failures


def held_out_prompts(config: Config, run: Run, count: int) -> list[list[Message]]:
    """First questions that training did not see, evenly taken: wordings of trained entries, then unseen
    entries and conversations. Of a grounded run they are whole prompts, with the FAQ entries."""
    grounded = config.grounding == "faq"
    names = ("valid_wordings", "valid") if grounded else ("test_wordings", "test", "valid")
    rows = [row for name in names for row in read_jsonl(run.rows(config.grounding) / f"{name}.jsonl")]
    ordered = sorted(rows, key=lambda row: row["kind"] != "faq")
    chosen = ordered[:: max(1, len(ordered) // count)][:count]
    prompts = [row["messages"][: -1 if grounded else 1] for row in chosen]
    return [[{"role": turn["role"], "content": turn["content"]} for turn in prompt] for prompt in prompts]  # an API takes no weights


def score(model: PreTrainedModel, prompts: list[list[int]], answers: list[Answer]) -> list[Score]:
    """How `model` sees each answer after its prompt."""
    model.eval()
    scores = []
    with torch.inference_mode():
        for prompt, answer in zip(track(prompts, "parity: scoring", len(prompts), "prompts"), answers, strict=True):
            tokens = torch.tensor(answer.tokens, device=model.device)
            logits = model(input_ids=torch.tensor([prompt + answer.tokens], device=model.device), use_cache=False).logits[0]
            log_probs = logits[len(prompt) - 1 : -1].float().log_softmax(-1)
            chosen = log_probs.gather(1, tokens[:, None])[:, 0]
            scores.append(Score(chosen.tolist(), (log_probs.argmax(-1) == tokens).tolist()))
    return scores


class Engine:
    """The served model, asked through its API."""

    def __init__(self, url: str, model: str) -> None:
        self.client: Any = OpenAI(base_url=url, api_key=api_key() or "none", timeout=600)
        self.model = model

    def answer(self, messages: list[Message], most: int) -> tuple[Answer, list[int]]:
        """The greedy answer, and the prompt's tokens as the engine saw them."""
        options = {"logprobs": True, "extra_body": {"return_token_ids": True}}
        given = self.client.chat.completions.create(model=self.model, messages=messages, temperature=0, max_tokens=most, **options)
        choice = given.choices[0]
        log_probs = [token.logprob for token in choice.logprobs.content]
        answer = Answer(choice.token_ids, log_probs, choice.finish_reason == "stop", choice.message.content or "")
        return answer, given.prompt_token_ids

    def score(self, prompt: list[int], answer: Answer) -> Score:
        """How it sees an answer after its prompt: of which the answer is made a part."""
        tokens = prompt + answer.tokens
        options = {"extra_body": {"prompt_logprobs": 0}}
        given = self.client.completions.create(model=self.model, prompt=tokens, temperature=0, max_tokens=1, **options)
        views = [view[str(token)] for view, token in zip(given.choices[0].prompt_logprobs[1:], tokens[1:], strict=True)]
        views = views[len(prompt) - 1 :]
        return Score([view["logprob"] for view in views], [view["rank"] == 1 for view in views])


def ask(
    engine: Engine, prompts: list[list[Message]], ids: list[list[int]], most: int, reference: list[Answer]
) -> tuple[list[Answer], list[Score], int]:
    """The engine's answers, its scores of the `reference`, and how many prompts it saw as `ids`."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        given = pool.map(engine.answer, prompts, [most] * len(prompts))
        pairs = list(track(given, "parity: the engine answers", len(prompts), "answers"))
        scores = list(track(pool.map(engine.score, ids, reference), "parity: the engine scores", len(prompts), "answers"))
    same = sum(own == seen for own, (_, seen) in zip(ids, pairs, strict=True))
    return [answer for answer, _ in pairs], scores, same


def compare(reference: str, answers: dict[str, list[Answer]], scores: dict[str, list[Score]]) -> dict[str, Any]:
    """The figures of the record (see the module): each system of `scores` against the `reference`."""
    own = answers[reference]
    log_probs = {reference: [value for answer in own for value in answer.log_probs]}
    log_probs |= {name: [value for view in views for value in view.log_probs] for name, views in scores.items()}
    differences = {}
    for other, one in combinations(log_probs, 2):
        gaps = [gap for a, b in zip(log_probs[one], log_probs[other], strict=True) if not math.isnan(gap := abs(a - b))]
        differences[f"{one}/{other}"] = {"mean": round(sum(gaps) / max(1, len(gaps)), 4), "largest": round(max(gaps, default=0.0), 4)}
    firsts = {name: [flag for view in views for flag in view.first] for name, views in scores.items()}
    return {
        "prompts": len(own),
        "tokens": len(log_probs[reference]),
        "stopped": {name: sum(answer.stopped for answer in given) for name, given in answers.items()},
        "same_answers": {name: sum(a.tokens == b.tokens for a, b in zip(answers[name], own, strict=True)) for name in scores},
        "agreement": {name: round(sum(flags) / max(1, len(flags)), 4) for name, flags in firsts.items()},
        "log_prob_difference": differences,
    }


def out_of_tolerance(record: dict[str, Any]) -> list[str]:
    """One line for each figure that is worse than rounding can explain."""
    (least, most, ends), out = TOLERANCE.values(), []
    for name, share in record["agreement"].items():
        if share < least:
            out.append(f"{share:.1%} of the adapter's tokens are the {name} model's first choice; expected {least:.0%}")
    for pair, difference in record["log_prob_difference"].items():
        if difference["mean"] > most:
            out.append(f"{pair}: log-probabilities differ by {difference['mean']:.3f} on average; expected at most {most}")
    if (stopped := record["stopped"])["served"] < ends * stopped["adapter"]:
        counts = f"{stopped['served']} served answers ended by themselves, {stopped['adapter']} of the adapter's"
        out.append(f"{counts}: look at the stop tokens")
    if other := record["prompts"] - record["same_prompt_tokens"]:
        out.append(f"{other} of {record['prompts']} prompts are other tokens in the engine than in training: look at the chat template")
    return out


def print_figures(what: str, record: dict[str, Any], share: float, gap: dict[str, float], same: int) -> None:
    """Print how a model compares with its reference."""
    print(
        f"parity: {what}: {share:.1%} of {record['tokens']} tokens are its first choice, "
        f"log-probabilities differ by {gap['mean']:.3f} (at most {gap['largest']:.2f}), "
        f"{same} of {record['prompts']} answers are the same to the last token",
        flush=True,
    )
