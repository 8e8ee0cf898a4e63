"""The splits of a run: no copy of a held-out row is trained, also where the first look misses it."""

import random

import pytest

from data_tools.faq.entries import FaqEntry, Wording
from data_tools.rows.rows import Candidate, Row
from data_tools.splits import plan as choosing
from data_tools.splits.near_duplicates import Store, grams
from data_tools.splits.plan import choose
from frontdesk.config.schema import DataConfig
from tests.data_tools.texts import words

DATA = DataConfig(faq=("faq.csv",), valid_share=0.1, test_share=0.1, min_paraphrases=1, refusal_share=0)


@pytest.fixture
def shop(tmp_path):
    """Candidates, store, entries and rows of an FAQ in which every entry has one question and a near copy of it stands in another."""
    rng = random.Random(3)
    entries, rows = [], []
    for number in range(60):
        text = words(rng, 8)
        for twin, question in enumerate((text, f"{text} {words(rng, 1)}")):
            entry = FaqEntry(
                f"e{number}-{twin}", f"faq.csv:{number}", questions=[Wording(question, f"faq.csv:{number}")], answers=[f"{number} {twin}"]
            )
            entries.append(entry)
            messages = [{"role": "user", "content": question}, {"role": "assistant", "content": f"{number} {twin}"}]
            rows.append(Row(f"{entry.id}#0", messages, "faq", entry.source, entry.id))
    candidates = [Candidate(row.id, row.kind, row.owner, (f"entry {row.owner}",)) for row in rows]
    with Store(tmp_path / "grams") as store:
        for row in rows:
            store.add(grams(row.question).tobytes())
        yield candidates, store, entries, rows


def test_near_copies_go_the_same_way(shop):
    plan = choose(*shop, DATA)

    assert len(set(plan.splits)) == 3
    assert all(one == two for one, two in zip(plan.splits[::2], plan.splits[1::2], strict=True))
    assert all(one == two for one, two in zip(plan.groups[::2], plan.groups[1::2], strict=True))
    assert plan.leak["splits"] == {"exact": 0, "near": 0, "of": 24}
    assert (plan.leak["clusters"], plan.leak["largest"]) == (60, 2)
    assert plan.leak["random"]["near"] > 10


def test_what_the_first_look_misses_the_second_finds(shop, monkeypatch):
    find, looks = choosing.near_pairs, []

    def shortsighted(store, asked, among, seed):
        looks.append(seed)
        return iter(()) if len(looks) == 1 else find(store, asked, among, seed)

    monkeypatch.setattr(choosing, "near_pairs", shortsighted)
    plan = choose(*shop, DATA)

    assert plan.leak["splits"] == {"exact": 0, "near": 0, "of": plan.leak["splits"]["of"]}
    held = [place for place, split in enumerate(plan.splits) if split != "train"]
    assert all(plan.splits[place ^ 1] != "train" for place in held)


def test_a_copy_that_is_left_ends_the_build(shop, monkeypatch):
    monkeypatch.setattr(
        choosing,
        "near_pairs",
        lambda store, asked, among, seed: iter([(asked[0], among[-1], 0.8)]) if asked != among and among else iter(()),
    )
    monkeypatch.setattr(choosing, "_add_rows", lambda *_: None)

    with pytest.raises(RuntimeError, match="copies of held-out rows are left"):
        choose(*shop, DATA)


def test_generated_rows_that_are_near_to_held_out_ones_are_left_out(shop, monkeypatch):
    candidates, store, entries, rows = shop
    chosen = choose(*shop, DATA).splits
    held = next(row for row, split in zip(rows, chosen, strict=True) if split == "test")
    copy = Row("copy", [{"role": "user", "content": f"{held.question}!"}, held.messages[1]], "faq", "a:1", "e", "typing noise")
    other = Row("other", [{"role": "user", "content": "nothing like it at all"}, held.messages[1]], "faq", "a:1", "e", "typing noise")
    monkeypatch.setattr(choosing, "derived_rows", lambda *_: [copy, other])

    assert choose(candidates, store, entries, rows, DATA).derived == [other]
