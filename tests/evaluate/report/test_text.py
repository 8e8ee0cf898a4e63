"""The scorecard on a terminal, and the foot of its page."""

from evaluate.report.text import foot, table
from frontdesk.models.hardware import describe_hardware


def test_the_table_has_a_line_for_each_system_and_a_column_for_each_metric_that_was_measured() -> None:
    systems = {
        "base": {"facts_right": {"value": 0.0}, "chrf": {"value": 12.34}},
        "tuned": {"facts_right": {"value": 0.525}, "leaked": {"value": 0.0}, "chrf": {"value": 70.0}},
    }
    head, base, tuned = table({"systems": systems, "customers": {}}).splitlines()
    assert head.split() == ["facts", "right", "leaked", "chrf"]
    assert base.split() == ["base", "0%", "-", "12.3"] and tuned.split() == ["tuned", "52%", "0%", "70.0"]
    assert len(head) == len(base) == len(tuned)


def test_what_became_of_customers_questions_has_a_table_of_its_own() -> None:
    ends = {"right": {"value": 0.5}, "wrong": {"value": 0.125}, "escalated": {"value": 0.375}}
    summary = {
        "systems": {"base": {"leaked": {"value": 0.0}}},
        "customers": {"base": {"no_faq": ends, "noisy": ends}, "quote": {"noisy": ends}},
    }
    *_, blank, title, head, base, quote = table(summary).splitlines()
    assert blank == "" and "right / wrong / escalated" in title
    assert head.split() == ["noisy", "no", "faq"]
    assert base.startswith("base   50 / 12 / 38  ") and base.count("50 / 12 / 38") == 2
    assert quote.startswith("quote  50 / 12 / 38  ") and quote.endswith("  -")
    assert len(head) == len(base) == len(quote)


def test_the_foot_names_what_was_measured() -> None:
    losses = {"wordings": {"before": 1.5, "after": 0.25}}
    card = {
        "questions": {"wordings": 3, "out_of_scope": 2},
        "held_out": losses,
        "date": "2026-01-02T03:04:05+00:00",
        "machine": "2 cores",
        "seconds": 7,
    }
    lines = foot(card | {"key": "model-1", "data_hash": "abc"})
    assert lines[0].startswith("Questions: 3 wordings, 2 out of scope.")
    assert lines[1] == "Held-out loss after the training: wordings 0.250 (1.500 before)."
    assert "2026-01-02, 2 cores, 7 s. Model model-1, data abc." in lines[2]
    assert len(foot(card | {"key": "model-1", "data_hash": "abc", "held_out": None})) == 2
    assert "cores" in describe_hardware() and "GiB" in describe_hardware()
