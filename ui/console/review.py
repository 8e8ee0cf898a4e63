"""The review page: a person decides on one candidate for training at a time (frontdesk/store/candidates.py).

The answer is in a text box. It is accepted as it is, accepted with corrections, or rejected. A question that nobody
answered needs an answer first. Two people may review at the same time; the first decision counts.
"""

from asyncio import to_thread
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from frontdesk.store import candidates
from frontdesk.store.candidates import KINDS
from frontdesk.store.store import Store
from frontdesk.store.tables import Candidate
from ui.console.pages import Pages, read_form, who_of
from ui.console.review_texts import TEXTS
from ui.console.texts import language_of
from ui.desk.desk import MAX_CHARACTERS

STATES = ("new", "accepted", "rejected")
NOTES = ("empty", "decided")


class Review:
    """The route /review. `?status=` and `?kind=` filter the candidates; the first with an id above `?after=` is shown."""

    def __init__(self, store: Store, pages: Pages) -> None:
        self.store, self.pages = store, pages

    def show(self, request: Request) -> Response:
        """A candidate, and how many there are."""
        asked = request.query_params
        status, kind, told = asked.get("status", "new"), asked.get("kind", "all"), asked.get("told", "")
        status, kind = status if status in STATES else "new", kind if kind in KINDS else "all"
        counts = candidates.counts(self.store)
        numbers = {state: sum(number for (_, its), number in counts.items() if its == state) for state in STATES}
        text = TEXTS[language_of(request.headers)]
        values = {
            "review": text,
            "one": self._next(status, kind, number_of(asked.get("after", "0"))),
            "numbers": numbers,
            "status": status,
            "kind": kind,
            "states": {name: text[name] for name in STATES},
            "kinds": {name: text[name] for name in ("all", *KINDS)},
            "note": text[told] if told in NOTES else "",
            "longest": MAX_CHARACTERS,
        }
        return self.pages.page(request, "review", values)

    def _next(self, status: str, kind: str, after: int) -> Candidate | None:
        """The next one after an id, or the first again."""
        only = kind if kind in KINDS else None
        found = candidates.candidates(self.store, status, only, after=after, limit=1)
        found = found or candidates.candidates(self.store, status, only, limit=1)
        return found[0] if found else None

    async def decide(self, request: Request) -> Response:
        """Store a decision ("accepted", "rejected", "new": review again; "skip" stores none) and show the next."""
        form, who = await read_form(request), who_of(request)
        id, decision, told = number_of(form.get("id", "0")), form.get("decision", ""), ""
        answer, was = form.get("answer", "").replace("\r\n", "\n")[:MAX_CHARACTERS], form.get("was", "new")
        if decision in STATES:
            try:
                mine = await to_thread(candidates.review, self.store, id, decision, answer, who.name, was=was)
                told = "" if mine else "decided"
            except ValueError:  # accepted without an answer: the same again
                id, told = id - 1, "empty"
        chosen = {"status": form.get("status", "new"), "kind": form.get("kind", "all"), "after": id, "told": told}
        return RedirectResponse(f"/desk/review?{urlencode(chosen)}", 303)


def number_of(words: str) -> int:
    """A candidate's id in a request; 0 for what is none."""
    return int(words) if words.isdecimal() and len(words) < 16 else 0
