"""The probes that tell when gateway and chat page answer."""

from typing import TYPE_CHECKING

from frontdesk.address import url
from frontdesk.config import Config

if TYPE_CHECKING:
    import httpx


async def answers(client: "httpx.AsyncClient", config: Config) -> bool:
    """True once the chat page is served."""
    return await _is_there(client, url(config.serve.host, config.serve.ui_port) + "/")


async def gateway_ready(client: "httpx.AsyncClient", config: Config) -> bool:
    """True while the gateway takes questions."""
    return await _is_there(client, url(config.serve.host, config.serve.port) + "/ready")


async def _is_there(client: "httpx.AsyncClient", address: str) -> bool:
    import httpx

    try:
        return (await client.get(address)).status_code == 200
    except httpx.TransportError:
        return False
