"""The Hugging Face hub, asked about one model. It is asked only where a config needs it."""

from pathlib import Path

from frontdesk.config.schema import ModelConfig

SECONDS = 3.0
"""How long the hub may take to answer."""
INSTEAD = "or set model.base to a local folder that has the weights"


def folder(model: ModelConfig) -> Path | None:
    """Where the hub's cache has the model's config.json; its weights may be missing there."""
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        found = try_to_load_from_cache(model.base, "config.json", revision=model.revision)
    except HFValidationError:
        return None
    return Path(found).parent if isinstance(found, str) else None


def problem(model: ModelConfig) -> tuple[str, str]:
    """Why the model cannot be fetched, and what helps; empty where it can. One request, with the token if there
    is one."""
    from huggingface_hub import get_hf_file_metadata, hf_hub_url
    from huggingface_hub.errors import GatedRepoError, HFValidationError, OfflineModeIsEnabled, RepositoryNotFoundError

    try:
        get_hf_file_metadata(hf_hub_url(model.base, "config.json", revision=model.revision), timeout=SECONDS)
    except HFValidationError:
        return "its name is no hub id", f"correct model.base, {INSTEAD}"
    except GatedRepoError:
        return "the hub says it is gated", f"accept its licence on its page and: export HF_TOKEN=…, {INSTEAD}"
    except RepositoryNotFoundError:
        return "the hub has no such model, or it is private", f"correct model.base, or: export HF_TOKEN=…, {INSTEAD}"
    except OfflineModeIsEnabled:
        return "HF_HUB_OFFLINE forbids to fetch it", f"unset HF_HUB_OFFLINE, {INSTEAD}"
    except Exception as error:  # what the libraries below raise changes with their versions
        return f"the hub cannot be reached ({type(error).__name__})", f"connect to it, {INSTEAD}"
    return "", ""
