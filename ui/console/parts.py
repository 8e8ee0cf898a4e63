"""What the console shows, as markup: the queue, a conversation, FAQ entries, ready-made replies. All that people or models wrote is text.

`data-…` attributes tell console.js what to do: `data-open` opens a conversation, `data-insert` goes into the reply, `data-since` is a time
whose age is shown.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from frontdesk.facts.entries import Entry
from frontdesk.reports.html import Html, join, tag
from frontdesk.store.credentials import LOCAL
from frontdesk.store.search import SearchResult
from frontdesk.store.tables import Conversation, Handoff, Message, Rating
from ui.chat.texts import Language
from ui.console.login.session import Who

LANGUAGES = {"en": "EN", "ko": "한"}
NONE = "-"
"""In the place of a conversation: none is chosen."""
Text = dict[str, str]


def bar(company: str, who: Who, language: Language, text: Text) -> Html:
    """The top line."""
    role = text["admin_role" if who.admin else "agent_role"]
    sound = tag("label", Html('<input type="checkbox" id="sound">'), " ", text["sound"])
    leave = tag("form", tag("button", text["logout"], type="submit"), method="post", action="/desk/logout") if who.name != LOCAL else ""
    return join(
        [
            tag("h1", tag("b", company), " ", text["title"]),
            tag("span", text["reconnecting"], id="offline", role="status", hidden="hidden"),
            tag("span", tag("b", who.name), " ", role, id="who"),
            sound,
            tag("button", text["switch"], type="button", data_language="ko" if language == "en" else "en"),
            leave,
        ]
    )


def queue(calls: Sequence[tuple[Conversation, Handoff]], who: Who, selected: str, text: Text) -> Html:
    """Who waits, whom I have, and whom others have."""
    waiting = [call for call in calls if call[0].state == "waiting"]
    mine = [call for call in calls if call[0].state == "agent" and call[1].agent == who.name]
    others = [call for call in calls if call[0].state == "agent" and call[1].agent != who.name]
    sections = [_section("waiting", waiting, selected, text, "nobody_waits"), _section("mine", mine, selected, text, "none_mine")]
    return join(sections + ([_section("others", others, selected, text, "")] if others else []))


def _section(name: str, calls: Sequence[tuple[Conversation, Handoff]], selected: str, text: Text, empty: str) -> Html:
    rows = tag("ul", *(_row(name, *call, selected, text) for call in calls)) if calls else tag("p", text[empty])
    return tag("section", tag("h2", text[name], " ", tag("span", len(calls))), rows, data_queue=name, aria_label=text[name])


def _row(section: str, conversation: Conversation, call: Handoff, selected: str, text: Text) -> Html:
    marks = [tag("span", text[f"short_{call.reason}"], class_="mark")]
    marks += [tag("span", text["out_of_hours"], class_="mark soft")] if call.out_of_hours else []
    marks += [tag("span", call.agent, class_="mark soft")] if section == "others" else []
    since = call.at if section == "waiting" else (call.taken_at or call.at)
    head = tag("span", *marks, tag("span", LANGUAGES.get(conversation.language, ""), class_="lang"), age(since), class_="row-head")
    current = "true" if conversation.id == selected else ""
    return tag(
        "li", tag("button", head, tag("span", call.wish, class_="wish"), type="button", data_open=conversation.id, aria_current=current)
    )


def age(since: float) -> Html:
    """The time that has passed; console.js fills it in and keeps it true."""
    return tag("time", "", data_since=f"{since:.0f}")


def head(conversation: Conversation, call: Handoff | None, zone: ZoneInfo, text: Text) -> Html:
    """Whose conversation it is, why a person was called, and what the customer wants."""
    agent = (call.agent if call else None) or ""
    state = text[f"state_{conversation.state}"].format(agent=agent)
    facts = [
        tag("button", "‹ ", text["back"], type="button", data_open=NONE, class_="back"),
        _ids(conversation, text),
        tag("span", state, class_="mark", data_state=conversation.state),
        tag("span", LANGUAGES.get(conversation.language, conversation.language), class_="lang"),
        tag("span", stamp(conversation.opened_at, zone), class_="soft"),
    ]
    why = [tag("span", text[f"reason_{call.reason}"], " · ", age(call.at), class_="soft")] if call else []
    wish = [tag("p", tag("span", text["wish"], class_="soft"), " ", tag("span", call.wish, id="wish"))] if call else []
    return tag("div", tag("div", *facts, *why, class_="facts"), *wish, data_conversation=conversation.id)


def _ids(conversation: Conversation, text: Text) -> Html:
    """The conversation's id, its first characters always; whole and with the customer's where somebody opens it, to be copied."""
    ids = ((text["conversation"], conversation.id), (text["customer"], conversation.customer_id))
    return tag("details", tag("summary", tag("b", conversation.id[:8])), *(tag("p", name, " ", tag("code", id)) for name, id in ids))


def stamp(at: float, zone: ZoneInfo) -> str:
    """Date and time as the desk's clocks show them."""
    return datetime.fromtimestamp(at, zone).strftime("%Y-%m-%d %H:%M")


