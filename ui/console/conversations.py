"""The console's list of all conversations, running and past."""

from starlette.requests import Request
from starlette.responses import Response

from frontdesk.config.schema import Config
from frontdesk.store.search import PAGE, Which, find
from frontdesk.store.store import Store
from ui.console.pages import Pages, text_of

WHICH: dict[Which, str] = {"all": "every_state", "running": "running", "past": "past"}
"""Which conversations are shown, with the key of its text."""
MOST = 10_000  # pages; more than anybody turns


class Conversations:
    """The route /conversations: `?words=`, `?which=` and `?page=`, from 0."""

    def __init__(self, store: Store, config: Config, pages: Pages) -> None:
        self.store, self.zone, self.pages = store, config.desk.timezone, pages

    def show(self, request: Request) -> Response:
        """A line to search with, and a table."""
        asked = request.query_params
        words, which, page = asked.get("words", "")[:200], asked.get("which", "all"), asked.get("page", "0")
        which = which if which in WHICH else "all"
        number = min(int(page), MOST) if page.isdecimal() and len(page) < 9 else 0
        found, count = find(self.store, words, which, self.zone, number)
        values = {
            "found": found,
            "count": count,
            "before": number * PAGE,
            "more": (number + 1) * PAGE < count,
            "words": words,
            "which": which,
            "choices": {one: text_of(request)[key] for one, key in WHICH.items()},
            "page": number,
        }
        return self.pages.page(request, "conversations", values)
