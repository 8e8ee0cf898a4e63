"""Keys to the API and the console: 256 random bits each, shown once. The store keeps their SHA-256.

Each role includes the one before it: a `customer` asks the API, an `agent` also works in the console, an
`admin` also sees statistics and `/metrics`. A name is never used again, even after its key was revoked,
because replies carry it.
"""

import hmac
import re
import secrets
import time

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from frontdesk.errors import UserError
from frontdesk.store.credentials import LOCAL, digest, shell_user
from frontdesk.store.rows import note
from frontdesk.store.store import Store
from frontdesk.store.tables import Key, Login

ROLES = ("customer", "agent", "admin")  # each includes those before it
RESERVED = (LOCAL, "page", "environment")
NAME = re.compile(r"[\w.@+-]([\w .@+-]{0,98}[\w.@+-])?")


def allows(role: str, needed: str) -> bool:
    """Whether `role` includes the role `needed`."""
    return ROLES.index(role) >= ROLES.index(needed)


def create(store: Store, name: str, role: str, rate: int | None = None, concurrency: int | None = None) -> str:
    """Make a key and return it, this once. `rate` is a minute, `concurrency` at once. Raises UserError."""
    check(name, role, rate, concurrency)
    secret = f"fd-{secrets.token_urlsafe(32)}"
    key = Key(name=name, hash=digest(secret), role=role, rate=rate, concurrency=concurrency, created_at=time.time())
    try:
        with store.transaction() as session:
            session.add(key)
            note(session, shell_user(), "key_created", name)
    except IntegrityError:
        raise UserError(f"--name: found {name}, which a key has or had; expected a new name; take another") from None
    return secret


def check(name: str, role: str, rate: int | None, concurrency: int | None) -> None:
    """Raise UserError for a name, role or limit that no key can have."""
    if role not in ROLES:
        raise UserError(f"--role: found {role}; expected one of {', '.join(ROLES)}")
    if name in RESERVED or not NAME.fullmatch(name):
        raise UserError(f"--name: found {name!r}; expected up to 100 letters, digits, spaces and .@+-_, and none of {', '.join(RESERVED)}")
    for option, value in (("--rate", rate), ("--concurrency", concurrency)):
        if value is not None and not 1 <= value <= 1_000_000:
            raise UserError(f"{option}: found {value}; expected a number from 1 to 1000000, or leave it out for no limit")


def revoke(store: Store, name: str) -> bool:
    """Refuse the key from now on and end its logins. False if no valid key has the name."""
    with store.transaction() as session:
        key = session.scalar(select(Key).where(Key.name == name, Key.revoked_at.is_(None)))
        if key is None:
            return False
        key.revoked_at = time.time()
        session.execute(delete(Login).where(Login.key_id == key.id))
        note(session, shell_user(), "key_revoked", name)
        return True


def list_keys(store: Store) -> list[Key]:
    """All keys, also revoked ones, oldest first."""
    with store.reading() as session:
        return list(session.scalars(select(Key).order_by(Key.id)))


def find(store: Store, key: str) -> Key | None:
    """The row of a key; None if it is wrong or revoked."""
    with store.reading() as session:
        found = session.scalar(select(Key).where(Key.hash == digest(key), Key.revoked_at.is_(None)))
    return found if found and hmac.compare_digest(found.hash, digest(key)) else None


def any_key(store: Store) -> bool:
    """Whether there is or ever was a key: revoking the last one must not open the desk."""
    with store.reading() as session:
        return session.scalar(select(Key.id).limit(1)) is not None
