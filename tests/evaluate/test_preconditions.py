"""What a scorecard needs, or one line that says what is missing."""

from pathlib import Path

import pytest

from evaluate.preconditions import earlier, other_run, trained
from frontdesk.config.run import Run
from frontdesk.errors import UserError
from frontdesk.files import write_json, write_jsonl

PROVENANCE = {"key": "model-1", "base_path": "base", "data_hash": "abc", "config": {"grounding": "faq"}}


def test_a_model_and_its_data_are_needed(shop: Run, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UserError, match=r"^runs/shop/model: no trained model; .*`make train`"):
        trained(shop)
    write_json(shop.provenance, PROVENANCE)
    assert trained(shop) == PROVENANCE and capsys.readouterr().err == ""
    write_json(shop.manifest, {"data_hash": "other"})
    with pytest.raises(UserError, match=r"^runs/shop/data: found data other; expected that of the training, abc, .*`make train`"):
        trained(shop)
    shop.manifest.unlink()
    with pytest.raises(UserError, match=r"^runs/shop/data/manifest\.json: no data; .*`make data`"):
        trained(shop)


def test_a_baseline_is_a_runs_folder_or_a_scorecards(shop: Run) -> None:
    for folder, record, served in (("runs/old/report", {"id": "a"}, "tuned"), ("kept", {"id": "b"}, "tuned + FAQ in prompt")):
        write_jsonl(Path(folder) / "answers.jsonl", [record])
        write_json(Path(folder) / "scores.json", {"served": served})
    assert earlier("runs/old") == ("old", [{"id": "a"}], "tuned")
    assert earlier("kept") == ("kept", [{"id": "b"}], "tuned + FAQ in prompt")
    with pytest.raises(UserError, match=r"^runs/nowhere: no report/answers\.jsonl with scores\.json; expected .*`make eval`"):
        earlier("runs/nowhere")


@pytest.mark.parametrize("folder", ["runs/nowhere", "shop", "runs/shop/data", "elsewhere/shop"])
def test_another_faq_is_that_of_a_run_with_data(shop: Run, folder: str) -> None:
    assert other_run("runs/shop") == shop
    with pytest.raises(UserError, match=rf"^{folder}: no data there; expected runs/NAME .*`make data`"):
        other_run(folder)
