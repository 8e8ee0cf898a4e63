"""All chat exports of a run as one stream of conversations, with an account of each file."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from data_tools.conversations.conversation import Conversation
from data_tools.conversations.speakers import Speakers
from data_tools.conversations.threads import Placed, conversations
from data_tools.readers import chat_format, people
from data_tools.readers.generic import table as chat_table
from data_tools.readers.records import Person
from data_tools.sources.json_stream import Broken
from data_tools.sources.reading import Account, Reading
from data_tools.sources.text import fix_text, is_fixed


def read_chats(reading: Reading, paths: Iterable[str], agents: Iterable[str], columns: Mapping[str, str]) -> Iterator[Conversation]:
    """The conversations of all exports, one at a time. Raises UserError, among other things where nobody is known to be an agent."""
    files, known = _recognize(reading, paths)
    for group in _groups(files):
        account, module = group[0]
        first = Path(account.source.path)
        folder = first.parent
        here = {who: person for place, persons in known for who, person in persons.items() if place in (folder, *folder.parents)}
        speakers = Speakers(agents, here.values())
        name = folder.name if module.LAYOUT == "folder" else first.stem
        placed = (item for each, _ in group for item in _messages(reading, each, module, here, columns))
        for conversation in conversations(placed, module.LAYOUT, speakers, name):
            account.counts["conversations"] += 1
            yield conversation
        speakers.check(first.as_posix())


def _recognize(reading: Reading, paths: Iterable[str]) -> tuple[list[tuple[Account, ModuleType]], list[tuple[Path, dict[str, Person]]]]:
    """The exports with their readers, and the lists of people with the folders they stand in."""
    files, known = [], []
    for source in reading.inputs.find(paths, "data.chats"):
        if people.looks_like(source):
            known.append((Path(source.path).parent, people.read(source)))
            reading.accounts.append(Account(source, "people"))
        elif people.is_side_file(source):
            reading.accounts.append(Account(source, "without messages"))
        else:
            module = chat_format(source)
            account = Account(source, module.FORMAT)
            reading.accounts.append(account)
            files.append((account, module))
        source.forget()
    return files, known


def _groups(files: list[tuple[Account, ModuleType]]) -> Iterator[list[tuple[Account, ModuleType]]]:
    """Each file alone, or the files of one folder together where conversations go on from file to file."""
    folders: defaultdict[tuple[str, str], list[tuple[Account, ModuleType]]] = defaultdict(list)
    for account, module in files:
        path = account.source.path
        folders[module.FORMAT, str(Path(path).parent) if module.LAYOUT == "folder" else path].append((account, module))
    yield from folders.values()


def _messages(
    reading: Reading, account: Account, module: ModuleType, here: Mapping[str, Person], columns: Mapping[str, str]
) -> Iterator[Placed]:
    read: Callable[..., Iterator[Any]] = module.read
    path, counts = account.source.path, account.counts
    for item in read(account.source, here, columns) if module is chat_table else read(account.source, here):
        if isinstance(item, Broken):
            reading.lose(account, item)
        else:
            counts["messages"] += 1
            text = fix_text(item.text)
            account.source.fixed += is_fixed(item.text, text)
            yield Placed(path, item if text is item.text else item._replace(text=text))
