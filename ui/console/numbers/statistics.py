"""The admins' page of numbers: what frontdesk/store/statistics.py counts, as plots over time."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from frontdesk.config.schema import Config
from frontdesk.store import statistics
from frontdesk.store.statistics import PERIODS, Cluster, Period, Volume, Waits
from frontdesk.store.store import Store
from ui.console.numbers.charts import Plot, Series, bars, lines, shown
from ui.console.pages import Pages, text_of, who_of

Text = dict[str, str]


@dataclass(frozen=True)
class Card:
    """A plot with its numbers. `name` is a key of the texts; `plot` is None where there is nothing to show."""

    name: str
    figure: str
    plot: Plot | None
    series: Sequence[Series]
    unit: str = ""
    questions: Sequence[Cluster] = ()


class Numbers:
    """The route /numbers: `?period=`."""

    def __init__(self, store: Store, config: Config, pages: Pages) -> None:
        self.store, self.zone, self.pages = store, config.desk.timezone, pages

    def show(self, request: Request) -> Response:
        """All of it, for the last day, week or month."""
        text, asked = text_of(request), request.query_params.get("period", "week")
        if not who_of(request).admin:
            return PlainTextResponse(text["only_admins"], 403)
        period = asked if asked in PERIODS else "week"
        at = statistics.edges(period, self.zone, time.time())
        labels = names(period, at, self.zone)
        values = {
            "cards": cards(self.store, at, labels, text),
            "labels": labels,
            "shown": shown,
            "period": period,
            "periods": {name: text[name] for name in PERIODS},
        }
        return self.pages.page(request, "numbers", values)


def cards(store: Store, at: Sequence[float], labels: Sequence[str], text: Text) -> list[Card]:
    """What is counted between the edges `at`."""
    volume = statistics.volume(store, at)
    up, down = statistics.ratings(store, at)
    read, written = statistics.tokens(store, at)
    bot = statistics.first_answers(store, at)
    taken, replied = statistics.person_waits(store, at)
    without = [all_ - person for all_, person in zip(volume.conversations, volume.person, strict=True)]
    unanswered = [("unanswered_series", statistics.unanswered_counts(store, at))]
    return [
        _bars("volume", [("resolved_series", without), ("person_series", volume.person)], labels, text),
        _share(volume, labels, text),
        _lines("bot_wait", [("median_series", bot.median), ("slow_series", bot.slow)], labels, text, " s"),
        _lines("person_wait", [("taken_series", minutes(taken)), ("replied_series", minutes(replied))], labels, text, " min"),
        _bars("ratings", [("up_series", up), ("down_series", down)], labels, text),
        _bars("tokens", [("completion_series", written), ("prompt_series", read)], labels, text),
        _bars("unanswered", unanswered, labels, text, statistics.unanswered(store, at)),
    ]


def names(period: Period, at: Sequence[float], zone: str) -> list[str]:
    """What a bucket is called: its hour or its day."""
    return [datetime.fromtimestamp(start, ZoneInfo(zone)).strftime("%H:%M" if period == "day" else "%m-%d") for start in at[:-1]]


def _bars(
    name: str, values: Sequence[tuple[str, Sequence[float]]], labels: Sequence[str], text: Text, questions: Sequence[Cluster] = ()
) -> Card:
    """A card with stacked bars."""
    series = [Series(text[key], one) for key, one in values]
    total = sum(sum(one) for _, one in values)
    return Card(name, f"{shown(total)} {text['total']}", bars(series, labels) if total else None, series, questions=questions)


def _lines(name: str, values: Sequence[tuple[str, Sequence[float | None]]], labels: Sequence[str], text: Text, unit: str) -> Card:
    series = [Series(text[key], one) for key, one in values]
    known = any(value is not None for one in series for value in one.values)
    return Card(name, "", lines(series, labels, unit) if known else None, series, unit)


def _share(volume: Volume, labels: Sequence[str], text: Text) -> Card:
    values = [100 * fine / every if every else None for fine, every in zip(volume.resolved, volume.conversations, strict=True)]
    every, series = sum(volume.conversations), [Series(text["share"], values)]
    whole = f"{100 * sum(volume.resolved) / every:.0f} % {text['total']}" if every else ""
    return Card("share", whole, lines(series, labels, " %", top=100) if every else None, series, " %")


def minutes(waits: Waits) -> list[float | None]:
    """The medians in minutes."""
    return [None if seconds is None else seconds / 60 for seconds in waits.median]
