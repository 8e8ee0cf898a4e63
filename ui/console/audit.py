"""The admins' page of who did what when."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from frontdesk.store.audit import PAGE, entries
from frontdesk.store.store import Store
from ui.console.pages import Pages, text_of, who_of
from ui.console.release_texts import TEXTS
from ui.console.texts import language_of

MOST = 100_000  # pages; more than anybody turns


class Audit:
    """The route /audit: `?page=`, from 0."""

    def __init__(self, store: Store, pages: Pages) -> None:
        self.store, self.pages = store, pages

    def show(self, request: Request) -> Response:
        """A table, the newest first."""
        if not who_of(request).admin:
            return PlainTextResponse(text_of(request)["only_admins"], 403)
        page = request.query_params.get("page", "0")
        number = min(int(page), MOST) if page.isdecimal() and len(page) < 9 else 0
        found, count = entries(self.store, number)
        more = {"before": number * PAGE, "more": (number + 1) * PAGE < count, "page": number, "count": count}
        return self.pages.page(request, "audit", {"found": found, "release": TEXTS[language_of(request.headers)], **more})
