"""The threshold of the domain: told by the FAQ's own wordings, or by synthetic FAQs where they are too few."""

import zlib

import numpy as np
import pytest
from data_tools.rows.embeddings import make_embedder

from frontdesk.config.schema import Config
from frontdesk.facts.entries import Entry
from frontdesk.retrieval.index import Index
from frontdesk.retrieval.vectors import Part

SIZE = 96


class ByWords:
    """Stands for a sentence encoder: the sum of a random vector for each word."""

    parts = (Part(SIZE, similarity_trained=True),)

    def vectors(self, texts):
        made = [[np.random.default_rng(zlib.crc32(word.encode())).normal(size=SIZE) for word in text.lower().split()] for text in texts]
        return np.array([np.sum(one or [np.ones(SIZE)], axis=0) for one in made], np.float32)


@pytest.fixture
def config(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("frontdesk.retrieval.encoder.load_encoder", lambda names: ByWords())
    shop = {"name": "shop", "company": "Shop", "system_prompt": "You answer for the shop.", "model": {"base": "none", "template": "chatml"}}
    return Config.model_validate(shop | {"grounding": "faq", "encoder": "by-words", "data": {"faq": ["faq.csv"]}})


def hotels(each: int) -> list[Entry]:
    """What 30 hotels say about four things, each asked in so many wordings."""
    about = ("breakfast served until when", "parking costs how much", "towels changed how often", "luggage stored where")
    ways = ("is the", "please tell me the", "asking for my mother is there")
    names = [
        f"{first}{last}"
        for first in ("north", "south", "river", "lake", "hill")
        for last in ("gate", "wood", "view", "bank", "side", "end")
    ]
    return [
        Entry(f"{name} {i}", tuple(f"{way} {topic} at {name}" for way in ways[:each]), (f"{topic} {number}{i}",))
        for number, name in enumerate(names)
        for i, topic in enumerate(about)
    ]


def index_of(config: Config, entries: list[Entry]) -> Index:
    return Index(entries, make_embedder(config, entries, {entry.id for entry in entries}))


@pytest.mark.parametrize("each", [1, 3])
def test_what_is_like_no_entry_finds_nothing_however_many_wordings_an_entry_has(config, each):
    index = index_of(config, hotels(each))
    assert index.search(["do you sell tractors or lend money for a fishing boat"]).hits == []
    assert index.search(["well is the parking costs how much at lakeview"]).hits[0].id == "lakeview 1"


def threshold(config: Config, entries: list[Entry]) -> float:
    embedder = make_embedder(config, entries, {entry.id for entry in entries})
    assert embedder is not None and embedder.projection.min_similarity is not None
    return embedder.projection.min_similarity


def test_synthetic_faqs_tell_it_where_the_faq_cannot(config):
    """Single wordings that ask the same of 30 hotels are far more alike than a customer's words ever are."""
    limits = {each: threshold(config, hotels(each)) for each in (1, 3)}
    assert -1 < limits[1] < limits[3]
    shop = [Entry("a", ("opening hours",), ("from 9",)), Entry("b", ("is the shop far",), ("no",))]
    assert threshold(config, shop) == pytest.approx(limits[1], abs=1e-6), "the same for every FAQ of the kind"
