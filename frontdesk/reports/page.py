"""The one builder of the reports that stages leave: Jinja templates, one style, English with Korean beside
it.

A report needs no network and no script: charts are inline SVG (frontdesk/reports/charts.py), and its policy
forbids the browser to load or run anything. A stage's template extends `page.jinja`, sets `sections` as (id,
English, Korean), and has a block of each id. Text is escaped unless it is Markup.
"""

from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from frontdesk.files import write_text
from frontdesk.reports import charts, numbers
from frontdesk.reports.html import Html, both

CHARTS = (charts.bar, charts.histogram, charts.interval, charts.reliability)
FUNCTIONS = (both, *CHARTS, numbers.counted, numbers.percent, numbers.points, numbers.span)
"""What every template may call."""


def write_page(path: Path, package: str, template: str, **values: Any) -> None:
    """Render a template of `package` (such as "evaluate.report") with `values` and write it, atomically."""
    page = environment(package).get_template(template).render(values)
    write_text(path, page.encode("utf-8", "replace").decode("utf-8"))  # half a surrogate pair, which JSON may hold, is no UTF-8


def environment(package: str) -> Environment:
    """The templates of a package and those that all reports share."""
    made = Environment(
        loader=ChoiceLoader([PackageLoader(package, ""), PackageLoader("frontdesk.reports", "")]),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=separated,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = resources.files("frontdesk.reports").joinpath("report.css").read_text(encoding="utf-8")
    made.globals |= {function.__name__: function for function in (*FUNCTIONS, separated)} | {"style": Html(style)}
    return made


def separated(value: Any) -> Any:
    """Whole numbers get thousands separators; all else stays as it is."""
    return f"{value:,}" if type(value) is int else value
