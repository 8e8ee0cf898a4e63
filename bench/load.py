"""A load of conversations on an OpenAI-compatible server, by vLLM's own generator (the one behind `vllm bench
serve`).

Its command line takes single questions only; its function takes whole conversations, which the pair of engine
and gateway needs.
"""

import asyncio
import contextlib
import io
import math
import os
import random
from dataclasses import dataclass
from functools import partial
from typing import Any

from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.errors import UserError
from frontdesk.files import read_jsonl
from frontdesk.prompt.render import Message

Conversation = list[Message]


@dataclass(frozen=True)
class Load:
    """What a server did with some conversations, in their order. Times in seconds."""

    seconds: float
    tokens: int  # of all answers
    firsts: list[float]  # from the request to its first event
    prompts: list[int]  # tokens of each prompt, as the server counted them
    answers: list[str]

    @property
    def speed(self) -> float:
        """Tokens of answers a second."""
        return self.tokens / self.seconds


def measure(
    server: str, model: str, conversations: list[Conversation], clients: int, most: int, headers: dict[str, str] | None = None
) -> Load:
    """Greedy answers of at most `most` tokens to all conversations, `clients` of them at a time; `headers` go
    with each request.

    Raises UserError where a request fails.
    """
    from vllm.benchmarks.datasets import SampleRequest
    from vllm.benchmarks.serve import TaskType, benchmark

    os.environ["NO_PROXY"] = "127.0.0.1"  # the generator reads it
    requests = [SampleRequest("", 0, most, chat_messages=turns) for turns in conversations]
    ask = partial(
        benchmark, task_type=TaskType.GENERATION, endpoint_type="openai-chat", api_url=f"{server}/v1/chat/completions", base_url=server,
        model_id=model, model_name=model, tokenizer=None, input_requests=requests, max_concurrency=clients, extra_headers=headers,
        extra_body={"temperature": 0}, logprobs=None, ignore_eos=False, lora_modules=None, request_rate=math.inf, burstiness=1.0,
        num_warmups=0, ready_check_timeout_sec=0, disable_tqdm=True, profile=False, selected_percentile_metrics=["ttft"],
        selected_percentiles=[95], goodput_config_dict={},
    )  # fmt: skip
    with contextlib.redirect_stdout(io.StringIO()):
        found: dict[str, Any] = asyncio.run(ask())
    if found["failed"]:
        error = next(error for error in found["errors"] if error).strip().splitlines()[-1]
        raise UserError(f"{server}: {found['failed']} of {len(requests)} requests failed ({error}); expected answers; look at its log")
    return Load(found["duration"], found["total_output_tokens"], found["ttfts"], found["input_lens"], found["generated_texts"])


def questions(run: Run, seed: int = 7) -> list[Conversation]:
    """The FAQ's wordings, each once and in an order by `seed`. Raises UserError where there is no FAQ."""
    if not run.faq.is_file():
        raise UserError(f"{run.faq}: no such file; expected the FAQ whose questions are asked; run `make data` with this CONFIG")
    texts = sorted({str(question) for entry in read_jsonl(run.faq) for question in entry["questions"]})
    random.Random(seed).shuffle(texts)
    return [[{"role": "user", "content": text}] for text in texts]


def rendered(config: Config, run: Run, conversations: list[Conversation]) -> list[Conversation]:
    """The same as the gateway's engine gets them: with the system message and FAQ entries."""
    from serve.gateway.prompts import PromptBuilder

    builder = PromptBuilder(config, run)
    return [builder.prompt(turns, config.serve.max_tokens).messages for turns in conversations]


def several(conversations: list[Conversation], count: int, start: int = 0) -> list[Conversation]:
    """`count` of them from the one numbered `start`; from the first again where there are too few."""
    return [conversations[(start + i) % len(conversations)] for i in range(count)]
