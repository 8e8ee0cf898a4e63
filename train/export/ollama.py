"""The Modelfile with which `ollama create` takes a GGUF file.

Ollama does not run the chat template in the file: its own are of Go's template language. So the pieces between the messages are taken from
what the run's template renders, and put between them again. What a customer types is not broken there: a special token stays one.
"""

import json

from transformers import PreTrainedTokenizerBase

from frontdesk.config.schema import Config
from frontdesk.prompt.families import FAMILIES

MARKS = ("Alpha", "Beta", "Gamma", "Delta")
"""What stands for a system prompt, a question, its answer and a second question."""


def pieces(tokenizer: PreTrainedTokenizerBase) -> dict[str, str]:
    """What stands before a message: `system`, `first` (a question after a system prompt), `alone` (a question without one, the run's
    system prompt included), `next` (later questions), `assistant` (before and after the last question). Llama.cpp adds what plain text
    begins with, so it is left out."""
    messages = [{"role": role, "content": mark} for role, mark in zip(("system", "user", "assistant", "user"), MARKS, strict=True)]

    def rendered(turns: list[dict[str, str]]) -> str:
        text = str(tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True))
        begins = tokenizer("a").input_ids[0] == tokenizer.bos_token_id
        return text.removeprefix(str(tokenizer.bos_token)) if begins else text

    whole, found = rendered(messages), {}
    for name, mark in zip(("system", "first", "assistant", "next"), MARKS, strict=True):
        found[name], _, whole = whole.partition(mark)
    return found | {"alone": rendered(messages[1:2]).rpartition(MARKS[1])[0]}


def modelfile(config: Config, tokenizer: PreTrainedTokenizerBase, file: str) -> str:
    """The Modelfile for a GGUF file beside it."""
    # A string of JSON is one of Go, and never has three quotes in a row, which would end the template.
    text = {name: "{{ " + json.dumps(piece, ensure_ascii=False) + " }}" for name, piece in pieces(tokenizer).items()}
    template = (
        '{{- range $i, $message := .Messages }}{{ if eq .Role "assistant" }}' + text["assistant"]
        + "{{ else if gt $i 1 }}" + text["next"] + "{{ else if eq $i 1 }}" + text["first"]
        + '{{ else if eq .Role "system" }}' + text["system"] + "{{ else }}" + text["alone"]
        + "{{ end }}{{ .Content }}{{ end }}" + text["assistant"]
    )  # fmt: skip
    lines = [f"FROM ./{file}", f'TEMPLATE """{template}"""', f"PARAMETER temperature {config.serve.temperature}"]
    lines += [f"PARAMETER num_ctx {config.serve.context_length}", f"PARAMETER num_predict {config.serve.max_tokens}"]
    return "\n".join([*lines, *(f"PARAMETER stop {json.dumps(end)}" for end in FAMILIES[config.model.template].ends)]) + "\n"
