"""The Hugging Face hub, asked about one model. It is asked only where a config needs it."""

from pathlib import Path

from frontdesk.config.schema import ModelConfig
from frontdesk.models.base import hub_errors

SECONDS = 3.0
"""How long the hub may take to answer."""


def folder(model: ModelConfig) -> Path | None:
    """Where the hub's cache has the model's config.json; its weights may be missing there."""
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        found = try_to_load_from_cache(model.base, "config.json", revision=model.revision)
    except HFValidationError:
        return None
    return Path(found).parent if isinstance(found, str) else None


def check(model: ModelConfig) -> None:
    """Raise UserError if the hub would not give the model: one request, with the token if there is one."""
    from huggingface_hub import get_hf_file_metadata, hf_hub_url

    with hub_errors(model):
        get_hf_file_metadata(hf_hub_url(model.base, "config.json", revision=model.revision), timeout=SECONDS)
