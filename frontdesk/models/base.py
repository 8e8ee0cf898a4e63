"""The base model's folder and tokenizer, which `make data`, `make train` and `make serve` must agree on."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from frontdesk.config.run import NAMED
from frontdesk.config.schema import Config, ModelConfig
from frontdesk.errors import UserError
from frontdesk.prompt.families import FAMILIES
from frontdesk.prompt.render import chat_template, encode_prompt

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

INSTEAD = "or set model.base to a local folder that has the weights"
WEIGHTS = ("*.safetensors", "pytorch_model*.bin")
TOKENIZER = ["tokenizer*", "chat_template*", "special_tokens_map.json", "config.json", "*.model"]


def locate(model: ModelConfig, whole: bool = True) -> Path:
    """The local folder of the base model, downloaded first if it is a hub id (not `whole`: its tokenizer
    only). Raises UserError where it cannot be had."""
    if model.base in NAMED:
        folder = NAMED[model.base]
        advice = "run `make setup` with this CONFIG"
    else:
        folder = Path(model.base).expanduser()
        trained = f"run `make data train CONFIG=configs/{folder.parent.name}.yaml` first"
        advice = trained if folder.match("runs/*/model") else "check model.base in the config"
        if on_hub(model):
            return _of_text(_download(model, whole))
    if not (folder / "config.json").is_file() or (whole and not weights(folder)):
        raise UserError(f"{folder}: no model found; expected a folder with config.json and *.safetensors weights; {advice}")
    return _of_text(folder)


def _of_text(folder: Path) -> Path:
    """The folder, unless its model sees images too: a part that is neither trained nor measured here."""
    config = folder / "config.json"
    values = json.loads(config.read_text(encoding="utf-8")) if config.is_file() else {}
    if "vision_config" in values:
        found = ", ".join(values.get("architectures") or ["no architecture"])
        raise UserError(f"{folder}: found a model of text and images ({found}); expected one of text alone; choose another model.base")
    return folder


def on_hub(model: ModelConfig) -> bool:
    """Whether the base is named by its hub id: no local folder is meant."""
    named = not model.base.startswith((".", "/", "~")) and model.base.count("/") == 1
    return model.base not in NAMED and named and not Path(model.base).is_dir()


def _download(model: ModelConfig, whole: bool) -> Path:
    from huggingface_hub import snapshot_download

    with hub_errors(model):
        folder = snapshot_download(
            model.base,
            revision=model.revision,
            allow_patterns=None if whole else TOKENIZER,
            ignore_patterns=["original/*", "onnx/*", "openvino/*", "*.pth", "*.gguf"],
        )
    if whole and not weights(Path(folder)):
        raise UserError(f"model.base '{model.base}': the hub's folder has no *.safetensors weights; choose another model, {INSTEAD}")
    return Path(folder)


@contextmanager
def hub_errors(model: ModelConfig) -> Iterator[None]:
    """Raise UserError where the hub does not give the model: what it says, and what helps."""
    from huggingface_hub.errors import GatedRepoError, HFValidationError, OfflineModeIsEnabled, RepositoryNotFoundError

    where = f"model.base '{model.base}'"
    try:
        yield
    except GatedRepoError:
        raise UserError(f"{where}: the hub says the model is gated; accept its licence on its page and set HF_TOKEN, {INSTEAD}") from None
    except RepositoryNotFoundError:
        raise UserError(f"{where}: the hub has no such model, or it is private; correct the name, set HF_TOKEN, {INSTEAD}") from None
    except HFValidationError:
        raise UserError(f"{where}: that is no hub id; correct it, {INSTEAD}") from None
    except OfflineModeIsEnabled:
        raise UserError(f"{where}: no copy is cached, and HF_HUB_OFFLINE is set; go online without it, {INSTEAD}") from None
    except Exception as error:  # what the libraries below raise changes with their versions
        cause = str(error).split("\n")[0][:120]
        raise UserError(f"{where}: the hub cannot be reached and no copy is cached ({cause}); connect to it, {INSTEAD}") from None


def weights(folder: Path) -> list[Path]:
    """The files of a folder that hold weights."""
    return [file for pattern in WEIGHTS for file in folder.glob(pattern)]


def load_tokenizer(config: Config, folder: Path) -> "PreTrainedTokenizerBase":
    """The base's tokenizer with the run's chat template; its end-of-sequence token ends a turn."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder, mistral_format=False)  # whose own format takes no template
    template = f"model.template '{config.model.template}': the tokenizer of {folder}"
    choose = "choose the template of the model's family"
    vocabulary = tokenizer.get_vocab()  # made anew by each call
    if missing := [end for end in FAMILIES[config.model.template].ends if end not in vocabulary]:
        raise UserError(f"{template} has no {missing[-1]}; {choose}")
    tokenizer.chat_template = chat_template(config)
    tokenizer.eos_token = FAMILIES[config.model.template].ends[-1]
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token  # padding is masked in attention and loss, so any token serves
    if typed := typed_specials(tokenizer):
        raise UserError(f"{template} has {typed[0]}, which a customer could type and the template would not break; {choose}")
    return tokenizer


def typed_specials(tokenizer: "PreTrainedTokenizerBase") -> list[str]:
    """The special tokens that stay special when a customer types them, for the tokenizer's chat template:
    there should be none. Added tokens that are not special, such as Gemma's for HTML tags and runs of blanks,
    are pieces of text."""
    specials = {number: token.content for number, token in tokenizer.added_tokens_decoder.items() if token.special}
    typed = encode_prompt(tokenizer, [{"role": "user", "content": "a".join(["", *specials.values(), ""])}])
    plain = encode_prompt(tokenizer, [{"role": "user", "content": "a"}])
    return [specials[number] for number in sorted(specials.keys() & set(typed) - set(plain))]
