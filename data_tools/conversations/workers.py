"""Prepares conversations for rows in several processes, which give the results in the order of the input."""

import hashlib
import multiprocessing
import pickle
from collections import deque
from collections.abc import Container, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from enum import StrEnum
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from data_tools.conversations.conversation import Conversation, Turn
from data_tools.conversations.turns import Disposition, Said, clean, seconds
from data_tools.rows.rows import message
from data_tools.rows.windows import Windows
from data_tools.splits.near_duplicates import grams, normalize
from frontdesk.errors import UserError
from frontdesk.facts.contradictions import Contradiction, FaqFacts
from frontdesk.prompt.render import Message

if TYPE_CHECKING:
    import numpy as np

    from data_tools.pii import Masker

BATCH = 64  # conversations that go to a process at once


class NoRow(StrEnum):
    """Why a conversation gets no row, in the order in which the manifest lists the reasons."""

    UNANSWERED = "no answered question"
    DUPLICATE = "duplicate"
    CONTRADICTION = "conflict"


class Prepared(NamedTuple):
    """A conversation as rows need it. `said` is empty where it teaches nothing."""

    id: str
    said: list[Said]
    places: list[str]  # path:line of each message of the export
    dispositions: list[Disposition]
    masks: list[tuple[str, ...]]  # kinds of what was masked in each message
    sentences: list[tuple[int, ...]]  # digests of those of each of `said`, none for a customer's
    digest: bytes
    grams: bytes
    sizes: list[int]  # the tokens of each of `said`, none where they surely fit in one row
    conflict: tuple[int, Contradiction] | None  # the exchange of `said` that contradicts the FAQ, and how
    entry_ids: list[tuple[str, ...]]  # of the FAQ entries that the answer of each exchange gives away
    seconds: list[tuple[int, int]]  # when each of `said` began and ended, since the first
    day: str = ""  # of the first, ISO 8601; "" where the export does not tell

    def why_no_row(self, seen: Container[bytes]) -> "NoRow | None":
        """Why it gets no row; None where it gets one. `seen` are the digests of conversations with rows."""
        if not self.said:
            return NoRow.UNANSWERED
        if self.conflict:
            return NoRow.CONTRADICTION
        return NoRow.DUPLICATE if self.digest in seen else None


class Preparer:
    """What each process does with a conversation."""

    def __init__(self, masker: "Masker | None", facts: FaqFacts, windows: Windows) -> None:
        self.masker, self.facts, self.windows = masker, facts, windows

    def __call__(self, conversations: list[Conversation]) -> list[Prepared]:
        """Prepare a batch."""
        return [self.prepare(conversation) for conversation in conversations]

    def prepare(self, conversation: Conversation) -> Prepared:
        """Mask, then clean, then compare."""
        turns: list[Turn] = conversation.turns
        masks: list[tuple[str, ...]] = [()] * len(turns)
        if self.masker:
            turns, masks = self._masked(conversation, self.masker)
        said, dispositions = clean(turns)
        texts = [turn.text for turn in turns]
        sentences = [tuple(digest(texts[part]) for part in one.parts) if one.role == "agent" else () for one in said]
        found = [self.facts.compare(question.text, answer.text) for question, answer in zip(said[::2], said[1::2], strict=True)]
        conflicts = ((exchange, conflict) for exchange, (conflict, _) in enumerate(found) if conflict)
        whole = "\n".join(f"{one.role}: {one.text}" for one in said)
        return Prepared(
            *(conversation.id, said, [turn.source for turn in turns], dispositions, masks, sentences),
            hashlib.blake2b(whole.encode(), digest_size=16).digest(),
            compared(said).tobytes() if said else b"",
            self.windows.sizes(as_messages(said)),
            next(conflicts, None),
            [entry_ids for _, entry_ids in found],
            seconds(turns, said),
            (turns[said[0].parts[0]].at or "")[:10] if said else "",
        )

    def _masked(self, conversation: Conversation, masker: "Masker") -> tuple[list[Turn], list[tuple[str, ...]]]:
        """The turns without personal data, and the kinds of what stood in each; what is no turn goes into no row."""
        spoken = [turn for turn in conversation.turns if turn.skipped is None]
        names = sorted({turn.name for turn in conversation.turns if turn.name})
        found = iter(masker.mask([turn.text for turn in spoken], names, [turn.role for turn in spoken]))
        turns, masks = [], []
        for turn in conversation.turns:
            masked = next(found) if turn.skipped is None else None
            turns.append(turn._replace(text=masked.text) if masked else turn)
            masks.append(tuple(span.kind for span in masked.spans) if masked else ())
        return turns, masks


def as_messages(said: list[Said]) -> list[Message]:
    """The messages of a row."""
    return [message("user" if one.role == "customer" else "assistant", one.text) for one in said]


def compared(said: list[Said]) -> "np.ndarray":
    """The n-grams by which near duplicates are found: those of the question of a single exchange, else those of all that was said."""
    return grams(said[0].text) if len(said) == 2 else grams("\n".join(one.text for one in said), conversation=True)


def digest(text: str) -> int:
    """A number that stands for a sentence, whatever its case and punctuation."""
    return int.from_bytes(hashlib.blake2b(normalize(text).encode(), digest_size=7).digest(), "big")


_preparer: Preparer | None = None


def _start(preparer: Preparer) -> None:
    global _preparer  # noqa: PLW0603  one for each process, for as long as it lives
    _preparer = preparer


def _work(batch: list[Conversation]) -> list[Prepared]:
    assert _preparer is not None
    return _preparer(batch)


def prepared(conversations: Iterable[Conversation], preparer: Preparer, workers: int) -> Iterator[Prepared]:
    """Prepared conversations in the order given, a few batches in flight. Raises UserError where a process was killed."""
    source = iter(conversations)
    batches = iter(lambda: list(islice(source, BATCH)), [])
    first = next(batches, [])
    if workers <= 1 or len(first) < BATCH:
        for batch in chain([first], batches):
            yield from preparer(batch)
        return
    # Not multiprocessing.Pool: it waits for ever for a worker that was killed, and now and then for itself when it is closed early.
    with ProcessPoolExecutor(workers, multiprocessing.get_context("fork"), _start, (preparer,)) as pool:
        waiting: deque[Future[list[Prepared]]] = deque([pool.submit(_work, first)])
        try:
            for batch in batches:
                waiting.append(pool.submit(_work, batch))
                if len(waiting) > 4 * workers:
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()
        except BrokenProcessPool:
            found = "a process that prepares conversations was killed, perhaps for want of memory"
            raise UserError(f"{found}; expected all to live; close programs or pass --workers 1") from None
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


class SpillFile:
    """Prepared conversations in a file: the second pass reads them again."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file = path.open("wb")

    def add(self, item: Prepared) -> None:
        """Append one; its n-grams are kept elsewhere."""
        pickle.dump(tuple(item._replace(grams=b"")), self.file, pickle.HIGHEST_PROTOCOL)

    def __iter__(self) -> Iterator[Prepared]:
        self.file.flush()
        with self.path.open("rb") as file:
            while file.peek(1):
                yield Prepared(*pickle.load(file))
