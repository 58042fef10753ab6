"""The front desk of one process: everything it needs, opened and closed in the right order.

The web server, `townhall chat` and `townhall eval` all stand on it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from townhall.access import Access
from townhall.assistant.desk import Desk
from townhall.assistant.models import ModelChoice, pick_model
from townhall.db.engine import Database, database_url
from townhall.db.schema import migrate
from townhall.knowledge.search import refresh
from townhall.settings import Settings
from townhall.telemetry.traces import configure_traces
from townhall.town import Town, load_town
from townhall.turns.leases import Leases
from townhall.turns.log import EventLog
from townhall.turns.recovery import keep_house
from townhall.turns.runner import TurnRunner
from townhall.turns.sessions import Sessions
from townhall.turns.transcripts import Transcripts
from townhall.turns.worker import new_worker_name
from townhall.turns.workplace import Workplace


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class FrontDesk:
    """What routes and commands work with."""

    settings: Settings
    town: Town
    access: Access
    database: Database
    sessions: Sessions
    transcripts: Transcripts
    log: EventLog
    runner: TurnRunner
    model_name: str
    warming: "asyncio.Future[None]"


@asynccontextmanager
async def open_front_desk(
    settings: Settings, *, model: ModelChoice | None = None, clock: Callable[[], datetime] = _now
) -> AsyncIterator[FrontDesk]:
    """Open the desk: town read, database migrated, turns running until the end of the block.

    `model` replaces the one that the settings name. TownConfigError or DatabaseUnavailable if it
    cannot be opened.
    """
    town = load_town(settings.town)
    database = Database.open(database_url(settings))
    desk = Desk(model or pick_model(settings), trace_texts=settings.traces_include_text)
    try:
        await migrate(database)
        await refresh(database, town)
        log = EventLog(database)
        leases = Leases(database, worker=new_worker_name())
        traces = configure_traces(settings)
        runner = TurnRunner(Workplace(settings, town, database, log, leases, desk, traces, clock))
        warming = desk.warm_up(town)
        duties = [
            asyncio.create_task(log.run()),
            asyncio.create_task(keep_house(database, leases, runner)),
        ]
        try:
            yield FrontDesk(
                settings=settings,
                town=town,
                access=Access(settings),
                database=database,
                sessions=Sessions(database),
                transcripts=Transcripts(database),
                log=log,
                runner=runner,
                model_name=desk.model_name,
                warming=warming,
            )
        finally:
            runner.begin_drain(settings.drain_seconds)
            await runner.drained()
            await traces.close()
            for duty in duties:
                duty.cancel()
            await asyncio.gather(*duties, return_exceptions=True)
    finally:
        await desk.close()
        await database.close()
