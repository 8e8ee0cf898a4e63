"""The console's first page: the queue, the chosen conversation, and what helps to answer it.

Drafts stay in the browser. The server keeps no state of an open page.
"""

from asyncio import to_thread
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from frontdesk.config.schema import Config
from frontdesk.store.search import last_call
from frontdesk.store.store import Closed, NotYours, Store
from frontdesk.store.tables import Conversation, Handoff, Message, Rating
from ui.console.faq import Faq
from ui.console.pages import Pages, read_form, text_of, who_of
from ui.console.session import Who
from ui.console.texts import TEXTS
from ui.desk.desk import MAX_CHARACTERS, Desk, Empty, TooLong

ACTIONS = ("take", "send", "give-back", "close")
REGIONS = ("queue", "head", "transcript")
"""Parts of the page that are redrawn when something has changed. Each is a template and an element of this id."""
RESULTS = ("solved", "message_taken", "spam")
Form = dict[str, str]


@dataclass(frozen=True)
class Case:
    """A conversation as the store has it, for one agent."""

    conversation: Conversation
    call: Handoff | None
    messages: list[Message]
    ratings: dict[int, Rating]
    free: bool  # the agent may take it
    mine: bool  # the agent has it

    @property
    def drawn(self) -> str:
        """Identifies the transcript's content."""
        return f"{self.conversation.id} {self.conversation.revision}"

    @property
    def owed(self) -> int:
        """The id of the customer's message that this agent should answer; 0 if there is none."""
        last = self.messages[-1] if self.messages else None
        return last.id if self.mine and last and last.speaker == "customer" else 0


class Workplace:
    """The routes of the page and of its script."""

    def __init__(self, desk: Desk, store: Store, config: Config, pages: Pages) -> None:
        self.desk, self.store, self.pages = desk, store, pages
        self.replies, self.faq = config.desk.replies, Faq(config)

    # What is shown

    def show(self, request: Request) -> Response:
        """The whole page; `?conversation=ID` is open."""
        fixed = {"replies": self.replies, "results": RESULTS, "longest": MAX_CHARACTERS}
        return self.pages.page(request, "desk", self._values(request) | fixed)

    def regions(self, request: Request) -> Response:
        """The regions as they are now, without a transcript that the page shows already (`?seen=`)."""
        values = self._values(request)
        case: Case | None = values["case"]
        names = [name for name in REGIONS if name != "transcript" or case is None or case.drawn != request.query_params.get("seen")]
        state = {"mine": case.mine, "free": case.free, "owed": case.owed} if case else {"mine": False, "free": False, "owed": 0}
        return JSONResponse({"regions": {name: self.pages.render(request, name, values) for name in names}, **state})

    def find(self, request: Request) -> Response:
        """FAQ entries for `?words=`."""
        entries = self.faq.find(request.query_params.get("words", "")[:MAX_CHARACTERS])
        return HTMLResponse(self.pages.render(request, "faq", {"entries": entries}))

    def _values(self, request: Request) -> dict[str, Any]:
        who, calls = who_of(request), self.store.queue()
        taken = [call for call in calls if call[0].state == "agent"]
        queue = {
            "waiting": [call for call in calls if call[0].state == "waiting"],
            "mine": [call for call in taken if call[1].agent == who.name],
            "others": [call for call in taken if call[1].agent != who.name],
        }
        selected = request.query_params.get("conversation", "")
        return {"queue": queue, "selected": selected, "case": self._case(selected, who)}

    def _case(self, id: str, who: Who) -> Case | None:
        """The conversation on the screen; None where none is, or it is gone."""
        conversation = self.store.conversation(id) if id else None
        if conversation is None:
            return None
        call, free = last_call(self.store, id), self.store.free(id, who.name, who.admin)
        mine = conversation.state == "agent" and call is not None and call.agent == who.name
        return Case(conversation, call, self.store.messages(id), self.store.ratings(id), free, mine)

    # What agents do

    async def act(self, request: Request) -> Response:
        """Do one of ACTIONS. The answer's note says what went wrong; "" if nothing did."""
        form, who = await read_form(request), who_of(request)
        actions = {"take": self._take, "send": self._send, "give-back": self._give_back, "close": self._close}
        try:
            note = await actions[request.url.path.rpartition("/")[2]](form.get("conversation", ""), who, form)
        except NotYours:
            note = "not_yours"
        except Empty:
            note = "nothing_to_send"
        except TooLong:
            note = "too_long"
        except (Closed, LookupError):
            note = "gone"
        return JSONResponse({"note": text_of(request)[note] if note else ""})

    async def _take(self, id: str, who: Who, form: Form) -> str:
        return "" if await self.desk.take(id, who.name, who.admin) else "taken_by_other"

    async def _send(self, id: str, who: Who, form: Form) -> str:
        """`suggested`: the bot's suggestion, if the text comes from one."""
        await self.desk.reply(id, who.name, form.get("text", ""), form.get("suggested", "")[:MAX_CHARACTERS] or None)
        return ""

    async def _give_back(self, id: str, who: Who, form: Form) -> str:
        await self.desk.give_back(id, who.name)
        return ""

    async def _close(self, id: str, who: Who, form: Form) -> str:
        """One of RESULTS is stored in English; another result as it is."""
        await self._check_held(id, who)
        result = form.get("result", "").strip()[:200]
        names = {texts[key]: TEXTS["en"][key] for texts in TEXTS.values() for key in RESULTS}
        await self.desk.finish(id, who.name, names.get(result, result) or TEXTS["en"]["solved"])
        return ""

    async def suggest(self, request: Request) -> Response:
        """The bot's reply to the customer's last words, and a note on where it comes from."""
        id, text = (await read_form(request)).get("conversation", ""), text_of(request)
        try:
            await self._check_held(id, who_of(request))
        except NotYours:
            return JSONResponse({"text": "", "note": text["not_yours"]})
        suggestion = await self.desk.suggest(id)
        words = suggestion.text.strip()[:MAX_CHARACTERS]
        question = suggestion.source.get("question", "") if suggestion.source else ""
        source = f" {text['from_faq']}: {question}" if question else ""
        return JSONResponse({"text": words, "note": text["suggested"] + source if words else text["no_suggestion"]})

    async def _check_held(self, id: str, who: Who) -> None:
        """Raise NotYours unless this agent has the conversation."""
        call = await to_thread(self.store.handoff, id)
        if call is None or call.agent != who.name:
            raise NotYours(f"{who.name} does not have conversation {id}")
