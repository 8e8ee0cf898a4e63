"""Print the conversations of chat exports, one a line, as they were spoken: before any cleaning or masking.

    python -m data_tools.read FILE… [--agent NAME]

A line is `{"id", "source", "turns": [{"role": "customer" | "agent", "text", "at", "source"}]}`. A FILE may be a folder or an archive.
Internal notes, bots and system lines are no turns; they are counted on standard error.
"""

import argparse
import json
import os
import sys
from collections import Counter

from data_tools.conversations.conversation import Conversation
from data_tools.conversations.load import read_chats
from data_tools.sources.files import inputs
from data_tools.sources.reading import Reading
from frontdesk.errors import run_command


def main() -> None:
    """Read and print."""
    parser = argparse.ArgumentParser(
        prog="python -m data_tools.read", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--agent", action="append", default=[], metavar="NAME", help="who is an agent; `*` stands for anything; repeatable")
    parser.add_argument(
        *("--column", "-c"),
        action="append",
        default=[],
        metavar="FIELD=HEADER",
        help="a table's column: conversation, role, name, text, time",
    )
    parser.add_argument("--strict", action="store_true", help="stop at the first broken record")
    options = parser.parse_args()
    if wrong := [pair for pair in options.column if "=" not in pair]:
        parser.error(f"--column {wrong[0]}: expected FIELD=HEADER, such as text=Message")
    skipped: Counter[str] = Counter()
    turns = number = 0
    with inputs() as opened:
        reading = Reading(opened, options.strict)
        for conversation in read_chats(reading, options.files, options.agent, dict(pair.split("=", 1) for pair in options.column)):
            spoken = [turn for turn in conversation.turns if turn.skipped is None]
            skipped.update(turn.skipped for turn in conversation.turns if turn.skipped)
            if spoken:
                number, turns = number + 1, turns + len(spoken)
                print(json.dumps(as_json(conversation), ensure_ascii=False))
        reading.report_skipped()
    left_out = "".join(f", {count} {reason}" for reason, count in sorted(skipped.items()))
    print(f"{number} conversations, {turns} turns; no turns: {left_out.removeprefix(', ') or 'none'}", file=sys.stderr)


def as_json(conversation: Conversation) -> dict[str, object]:
    """A conversation's turns, without what stands between them."""
    spoken = [turn for turn in conversation.turns if turn.skipped is None]
    turns = [{"role": turn.role, "text": turn.text, "at": turn.at, "source": turn.source} for turn in spoken]
    return {"id": conversation.id, "source": spoken[0].source, "turns": turns}


if __name__ == "__main__":
    try:
        run_command(main)
    except BrokenPipeError:  # such as `… | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
