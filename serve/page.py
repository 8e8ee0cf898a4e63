"""The probe that tells when the chat page is served."""

from typing import TYPE_CHECKING

from frontdesk.address import url
from frontdesk.config import Config

if TYPE_CHECKING:
    import httpx


async def answers(client: "httpx.AsyncClient", config: Config) -> bool:
    """True once the chat page is served."""
    import httpx

    try:
        return (await client.get(url(config.serve.host, config.serve.ui_port) + "/")).status_code == 200
    except httpx.TransportError:
        return False
