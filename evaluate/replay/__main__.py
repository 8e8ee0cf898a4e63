"""Replay before you go live: what the desk would have said in the company's own held-out conversations, turn by
turn, beside what the agent said.

    python -m evaluate.replay configs/demo.yaml                          # after make data; needs no training, no engine
    python -m evaluate.replay configs/demo.yaml --all                    # those that the desk learned from, too
    python -m evaluate.replay configs/demo.yaml --seconds-per-reply 45   # what a reply takes an agent

Writes `runs/NAME/replay/`: `index.html` for a service manager; `replay.json`, the numbers (evaluate/replay/summary.py), with "name",
"all", "date" and "data_hash"; `replay.jsonl`, every turn (evaluate/replay/turns.py). All texts are masked by `make data`; where
`data.mask` is false there is no replay.
"""

import datetime

from evaluate.replay.conversations import Conversation, read_conversations
from frontdesk.commands import arguments
from frontdesk.config.run import Run
from frontdesk.config.schema import Config, load_config
from frontdesk.errors import run_command, warn
from frontdesk.files import read_json, read_jsonl, whole_folder, write_json, write_jsonl
from frontdesk.terminal import track


def main() -> None:
    """Look whether there is something to replay, and replay it."""
    args = arguments("replay")
    config = load_config(args.config)
    run = Run(config.name)
    conversations = read_conversations(config, run, args.all)
    if args.all:
        warn("--all: the desk learned from most of these conversations; its figures may be better than with new customers")
    replay(config, run, conversations, args.all, args.seconds_per_reply)


def replay(config: Config, run: Run, conversations: list[Conversation], everything: bool, seconds: float | None) -> None:
    """Ask the desk, compare, sum up, write."""
    from evaluate.replay.gaps import gaps
    from evaluate.replay.page import write_report
    from evaluate.replay.summary import summarize
    from evaluate.replay.text import sentences, table
    from evaluate.replay.turns import Replay
    from frontdesk.answers.knowledge import knowledge_of, read_entries

    desk = Replay(knowledge_of(config, run).decide, read_entries(run.faq), config.company)
    turns = [turn for one in track(conversations, "replay", len(conversations), "conversations") for turn in desk.turns(one)]
    summary = {
        "name": config.name,
        "all": everything,
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "data_hash": read_json(run.manifest)["data_hash"],
        "set_aside": len(read_jsonl(run.data / "conflicts.jsonl")),
        **summarize(turns, conversations, seconds),
    }
    with whole_folder(run.replay) as folder:
        write_jsonl(folder / "replay.jsonl", (turn._asdict() for turn in turns))
        write_report(folder, summary, turns, gaps(turns))
        write_json(folder / "replay.json", summary)
    print(table(summary), *(f"replay: {english}" for english, _ in sentences(summary)), sep="\n")
    print(f"replay: look at {run.replay}/index.html")


if __name__ == "__main__":
    run_command(main)
