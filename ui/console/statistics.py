"""The admins' page of numbers: what frontdesk/store/statistics.py counts, as plots over time."""

import time
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from frontdesk.reports.html import Html, join, tag
from frontdesk.store import statistics
from frontdesk.store.statistics import Cluster, Period, Volume, Waits
from frontdesk.store.store import Store
from ui.console.charts import Series, bars, lines, shown, table

Text = dict[str, str]


def numbers(store: Store, period: Period, zone: str, text: Text) -> Html:
    """All of it, for the last day, week or month."""
    at = statistics.edges(period, zone, time.time())
    labels = names(period, at, zone)
    volume = statistics.volume(store, at)
    up, down = statistics.ratings(store, at)
    read, written = statistics.tokens(store, at)
    bot = statistics.first_answers(store, at)
    taken, replied = statistics.person_waits(store, at)
    without = [all_ - person for all_, person in zip(volume.conversations, volume.person, strict=True)]
    cards = [
        _bars("volume", [("resolved_series", without), ("person_series", volume.person)], labels, text),
        _share(volume, labels, text),
        _lines("bot_wait", [("median_series", bot.median), ("slow_series", bot.slow)], labels, text, " s"),
        _lines("person_wait", [("taken_series", minutes(taken)), ("replied_series", minutes(replied))], labels, text, " min"),
        _bars("ratings", [("up_series", up), ("down_series", down)], labels, text),
        _bars("tokens", [("completion_series", written), ("prompt_series", read)], labels, text),
        _unanswered(statistics.unanswered(store, at), statistics.unanswered_counts(store, at), labels, text),
    ]
    return tag("div", *cards, class_="cards")


def names(period: Period, at: Sequence[float], zone: str) -> list[str]:
    """What a bucket is called: its hour or its day."""
    return [datetime.fromtimestamp(start, ZoneInfo(zone)).strftime("%H:%M" if period == "day" else "%m-%d") for start in at[:-1]]


def _bars(name: str, values: Sequence[tuple[str, Sequence[float]]], labels: Sequence[str], text: Text, below: Html | str = "") -> Html:
    """A card with stacked bars; `below`: what stands under them."""
    series = [Series(text[key], one) for key, one in values]
    total = sum(sum(one) for _, one in values)
    figure = bars(series, labels) if total else tag("p", text["nothing_yet"])
    more = join([table(series, labels, text["time"], text["as_table"]), below])
    return _card(name, f"{shown(total)} {text['total']}", figure, more, text)


def _lines(name: str, values: Sequence[tuple[str, Sequence[float | None]]], labels: Sequence[str], text: Text, unit: str) -> Html:
    series = [Series(text[key], one) for key, one in values]
    known = any(value is not None for one in series for value in one.values)
    figure = lines(series, labels, unit) if known else tag("p", text["nothing_yet"])
    return _card(name, "", figure, table(series, labels, text["time"], text["as_table"], unit), text)


def _share(volume: Volume, labels: Sequence[str], text: Text) -> Html:
    values = [100 * fine / every if every else None for fine, every in zip(volume.resolved, volume.conversations, strict=True)]
    every = sum(volume.conversations)
    series = [Series(text["share"], values)]
    figure = lines(series, labels, " %", top=100) if every else tag("p", text["nothing_yet"])
    whole = f"{100 * sum(volume.resolved) / every:.0f} % {text['total']}" if every else ""
    return _card("share", whole, figure, table(series, labels, text["time"], text["as_table"], " %"), text)


def _unanswered(found: Sequence[Cluster], counts: Sequence[int], labels: Sequence[str], text: Text) -> Html:
    header = tag("tr", tag("th", text["times"], scope="col"), tag("th", text["question"], scope="col"))
    asked = (tag("button", one.question, type="button", data_open=one.conversation_id) for one in found)
    rows = (tag("tr", tag("td", one.size), tag("td", button)) for one, button in zip(found, asked, strict=False))
    most = tag("table", tag("thead", header), tag("tbody", *rows)) if found else ""
    return _bars("unanswered", [("unanswered_series", counts)], labels, text, most)


def _card(name: str, figure: str, body: Html, more: Html | str, text: Text) -> Html:
    title = tag("h2", text[name], tag("span", figure, class_="figure") if figure else "")
    return tag("section", title, tag("p", text[f"{name}_note"], class_="soft"), body, more, class_=f"card {name}", data_card=name)


def minutes(waits: Waits) -> list[float | None]:
    """The medians in minutes."""
    return [None if seconds is None else seconds / 60 for seconds in waits.median]
