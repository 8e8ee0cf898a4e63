"""`python -m data_tools.read FILE… [--agent NAME]`: print the conversations of chat exports as they were spoken.

A line is `{"id", "source", "turns": [{"role", "text", "at", "source"}]}`. Internal notes, bots and system lines are
no turns; they are counted on standard error.
"""

import json
import os
import sys
from collections import Counter

from data_tools.conversations.conversation import Conversation
from data_tools.conversations.load import read_chats
from data_tools.sources.files import inputs
from data_tools.sources.reading import Reading
from frontdesk.commands import arguments
from frontdesk.errors import run_command


def main() -> None:
    """Read and print."""
    options = arguments("read")
    skipped: Counter[str] = Counter()
    turns = number = 0
    with inputs() as opened:
        reading = Reading(opened, options.strict)
        for conversation in read_chats(reading, options.files, options.agent, dict(options.column)):
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
