"""The probes that tell when gateway and chat page answer, and that they have not hung since."""

from typing import TYPE_CHECKING

from frontdesk.config.schema import Config
from frontdesk.engine.vllm import status
from frontdesk.web.address import url

if TYPE_CHECKING:
    import httpx


async def answers(client: "httpx.AsyncClient", config: Config) -> bool:
    """True once the chat page is served."""
    return await status(client, url(config.serve.host, config.serve.ui_port) + "/") == 200


async def gateway_ready(client: "httpx.AsyncClient", config: Config) -> bool:
    """True while the gateway takes questions."""
    return await status(client, url(config.serve.host, config.serve.port) + "/ready") == 200


async def page_alive(client: "httpx.AsyncClient", config: Config) -> bool:
    """True where the page's process says anything."""
    return await status(client, url(config.serve.host, config.serve.ui_port) + "/chat.js") > 0


async def gateway_alive(client: "httpx.AsyncClient", config: Config) -> bool:
    """True where the gateway says anything, whether or not the engine is there."""
    return await status(client, url(config.serve.host, config.serve.port) + "/health") > 0
