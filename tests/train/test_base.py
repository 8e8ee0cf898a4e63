from pathlib import Path

import pytest

from frontdesk.errors import UserError
from train import base


def test_too_little_memory_or_disk_is_refused_before_loading(tiny_llama3: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base.check_fit(tiny_llama3, tmp_path / "runs/demo")
    monkeypatch.setattr(base, "weight_bytes", lambda folder: 2**50)
    with pytest.raises(UserError, match=r"needs about .* GiB of memory, .* GiB are free; choose a smaller model.base"):
        base.check_fit(tiny_llama3, tmp_path / "runs/demo")
    monkeypatch.setattr(base, "free_memory", lambda: 2**60)
    with pytest.raises(UserError, match=r"need about .* GiB of disk, .* GiB are free"):
        base.check_fit(tiny_llama3, tmp_path / "runs/demo")
