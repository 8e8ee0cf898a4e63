"""The admins' page of releases: what is served and tried, how the trial goes, and all versions, with a button to promote each and one to
go back. Trials are begun at the shell (serve/release), where it is seen whether the machine has room for a second engine."""

from asyncio import to_thread
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from frontdesk import releases, trial, versions
from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.errors import UserError
from frontdesk.files import read_json
from frontdesk.releases import State
from frontdesk.store import audit
from frontdesk.store.store import Store
from ui.console.pages import Pages, read_form, text_of, who_of
from ui.console.release_texts import TEXTS
from ui.console.texts import language_of


class Releases:
    """The route /releases."""

    def __init__(self, config: Config, store: Store, pages: Pages) -> None:
        self.config, self.run, self.store, self.pages = config, Run(config.name), store, pages

    def show(self, request: Request) -> Response:
        """State, trial and versions."""
        if not who_of(request).admin:
            return PlainTextResponse(text_of(request)["only_admins"], 403)
        try:
            state, told = releases.read(self.run), request.query_params.get("told", "")
        except UserError as error:
            state, told = State(), str(error)
        tries = state.kind in ("canary", "ab")
        engines = self.run.release / "engines.json"
        values = {
            "release": TEXTS[language_of(request.headers)],
            "state": state,
            "served": releases.served(self.run) if state.served or not told else None,
            "engines": [one for one in read_json(engines).values() if one] if engines.is_file() else [],
            "comparisons": trial.comparisons(self.store, self.run, state) if tries else [],
            "shadowed": trial.shadowed(self.run, state.candidate) if state.candidate and state.kind == "shadow" else None,
            "versions": [(one, self._scores(one.id), versions.failures(self.run, one.id)) for one in versions.versions(self.run)],
            "note": told[:500],
        }
        return self.pages.page(request, "releases", values)

    def _scores(self, id: str) -> dict[str, float] | None:
        """The served system's figures that have limits; None where there is no scorecard."""
        path = versions.run_of(self.run, id).scores
        checks = read_json(path).get("gate", {}).get("checks", []) if path.is_file() else None
        return None if checks is None else {one["metric"]: one["value"] for one in checks if isinstance(one.get("value"), (int, float))}

    async def act(self, request: Request) -> Response:
        """Promote a version, or roll back; a note says what stands against it."""
        who, form = who_of(request), await read_form(request)
        if not who.admin:
            return PlainTextResponse(text_of(request)["only_admins"], 403)
        told = await to_thread(self._act, form.get("action", ""), form.get("version", ""), who.name)
        return RedirectResponse(f"/desk/releases?{urlencode({'told': told})}", 303)

    def _act(self, action: str, version: str, who: str) -> str:
        """Returns what went wrong, or ""."""
        try:
            if action == "promote":
                state = releases.promote(self.config, self.run, version, who)
                audit.record(self.store, who, "promote", state.served or "")
            elif action == "rollback":
                state = releases.roll_back(self.config, self.run, who)
                audit.record(self.store, who, "rollback", state.served or "")
        except UserError as error:
            return str(error)
        return ""
