"""What a run's retrieval learns: the vectors of its FAQ's texts, and the weights of the ranker.

The ranker is fitted on questions whose answer is known: each wording of an entry is asked as if the FAQ did not
have it, as it is and as it might be typed or heard; and once more without the entry, when nothing answers it.
They are those of the FAQ's own entries and of the invented companies, whose FAQs nobody here has to tune.
"""

import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from data_tools.rows.paraphrases import derive
from data_tools.rows.synthetic_faqs import Company, companies, for_ranker
from frontdesk.answers.knowledge import searchable, spoken
from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.facts.entries import Entry
from frontdesk.retrieval.dense import Embedder, indexed
from frontdesk.retrieval.index import Index
from frontdesk.retrieval.ranker import Example, Ranker, fit
from frontdesk.retrieval.vectors import load_vectors, save_vectors
from frontdesk.terminal import track

if TYPE_CHECKING:
    from frontdesk.retrieval.encoder import Encoder

FOLDS = 3  # times that each entry is asked for, by another wording
BEYOND = 6  # questions to each invented company that it does not answer
MOST = 900  # questions to an FAQ in all folds together
TOGETHER = 50  # questions that are compared with all entries at once


class Learned(NamedTuple):
    """What retrieval needs beside the entries."""

    embedder: Embedder | None
    ranker: Ranker


def learn(config: Config, entries: Sequence[Entry], learnable: set[str]) -> Learned:
    """Encode the texts of all entries, and fit the ranker on the `learnable` ones and the invented companies."""
    rng = random.Random(config.data.seed)
    own = [entry for entry in entries if entry.id in learnable]
    invented = {name: for_ranker(name) for name in spoken(entries)}
    embedder = None
    if config.encoder:
        from frontdesk.retrieval.encoder import load_encoder

        synthetic = searchable([entry for some in invented.values() for company in some for entry in company.entries])
        embedder = _embedder(config.encoder, Run(config.name).vectors, load_encoder(config.encoder), entries, synthetic)
    ranker = fit(track(_examples(own, invented, embedder, rng), "learning which entry answers", None, ""))
    if embedder:  # of the desk, which needs no other company
        embedder = Embedder(embedder.encoder, {text: embedder.stored[text] for entry in searchable(entries) for text in indexed(entry)})
    return Learned(embedder, ranker)


def _examples(own: Sequence[Entry], invented: dict[str, list[Company]], embedder: Embedder | None, rng: random.Random) -> Iterator[Example]:
    """Those of the FAQ, then those of each invented company."""
    yield from known_answers(own, embedder, rng)
    for name, some in invented.items():
        for company in some:
            yield from known_answers(company.entries, embedder, rng, rng.sample(companies(name)[1], BEYOND))


def known_answers(entries: Sequence[Entry], embedder: Embedder | None, rng: random.Random, beyond: Sequence[str] = ()) -> Iterator[Example]:
    """Examples of an FAQ's questions; `beyond`: questions that no entry answers."""
    known, remaining = searchable(entries), MOST
    for fold in range(FOLDS):
        asked = {place: _left_out(entry, fold) for place, entry in enumerate(known) if len(entry.questions) > 1}
        some = rng.sample(sorted(asked), min(remaining, len(asked)))
        remaining -= len(some)
        if not some:
            break
        index = Index([_without(entry, asked.get(place)) for place, entry in enumerate(known)], embedder)
        texts = [(place, text) for place in some for text in (asked[place], *_varied(asked[place]))]
        index.precompute([text for _, text in texts])
        for start in range(0, len(texts), TOGETHER):
            places, asked_now = zip(*texts[start : start + TOGETHER], strict=True)
            for place, features in zip(places, index.features(asked_now), strict=True):
                yield Example(features, place)
                yield Example(np.delete(features, place, axis=0), None)
    if beyond:
        yield from (Example(features, None) for features in Index(known, embedder).features(list(beyond)))


def _left_out(entry: Entry, fold: int) -> str:
    """The wording that the FAQ is not to have; the first stays, which stands before the answer."""
    return entry.questions[1 + fold % (len(entry.questions) - 1)]


def _without(entry: Entry, asked: str | None) -> Entry:
    return entry._replace(questions=tuple(one for one in entry.questions if one != asked))


def _varied(question: str) -> list[str]:
    """The question as it might be typed, where the rules find a way; always the same."""
    return [one.text for one in derive(question, 1, 0, question)]


def _encoded(entry: Entry) -> list[str]:
    """The texts of an invented company's entry: those that are indexed, and those that are asked."""
    asked = [_left_out(entry, fold) for fold in range(FOLDS)] if len(entry.questions) > 1 else []
    return [*indexed(entry), *(text for one in asked for text in _varied(one))]


def _embedder(name: str, path: Path, encoder: "Encoder", entries: Sequence[Entry], synthetic: Sequence[Entry]) -> Embedder:
    """The encoder with the vectors of all texts. Only those are encoded that no earlier build has; those of the
    invented companies are cached for all runs."""
    cached = load_vectors(cache_path(name), name)
    stored = cached | load_vectors(path, name)
    known = {text: None for entry in synthetic for text in _encoded(entry)}
    texts = {text: None for entry in searchable(entries) for text in indexed(entry)} | known
    if new := [text for text in texts if text not in stored]:
        made = encoder.vectors(new).astype(np.float16).astype(np.float32)  # as they are saved: the next build has the same
        stored |= zip(new, made, strict=True)
    shared = {text: stored[text] for text in known}
    if shared.keys() - cached.keys():
        save_vectors(cache_path(name), name, cached | shared)
    return Embedder(encoder, {text: stored[text] for text in texts})


def cache_path(encoder: str) -> Path:
    """Where the vectors of the invented companies' texts are kept, for all runs of this folder."""
    return Path(".cache/encoders") / (re.sub(r"\W+", "-", encoder) + ".npz")
