"""Which conversations are replayed, and what their times tell."""

from pathlib import Path
from typing import Any

import pytest

from evaluate.replay.conversations import Conversation, first_wait, read_conversations, reply_times
from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.errors import UserError
from frontdesk.files import write_jsonl

MESSAGES = [{"role": "user", "content": "shipping?"}, {"role": "assistant", "content": "It is $4.90."}]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run("shop", tmp_path)


def line(split: str, **more: Any) -> dict[str, Any]:
    return {"id": "chat:Jane Doe-1", "split": split, "source": "Jane Doe.txt:1", "messages": MESSAGES, "seconds": [], **more}


def test_held_out_conversations_are_read_or_all_and_known_by_their_line(config: Config, run: Run) -> None:
    write_jsonl(run.conversations, [line("train"), line("test", seconds=[[0, 0], [20, 40]]), line("valid"), line("test")])

    assert read_conversations(config, run, False) == [Conversation(2, MESSAGES, [[0, 0], [20, 40]]), Conversation(4, MESSAGES, [])]
    assert [one.line for one in read_conversations(config, run, True)] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("lines", "said"), [([line("train")], "none of 1 conversations is held out.*--all"), ([], "no conversation.*data.chats")]
)
def test_without_any_one_line_says_what_to_do(config: Config, run: Run, lines: list[dict[str, Any]], said: str) -> None:
    write_jsonl(run.conversations, lines)

    with pytest.raises(UserError, match=said):
        read_conversations(config, run, False)


def test_data_without_masks_or_of_an_older_version_is_refused(config: Config, run: Run) -> None:
    with pytest.raises(UserError, match=r"conversations\.jsonl: not there.*make data"):
        read_conversations(config, run, False)
    write_jsonl(run.conversations, [line("test")])
    bare = config.model_copy(update={"data": config.data.model_copy(update={"mask": False})})
    with pytest.raises(UserError, match=r"data\.mask is false.*set data\.mask: true"):
        read_conversations(bare, run, True)


def test_a_reply_takes_from_the_customers_last_word_to_the_agents_last_unless_somebody_was_away() -> None:
    times = [[0, 10], [25, 40], [50, 50], [50 + 601, 700], [800, 800], [800 + 600, 1400]]

    assert reply_times(Conversation(1, MESSAGES * 3, times)) == [30, 600]
    assert reply_times(Conversation(1, MESSAGES, [])) == []


def test_the_first_wait_is_the_median_of_those_known() -> None:
    talks = [Conversation(1, MESSAGES, [[0, 5], [wait, wait]]) for wait in (20, 3600, 60)]

    assert first_wait([*talks, Conversation(1, MESSAGES, [])]) == 60
    assert first_wait([Conversation(1, MESSAGES, [])]) is None
