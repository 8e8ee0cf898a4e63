"""Serve the pages of a run: `python -m ui configs/demo.yaml`, once the run's API is up or while it starts.

They are on `serve.host:serve.ui_port`: the customers' chat at /, the agents' console at /desk, the JSON API
at /api. Answers come from the gateway on `serve.port`, or at the address in FRONTDESK_GATEWAY_URL. The page's key
for it is in FRONTDESK_PAGE_KEY, which `python -m serve` sets, or else in FRONTDESK_API_KEY.
"""

import logging
import os
from asyncio import CancelledError
from typing import TYPE_CHECKING, Any

from frontdesk.commands import config_argument
from frontdesk.config.run import Run
from frontdesk.config.schema import Config, load_config
from frontdesk.engine.vllm import served_model
from frontdesk.errors import UserError, run_command
from frontdesk.models.adapters import load_adapters, page_model
from frontdesk.store.credentials import PAGE_KEY
from frontdesk.store.keys import any_key
from frontdesk.web import access_log
from frontdesk.web.address import check_port, is_loopback, url
from ui.chat.brand import read_logo
from ui.chat.suggestions import suggestions

if TYPE_CHECKING:
    from frontdesk.store.store import Store

GATEWAY_URL = "FRONTDESK_GATEWAY_URL"
"""Environment variable with the gateway's address where it is not on `serve.port`: a proxy before several."""


def main() -> None:
    """Read the config, check what the pages need, serve until a signal."""
    config = served = load_config(config_argument("ui", __doc__))
    files = Run(config.name)
    if config.serve.adapters:
        adapter = next(one for one in load_adapters(config) if one.name == page_model(config))
        config, faq, provenance = adapter.config, adapter.run.faq, adapter.run.provenance
    else:
        faq, provenance = files.faq, served_model(config, files) / files.provenance.name
        if not provenance.is_file():
            raise UserError(f"{provenance.parent}: found no complete model (no {provenance.name}); run `make train` with this CONFIG first")
    check_port(config.serve.host, config.serve.ui_port, "serve.ui_port")
    read_logo(config.ui.logo)
    gateway = os.environ.get(GATEWAY_URL) or url(config.serve.host, config.serve.port)
    questions, api = suggestions(config, faq), gateway.rstrip("/") + "/v1"
    print(f"ui: {config.company}, {len(questions)} suggested questions, API {api}, loading", flush=True)

    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read at import
    import uvicorn

    from frontdesk.store.store import open_store
    from frontdesk.web.connection import Connection, raise_limit
    from ui.app import create_app, mount_page
    from ui.desk.bot import Assistant
    from ui.desk.desk import Desk

    key = os.environ.pop(PAGE_KEY, None) or os.environ.get("FRONTDESK_API_KEY") or "none"
    store = open_store(served)
    desk = Desk(config, store, Assistant(config, api, key, provenance))
    app = create_app(config, desk, store)
    if has_console(config, store):
        from ui.console.app import mount_console

        mount_console(app, desk, store, config)
    mount_page(app, config, questions)
    print(f"ui: open {url(config.serve.host, config.serve.ui_port, shown=True)}", flush=True)
    # Browsers hold a connection while the page is open. At the end they get one second, and no traceback.
    logging.basicConfig(level=logging.WARNING, handlers=[access_log.Lines()])
    logging.getLogger("uvicorn.error").addFilter(lambda record: not (record.exc_info and isinstance(record.exc_info[1], CancelledError)))
    raise_limit()
    settings: dict[str, Any] = {"http": Connection, "ws": "none", "log_config": None, "server_header": False}
    uvicorn.run(app, host=config.serve.host, port=config.serve.ui_port, timeout_graceful_shutdown=1, **settings)


def has_console(config: Config, store: "Store") -> bool:
    """Whether to serve /desk: not if others could reach it and nobody has a key."""
    if is_loopback(config.serve.host) or any_key(store):
        return True
    make = "`python -m serve.keys create --role agent …`"
    print(f"ui: no console at /desk, because nobody has a key; make one with {make} and start again", flush=True)
    return False


if __name__ == "__main__":
    run_command(main)
