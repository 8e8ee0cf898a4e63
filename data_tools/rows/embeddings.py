"""What a run's retrieval needs of an encoder: the vectors of its FAQ's texts, their projection, and the threshold of the domain."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from data_tools.rows.projection import EncodedTexts, learn_projection, similarity_threshold
from data_tools.rows.synthetic_faqs import companies
from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.facts.entries import Entry
from frontdesk.facts.language import language
from frontdesk.retrieval.dense import Embedder
from frontdesk.retrieval.vectors import encoder_name, load_vectors, save_vectors

if TYPE_CHECKING:
    from frontdesk.retrieval.encoder import Encoder


def make_embedder(config: Config, entries: Sequence[Entry], learnable: set[str]) -> Embedder | None:
    """The config's encoder with its projection and the vectors of all entries; None without `encoder`.

    The projection is learned from the synthetic FAQs and the `learnable` entries, on which the threshold is measured,
    or on the synthetic FAQs where those have too few wordings.
    """
    if not config.encoder:
        return None
    from frontdesk.retrieval.encoder import load_encoder

    encoder = load_encoder(config.encoder)
    languages = sorted({language(question) for entry in entries for question in entry.questions})
    synthetic = [entry for name in languages for company in companies(name)[0] for entry in company.entries]
    vectors = _encode(config, encoder, entries, synthetic)
    own = [entry for entry in entries if entry.id in learnable]
    learned = [(vectors[text], label) for label, entry in enumerate([*own, *synthetic]) for text in entry.texts]
    texts = EncodedTexts(np.stack([vector for vector, _ in learned]), np.array([label for _, label in learned]), encoder.parts)
    ways = (paraphrases(own, synthetic, of_own=True), paraphrases(own, synthetic, of_own=False))
    thresholds = (similarity_threshold(texts, *way, config.data.max_false_handoff_rate, config.data.seed) for way in ways)
    threshold = next((found for found in thresholds if found is not None), None)
    projection = learn_projection(texts, config.data.seed)._replace(min_similarity=threshold)
    return Embedder(encoder, projection, vectors)


def _encode(config: Config, encoder: "Encoder", entries: Sequence[Entry], synthetic: Sequence[Entry]) -> dict[str, np.ndarray]:
    """The vectors of all texts, of which those are encoded that no earlier build has. The synthetic FAQs' are cached for all runs."""
    name = encoder_name(config.encoder)
    cached = load_vectors(cache_path(name), name)[1]
    before = cached | load_vectors(Run(config.name).vectors, name)[1]
    texts = list(dict.fromkeys(text for entry in (*entries, *synthetic) for text in entry.texts))
    if new := [text for text in texts if text not in before]:
        made = encoder.vectors(new).astype(np.float16).astype(np.float32)  # as they are saved: the next build has the same
        before |= zip(new, made, strict=True)
    shared = {text: before[text] for entry in synthetic for text in entry.texts}
    if shared.keys() - cached.keys():
        save_vectors(cache_path(name), name, None, cached | shared)
    return {text: before[text] for text in texts}


def cache_path(encoder: str) -> Path:
    """The file of the synthetic FAQs' vectors: they are the same in every run with an encoder, and take a laptop half a minute and more."""
    return Path(".cache/encoders") / (re.sub(r"\W+", "-", encoder) + ".npz")


def paraphrases(own: Sequence[Entry], synthetic: Sequence[Entry], of_own: bool) -> tuple[np.ndarray, np.ndarray]:
    """Of all these entries' texts, the corpus and the queries that measure the threshold: the FAQ's own, or the synthetic FAQs'.

    An entry's only wording is no query: its top match would be the same question about something else. The synthetic
    corpus has one wording of each entry, as has the FAQ in whose place it stands.
    """
    if of_own:
        queries = [text in entry.questions and len(entry.questions) > 1 for entry in own for text in entry.texts]
        others = [False] * sum(len(entry.texts) for entry in synthetic)
        return np.array([True] * len(queries) + others), np.array(queries + others)
    queries = [text in entry.questions[1:] for entry in synthetic for text in entry.texts]
    others = [False] * sum(len(entry.texts) for entry in own)
    return np.array(others + [not query for query in queries]), np.array(others + queries)
