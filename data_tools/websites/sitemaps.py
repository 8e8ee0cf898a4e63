"""What a site says to crawlers: robots.txt, and the sitemaps with the pages it has."""

from collections import deque
from collections.abc import Iterable

import httpx
from lxml import etree  # type: ignore[import-untyped]
from protego import Protego

from data_tools.websites.addresses import Scope, link
from data_tools.websites.fetch import AGENT, DELAY, LONGEST, Failed, Fetcher, unpacked

ROBOTS = 512 << 10  # bytes that are read of robots.txt; RFC 9309 asks for 500 KiB at least
LARGEST = 16 << 20  # bytes of a sitemap
MOST = 200  # sitemaps of a site


def robots(fetcher: Fetcher, scope: Scope) -> Protego:
    """The rules for us, whose delay the fetcher keeps from now on; none where there is no robots.txt. Raises Failed."""
    answer = fetcher.get(scope.start.join("/robots.txt"), largest=ROBOTS)
    if 300 <= answer.status < 400:
        target = answer.headers.get("location", "")
        raise Failed(f"the site redirects to {target.removesuffix('/robots.txt')}; set that as its url")
    if answer.status >= 500:  # RFC 9309: then nothing may be read
        raise Failed(f"robots.txt: status {answer.status}")
    rules = Protego.parse(answer.body.decode("utf-8", "replace") if answer.status == 200 else "")
    delay = rules.crawl_delay(AGENT) or 0
    if delay > LONGEST:
        raise Failed(f"robots.txt asks for {delay:g} s between two pages; at most {LONGEST:g} are waited; name {AGENT} there")
    fetcher.delay = max(DELAY, delay)
    return rules


def sitemap(fetcher: Fetcher, scope: Scope, addresses: Iterable[str]) -> list[httpx.URL]:
    """The pages of sitemaps and of those that they name, in their order, each once; those of other sites are left out. Raises Failed."""
    waiting, seen = deque(filter(None, (link(scope.start, address) for address in addresses))), set[httpx.URL]()
    pages: dict[httpx.URL, None] = {}
    while waiting and len(seen) < MOST:
        address = waiting.popleft()
        if address in seen or not scope.same_site(address):
            continue
        seen.add(address)
        answer = fetcher.get(address, largest=LARGEST)
        if answer.status == 200:
            maps, found = listed(answer.body, address)
            waiting += maps
            pages |= dict.fromkeys(page for page in found if scope.same_site(page))
    return list(pages)


def listed(body: bytes, address: httpx.URL) -> tuple[list[httpx.URL], list[httpx.URL]]:
    """The sitemaps and the pages that a sitemap names: XML, or one address a line; packed or not. Raises Failed."""
    text = unpacked(iter([body]), "gzip" if body.startswith(b"\x1f\x8b") else "", LARGEST)
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, huge_tree=False)
    root = etree.fromstring(text, parser) if text.lstrip().startswith(b"<") else None
    if root is None:
        return [], _links(address, (word for word in text.decode("utf-8", "replace").split() if word.startswith("http")))
    name = etree.QName(root).localname
    found = _links(address, root.xpath("/*/*/*[local-name() = 'loc']/text()"))
    return (found, []) if name == "sitemapindex" else ([], found if name == "urlset" else [])


def _links(base: httpx.URL, texts: Iterable[str]) -> list[httpx.URL]:
    return [url for text in texts if (url := link(base, text))]
