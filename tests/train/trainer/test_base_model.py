from pathlib import Path

import pytest

from frontdesk.config.schema import TrainConfig
from frontdesk.errors import UserError
from train.trainer import base_model


def test_too_little_disk_is_refused_before_loading(tiny_llama3: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base_model.check_disk(tiny_llama3, tmp_path, TrainConfig())
    monkeypatch.setattr(base_model, "weight_bytes", lambda folder: 2**50)
    with pytest.raises(UserError, match=r"need about .* GiB of disk, .* GiB are free"):
        base_model.check_disk(tiny_llama3, tmp_path, TrainConfig())


def test_full_tuning_needs_room_for_its_checkpoints(tiny_llama3: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import shutil
    from types import SimpleNamespace

    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=20 * 2**30))
    monkeypatch.setattr(base_model, "weight_bytes", lambda folder: 2**32)
    base_model.check_disk(tiny_llama3, tmp_path, TrainConfig())
    with pytest.raises(UserError, match="GiB of disk"):
        base_model.check_disk(tiny_llama3, tmp_path, TrainConfig(method="full"))
