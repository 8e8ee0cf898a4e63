"""The FAQ and the refusals that a config names, as entries; websites as they were read last."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from data_tools.faq.entries import FaqEntry, join_records
from data_tools.readers import faq_format
from data_tools.readers.faqs import table
from data_tools.readers.records import FaqRecord
from data_tools.sources.json_stream import Broken
from data_tools.sources.reading import Account, Reading
from data_tools.sources.text import Source, folded
from data_tools.websites.kept import Site, load_site
from frontdesk.config.schema import DataConfig
from frontdesk.errors import UserError


def load_faq(reading: Reading, data: DataConfig, websites: Path, dropped: Counter[str]) -> list[FaqEntry]:
    """The entries of `data.faq`, then those of the copies of `data.websites`, which lie in the folder `websites`.

    Incomplete ones are counted in `dropped`. Raises UserError, also where there is no entry.
    """
    sites = [_site(reading, load_site(websites, website)) for website in data.websites]
    found = _load(reading, data, "faq", "faq", dropped, [page.records for site in sites for page in site.pages])
    if not found:
        named = ", ".join((*data.faq, *(website.url for website in data.websites))) or "data.faq"
        raise UserError(f"{named}: found no FAQ entry; expected at least one with question and answer; add one")
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


def _load(
    reading: Reading, data: DataConfig, key: str, prefix: str, dropped: Counter[str], pages: Sequence[list[FaqRecord]] = ()
) -> list[FaqEntry]:
    sources = reading.inputs.find(getattr(data, key), f"data.{key}")
    files = [list(_records(reading, source, data.faq_columns)) for source in sources]
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
