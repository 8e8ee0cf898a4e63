"""Network addresses: whether one can be listened on, who can reach it, and its URL."""

import ipaddress
import socket

from frontdesk.errors import UserError

FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
"""Headers that proxies add: a request with one may come from elsewhere."""


def url(host: str, port: int, shown: bool = False) -> str:
    """`http://HOST:PORT` as a client on this machine reaches it; `shown` writes loopback as `localhost`."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    if shown and host in ("127.0.0.1", "::1"):
        host = "localhost"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def network(address: str) -> str:
    """What counts as one address: for IPv6 the /64 that a provider gives to one customer."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else address


def check_port(host: str, port: int, key: str) -> None:
    """Raise UserError, naming the config's `key`, if the address cannot be listened on."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family, socket.SOCK_STREAM) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host, port))
            listener.listen()
    except PermissionError:
        raise UserError(f"key '{key}': port {port} needs administrator rights; expected a free port of 1024 or more; change it") from None
    except OSError as error:
        if owner := _listener(port):
            raise UserError(
                f"key '{key}': port {port} is in use by {owner}; expected a free port; stop that process or change {key} in the config"
            ) from None
        raise UserError(
            f"keys 'serve.host' and '{key}': cannot listen on {host}:{port} ({error.strerror}); expected an address of this "
            "machine and a free port; change them in the config"
        ) from None


def _listener(port: int) -> str | None:
    """Name and id of the process that listens on a port, if the system says."""
    import psutil

    try:
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port:
                return f"{psutil.Process(connection.pid).name()} (process {connection.pid})" if connection.pid else "another user's process"
    except psutil.Error:
        pass  # some systems only tell the administrator
    return None
