"""What a template writes is escaped, and numbers are shown as people read them."""

from pathlib import Path

import pytest
from jinja2 import UndefinedError

from frontdesk.reports.html import Html
from frontdesk.reports.page import environment, write_page
from tests.pages import Page


def rendered(template: str, **values: object) -> str:
    return environment("frontdesk.reports").from_string(template).render(values)


def test_text_is_escaped_and_markup_is_not() -> None:
    assert rendered("{{ a }}{{ b }}", a="<b>&", b=Html("<i></i>")) == "&lt;b&gt;&amp;<i></i>"


def test_whole_numbers_are_separated() -> None:
    assert rendered("{{ a }} {{ b }} {{ c }}", a=12345, b=1234.5, c="12345") == "12,345 1234.5 12345"


def test_a_name_that_nobody_gave_is_an_error() -> None:
    with pytest.raises(UndefinedError, match="missing"):
        rendered("{{ missing }}")


def test_numbers_of_a_table_stand_right_and_its_rows_may_be_written_by_the_caller() -> None:
    rows = """{% from "parts.jinja" import table %}{{ table(["a", "b"], [["x", 1]]) }}"""
    page = Page(rendered(rows))
    assert [attributes for name, attributes, _ in page.elements if name in ("th", "td")] == [
        {"scope": "col"},
        {"scope": "col", "class": "n"},
        {"scope": "row"},
        {"class": "n"},
    ]
    called = """{% from "parts.jinja" import table %}{% call table(["a"]) %}<tr><td>x</td></tr>{% endcall %}"""
    assert Page(rendered(called)).within("td") == ["x"]


def test_a_page_is_written_whole_and_may_load_nothing(tmp_path: Path) -> None:
    (tmp_path / "page").mkdir()
    write_page(tmp_path / "page/index.html", "frontdesk.reports", "page.jinja", sections=[])
    assert [file.name for file in (tmp_path / "page").iterdir()] == ["index.html"], "nothing temporary is left"
    assert "default-src 'none'; style-src 'unsafe-inline'" in (tmp_path / "page/index.html").read_text(encoding="utf-8")
