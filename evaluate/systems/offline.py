"""Ask weights without an engine: single questions, greedily in bf16, by transformers, nothing twice."""

from pathlib import Path

from evaluate.questions.load import Question
from evaluate.systems.ask import Cache, Exchange, digest, said_by
from evaluate.systems.systems import System
from frontdesk.config.schema import Config
from frontdesk.files import sha256
from frontdesk.models.base import load_tokenizer, weights
from frontdesk.prompt.render import Message, chat_template, encode_prompt


def ask_offline(
    config: Config, system: System, folder: Path, adapter: Path | None, questions: list[Question], cache: Cache
) -> tuple[list[Exchange], int]:
    """The system's answers to the questions of its sets, and the mean length of its prompts in tokens.

    The model is the weights in `folder`, with the adapter if there is one.
    """
    asked = [question for question in questions if question.set in system.sets]
    turns: list[list[Message]] = [[{"role": "user", "content": question.turns[0].text}] for question in asked]
    prompts = [system.prompt(question, said) for question, said in zip(asked, turns, strict=True)]
    files = [sha256(file) for place in (folder, adapter) if place for file in sorted(weights(place))]
    keys = [digest([files, chat_template(config), prompt.messages, system.max_tokens]) for prompt in prompts]
    if fresh := {key: prompt.messages for key, prompt in zip(keys, prompts, strict=True) if key not in cache.kept}:
        print(f"compare: {system.name}: {len(fresh)} answers from {adapter or folder}", flush=True)
        generate(config, folder, adapter, fresh, system.max_tokens, cache)
    exchanges = []
    for question, said, prompt, key in zip(asked, turns, prompts, keys, strict=True):
        answer = said_by(system, prompt, cache.kept[key])._replace(place=len(said))
        exchanges.append(Exchange(question, system.name, 0, [*said, {"role": "assistant", "content": answer.text}], [answer]))
    tokenizer = load_tokenizer(config, folder)
    lengths = [len(encode_prompt(tokenizer, prompt.messages)) for prompt in prompts]
    return exchanges, round(sum(lengths) / len(lengths))


def generate(config: Config, folder: Path, adapter: Path | None, prompts: dict[str, list[Message]], limit: int, cache: Cache) -> None:
    """Add the answers to `prompts` to the cache, under their keys."""
    import torch
    from transformers import AutoModelForCausalLM

    from frontdesk.models.generate import greedy_answers

    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16).to("cuda" if torch.cuda.is_available() else "cpu")
    if adapter:
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, adapter).to(torch.bfloat16)
    # The logits of all steps are kept: 8 prompts of a vocabulary of 128,000 take 4 MB a step.
    answers = greedy_answers(model, load_tokenizer(config, folder), list(prompts.values()), max_new_tokens=limit, batch_size=8)
    for key, answer in zip(prompts, answers, strict=True):
        cache.add(key, {"text": answer.text, "tokens": len(answer.tokens), "stopped": answer.stopped})
