"""Passages: what a page or document says below a heading, cut where it is long, each with its place in the source."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from textwrap import wrap

from data_tools.readers.faqs.blocks import BOLD, Block, asks, bare
from data_tools.readers.records import FaqRecord
from data_tools.sources.text import Source
from frontdesk.answers.check import split_sentences
from frontdesk.facts.entries import Origin

LONGEST = 600
"""Characters of a passage: a few sentences, which a customer reads in one go. A row of a table is never cut."""
SHORTEST = 20  # characters; a shorter text without a figure is a label or a button, unless its heading asks
FIRST_WORDS = 6  # of a passage that is not the first below its heading, which tell it from the others
ROW = " | "  # between the cells of a table's row


def passages(source: Source, page: Iterable[Block], origin: Origin, id: str = "") -> Iterator[FaqRecord]:
    """The passages of a page in their order. `origin`: what is known of all of them; its title stands for a heading where
    there is none. `id`: how the source names the whole text; with several passages each gets a number behind it."""
    path: list[Block] = []
    found: list[FaqRecord] = []
    for is_heading, group in groupby(page, key=lambda block: 0 < block.rank < BOLD):
        blocks = list(group)
        if is_heading:
            for block in blocks:
                path = [*(above for above in path if above.rank < block.rank), block]
            continue
        headings = [bare(above.text) for above in path if bare(above.text) != origin.title]
        anchor = path[-1].anchor if path and origin.url else ""
        where = origin._replace(heading=" > ".join(headings), url=f"{origin.url}#{anchor}" if anchor else origin.url)
        asked = ": ".join(filter(None, [origin.title, *headings][-2:]))
        for number, (line, text) in enumerate(cut(blocks, 1 if path and asks(path[-1].text) else SHORTEST)):
            words = " ".join(text.split()[:FIRST_WORDS])
            question = f"{asked}: {words} …" if number and asked else asked or f"{words} …"
            found.append(FaqRecord(source.at(line), "", " > ".join(headings[:-1]), "", (question,), (text,), (), where, passage=True))
    several = len(found) > 1
    yield from (one._replace(id=f"{id}#{number}" if several else id) if id else one for number, one in enumerate(found, 1))


def cut(blocks: Iterable[Block], shortest: int = SHORTEST) -> Iterator[tuple[int, str]]:
    """The texts below one heading as passages, each with the line where it begins: whole blocks where they fit, else
    whole sentences. A table that goes on in the next passage has its first row there too. An end of fewer than `shortest` characters
    joins what is above."""
    found: list[tuple[int, str]] = []
    line, text, header = 0, "", ""
    for block in blocks:
        is_row = ROW in block.text
        for piece in _pieces(block.text):
            if text and len(text) + len(piece) >= LONGEST:
                found.append((line, text.strip()))
                text = header if is_row else ""
            line = line if text else block.line
            text += piece
        header = (header or f"{block.text}\n") if is_row else ""
        text += "\n"
    if is_short(text, shortest) and found and text.strip():
        found[-1] = found[-1][0], f"{found[-1][1]}\n{text.strip()}"
    elif not is_short(text, shortest):
        found.append((line, text.strip()))
    yield from found


def is_short(text: str, shortest: int = SHORTEST) -> bool:
    """Whether a text is a label or a button: a few letters without a figure."""
    text = text.strip()
    return len(text) < shortest and not any(map(str.isdigit, text))


def _pieces(text: str) -> list[str]:
    if len(text) <= LONGEST or ROW in text:
        return [text]
    return [part for one in split_sentences(text) for part in ([one] if len(one) <= LONGEST else _by_words(one))]


def _by_words(sentence: str) -> list[str]:
    return [f"{part} " for part in wrap(sentence, LONGEST - 1, break_on_hyphens=False)]
