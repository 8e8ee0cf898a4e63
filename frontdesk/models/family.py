"""`model.template: auto`: a base's family, told by its tokenizer and not by its name."""

from pathlib import Path
from typing import TYPE_CHECKING

from frontdesk.config.schema import Config
from frontdesk.errors import UserError
from frontdesk.models.base import locate
from frontdesk.prompt.families import FAMILIES, UNKNOWN, known
from frontdesk.prompt.render import chat_template

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

PROBE = [{"role": "system", "content": "S"}, {"role": "user", "content": "q"}]
SWITCHES = {"enable_thinking": False, "date_string": "26 Jul 2024"}
"""What the families' own templates take: Qwen3's, whether it thinks; Llama 3.2's, the date of today."""


def with_family(config: Config, stage: str, trained: Path | None = None) -> Config:
    """The config with a family in the place of `auto`; `stage` then says which. The tokenizer is that of the
    `trained` model if there is one, else of the base. Raises UserError where no family is known."""
    if config.model.template != "auto":
        return config
    from transformers import AutoTokenizer

    folder = trained if trained and (trained / "tokenizer.json").is_file() else locate(config.model, whole=False)
    tokenizer = AutoTokenizer.from_pretrained(folder, mistral_format=False)
    template = family_of(config, tokenizer)
    print(f"{stage}: chat template {template} ({FAMILIES[template].models}), told by the tokenizer of {folder}", flush=True)
    return _with_template(config, template)


def family_of(config: Config, tokenizer: "PreTrainedTokenizerBase") -> str:
    """The first family whose marks the tokenizer has and whose template writes what the model's own writes; a
    base without a template of its own has the marks alone. Raises UserError."""
    words = tokenizer.get_vocab()
    marked = [name for name, family in FAMILIES.items() if words.keys() >= {*family.marks, *family.ends}]
    own = _rendered(tokenizer, None) if tokenizer.chat_template else None
    for name in marked:
        if not tokenizer.chat_template or own == _rendered(tokenizer, chat_template(_with_template(config, name))):
            return name
    near = f"it has the tokens of {marked[0]}, but its own chat template writes others" if marked else None
    reason = near or next((why for token, why in UNKNOWN.items() if token in words), None)
    raise UserError(
        f"model.template 'auto': the tokenizer of {tokenizer.name_or_path} is of no family known here{f' ({reason})' if reason else ''}; "
        f"expected one of {known()}; choose another model.base, or name the family in model.template"
    )


def _rendered(tokenizer: "PreTrainedTokenizerBase", template: str | None) -> str | None:
    """What a template, the tokenizer's own by default, makes of the probe; None if it takes no system prompt."""
    from jinja2 import TemplateError

    try:
        rendered = tokenizer.apply_chat_template(PROBE, chat_template=template, tokenize=False, add_generation_prompt=True, **SWITCHES)
        return str(rendered)
    except TemplateError:
        return None


def _with_template(config: Config, template: str) -> Config:
    return config.model_copy(update={"model": config.model.model_copy(update={"template": template})})
