"""Keeps this process's leases alive and takes over the turns that nobody runs any more."""

import asyncio

from townhall.errors import DatabaseUnavailable
from townhall.telemetry.logs import get_logger
from townhall.turns.leases import Leases
from townhall.turns.runner import TurnRunner

RENEW_SECONDS = 5.0  # a third of a lease: two renewals may fail before another process takes over

logger = get_logger("townhall.turns")


async def keep_turns_going(leases: Leases, runner: TurnRunner) -> None:
    """Renew the leases of the running turns and wake abandoned sessions, until cancelled."""
    while True:
        try:
            if runner.running:
                await leases.renew(list(runner.running))
            for session_key in await leases.abandoned_sessions():
                runner.wake(session_key)
        except DatabaseUnavailable:
            logger.warning("leases wait for the database", turns=len(runner.running))
        await asyncio.sleep(RENEW_SECONDS)
