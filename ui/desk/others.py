"""The other pages of a desk on PostgreSQL: what they do is heard here, and what one that has died left is taken over.

A page's leases are renewed while it writes; each page looks for leases that have ended.
"""

import asyncio
from asyncio import to_thread
from collections.abc import Coroutine
from contextlib import aclosing
from typing import Any

from frontdesk.store import fleet, leases
from frontdesk.store.listen import changes
from frontdesk.store.store import StoreUnavailable
from frontdesk.web import access_log
from ui.desk.desk import Desk

PAUSE = 1.0  # seconds between two tries to listen
RENEW = 2.5  # seconds; a lease lasts four times as long


async def listen(desk: Desk) -> None:
    """Wake the customers who are here for what happens at other pages. Runs until it is cancelled. An outage is one line."""
    logged = False
    while True:
        try:
            async with aclosing(changes(desk.store)) as told:
                async for customer, queue in told:
                    if not desk.listening:
                        desk.listening = True
                        desk.sessions.notify_all()  # of what happened meanwhile nobody was told
                        if logged:
                            access_log.write("database", reachable=True)
                        logged = False
                    await guarded(hear(desk, customer, queue))
        except StoreUnavailable as error:
            if not logged:
                access_log.write("database", reachable=False, problem=str(error))
            logged = True
        finally:
            desk.listening = False
        await asyncio.sleep(PAUSE)


async def hear(desk: Desk, customer: str, queue: bool) -> None:
    """Something about a customer's conversation has changed, here or elsewhere."""
    if session := desk.sessions.by_customer.get(customer):
        session.notify()
        if session.busy:
            await desk.answers.check(session)
    if queue:
        desk.sessions.notify_waiting()


async def keep(desk: Desk) -> None:
    """Renew this page's leases and take over those that have ended. Runs until it is cancelled."""
    tasks: set[asyncio.Task[None]] = set()
    while True:
        await guarded(round_of(desk, tasks))
        await asyncio.sleep(RENEW)


async def round_of(desk: Desk, tasks: set[asyncio.Task[None]]) -> None:
    """One round of it. `tasks`: takeovers in progress."""
    page, run = desk.answers.page, desk.config.name
    desk.answers.share(await to_thread(fleet.beat, desk.store, page, f"page {run}"))
    if busy := [session.conversation_id for session in desk.sessions.by_customer.values() if session.busy]:
        await to_thread(leases.renew, desk.store, page, busy)
    for conversation in await to_thread(leases.abandoned, desk.store, run):
        tasks.add(task := asyncio.create_task(guarded(desk.take_over(conversation))))
        task.add_done_callback(tasks.discard)


async def leave(desk: Desk) -> None:
    """Leave this page's answers and places to the others."""
    for left in (leases.leave, fleet.leave):
        await guarded(to_thread(left, desk.store, desk.answers.page))


async def guarded(work: Coroutine[Any, Any, None]) -> None:
    """Do it; a defect is logged, and where the store is away there is another round."""
    try:
        await work
    except StoreUnavailable:
        pass
    except Exception as error:
        access_log.defect(error)
