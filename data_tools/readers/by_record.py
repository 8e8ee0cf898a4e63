"""The loop of formats that have one conversation a record."""

from collections.abc import Callable, Iterator
from pathlib import PurePath

from data_tools.readers.messages import Message
from data_tools.sources.json_stream import Broken, Record, read_json
from data_tools.sources.text import Source


def read_by_record(source: Source, messages: Callable[[Record, str], Iterator[Message | Broken]]) -> Iterator[Message | Broken]:
    """What `messages` makes of each record and of a name for it, which serves where the record has none; broken records as they are."""
    stem = PurePath(source.path).stem
    for number, record in enumerate(read_json(source), 1):
        if isinstance(record, Broken):
            yield record
        else:
            yield from messages(record, f"{stem}-{number}")
