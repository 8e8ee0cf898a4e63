"""A conversation as a row: customer and agent in turn, and what became of each message."""

import re
from collections.abc import Sequence
from datetime import datetime, time
from typing import NamedTuple

from data_tools.conversations.conversation import Turn
from data_tools.readers.records import Role

PLACEHOLDER = re.compile(
    r"사진(?: \d+장)?|동영상|\(?이모티콘\)?|음성메시지|파일: .+\.\w{1,5}|삭제된 메시지입니다\.?|보이스톡.{0,20}|(?:지도|연락처): .+"
    r"|Photos?|\d+ photos|Video|\(?Emoticons?\)?|Stickers?|Voice [Mm]essage|File: .+\.\w{1,5}|This message was deleted\.?"
    r"|(?i:\[(?:image|photo|video|file|sticker|attachment|사진|동영상|파일|이미지)\])"
)
"""What messengers write in place of pictures, files and the like. Case matters: a customer may answer "video"."""
ATTACHMENT = "[ATTACHMENT]"
"""Stands for a customer's turn that is nothing but attachments: an agent's answer to a photo is no second answer to the words before it."""


class Said(NamedTuple):
    """One message of a row, and the places in the conversation of the messages that it is made of."""

    role: Role
    text: str
    parts: tuple[int, ...]


class Disposition(NamedTuple):
    """What became of one message of an export."""

    outcome: str  # kept, merged, capped, set aside, dropped
    reason: str = ""


KEPT, MERGED = Disposition("kept"), Disposition("merged", "with the message before")


def clean(turns: Sequence[Turn]) -> tuple[list[Said], list[Disposition]]:
    """The messages of a row, which begin with a customer, alternate and end with an agent, or none; and a disposition for each turn."""
    dispositions = [Disposition("dropped", turn.skipped) if turn.skipped else KEPT for turn in turns]
    runs = [said for said in (_said(turns, run, dispositions) for run in _runs(turns)) if said]
    runs = _joined(runs)
    while runs and runs[0].role == "agent":
        mark(dispositions, runs.pop(0), Disposition("dropped", "leading agent"))
    while runs and runs[-1].role == "customer":
        mark(dispositions, runs.pop(), Disposition("dropped", "trailing customer"))
    for said in runs:
        for part in said.parts[1:]:
            dispositions[part] = MERGED
    return runs, dispositions


def seconds(turns: Sequence[Turn], said: Sequence[Said]) -> list[tuple[int, int]]:
    """When the first and the last message of each of `said` came, in seconds since the first of all; none where the export does not
    tell the time of day."""
    times = [turns[part].at for one in said for part in (one.parts[0], one.parts[-1])]
    moments = [datetime.fromisoformat(at) for at in times if at]
    if len(moments) < len(times) or all(moment.time() == time() for moment in moments):
        return []
    since = [round((moment - moments[0]).total_seconds()) for moment in moments]
    return list(zip(since[::2], since[1::2], strict=True))


def _runs(turns: Sequence[Turn]) -> list[list[int]]:
    runs: list[list[int]] = []
    for place, turn in enumerate(turns):
        if turn.skipped in (None, "attachment"):
            if not runs or turns[runs[-1][0]].role != turn.role:
                runs.append([])
            runs[-1].append(place)
    return runs


def _said(turns: Sequence[Turn], run: list[int], dispositions: list[Disposition]) -> Said | None:
    """The text of a run. Placeholders go, unless they are all that a customer says."""
    texts = [place for place in run if turns[place].skipped is None and not PLACEHOLDER.fullmatch(turns[place].text)]
    for place in run:
        if place not in texts:
            dispositions[place] = Disposition("dropped", turns[place].skipped or "placeholder")
    if texts:
        return Said(turns[texts[0]].role, "\n".join(turns[place].text for place in texts), tuple(texts))
    if turns[run[0]].role == "agent":
        return None
    dispositions[run[0]] = Disposition("kept", "as a placeholder")
    return Said("customer", ATTACHMENT, (run[0],))


def _joined(runs: list[Said]) -> list[Said]:
    """Joins neighbouring runs of one side: an agent's lone attachments between them were dropped."""
    joined: list[Said] = []
    for said in runs:
        if joined and joined[-1].role == said.role:
            joined[-1] = Said(said.role, f"{joined[-1].text}\n{said.text}", joined[-1].parts + said.parts)
        else:
            joined.append(said)
    return joined


def mark(dispositions: list[Disposition], said: Said, disposition: Disposition) -> None:
    """Give the same disposition to all messages that one message of a row is made of."""
    for part in said.parts:
        dispositions[part] = disposition
