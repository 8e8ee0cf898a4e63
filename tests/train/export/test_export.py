"""What `frontdesk export` refuses before it writes anything."""

from pathlib import Path
from typing import Any

import pytest

from frontdesk.config.run import Run
from frontdesk.errors import UserError
from frontdesk.files import write_json
from train.export.__main__ import main, proven


def test_neither_form_is_a_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["frontdesk export", "configs/demo.yaml"])
    with pytest.raises(UserError, match=r"found neither --gguf nor --hub; expected --gguf f16 q8_0 q4_k_m, .* or --hub FOLDER"):
        main()


@pytest.mark.parametrize(
    ("provenance", "parity", "line"),
    [
        (None, None, r"runs/shop/model: no model that this run trained; .*make train CONFIG=c.yaml"),
        ({"key": "a", "reader": "runs/demo/model"}, None, r"runs/shop/model: no model that this run trained"),
        ({"key": "a"}, None, r"runs/shop/parity.json: no passed proof of runs/shop/model"),
        ({"key": "a"}, {"key": "a", "passed": False}, r"no passed proof"),
        ({"key": "a"}, {"key": "b", "passed": True}, r"no passed proof"),
        (
            {"key": "a", "data_hash": "old"},
            {"key": "a", "passed": True},
            r"manifest.json: not the data that runs/shop/model was trained on",
        ),
    ],
)
def test_only_a_proven_model_of_the_run_is_exported(
    provenance: Any, parity: Any, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    files = {Run("shop").provenance: provenance, Run("shop").parity: parity, Run("shop").manifest: {"data_hash": "d"}}
    for file, value in files.items():
        if value:
            write_json(file, value)
    with pytest.raises(UserError, match=line):
        proven(Run("shop"), "c.yaml")
    write_json(Run("shop").provenance, {"key": "a", "data_hash": "d"})
    write_json(Run("shop").parity, {"key": "a", "passed": True})
    assert proven(Run("shop"), "c.yaml") == {"key": "a", "data_hash": "d"}
