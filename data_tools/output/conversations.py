"""The rows of conversations, each conversation as a whole, and a line in the ledger for each of their messages."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import IO

from data_tools.conversations.boilerplate import Boilerplate
from data_tools.conversations.canaries import SOURCE as CANARIES
from data_tools.conversations.turns import Disposition, mark
from data_tools.conversations.workers import NoRow, Prepared, as_messages
from data_tools.output.dataset import Rows
from data_tools.output.ledger import Ledger
from data_tools.rows.rows import Candidate
from data_tools.rows.windows import Window
from frontdesk.prompt.render import Message

NOTHING_TO_TRAIN = "nothing to train"


class ConversationWriter:
    """Writes conversations. `held_out` are the ids of FAQ entries that are not trained; `whole` gets each real
    conversation as it was spoken, and is None where nothing is masked."""

    def __init__(self, rows: Rows, ledger: Ledger, boilerplate: Boilerplate, held_out: set[str], whole: IO[str] | None = None) -> None:
        self.rows, self.ledger, self.boilerplate, self.held_out, self.whole = rows, ledger, boilerplate, held_out, whole
        self.counts: Counter[str] = Counter()  # conversations: "read", "rows", and by the reason why one has no row

    def write(self, item: Prepared, candidate: Candidate, split: str, group: str) -> None:
        """Write the rows of a conversation."""
        dispositions, messages = list(item.dispositions), as_messages(item.said)
        source = item.places[item.said[0].parts[0]]
        if self.whole and not source.startswith(f"{CANARIES}:"):
            line = {"id": candidate.id, "split": split, "source": source, "messages": messages, "seconds": item.seconds}
            line |= {"day": item.day} if item.day else {}
            self.whole.write(json.dumps(line, ensure_ascii=False) + "\n")

        def cap(place: int, reason: str) -> None:
            messages[place]["weight"] = 0
            mark(dispositions, item.said[place], Disposition("capped", reason))

        if split == "train":
            for place, sentences in enumerate(item.sentences):
                if self.boilerplate.is_over(sentences):  # a turn of nothing but boilerplate that was trained often enough
                    cap(place, "stock sentence")
            for exchange, entry_ids in enumerate(item.entry_ids):
                if not self.held_out.isdisjoint(entry_ids):  # the entry's facts would be trained after all
                    cap(2 * exchange + 1, "states a held-out FAQ entry")
        windows = self.rows.write(split, candidate.id, messages, "chat", group, source, sizes=item.sizes)
        self._mark_unwritten(item, messages, windows, dispositions)
        self._account(item, dispositions, "rows" if windows else NOTHING_TO_TRAIN)

    def leave_out(self, item: Prepared, why: NoRow) -> None:
        """Account for a conversation without a row."""
        dispositions = list(item.dispositions)
        contradicts = why is NoRow.CONTRADICTION
        outcome = Disposition("set aside", "contradicts the FAQ") if contradicts else Disposition("dropped", "in a duplicate conversation")
        for said in item.said:
            mark(dispositions, said, outcome)
        self._account(item, dispositions, why)

    def _mark_unwritten(self, item: Prepared, messages: list[Message], windows: Sequence[Window], dispositions: list[Disposition]) -> None:
        """Drop what stands in no window: answers that are too long, and what only led to them."""
        written = {place for window in windows for place in window.places}
        for answer in range(1, len(messages), 2):
            if answer not in written:
                capped = messages[answer].get("weight", 1) == 0
                reason = "context without a row" if capped else "answer longer than train.max_length"
                mark(dispositions, item.said[answer], Disposition("dropped", reason))
                if answer - 1 not in written:
                    mark(dispositions, item.said[answer - 1], Disposition("dropped", "its answer is not trained"))

    def _account(self, item: Prepared, dispositions: list[Disposition], outcome: str) -> None:
        self.counts.update(("read", outcome))
        for said, sentences in zip(item.said, item.sentences, strict=True):
            self.boilerplate.meet(sentences, said.text)
            self.rows.sample(said.text, tuple(kind for part in said.parts for kind in item.masks[part]))
        self.ledger.write(item.id, item.places, dispositions, item.masks)
