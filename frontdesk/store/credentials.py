"""What keys, logins and customers' tokens have in common: only a digest of each is kept."""

import getpass
import hashlib

PAGE_KEY = "FRONTDESK_PAGE_KEY"
"""Environment variable with the page's key to the gateway; `python -m serve` makes one at each start."""
LOCAL = "local"  # the name of whoever needs no key: anybody on this machine, until there is one


def digest(secret: str | bytes) -> str:
    """SHA-256 of a key or token. No salt and no slow hash: 256 random bits cannot be guessed."""
    data = secret.encode("utf-8", "replace") if isinstance(secret, str) else secret
    return hashlib.sha256(data).hexdigest()


def shell_user() -> str:
    """Who works at this machine's shell, for the audit log."""
    try:
        return f"{getpass.getuser()} (shell)"
    except (KeyError, OSError):  # a container may know no name for its user
        return "shell"
