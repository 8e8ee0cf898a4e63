"""Serve the chat page of a run: `python -m ui configs/demo.yaml`, once the run's API is up or while it starts.

The page lies on `serve.host:serve.ui_port` and asks the gateway on `serve.port`, with the key in the environment variable
FRONTDESK_API_KEY where that is set.
"""

import logging
import os
from asyncio import CancelledError

from frontdesk.adapters import load_adapters, page_model
from frontdesk.address import check_port, url
from frontdesk.base import load_tokenizer, locate
from frontdesk.config import config_argument, load_config
from frontdesk.errors import UserError, run
from frontdesk.run import Run
from ui.suggestions import suggestions


def main() -> None:
    """Read the config, check what the page needs, serve until a signal."""
    config = load_config(config_argument("ui", __doc__))
    files = Run(config.name)
    faq = files.data / "faq.jsonl"
    if config.serve.adapters:
        adapter = next(one for one in load_adapters(config) if one.name == page_model(config))
        config, faq = adapter.config, adapter.faq
    else:
        check_model(files)
    check_port(config.serve.host, config.serve.ui_port, "serve.ui_port")
    questions = suggestions(config, faq)
    api = url(config.serve.host, config.serve.port) + "/v1"
    print(f"ui: {config.company}, {len(questions)} suggested questions, API {api}, loading", flush=True)

    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read at import
    import uvicorn
    from transformers import AutoTokenizer

    from ui.app import create_app
    from ui.chat import Assistant
    from ui.page import Page

    if config.serve.adapters:
        tokenizer = load_tokenizer(config, locate(config.model))
    else:
        tokenizer = AutoTokenizer.from_pretrained(files.model, local_files_only=True)
    assistant = Assistant(config, tokenizer, api, os.environ.get("FRONTDESK_API_KEY", "none"))
    app = create_app(Page(config.company, questions, assistant))
    print(f"ui: open http://{config.serve.host}:{config.serve.ui_port}", flush=True)
    # Browsers hold a connection for as long as the page is open: at the end they get one second, and no traceback tells of it.
    logging.getLogger("uvicorn.error").addFilter(lambda record: not (record.exc_info and isinstance(record.exc_info[1], CancelledError)))
    uvicorn.run(app, host=config.serve.host, port=config.serve.ui_port, log_level="warning", timeout_graceful_shutdown=1)


def check_model(files: Run) -> None:
    """The page needs the tokenizer of the run's complete model."""
    if not files.provenance.is_file():
        raise UserError(f"{files.model}: found no complete model (no {files.provenance.name}); run `make train` with this CONFIG first")


if __name__ == "__main__":
    run(main)
