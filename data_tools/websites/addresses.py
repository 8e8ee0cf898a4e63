"""Which addresses of a site are pages to read, and what two addresses of one page have in common."""

import re
from fnmatch import fnmatchcase
from urllib.parse import unquote

import httpx

from frontdesk.config.schema import WebsiteConfig

LONGEST = 1000  # characters; longer ones are made by scripts
SESSION = re.compile(r"(?:utm_\w+|mc_[ce]id|fbclid|gclid|msclkid|yclid|_ga|(?:php)?sess(?:ion)?_?id|jsessionid|sid)", re.IGNORECASE)
"""Parameters that say who came from where, not what is shown."""
IN_PATH = re.compile(r";(?:jsessionid|sid)=[^/;]*", re.IGNORECASE)
NUMBER = re.compile(r"\d+")
PORTS = {"http": 80, "https": 443}


def link(base: httpx.URL, text: str) -> httpx.URL | None:
    """A link of a page as an address that can be fetched, without its fragment; None where it leads to no page."""
    try:
        url = base.join("".join(text.split()))
        if url.scheme not in PORTS or not url.host or len(str(url)) > LONGEST:
            return None
        return plain(url)
    except (httpx.InvalidURL, ValueError):  # idna raises ValueErrors
        return None


def plain(url: httpx.URL) -> httpx.URL:
    """An address without fragment, user, and what tells visitors apart."""
    url = url.copy_with(fragment=None, username=None, password=None, port=None if url.port == PORTS[url.scheme] else url.port)
    if ";" in url.path:
        url = url.copy_with(path=IN_PATH.sub("", url.path) or "/")
    if any(SESSION.fullmatch(name) for name in url.params):
        kept = [(name, value) for name, value in url.params.multi_items() if not SESSION.fullmatch(name)]
        url = url.copy_with(params=kept) if kept else url.copy_with(query=None)
    return url


def kind(url: httpx.URL) -> str:
    """What pages of one kind share: the path and the names in the query, with any number in the place of a number."""
    return NUMBER.sub("#", url.path) + "?" * bool(url.query) + "&".join(sorted(set(url.params)))


def numbers(url: httpx.URL) -> int:
    """How many numbers tell an address from others of its kind, such as the year and month of a calendar."""
    return len(NUMBER.findall(url.path + url.query.decode("ascii", "replace")))


class Scope:
    """The pages of a site that a config wants."""

    def __init__(self, website: WebsiteConfig) -> None:
        self.start = plain(httpx.URL(website.url))
        folder = self.start.path.rsplit("/", 1)[0] if "." in self.start.path.rsplit("/", 1)[1] else self.start.path.rstrip("/")
        self.include = website.include or (unquote(folder), f"{unquote(folder)}/*")
        self.exclude = website.exclude

    def same_site(self, url: httpx.URL) -> bool:
        """Whether an address has the scheme, host and port of the site."""
        return (url.scheme, url.raw_host, url.port) == (self.start.scheme, self.start.raw_host, self.start.port)

    def wants(self, url: httpx.URL) -> bool:
        """Whether a page of the site is knowledge."""
        forms = {unquote(url.path), unquote(url.raw_path.decode("ascii", "replace"))}  # with and without the query
        fits = (any(fnmatchcase(form, pattern) for form in forms for pattern in patterns) for patterns in (self.include, self.exclude))
        return self.same_site(url) and next(fits) and not next(fits)
