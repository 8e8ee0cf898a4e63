"""Who may see the agents' console: whoever entered the key of an agent or admin in this browser, within HOURS.

A login is a random token in a cookie that scripts cannot read and other sites cannot send. The store has its hash
beside the key, and each request looks there, so a revoked key ends its logins at once. Where no key ever existed and
the page listens on loopback, as on a laptop, nobody needs one: the agent is then called "local".
"""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie

from sqlalchemy import delete, select

from frontdesk.config.schema import Config
from frontdesk.engine.vllm import KEY_VARIABLE
from frontdesk.store import credentials, keys
from frontdesk.store.rows import clock
from frontdesk.store.store import Store
from frontdesk.store.tables import Key, Login
from frontdesk.web.address import FORWARDED, is_loopback

COOKIE = "frontdesk_login"
HOURS = 12
ROLES = ("agent", "admin")
LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Who:
    """Somebody at the console."""

    name: str
    admin: bool


LOCAL = Who(credentials.LOCAL, admin=True)


class Logins:
    """The store's logins."""

    def __init__(self, store: Store, config: Config) -> None:
        self.store = store
        self.laptop = is_loopback(config.serve.host)

    def open(self, headers: Mapping[str, str]) -> bool:
        """Whether no key is needed: on a laptop without keys, for a request that names this machine and used no proxy.

        The name matters: a page elsewhere may let its own name point to this machine (DNS rebinding) and would be asked for nothing.
        """
        near = host_name(headers.get("host", "")) in LOCAL_NAMES and not any(name in headers for name in FORWARDED)
        return self.laptop and near and not os.environ.get(KEY_VARIABLE) and not keys.any_key(self.store)

    def who(self, headers: Mapping[str, str]) -> Who | None:
        """Who sent a request with these headers (names in lower case)."""
        token = cookie(headers)
        found = self._find(token) if token else None
        return found or (LOCAL if self.open(headers) else None)

    def _find(self, token: str) -> Who | None:
        query = select(Key.name, Key.role).join(Login, Login.key_id == Key.id)
        alive = (Login.token_hash == credentials.digest(token), Key.revoked_at.is_(None), Key.role.in_(ROLES))
        with self.store.reading() as session:
            row = session.execute(query.where(*alive, Login.until > clock(session))).first()
        return Who(row.name, row.role == "admin") if row else None

    def enter(self, key: str) -> str | None:
        """A new login's token, or None where the key is not one of an agent or admin."""
        found = keys.find(self.store, key)
        if found is None or found.role not in ROLES:
            return None
        token = secrets.token_urlsafe(32)
        with self.store.transaction() as session:
            at = clock(session)
            session.execute(delete(Login).where(Login.until < at))
            session.add(Login(token_hash=credentials.digest(token), key_id=found.id, until=at + HOURS * 3600))
        return token

    def leave(self, headers: Mapping[str, str]) -> None:
        """End this browser's login."""
        with self.store.transaction() as session:
            session.execute(delete(Login).where(Login.token_hash == credentials.digest(cookie(headers) or "")))

    def staffed(self) -> bool:
        """Whether anybody has a key with which to log in."""
        query = select(Key.id).where(Key.revoked_at.is_(None), Key.role.in_(ROLES)).limit(1)
        with self.store.reading() as session:
            return session.scalar(query) is not None


def cookie(headers: Mapping[str, str]) -> str | None:
    """The login's token in a request."""
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return None
    return found.value if found else None


def host_name(host: str) -> str:
    """Without the port, and without the brackets of IPv6."""
    return host.rpartition("]")[0].removeprefix("[") if host.startswith("[") else host.partition(":")[0]
