import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from frontdesk.config.reference import markdown
from frontdesk.config.schema import Config

CONFIGS = sorted(Path(__file__).parent.parent.parent.parent.glob("configs/*.yaml"))


def keys(section: type[BaseModel], path: str = "") -> Iterator[str]:
    for name, field in section.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from keys(field.annotation, f"{path}{name}.")
        else:
            yield f"{path}{name}"


def test_every_key_has_a_row_with_type_default_and_reason() -> None:
    rows = {
        cells[1].strip(" `"): cells for line in markdown().splitlines() if (cells := re.split(r" ?\| ?", line)) and line.startswith("| `")
    }
    assert set(rows) == set(keys(Config))
    for name, cells in rows.items():
        assert len(cells) == 6 and all(cells[1:5]), name
        assert re.fullmatch(r"[`A-Z0-9].*[.:`]", cells[4]), f"{name}: no sentence, or none at all"


@pytest.mark.parametrize(
    "row",
    [
        "| `train.rank` | whole number, \u2265 1 | `32` | 16 to 64 for small data; alpha is always twice the rank. |",
        "| `data.faq` | list of text | `[]` | Files, folders or archives with FAQ entries. |",
        "| `serve.quantization` | `w8a8` or null | `null` |",
        "| `data.refusal_share` | number, \u2265 0, < 0.5 | `0.05` |",
        "| `evaluate.judge` | endpoint or null | `null` |",
        "| `desk.topics` | map of list of text | `{}` |",
    ],
)
def test_rows_read_as_yaml_is_written(row: str) -> None:
    assert row in markdown()


@pytest.mark.parametrize("path", [path for path in CONFIGS if not path.name.startswith("accelerate")], ids=lambda path: path.stem)
def test_what_our_configs_set_is_in_the_reference(path: Path) -> None:
    for section, values in yaml.safe_load(path.read_text(encoding="utf-8")).items():
        names = [f"{section}.{key}" for key in values] if isinstance(values, dict) else [section]
        assert all(f"| `{name}` |" in markdown() for name in names), names
