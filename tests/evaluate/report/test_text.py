"""The scorecard on a terminal, and the foot of its page."""

from evaluate.report.text import foot, table
from frontdesk.models.hardware import describe_hardware

NOTHING = {"served": "tuned", "customers": {}, "outcomes": {}, "calibration": None}


def test_the_table_has_a_line_for_each_system_and_a_column_for_each_metric_that_was_measured() -> None:
    systems = {
        "base": {"facts_right": {"value": 0.0}, "chrf": {"value": 12.34}},
        "tuned": {"facts_right": {"value": 0.525}, "leaked": {"value": 0.0}, "chrf": {"value": 70.0}},
    }
    head, base, tuned = table({"systems": systems, **NOTHING}).splitlines()
    assert head.split() == ["facts", "right", "leaked", "chrf"]
    assert base.split() == ["base", "0%", "-", "12.3"] and tuned.split() == ["tuned", "52%", "0%", "70.0"]
    assert len(head) == len(base) == len(tuned)


def test_what_became_of_customers_questions_has_a_table_of_its_own() -> None:
    shares = {"right": 0.5, "right_after_asking": 0.2, "wrong": 0.125, "asked_in_vain": 0.07, "escalated": 0.305}
    ends = {end: {"value": share} for end, share in shares.items()}
    summary = NOTHING | {
        "systems": {"base": {"leaked": {"value": 0.0}}},
        "customers": {"base": {"no_faq": ends, "noisy": ends}, "quote": {"noisy": ends}},
    }
    *_, blank, title, head, base, quote = table(summary).splitlines()
    assert blank == "" and "right (after a question back) / wrong / asked back in vain / escalated" in title
    assert head.split() == ["noisy", "no", "faq"]
    cell = "50 (20) / 12 / 7 / 30"
    assert base.startswith(f"base   {cell}  ") and base.count(cell) == 2
    assert quote.startswith(f"quote  {cell}  ") and quote.endswith("  -")
    assert len(head) == len(base) == len(quote)


def test_what_the_desk_did_and_its_probabilities_are_a_line_each() -> None:
    more = {"outcomes": {"said": 1200, "replaced: in no entry": 34}, "calibration": {"of": 1500, "ece": 0.0312, "auroc": 0.94}}
    summary = NOTHING | {"systems": {"tuned": {"leaked": {"value": 0.0}}}} | more
    lines = table(summary).splitlines()
    assert "What tuned did with 1,234 turns: 1,200 said, 34 replaced: in no entry." in lines
    assert lines[-1] == "Probabilities of 1,500 questions: calibration error 0.031; they tell what the FAQ answers with an AUROC of 0.940."
    alone = table(summary | {"calibration": {"of": 9, "ece": 0.5, "auroc": None}})
    assert alone.endswith("Probabilities of 9 questions: calibration error 0.500.")


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