def transcript(conversation: Conversation, messages: Iterable[Message], ratings: dict[int, Rating], zone: ZoneInfo, text: Text) -> Html:
    """What was said, a line for each day."""
    parts: list[Html] = []
    day = ""
    for message in messages:
        on, at = stamp(message.at, zone).split(" ")
        if on != day:
            parts.append(tag("h3", on))
            day = on
        parts.append(_message(message, ratings.get(message.id), at, text))
    return tag("div", *parts, role="group", aria_label=text["transcript"], data_drawn=drawn(conversation, text))


def drawn(conversation: Conversation, text: Text) -> str:
    """Names a transcript as it is now, in this language; console.js reads the revision from it."""
    return f"{conversation.id} {conversation.revision} {text['switch']}"


def _message(message: Message, rating: Rating | None, at: str, text: Text) -> Html:
    speaker = message.agent if message.speaker == "agent" and message.agent else text.get(message.speaker, message.speaker)
    marks = [tag("span", text[name], class_="mark soft") for name in ("cut", "refusal") if getattr(message, name)]
    if rating:
        thumb, name = ("▲", "liked") if rating.value > 0 else ("▼", "disliked")
        marks.append(tag("span", thumb, " ", text[name], f": {rating.reason}" if rating.reason else "", class_=f"mark {name}"))
    source = tag("div", text["from_faq"], ": ", message.source.get("question", ""), class_="source") if message.source else ""
    meta = tag("div", tag("b", speaker), " ", tag("span", at, class_="soft"), *marks, class_="meta")
    return tag("article", meta, tag("div", message.text, class_="said"), source, class_=message.speaker, data_message=message.id)


def entries(found: Sequence[Entry], text: Text) -> Html:
    """FAQ entries; their answer goes into the reply."""
    if not found:
        return tag("p", text["faq_none"])
    items = []
    for entry in found:
        answer = entry.answers[0]
        items.append(tag("li", tag("b", next(iter(entry.questions), entry.subject)), tag("p", answer), _insert(answer, text)))
    return tag("ul", *items)


def replies(ready: Sequence[str], text: Text) -> Html:
    """The config's ready-made replies."""
    lines = tag("ul", *(tag("li", tag("p", reply), _insert(reply, text)) for reply in ready)) if ready else tag("p", text["no_replies"])
    return join([tag("h2", text["replies"]), lines])


def _insert(words: str, text: Text) -> Html:
    return tag("button", text["insert"], type="button", data_insert=words, aria_label=f"{text['insert']}: {words[:60]}")


def found(conversations: Sequence[SearchResult], count: int, before: int, zone: ZoneInfo, text: Text) -> Html:
    """A page of conversations; `before` are on the pages before it, `count` there are in all."""
    if not conversations:
        return hint(text["found_none"])
    columns = ("opened", "state", "language", "messages", "with_person", "began")
    rows = (
        tag(
            "tr",
            tag("td", stamp(one.conversation.opened_at, zone)),
            tag("td", text[f"state_{one.conversation.state}"].format(agent=one.agent or "")),
            tag("td", LANGUAGES.get(one.conversation.language, one.conversation.language)),
            tag("td", one.messages),
            tag("td", one.agent or ""),
            tag("td", tag("button", one.first or one.conversation.id[:8], type="button", data_open=one.conversation.id)),
        )
        for one in conversations
    )
    place = text["found"].format(first=before + 1, last=before + len(conversations), count=count)
    table = tag("table", tag("thead", tag("tr", *(tag("th", text[key], scope="col") for key in columns))), tag("tbody", *rows))
    return join([tag("p", place, role="status", class_="soft"), table])


def origin(words: str, source: dict[str, str] | None, text: Text) -> Html:
    """Where a suggested reply comes from."""
    return tag("div", words, tag("span", " ", text["from_faq"], ": ", source.get("question", "")) if source else "", role="status")


def hint(words: str) -> Html:
    """Where there is nothing to show."""
    return tag("p", words, class_="soft")


def note(words: str) -> Html:
    """Something that the agent should know now."""
    return tag("div", words, role="status")
