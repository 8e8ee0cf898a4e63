"""What a run's retrieval knows of meaning: the vectors of its FAQ's texts, the metric on them, and the limit from which they count."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from data_tools.rows.projection import learn, least_likeness
from data_tools.rows.synthetic_faqs import companies
from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.facts.entries import Entry
from frontdesk.facts.language import language
from frontdesk.retrieval.index import Whitening, load_vectors, name_of, save_vectors

if TYPE_CHECKING:
    import numpy as np

    from frontdesk.retrieval.encoder import Encoder


def meaning(
    config: Config, entries: Sequence[Entry], learnable: set[str]
) -> "tuple[Encoder | None, Whitening | None, dict[str, np.ndarray]]":
    """The encoder, the metric, and the vectors of all texts of the entries and the reading practice; none without `encoder`.

    The metric is learned on the practice and on the entries that are `learnable`. From which likeness on a question is about the FAQ is
    told by those entries, or by the practice where they have too few wordings.
    """
    if not config.encoder:
        return None, None, {}
    import numpy as np

    from frontdesk.retrieval.encoder import load_encoder

    encoder, name = load_encoder(config.encoder), name_of(config.encoder)
    before = load_vectors(practised_vectors(name), name)[1] | load_vectors(Run(config.name).vectors, name)[1]
    spoken = sorted({language(question) for entry in entries for question in entry.questions})
    practised = [entry for one in spoken for company in companies(one)[0] for entry in company.entries]
    texts = list(dict.fromkeys(text for entry in (*entries, *practised) for text in entry.texts))
    if new := [text for text in texts if text not in before]:
        vectors = encoder.vectors(new).astype(np.float16).astype(np.float32)  # as they are saved: the next build has the same
        before |= zip(new, vectors, strict=True)
    known = {text: before[text] for text in texts}
    remember(name, {text: known[text] for entry in practised for text in entry.texts})
    own = [entry for entry in entries if entry.id in learnable]
    learned = [(known[text], place) for place, entry in enumerate([*own, *practised]) for text in entry.texts]
    vectors, owner = np.stack([vector for vector, _ in learned]), np.array([place for _, place in learned])
    ways = (by_itself(own, practised), by_practice(own, practised))
    told = (least_likeness(vectors, owner, *way, config.data.max_false_handoff_rate, config.data.seed, encoder.parts) for way in ways)
    least = next((least for least in told if least > -1), -1.0)
    return encoder, learn(vectors, owner, config.data.seed, encoder.parts)._replace(least=least), known


def by_itself(own: Sequence[Entry], practised: Sequence[Entry]) -> "tuple[np.ndarray, np.ndarray]":
    """Of the texts of all these entries, those that are known and those that are asked, to tell the limit: here the FAQ's own.

    An entry's only wording is not asked: what is likest to it is the same question about something else.
    """
    import numpy as np

    asked = [text in entry.questions and len(entry.questions) > 1 for entry in own for text in entry.texts]
    others = sum(len(entry.texts) for entry in practised)
    return np.array([True] * len(asked) + [False] * others), np.array(asked + [False] * others)


def by_practice(own: Sequence[Entry], practised: Sequence[Entry]) -> "tuple[np.ndarray, np.ndarray]":
    """The same of the practice, each of its entries known by one wording, as those are for which it stands in."""
    import numpy as np

    asked = [text in entry.questions[1:] for entry in practised for text in entry.texts]
    others = [False] * sum(len(entry.texts) for entry in own)
    return np.array(others + [not one for one in asked]), np.array(others + asked)


def remember(encoder: str, vectors: "dict[str, np.ndarray]") -> None:
    """Keep the vectors of the reading practice."""
    kept = load_vectors(practised_vectors(encoder), encoder)[1]
    if vectors.keys() - kept.keys():
        save_vectors(practised_vectors(encoder), encoder, None, kept | vectors)


def practised_vectors(encoder: str) -> Path:
    """The file for them: they are the same in every run with an encoder, and take a laptop half a minute and more."""
    return Path(".cache/encoders") / (re.sub(r"\W+", "-", encoder) + ".npz")
