"""The agents' console at /desk: the queue, a conversation and what helps to answer it, all conversations,
review, the FAQ's health, and for admins numbers, releases and the audit log.

`mount_console(app, desk, store, config)` adds it to the page's application, and /metrics for Prometheus. The server renders
the pages (templates/). A script (static/) redraws parts of them and sends what an agent does. Every request is checked for its sender
(access/middleware.py). Only the Desk changes conversations.
"""

from pathlib import Path

from fastapi import FastAPI
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.routing import Mount, Route, Router
from starlette.staticfiles import StaticFiles

from frontdesk.config.hours import read_hours
from frontdesk.config.schema import Config
from frontdesk.store.store import Store
from ui.console.access.login import HOME, LoginPage
from ui.console.access.middleware import ConsoleMiddleware
from ui.console.audit import Audit
from ui.console.conversations import Conversations
from ui.console.health import Health
from ui.console.live import Live
from ui.console.metrics import PageMetrics
from ui.console.numbers.statistics import Numbers
from ui.console.pages import Pages
from ui.console.releases import Releases
from ui.console.review import Review
from ui.console.session import Logins
from ui.console.work import ACTIONS, Workplace
from ui.desk.desk import Desk


def mount_console(app: FastAPI, desk: Desk, store: Store, config: Config) -> None:
    """Add the console to an application, before its other routes. Raises UserError for an unknown time zone."""
    read_hours(config.desk)
    logins, pages = Logins(store, config), Pages(config)
    login, live, review, health = LoginPage(logins, pages), Live(store, logins), Review(store, pages), Health(config, store, pages)
    released = Releases(config, store, pages)
    work = Workplace(desk, store, config, pages)
    routes = [
        Route("/login", login.show, methods=["GET"]),
        Route("/login", login.enter, methods=["POST"]),
        Route("/logout", login.leave, methods=["POST"]),
        Route("/who", login.who),
        Route("/live", live.answer),
        Route("/", work.show),
        Route("/work", work.regions),
        Route("/faq", work.find),
        Route("/suggest", work.suggest, methods=["POST"]),
        *(Route(f"/{action}", work.act, methods=["POST"]) for action in ACTIONS),
        Route("/conversations", Conversations(store, config, pages).show),
        Route("/review", review.show, methods=["GET"]),
        Route("/review", review.decide, methods=["POST"]),
        Route("/health", health.show, methods=["GET"]),
        Route("/health", health.decide, methods=["POST"]),
        Route("/releases", released.show, methods=["GET"]),
        Route("/releases", released.act, methods=["POST"]),
        Route("/audit", Audit(store, pages).show),
        Route("/numbers", Numbers(store, config, pages).show),
        Mount("/static", StaticFiles(directory=Path(__file__).with_name("static"))),
    ]
    inside = Router(routes, redirect_slashes=False, default=PlainTextResponse("not found", 404))
    desks = [Route("/desk", lambda _: RedirectResponse(HOME, 308)), Mount("/desk", ConsoleMiddleware(inside, logins))]
    app.router.routes[:0] = [*desks, Route("/metrics", PageMetrics(desk, store, logins).show)]
