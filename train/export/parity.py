"""Proof that what is served is what was trained: adapter, merged model and served model on the same held-out prompts.

All three answer greedily: the adapter, unmerged, on the base that the merge kept, and the merged model by transformers, and the merged
model by the engine that `make serve` starts, through its API. The merged and the served model also score the adapter's answers token by
token, in the adapter's own context: is each token their first choice, and how far is its log-probability from the adapter's? Rounding
to bf16 moves log-probabilities a little and tips a near tie now and then; another merge than the one intended, another template or a
missing stop token does more than that.

Writes `runs/NAME/parity.json`:
    {"key", "passed", "failures", "tolerance", "prompts", "tokens", "same_prompt_tokens",
     "stopped": {system: answers that ended by themselves}, "same_answers": {system: answers that are the adapter's},
     "agreement": {system: share of the adapter's tokens that are its first choice},
     "log_prob_difference": {"merged/adapter", "served/adapter", "served/merged": {"mean", "largest"}}, nats
     "answers": [{"messages", "adapter", "merged", "served"}]}
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
from train.trainer.base_model import load_plain

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

MOST_TOKENS = 96  # of an answer
AT_ONCE = 16  # requests to the engine
AGREEMENT = 0.95  # least share of the adapter's tokens that are the other's first choice
DIFFERENCE = 0.1  # largest mean difference of a token's log-probability, in nats
STOPPED = 0.9  # least share of the adapter's own ends that the served model makes too


@dataclass(frozen=True)
class Score:
    """Another model's view of an answer: the log-probability of each token, and whether it is its first choice."""

    log_probs: list[float]
    first: list[bool]


def prove(config: Config, run: Run, base: Path, dtype: "torch.dtype", key: str) -> list[str]:
    """Compare the three, write `parity.json`, print it, and return what is out of tolerance, one line each."""
    import torch

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
    with running(config, run, log=run.root / "parity.log") as url:
        engine = Engine(url, config.name)
        answers["served"], seen = engine.answer(prompts, most)
        scores["served"] = engine.score(ids, answers["adapter"])
    same = sum(a == b for a, b in zip(ids, seen, strict=True))
    record: dict[str, Any] = {"key": key, "prompts": len(prompts), "same_prompt_tokens": same} | compare(answers, scores)
    failures = out_of_tolerance(record)
    given = [{"messages": prompt} | {name: answers[name][i].text for name in answers} for i, prompt in enumerate(prompts)]
    tolerance = {"agreement": AGREEMENT, "mean_log_prob_difference": DIFFERENCE, "stopped": STOPPED}
    write_json(run.parity, {"passed": not failures, "failures": failures, "tolerance": tolerance} | record | {"answers": given})
    for name in scores:
        difference = record["log_prob_difference"][f"{name}/adapter"]
        print(
            f"parity: {name} against adapter: {record['agreement'][name]:.1%} of {record['tokens']} tokens are its first choice, "
            f"log-probabilities differ by {difference['mean']:.3f} (at most {difference['largest']:.2f}), "
            f"{record['same_answers'][name]} of {len(prompts)} answers are the same to the last token",
            flush=True,
        )
    return failures


