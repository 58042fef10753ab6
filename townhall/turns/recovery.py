"""What a process does beside its turns: renews their leases, takes over abandoned ones, looks for
cancellations and sweeps up old events."""

import asyncio
from collections.abc import Awaitable, Callable

from townhall.db.engine import Database
from townhall.db.shredding import shred
from townhall.errors import DatabaseUnavailable
from townhall.telemetry.logs import get_logger
from townhall.turns.cancelling import wanted_cancels
from townhall.turns.erasure import forget_old_events
from townhall.turns.leases import Leases
from townhall.turns.runner import TurnRunner

RENEW_SECONDS = 5.0  # a third of a lease: two renewals may fail before another process takes over
NEIGHBOURS_SECONDS = 1.0  # how long the turns of a process that died on this machine stand still
CANCEL_SECONDS = 0.3  # a cancellation through another process is promised within a second
SWEEP_SECONDS = 600.0

logger = get_logger("townhall.turns")


async def keep_house(database: Database, leases: Leases, runner: TurnRunner) -> None:
    """Do all of it until cancelled."""

    async def renew() -> None:
        if runner.running:
            await leases.renew(list(runner.running))

    async def take_over() -> None:
        runner.wake_waiting()
        for session_key in await leases.abandoned_sessions():
            runner.wake(session_key)

    async def take_over_from_the_dead() -> None:
        for session_key in await leases.sessions_of_the_dead():
            runner.wake(session_key)

    async def cancel() -> None:
        if runner.running:
            runner.cancel_running(await wanted_cancels(database, list(runner.running)))

    async def sweep() -> None:
        await forget_old_events(database)
        await shred(database)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_every(RENEW_SECONDS, renew))
        tasks.create_task(_every(RENEW_SECONDS, take_over))
        tasks.create_task(_every(NEIGHBOURS_SECONDS, take_over_from_the_dead))
        tasks.create_task(_every(CANCEL_SECONDS, cancel))
        tasks.create_task(_every(SWEEP_SECONDS, sweep))


async def _every(seconds: float, duty: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await duty()
        except DatabaseUnavailable:
            # Each duty comes round again; a lease outlasts two missed renewals.
            logger.warning("duty waits for the database", duty=getattr(duty, "__name__", ""))
        except Exception:
            # A bug: but a duty that ends would take the process's turns with it, unseen.
            logger.exception("duty failed", duty=getattr(duty, "__name__", ""))
        await asyncio.sleep(seconds)
