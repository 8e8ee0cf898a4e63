"""Renders the console's templates, in which every text is escaped."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from frontdesk.config.schema import Config
from frontdesk.store.credentials import LOCAL
from frontdesk.web.body import read_body
from frontdesk.web.errors import ApiError
from ui.console.session import Who
from ui.console.texts import TEXTS, language_of

FORM_BYTES = 64 * 1024
"""Of a form: two texts of 2,000 characters, of up to nine bytes each."""


class Pages:
    """The templates and what all of them need."""

    def __init__(self, config: Config) -> None:
        zone = ZoneInfo(config.desk.timezone)
        self.templates = Environment(
            loader=PackageLoader("ui.console"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        self.templates.globals |= {"company": config.company, "local": LOCAL, "short_language": {"en": "EN", "ko": "한"}}
        self.templates.filters["stamp"] = lambda at: datetime.fromtimestamp(at, zone).strftime("%Y-%m-%d %H:%M")

    def render(self, request: Request, template: str, values: Mapping[str, Any]) -> str:
        """A template in the agent's language. Half a surrogate pair, which JSON may hold, becomes `?`."""
        language = language_of(request.headers)
        named = {"language": language, "text": TEXTS[language], "who": getattr(request.state, "who", None)}
        return self.templates.get_template(f"{template}.jinja").render({**named, **values}).encode("utf-8", "replace").decode()

    def page(
        self, request: Request, template: str, values: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None
    ) -> HTMLResponse:
        """A whole page."""
        return HTMLResponse(self.render(request, template, values), status, headers)


def text_of(request: Request) -> dict[str, str]:
    """Every text, in the agent's language."""
    return TEXTS[language_of(request.headers)]


def who_of(request: Request) -> Who:
    """Who asks, as the middleware found."""
    return cast(Who, request.state.who)


async def read_form(request: Request, most: int = FORM_BYTES) -> dict[str, str]:
    """The fields of a form. Raises ApiError if there are too many, or the body is too large or too slow."""
    body = await read_body(request, most)
    try:
        return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=20))
    except ValueError:
        raise ApiError(400, "not a form of this page") from None
