import json
from pathlib import Path

import pytest

from evaluate.__main__ import held_out_questions, report
from frontdesk.files import write_jsonl
from frontdesk.run import Run


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    run = Run("shop")
    run.data.mkdir(parents=True)
    write_jsonl(run.data / "faq.jsonl", [{"id": "fee", "facts": ["$4"]}, {"id": "none", "facts": []}])
    rows = [
        {
            "id": f"{group}#0",
            "group": "shared",
            "messages": [{"role": "user", "content": group}, {"role": "assistant", "content": "x"}],
            "source": "f:1",
        }
        for group in ("fee", "none")
    ]
    write_jsonl(run.data / "test_wordings.jsonl", rows)
    return run


def test_only_questions_whose_entry_names_facts_are_asked(run: Run) -> None:
    assert held_out_questions(run) == [{"messages": [{"role": "user", "content": "fee"}], "facts": ["$4"], "source": "f:1"}]


def test_the_report_counts_and_keeps_every_answer(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    report(run, "abc", held_out_questions(run), {"base": ["I do not know."], "tuned": ["It is $4."]})
    record = json.loads((run.root / "facts.json").read_text())
    assert (record["base"], record["tuned"]) == ({"right": 0, "of": 1}, {"right": 1, "of": 1})
    assert record["answers"][0]["tuned"] == {"text": "It is $4.", "right": True}
    assert "tuned: 1 of 1 answers state the facts (100%)" in capsys.readouterr().out
