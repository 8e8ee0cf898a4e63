"""Read the websites of a config, and keep copies of their pages: what `make data` does before anything else.

Pages are those of the sitemap, or those that links lead to, the nearest first. What cannot be read now keeps its last good copy; what
is gone loses it. No page is asked for that robots.txt forbids, that lies on another site, or that the config does not include.
"""

import hashlib
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import httpx
from protego import Protego

from data_tools.readers.faqs import html
from data_tools.readers.faqs.blocks import whole_text
from data_tools.sources.text import folded
from data_tools.websites.addresses import Scope, kind, link, numbers
from data_tools.websites.fetch import AGENT, Address, Failed, Fetcher, is_public
from data_tools.websites.kept import HOW, SCRIPT, Page, Site, load_site
from data_tools.websites.pages import knowledge, needs_script
from data_tools.websites.sitemaps import robots, sitemap
from frontdesk.config.run import Run
from frontdesk.config.schema import Config, WebsiteConfig
from frontdesk.errors import UserError, warn
from frontdesk.terminal import Bar, bar

DEPTH = 3  # links that are followed after each other where there is no sitemap
HOPS = 5  # redirects of one page
GONE = (404, 410)
REPEATS = 10  # pages of one kind, one after the other, that say nothing new: then it is a trap
ALIKE = 50  # pages of one kind with several numbers, such as a calendar's, that links lead to; pages that `include` names are not counted
LONGEST = 2 * 3600  # seconds for a site
SAME = "says the same as another page"
PAGES = ("text/html", "application/xhtml+xml")


class Skipped(Exception):
    """Why an address gives no page, though the site works."""


