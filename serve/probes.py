"""Probes: whether gateway and chat page are ready, and whether they are still alive."""

from typing import TYPE_CHECKING

from frontdesk.config.schema import Config
from frontdesk.engine.vllm import status
from frontdesk.web.address import url

if TYPE_CHECKING:
    import httpx


async def page_ready(client: "httpx.AsyncClient", config: Config) -> bool:
    """True once the chat page is served."""
    return await status(client, url(config.serve.host, config.serve.ui_port) + "/") == 200


async def gateway_ready(client: "httpx.AsyncClient", config: Config) -> bool:
    """True while the gateway takes questions."""
    return await status(client, url(config.serve.host, config.serve.port) + "/ready") == 200


async def page_alive(client: "httpx.AsyncClient", config: Config) -> bool:
    """True if the page's process answers anything."""
    return await status(client, url(config.serve.host, config.serve.ui_port) + "/chat.js") > 0


async def gateway_alive(client: "httpx.AsyncClient", config: Config) -> bool:
    """True if the gateway answers anything, with or without the engine."""
    return await status(client, url(config.serve.host, config.serve.port) + "/health") > 0
