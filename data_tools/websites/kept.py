"""The copies of a site's pages, `runs/NAME/websites/SITE/`: `site.json`, written last, has what they say and the files of their texts."""

import codecs
import hashlib
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from data_tools.readers.records import FaqRecord
from data_tools.sources.text import Source, read_source
from frontdesk.config.schema import WebsiteConfig
from frontdesk.errors import UserError
from frontdesk.facts.entries import Origin
from frontdesk.files import read_json, sha256, write_json

CHARSET = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
DECLARED = 4096  # bytes of a page in which it may say its encoding
TOLD = re.compile(r"cp(?:125[013-8]|866|874|932)|iso8859-(?!1$)\d+|koi8-[ru]|shift_jis|euc_jp|iso2022_jp|gb2312|gbk|gb18030|big5|tis-620")
"""Encodings that a page is believed to have, if its bytes fit. Unicode, CP949 and CP1252 are told by the bytes alone."""


@dataclass
class Page:
    """A page as it was when it was last read: `read` is when that was (ISO 8601), `how` what the last crawl made of it (HOW)."""

    url: str
    read: str
    file: str  # in the site's folder
    how: str
    type: str = ""  # headers of the answer
    etag: str = ""
    modified: str = ""
    records: list[FaqRecord] = field(default_factory=list)  # what it says


HOW = ("fetched", "unchanged", "kept copy")
SCRIPT = "needs JavaScript"  # why a page says nothing


@dataclass
class Site:
    """What is known of a site. `skipped` are addresses that gave no page, each with the reason."""

    folder: Path
    url: str
    pages: list[Page] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)

    @property
    def path(self) -> Path:
        """The file that is written last."""
        return self.folder / "site.json"

    def save(self) -> None:
        """Write `site.json`, then remove texts that no page has any more."""
        skipped = [list(one) for one in self.skipped]
        write_json(self.path, {"url": self.url, "pages": [vars(page) for page in self.pages], "skipped": skipped})
        for path in self.folder.glob("*.html"):
            if path.name not in {page.file for page in self.pages}:
                path.unlink()

    def write(self, body: bytes) -> str:
        """Keep the text of a page in a file whose name is its digest; the name."""
        path = self.folder / f"{hashlib.sha256(body).hexdigest()[:32]}.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(".partial")
        temporary.write_bytes(body)
        temporary.replace(path)
        return path.name

    def source(self, page: Page) -> Source:
        """A page's text, in the encoding that fits it. Raises UserError for one that is no text."""
        path = self.folder / page.file
        declared = _declared(page.type, path.read_bytes())
        try:
            source = read_source(path, page.url)
        except UserError:
            if not declared:
                raise
            return Source(page.url, path, declared, sha256(path), path.stat().st_size)
        source.encoding = declared or source.encoding if source.encoding in ("cp949", "cp1252") else source.encoding
        return source

    def summary(self) -> dict[str, Any]:
        """How many pages were read how, their passages, how many addresses were skipped for each reason, and which need a script."""
        passages = sum(record.passage for page in self.pages for record in page.records)
        reasons = Counter(reason.partition(":")[0] for _, reason in self.skipped)
        scripts = [url for url, reason in self.skipped if reason == SCRIPT]
        return {"pages": Counter(page.how for page in self.pages), "passages": passages, "skipped": reasons, "scripts": scripts}


def load_site(websites: Path, website: WebsiteConfig) -> Site:
    """The copies of a site, none where it was never read. Raises UserError for a damaged `site.json`."""
    host = httpx.URL(website.url).netloc.decode("ascii", "replace").replace(":", "_")
    folder = websites / f"{host}-{hashlib.sha256(website.url.encode()).hexdigest()[:8]}"
    site = Site(folder, website.url)
    if site.path.is_file():
        try:
            stored = read_json(site.path)
            site.pages = [page for values in stored["pages"] if (folder / (page := _page(values)).file).is_file()]
            site.skipped = [(url, reason) for url, reason in stored["skipped"]]
        except (OSError, ValueError, KeyError, TypeError):
            raise UserError(
                f"{site.path}: found a damaged list of pages; expected one of `make data`; remove {folder} and run that again"
            ) from None
    return site


def _page(values: dict[str, Any]) -> Page:
    records = []
    for source, id, category, subject, questions, answers, facts, origin, passage in values.pop("records"):
        texts = tuple(questions), tuple(answers), tuple(facts)
        records.append(FaqRecord(source, id, category, subject, *texts, Origin(*origin), passage))
    return Page(**values, records=records)


def _declared(header: str, body: bytes) -> str:
    """The encoding that the header or the page names, where it is one that the bytes do not tell and that fits them; else ""."""
    for found in (CHARSET.search(header.encode("ascii", "replace")), CHARSET.search(body[:DECLARED])):
        try:
            if found and TOLD.fullmatch(name := codecs.lookup(found[1].decode()).name) and "\0" not in body.decode(name):
                return name
        except (LookupError, ValueError):
            continue
    return ""