def held_out_prompts(config: Config, run: Run, count: int) -> list[list[Message]]:
    """First questions that training did not see, evenly taken: wordings of trained entries, then unseen
    entries and conversations. Of a grounded run they are whole prompts, with the FAQ entries."""
    grounded = config.grounding == "faq"
    names = ("valid_wordings", "valid") if grounded else ("test_wordings", "test", "valid")
    rows = [row for name in names for row in read_jsonl(run.rows(config.grounding) / f"{name}.jsonl")]
    ordered = sorted(rows, key=lambda row: row["kind"] != "faq")
    chosen = ordered[:: max(1, len(ordered) // count)][:count]
    return [_as_prompt(row["messages"][: -1 if grounded else 1]) for row in chosen]


def _as_prompt(messages: list[Message]) -> list[Message]:
    """Messages as an API takes them: without the weights of training."""
    return [{"role": message["role"], "content": message["content"]} for message in messages]


def score(model: "PreTrainedModel", prompts: list[list[int]], answers: list[Answer]) -> list[Score]:
    """How `model` sees each answer after its prompt."""
    import torch

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
        from openai import OpenAI

        self.client: Any = OpenAI(base_url=url, api_key=api_key() or "none", timeout=600)
        self.model = model

    def answer(self, prompts: list[list[Message]], most: int) -> tuple[list[Answer], list[list[int]]]:
        """Greedy answers, and the prompts' tokens as the engine saw them."""

        def one(messages: list[Message]) -> tuple[Answer, list[int]]:
            options = {"logprobs": True, "extra_body": {"return_token_ids": True}}
            given = self.client.chat.completions.create(model=self.model, messages=messages, temperature=0, max_tokens=most, **options)
            choice = given.choices[0]
            log_probs = [token.logprob for token in choice.logprobs.content]
            answer = Answer(choice.token_ids, log_probs, choice.finish_reason == "stop", choice.message.content or "")
            return answer, given.prompt_token_ids

        with ThreadPoolExecutor(AT_ONCE) as pool:
            pairs = list(track(pool.map(one, prompts), "parity: the engine answers", len(prompts), "answers"))
        return [answer for answer, _ in pairs], [ids for _, ids in pairs]

    def score(self, prompts: list[list[int]], answers: list[Answer]) -> list[Score]:
        """As the function `score`: the engine tells what it thinks of a prompt's tokens, and the answer is made part of the prompt."""

        def one(prompt: list[int], answer: Answer) -> Score:
            tokens = prompt + answer.tokens
            options = {"extra_body": {"prompt_logprobs": 0}}
            given = self.client.completions.create(model=self.model, prompt=tokens, temperature=0, max_tokens=1, **options)
            views = [view[str(token)] for view, token in zip(given.choices[0].prompt_logprobs[1:], tokens[1:], strict=True)]
            views = views[len(prompt) - 1 :]
            return Score([view["logprob"] for view in views], [view["rank"] == 1 for view in views])

        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(track(pool.map(one, prompts, answers), "parity: the engine scores", len(prompts), "answers"))


def compare(answers: dict[str, list[Answer]], scores: dict[str, list[Score]]) -> dict[str, Any]:
    """The figures of the record: see the module's docstring."""
    reference = answers["adapter"]
    log_probs = {"adapter": [value for answer in reference for value in answer.log_probs]}
    log_probs |= {name: [value for view in views for value in view.log_probs] for name, views in scores.items()}
    differences = {}
    for one, other in (("merged", "adapter"), ("served", "adapter"), ("served", "merged")):
        gaps = [abs(a - b) for a, b in zip(log_probs[one], log_probs[other], strict=True)]
        differences[f"{one}/{other}"] = {"mean": round(sum(gaps) / max(1, len(gaps)), 4), "largest": round(max(gaps, default=0.0), 4)}
    firsts = {name: [flag for view in views for flag in view.first] for name, views in scores.items()}
    return {
        "tokens": len(log_probs["adapter"]),
        "stopped": {name: sum(answer.stopped for answer in given) for name, given in answers.items()},
        "same_answers": {name: sum(a.tokens == b.tokens for a, b in zip(answers[name], reference, strict=True)) for name in scores},
        "agreement": {name: round(sum(flags) / max(1, len(flags)), 4) for name, flags in firsts.items()},
        "log_prob_difference": differences,
    }


def out_of_tolerance(record: dict[str, Any]) -> list[str]:
    """One line for each figure that is worse than rounding can explain."""
    out = []
    for name, share in record["agreement"].items():
        if share < AGREEMENT:
            out.append(f"{share:.1%} of the adapter's tokens are the {name} model's first choice; expected {AGREEMENT:.0%}")
    for pair, difference in record["log_prob_difference"].items():
        if difference["mean"] > DIFFERENCE:
            out.append(f"{pair}: log-probabilities differ by {difference['mean']:.3f} on average; expected at most {DIFFERENCE}")
    stopped = record["stopped"]
    if stopped["served"] < STOPPED * stopped["adapter"]:
        out.append(
            f"{stopped['served']} served answers ended by themselves, {stopped['adapter']} of the adapter's: look at the stop tokens"
        )
    if other := record["prompts"] - record["same_prompt_tokens"]:
        out.append(f"{other} of {record['prompts']} prompts are other tokens in the engine than in training: look at the chat template")
    return out