def crawl(
    config: Config,
    permitted: Callable[[Address], bool] = is_public,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Bring the copies of all sites up to date. A site that cannot be read keeps its copies, with a warning.

    The last three are for tests (data_tools/websites/fetch.py). Raises UserError for copies that cannot be read.
    """
    for website in config.data.websites:
        with Fetcher(config.company, permitted, sleep, clock) as fetcher, bar(f"reading {website.url}", 1) as shown:
            _Crawl(website, load_site(Run(config.name).websites, website), fetcher, shown).run()


class _Crawl:
    """The crawl of one site."""

    def __init__(self, website: WebsiteConfig, kept: Site, fetcher: Fetcher, shown: Bar) -> None:
        self.website, self.kept, self.fetcher, self.shown = website, kept, fetcher, shown
        self.scope, self.rules = Scope(website), Protego.parse("")
        self.former = {page.url: page for page in kept.pages}
        self.site = Site(kept.folder, website.url)
        self.failure = ""  # why the site cannot be read at all
        self.reach = 0  # links that are followed after each other
        self.queue: deque[tuple[httpx.URL, int]] = deque()
        self.seen: set[httpx.URL] = set()
        self.asked: set[str] = set()
        self.texts: dict[bytes, tuple[Page, str]] = {}  # by what pages say: the page, and the address that it calls canonical
        self.kinds: Counter[str] = Counter()
        self.repeats: Counter[str] = Counter()

    def run(self) -> None:
        """Read the site and save what was found."""
        end = self.fetcher.clock() + LONGEST
        try:
            self.rules = robots(self.fetcher, self.scope)
            self.start()
        except Failed as error:
            self.failure = str(error)
            self.queue.clear()
        while self.queue and not (self.failure or self.enough(end)):
            self.visit(*self.queue.popleft())
            self.shown.update(len(self.asked) / (len(self.asked) + len(self.queue)), f"{len(self.asked):,} pages")
        self.site.skipped += [(str(url), self.failure or "more than max_pages") for url, _ in self.queue]
        if self.failure:
            self.site.skipped += [] if self.asked else [(self.website.url, self.failure)]
            for url in self.former.keys() - self.asked:
                self.keep(url)
        self.site.save()
        self.report()

    def enough(self, end: float) -> bool:
        """Whether no more pages are to be asked for; why, where that is a failure."""
        if self.fetcher.down:
            self.failure = "the site does not answer any more"
        elif self.fetcher.clock() > end:
            self.failure = f"the site took longer than {LONGEST // 3600} hours"
        return bool(self.failure) or len(self.asked) >= self.website.max_pages

    def start(self) -> None:
        """Queue the first pages. Raises Failed."""
        named, depth = self.website.sitemap, self.website.depth
        pages: list[httpx.URL] = []
        if isinstance(named, str):
            pages = sitemap(self.fetcher, self.scope, [named])
            if not pages:
                raise Failed(f"the sitemap {named} names no page of the site")
        elif named and depth is None:
            pages = sitemap(self.fetcher, self.scope, self.rules.sitemaps) or sitemap(self.fetcher, self.scope, ["/sitemap.xml"])
        self.reach = depth if depth is not None else 0 if pages else DEPTH
        if self.reach or not pages:
            self.add(self.scope.start, 0)
        for page in pages:
            self.add(page, 0)

    def add(self, url: httpx.URL, depth: int) -> None:
        """Queue a page that the config wants and robots.txt allows; the first one for its links, if not for itself."""
        if url in self.seen or not (self.scope.wants(url) or url == self.scope.start):
            return
        self.seen.add(url)
        if self.rules.can_fetch(str(url), AGENT):
            self.queue.append((url, depth))
        else:
            self.site.skipped.append((str(url), "robots.txt forbids it"))

    def visit(self, url: httpx.URL, depth: int) -> None:
        """Read a page, and queue those that it leads to."""
        alike = kind(url)
        try:
            if depth and not self.website.include and self.is_trap(url, alike):
                raise Skipped(f"like many others: {alike}")
            self.asked.add(str(url))
            page = self.read(url)
            source = self.site.source(page)
            content, _ = html.parsed(source, whole_text(source))
        except (Skipped, UserError) as error:
            self.site.skipped.append((str(url), str(error).removeprefix(f"{url}:").partition(";")[0].strip()))
            return
        self.kinds[alike] += 1
        place, text = httpx.URL(page.url), folded(html.text_of(content))
        canonical = link(place, next(iter(content.xpath("//link[@rel='canonical']/@href")), "")) or place
        base = link(place, next(iter(content.xpath("//base/@href")), "")) or place
        found = [link(base, target) for target in content.xpath("//a/@href | //area/@href")] if depth < self.reach else []
        for target in filter(None, [canonical, *found]):
            self.add(target, depth + (target != canonical))
        added = self.take(page, str(canonical), text)
        self.repeats[alike] = 0 if added and text else self.repeats[alike] + 1
        if added and self.scope.wants(place):
            framed = needs_script(content)
            page.records = knowledge(source, content, page.modified)
            self.site.skipped += [] if page.records else [(page.url, SCRIPT if framed else "no text")]

    def is_trap(self, url: httpx.URL, alike: str) -> bool:
        """Whether enough pages of its kind were read: they said nothing new, or there may be one for each day of all years."""
        return self.repeats[alike] >= REPEATS or (numbers(url) > 1 and self.kinds[alike] >= ALIKE)

    def take(self, page: Page, canonical: str, text: str) -> bool:
        """Add a page to the site; whether it stays. Of two that say the same that is the canonical one, else the first."""
        digest = hashlib.sha256(text.encode("utf-8", "replace")).digest()
        other, its_canonical = self.texts.get(digest, (None, ""))
        if text and other and its_canonical == page.url:
            self.site.pages = [one for one in self.site.pages if one is not other]
            self.site.skipped.append((other.url, SAME))
        elif text and other:
            self.site.skipped.append((page.url, SAME))
            return False
        self.texts[digest] = page, canonical
        self.site.pages += [page] if self.scope.wants(httpx.URL(page.url)) else []
        return True

    def read(self, url: httpx.URL) -> Page:
        """The page at an address, or at the one that it redirects to; the kept copy where it cannot be read now. Raises Skipped."""
        hops = [url]
        while len(hops) <= HOPS + 1:
            try:
                page, target = self.ask(hops[-1])
            except Failed as error:
                return self.keep(str(hops[-1]), str(error))
            if page:
                return page
            if target in hops:
                raise Skipped("redirects in a circle")
            if not target or not self.scope.same_site(target):
                raise Skipped(f"redirects to another site: {target}")
            if (
                target in self.seen
                or not (self.scope.wants(target) or url == self.scope.start)
                or not self.rules.can_fetch(str(target), AGENT)
            ):
                raise Skipped("redirects to a page that is read or left out")
            self.seen.add(target)
            self.asked.add(str(target))
            hops.append(target)
        raise Skipped(f"redirects more than {HOPS} times")

    def ask(self, url: httpx.URL) -> tuple[Page | None, httpx.URL | None]:
        """The page at an address, or where it redirects to. Raises Skipped, and Failed where a copy may serve."""
        former = self.former.get(str(url))
        known = {"If-None-Match": former.etag, "If-Modified-Since": former.modified} if former else {}
        status, headers, body = self.fetcher.get(url, {name: value for name, value in known.items() if value})
        now = datetime.now(UTC).isoformat(timespec="seconds")
        if status == 304 and former:
            return replace(former, read=now, how=HOW[1]), None
        if 300 <= status < 400:
            return None, link(url, headers.get("location", ""))
        if status in GONE:
            raise Skipped(f"status {status}: gone")
        if status != 200:
            raise Failed(f"status {status}")
        type = headers.get("content-type", "")
        if (type.partition(";")[0].strip().lower() or PAGES[not body.lstrip().startswith(b"<")]) not in PAGES:
            raise Skipped(f"no web page: {type.partition(';')[0]}")
        etag, modified = headers.get("etag", ""), headers.get("last-modified", "")
        modified = "" if modified == headers.get("date") else modified
        return Page(str(url), now, self.site.write(body), HOW[0], type, etag, modified), None

    def keep(self, url: str, why: str = "") -> Page:
        """The copy of a page that cannot be read now; added to the site if that is not to be read at all. Raises Skipped without one."""
        if url not in self.former:
            raise Skipped(why)
        page = replace(self.former[url], how=HOW[2])
        if not why and self.scope.wants(httpx.URL(url)):
            self.site.pages.append(page)
        return page

    def report(self) -> None:
        """Warn of what could not be read, with the dates of the copies that serve, and of pages that a script fills."""
        if scripts := [url for url, reason in self.site.skipped if reason == SCRIPT]:
            whole = f"{self.website.url}: {len(scripts)} pages need JavaScript to show any text, such as {scripts[0]}"
            warn(f"{whole}; nothing is known of them; {self.site.path} lists them")
        dates = sorted(page.read[:10] for page in self.site.pages if page.how == HOW[2])
        if dates:
            days = dates[0] if dates[0] == dates[-1] else f"{dates[0]} to {dates[-1]}"
            warn(f"{self.website.url}: {self.failure or 'not all pages can be read'}; {len(dates)} copies of {days} serve; try again later")
        elif self.failure or not self.site.pages:
            why = self.failure or next((reason for _, reason in self.site.skipped), "no page of data.websites.include")
            warn(f"{self.website.url}: {why}; nothing is known of it; correct data.websites, or try again later")
