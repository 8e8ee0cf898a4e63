"""Every key of the config as Markdown: `python -m frontdesk.config.reference`."""

import inspect
import json
import re
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from frontdesk.config.schema import Config


def markdown() -> str:
    """A table for each section."""
    return "\n".join(_section("", Config))


def _section(path: str, section: type[BaseModel]) -> Iterator[str]:
    parts = {name: kind for name, field in section.model_fields.items() if (kind := _kind(field))}
    title = f"`{path}`" if path else "The config"
    yield f"## {title}\n\n{_one_line(inspect.getdoc(section))}\n"
    yield "| key | type | default | |\n|---|---|---|---|"
    for name, field in section.model_fields.items():
        if name not in parts:
            yield _row(f"{path}.{name}" if path else name, field)
    yield ""
    for name, kind in parts.items():
        yield from _section(f"{path}.{name}" if path else name, kind)


def _kind(field: FieldInfo) -> type[BaseModel] | None:
    """The section that a key holds; None for a value."""
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _row(path: str, field: FieldInfo) -> str:
    given = "the file's name" if path == "name" else "required"
    default = given if field.is_required() else f"`{json.dumps(field.default, ensure_ascii=False)}`"
    cells = (f"`{path}`", _type(field), default, _one_line(field.description))
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"


def _type(field: FieldInfo) -> str:
    """The type as YAML has it, with the bounds of numbers."""
    signs = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
    bounds = " ".join(str(bound) for bound in field.metadata if hasattr(bound, "__slots__"))  # `Ge(ge=1)`
    limits = [f"{signs[name]} {number}" for name, number in re.findall(r"(ge|gt|le|lt)=([\d.]+)", bounds)]
    return ", ".join([_spelled(field.annotation), *limits])


def _spelled(kind: Any) -> str:
    origin, parts = get_origin(kind), [part for part in get_args(kind) if part is not Ellipsis]
    if origin is tuple:
        return f"list of {_spelled(parts[0])}"
    if origin is dict:
        return f"map of {_spelled(parts[1])}"
    if origin is Literal:
        return " or ".join(f"`{part}`" for part in parts)
    if parts:  # a union
        return " or ".join(_spelled(part) for part in parts)
    names = {str: "text", bool: "true or false", int: "whole number", float: "number", type(None): "null"}
    return names.get(kind, getattr(kind, "__name__", str(kind)).lower())


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())


if __name__ == "__main__":
    print(markdown())
