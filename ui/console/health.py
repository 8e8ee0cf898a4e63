"""The page of the FAQ's health: what `make health` found, and a decision on each drafted entry.

An accepted draft is a line of `faq_additions.csv`, which the desk reads within seconds, and the next `make data`, too. Decisions stand in
`runs/NAME/feedback/drafts.jsonl`, each with its draft, "decision", "who" and "at". Two people may decide at the same time; the first
decision counts.
"""

import re
import threading
from asyncio import to_thread
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from frontdesk.additions import Addition, append
from frontdesk.config.schema import Config
from frontdesk.errors import UserError
from frontdesk.files import read_json, read_jsonl, write_jsonl
from frontdesk.models.adapters import run_of
from frontdesk.store import audit
from frontdesk.store.rows import now, storable
from frontdesk.store.store import Store
from ui.console.health_texts import TEXTS
from ui.console.pages import Pages, read_form, who_of
from ui.console.texts import language_of
from ui.desk.desk import MAX_CHARACTERS

STATES = ("new", "accepted", "rejected")
STEPS = {("new", "accepted"), ("new", "rejected"), ("rejected", "new")}
"""What may become of a draft. An accepted one is an entry: who takes it back removes its line in the file."""
DECISIONS: dict[str, audit.Act] = {"accepted": "draft_accepted", "rejected": "draft_rejected", "new": "draft_new"}
NOTES = ("live", "empty", "masked", "decided", "file")
MASK = re.compile(r"\[[A-Z]+_\d+\]")  # stands for personal data: it says nothing to customers
SHOWN = 50  # items of a list; all are in `health.json`
Json = dict[str, Any]


class Health:
    """The route /health: `?status=` filters the drafts."""

    def __init__(self, config: Config, store: Store, pages: Pages) -> None:
        self.run, self.store, self.pages, self.lock = run_of(config), store, pages, threading.Lock()

    def show(self, request: Request) -> Response:
        """The drafts with this status, and the other lists of the report."""
        asked, text = request.query_params, TEXTS[language_of(request.headers)]
        status = asked["status"] if asked.get("status") in STATES else "new"
        found, gaps = self._read()
        values = {
            "health": text,
            "found": found,
            "gaps": [gap for gap in gaps.values() if gap["decision"] == status],
            "status": status,
            "states": {name: text[name] for name in STATES},
            "note": text[asked["told"]] if asked.get("told") in NOTES else "",
            "longest": MAX_CHARACTERS,
            "SHOWN": SHOWN,
        }
        return self.pages.page(request, "health", values)

    async def decide(self, request: Request) -> Response:
        """Store a decision ("accepted", "rejected", "new": decide again on a rejected one), and show the rest."""
        form, who = await read_form(request), who_of(request)
        told = await to_thread(self._decide, form, who.name)
        return RedirectResponse(f"/desk/health?{urlencode({'status': form.get('status', 'new'), 'told': told})}", 303)

    def _decide(self, form: dict[str, str], who: str) -> str:
        """Returns one of NOTES, or "". What is accepted is an entry before the decision is noted: a crash between loses nothing."""
        decision, texts = form.get("decision", ""), {name: _text(form, name) for name in ("question", "answer")}
        if decision == "accepted" and not all(texts.values()):
            return "empty"
        if decision == "accepted" and any(map(MASK.search, texts.values())):
            return "masked"
        with self.lock:
            gap = self._read()[1].get(form.get("id", ""))
            if gap is None or (gap["decision"], decision) not in STEPS:
                return "decided"
            if decision == "accepted":
                try:
                    append(self.run.additions, Addition(**texts, conversation=gap["asked"][0]["conversation"]))
                except (OSError, UserError):
                    return "file"
            lines = read_jsonl(self.run.decisions) if self.run.decisions.is_file() else []
            line = gap | (texts if decision == "accepted" else {}) | {"decision": decision, "who": who, "at": now()}
            write_jsonl(self.run.decisions, [*(one for one in lines if one["id"] != gap["id"]), line | {"asked": gap["asked"][:1]}])
        audit.record(self.store, who, DECISIONS[decision], form["id"])
        return "live" if decision == "accepted" else ""

    def _read(self) -> tuple[Json, dict[str, Json]]:
        """The report, or {} where there is none or `make health` puts it in place; and by their ids the drafts, with what was decided."""
        try:
            found: Json = read_json(self.run.health / "health.json")
        except (OSError, ValueError):
            found = {}
        decided = {line["id"]: line for line in read_jsonl(self.run.decisions)} if self.run.decisions.is_file() else {}
        gaps = {gap["id"]: gap | {"decision": "new"} for gap in found.get("gaps", ())}
        return found, gaps | {id: gaps.get(id, {}) | line for id, line in decided.items()}


def _text(form: dict[str, str], name: str) -> str:
    return storable(form.get(name, "")).replace("\r\n", "\n").strip()[:MAX_CHARACTERS]
