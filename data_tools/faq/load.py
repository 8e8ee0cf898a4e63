"""The FAQ, the documents, the websites as they were read last, and the refusals that a config names, as entries."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from data_tools.faq.entries import FaqEntry, join_additions, join_records
from data_tools.readers import document_format, faq_format
from data_tools.readers.faqs import table
from data_tools.readers.records import FaqRecord, LeftOut
from data_tools.sources.json_stream import Broken
from data_tools.sources.reading import Account, Reading
from data_tools.sources.text import Source, folded
from data_tools.websites.kept import Site, load_site
from frontdesk.config.run import Run
from frontdesk.config.schema import DataConfig
from frontdesk.errors import UserError

ASSET = re.compile(r"\.(?:css|js|map|svg|png|jpe?g|gif|webp|ico|bmp|woff2?|ttf|eot|mp[34]|webm)$", re.IGNORECASE)
"""Files of a web page that hold no text for people."""


def load_faq(reading: Reading, data: DataConfig, dropped: Counter[str], run: Run) -> list[FaqEntry]:
    """The entries of `data.faq`, the entries and passages of `data.documents`, then those of the `run`'s copies of `data.websites`, and
    what people added at its desk (frontdesk/additions.py).

    What is incomplete or left out is counted in `dropped`. A document that cannot be read is skipped. Raises UserError, also where there
    is no entry.
    """
    sites = [_site(reading, load_site(run.websites, website)) for website in data.websites]
    pages = [page.records for site in sites for page in site.pages]
    found = _load(reading, data, "faq", "faq", dropped, documents(reading, data, dropped), pages)
    if not found:
        named = ", ".join((*data.faq, *data.documents, *(website.url for website in data.websites))) or "data.faq"
        raise UserError(f"{named}: found no FAQ entry; expected at least one with question and answer; add one")
    named_files = {Path(source).resolve() for source in data.faq}
    additions = run.additions
    if additions.is_file() and additions.resolve() not in named_files and b"\n" in additions.read_bytes().strip():
        join_additions(found, _load(reading, data.model_copy(update={"faq": (str(additions),)}), "faq", "faq", dropped))
    return found


def _site(reading: Reading, site: Site) -> Site:
    """A site, which gets an account. Raises UserError for one that was never read."""
    if not site.path.is_file():
        raise UserError(f"{site.url}: no copy in {site.folder}; expected what `make data` reads of a website; run it with this config")
    account = Account.written(site.url, "website", site.path)
    account.parts, account.details = tuple(page.url for page in site.pages), site.summary()
    reading.accounts.append(account)
    return site


def load_refusals(reading: Reading, data: DataConfig, faq: list[FaqEntry], dropped: Counter[str]) -> list[FaqEntry]:
    """The entries of `data.out_of_scope`. Raises UserError for an id that an entry of the FAQ has."""
    found = _load(reading, data, "out_of_scope", "refusal", dropped)
    places = {entry.id: entry.source for entry in faq}
    for entry in found:
        if entry.id in places:
            raise UserError(f"{entry.source}: id {entry.id!r} is also at {places[entry.id]}; expected an id once; rename one of the two")
    return found


def documents(reading: Reading, data: DataConfig, dropped: Counter[str]) -> Iterator[list[FaqRecord]]:
    """The entries and passages of each document that can be read; the others are in `reading.inputs.skipped`. The same file in
    two places is read once. Raises UserError for a path that is not there."""
    seen: set[str] = set()
    for source in _sources(reading, data.documents):
        if ASSET.search(source.path) or source.sha256 in seen:
            dropped["document: part of a web page or a copy"] += 1
            continue
        seen.add(source.sha256)
        try:
            yield list(_of_document(reading, source, dropped))
        except UserError as error:
            _skip(reading, source.path, error)
    reading.inputs.skipped = [(path, why) for path, why in reading.inputs.skipped if not ASSET.search(path)]


def _sources(reading: Reading, names: tuple[str, ...]) -> Iterator[Source]:
    for name in names:
        try:
            yield from reading.inputs.find([name], "data.documents")
        except UserError as error:
            if not Path(name).exists():
                raise
            _skip(reading, name, error)


def _skip(reading: Reading, path: str, error: UserError) -> None:
    if reading.strict:
        raise error
    reading.inputs.skipped.append((path, re.sub(r"^(?::\d+)?: ", "", str(error).removeprefix(path))))


def _of_document(reading: Reading, source: Source, dropped: Counter[str]) -> Iterator[FaqRecord]:
    module = document_format(source)
    account = Account(source, module.FORMAT)
    reading.accounts.append(account)
    for item in module.read(source):
        if isinstance(item, Broken):
            reading.lose(account, item)
        elif isinstance(item, LeftOut):
            dropped[f"document: {item.why}"] += item.number
        else:
            yield item


def _load(
    reading: Reading,
    data: DataConfig,
    key: str,
    prefix: str,
    dropped: Counter[str],
    more: Iterable[list[FaqRecord]] = (),
    pages: Sequence[list[FaqRecord]] = (),
) -> list[FaqEntry]:
    sources = reading.inputs.find(getattr(data, key), f"data.{key}")
    files = [*(list(_records(reading, source, data.faq_columns)) for source in sources), *more]
    files += _not_said(pages, files)
    found = join_records(files, prefix, dropped)
    per_file = Counter(entry.source.rsplit(":", 1)[0] for entry in found)
    for account in reading.accounts:
        account.counts["entries"] += sum(per_file.pop(path, 0) for path in account.paths)
    return found


def _not_said(pages: Sequence[list[FaqRecord]], files: list[list[FaqRecord]]) -> list[list[FaqRecord]]:
    """The records of pages without passages that say no more than the answer of an entry."""
    said = {folded(answer) for records in (*files, *pages) for record in records if not record.passage for answer in record.answers}
    return [[record for record in records if not record.passage or folded(record.answers[0]) not in said] for records in pages]


def _records(reading: Reading, source: Source, columns: Mapping[str, str]) -> Iterator[FaqRecord]:
    """The rows of one file, which gets an account; broken ones are reported."""
    module = faq_format(source)
    account = Account(source, module.FORMAT)
    reading.accounts.append(account)
    for item in module.read(source, columns) if module is table else module.read(source):
        if isinstance(item, Broken):
            reading.lose(account, item)
        else:
            yield item
