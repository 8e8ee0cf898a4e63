"""Rows of conversations and the ledger agree: a message is dropped where it stands in no row, and nowhere else."""

import io
import json

import pytest

from data_tools.conversations.boilerplate import Boilerplate
from data_tools.conversations.turns import KEPT, Said
from data_tools.conversations.workers import NoRow, Prepared
from data_tools.output.conversations import ConversationWriter
from data_tools.output.dataset import Rows
from data_tools.output.ledger import Ledger
from data_tools.rows.rows import SPLITS, Candidate
from data_tools.rows.windows import Windows
from frontdesk.files import read_jsonl

HELD_OUT = "returns"


def prepared(windows, texts, told=()):
    """A conversation of the given texts; the answers of the exchanges `told` say what a held-out entry says."""
    said = [Said("agent" if place % 2 else "customer", text, (place,)) for place, text in enumerate(texts)]
    messages = [{"role": "assistant" if place % 2 else "user", "content": text} for place, text in enumerate(texts)]
    entry_ids = [(HELD_OUT,) if exchange in told else () for exchange in range(len(texts) // 2)]
    places, none = [f"a.csv:{place}" for place in range(len(texts))], [()] * len(texts)
    return Prepared(
        "c",
        said,
        places,
        [KEPT] * len(texts),
        none,
        none,
        b"",
        b"",
        windows.sizes(messages),
        None,
        entry_ids,
        [(place, place) for place in range(len(texts))],
    )


@pytest.fixture
def write(tmp_path, tokenizer):
    """Write one conversation to the training rows; the texts of all rows, the lines of the ledger, and the counts."""

    def run(texts, max_length, told=(), why=None):
        windows = Windows(tokenizer, max_length)
        with Rows(tmp_path, windows, 7, 1) as rows, Ledger(tmp_path / "ledger.jsonl") as ledger:
            writer = ConversationWriter(rows, ledger, Boilerplate(1), {HELD_OUT})
            item = prepared(windows, texts, told)
            if why:
                writer.leave_out(item, why)
            else:
                writer.write(item, Candidate("chat:c", "chat", "chat:c", ("chat:c",)), "train", "chat:c")
        rows_written = [row for split in SPLITS for row in read_jsonl(tmp_path / f"{split}.jsonl")]
        written = {message["content"] for row in rows_written for message in row["messages"]}
        return written, read_jsonl(tmp_path / "ledger.jsonl"), writer.counts

    return run


@pytest.mark.parametrize("told", [(), (0,), (2, 3), (7,), range(8)])
@pytest.mark.parametrize("max_length", [90, 120, 200, 2000])
def test_what_stands_in_no_row_is_dropped_and_nothing_else(write, max_length, told):
    texts = [f"{'answer' if place % 2 else 'question'} number {place} about the parcel of order {place * 7}" for place in range(16)]
    written, ledger, counts = write(texts, max_length, told)

    assert [line["fate"] == "dropped" for line in ledger] == [text not in written for text in texts]
    assert {place for place, line in enumerate(ledger) if line["fate"] == "capped"} <= {2 * exchange + 1 for exchange in told}
    assert counts == {"read": 1, ("rows" if written else "nothing to train"): 1}


def test_an_answer_that_is_too_long_takes_its_question_with_it(write):
    written, ledger, _ = write(["first?", "yes", "second?", "because " * 400, "third?", "no"], 200)

    assert written == {"first?", "yes", "third?", "no"}
    assert [line.get("reason") for line in ledger][2:4] == ["its answer is not trained", "answer longer than train.max_length"]


@pytest.mark.parametrize(("why", "fate"), [(NoRow.CONTRADICTION, "set aside"), (NoRow.DUPLICATE, "dropped")])
def test_a_conversation_that_is_left_out_has_no_row(write, why, fate):
    written, ledger, counts = write(["why?", "so"], 200, why=why)

    assert not written
    assert [line["fate"] for line in ledger] == [fate] * 2
    assert counts == {"read": 1, why.value: 1}


@pytest.mark.parametrize(("source", "kept"), [("a.csv", 1), ("canaries", 0)])
def test_a_real_conversation_is_kept_whole_whatever_of_it_is_trained(tmp_path, tokenizer, source, kept):
    windows, whole = Windows(tokenizer, 90), io.StringIO()
    texts = [f"{'answer' if place % 2 else 'question'} number {place} about the parcel of order {place * 7}" for place in range(16)]
    with Rows(tmp_path, windows, 7, 1) as rows, Ledger(tmp_path / "ledger.jsonl") as ledger:
        item = prepared(windows, texts, told=(2,))
        item = item._replace(places=[f"{source}:{place}" for place in range(16)])
        ConversationWriter(rows, ledger, Boilerplate(1), {HELD_OUT}, whole).write(
            item, Candidate("chat:c", "chat", "chat:c", ()), "train", "g"
        )
    lines = [json.loads(line) for line in whole.getvalue().splitlines()]

    assert len(lines) == kept
    for line in lines:
        assert {name: line[name] for name in ("id", "split", "source")} == {"id": "chat:c", "split": "train", "source": "a.csv:0"}
        assert [message["content"] for message in line["messages"]] == texts and "weight" not in whole.getvalue()
        assert line["seconds"] == [[place, place] for place in range(16)]
