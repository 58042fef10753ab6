"""The event log: what each turn says, in memory at once, in the database shortly after.

A viewer follows a turn from memory when it runs in this process and from the database otherwise;
it cannot tell the difference. A turn never waits for a viewer.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import anyio
from sqlalchemy import select, tuple_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from townhall.db.engine import PERSISTENCE, Database
from townhall.db.tables import turn_events, turns
from townhall.errors import DatabaseUnavailable, Problem
from townhall.events import TurnEvent, TurnFailed, is_end, parse_event
from townhall.telemetry.logs import get_logger
from townhall.telemetry.metrics import LOG_LAG
from townhall.turns.sessions import UNFINISHED

FLUSH_SECONDS = 0.1  # how far the database may lag behind what viewers here have seen
POLL_SECONDS = 0.2  # how often a viewer looks for a turn that runs elsewhere
MAX_POLL_SECONDS = 1.0  # the same, for a turn that says nothing: it waits behind others
QUIET_SECONDS = 10.0  # after which a viewer is told that the turn is still alive

EventId = tuple[int, int]  # attempt and sequence number within it, both from 1
Told = tuple[EventId, TurnEvent]
START: EventId = (0, 0)

logger = get_logger("townhall.turns")
T = TypeVar("T")


def end_of_run(attempt: int) -> EventId:
    """Return the id after all events of a turn's `attempt`-th run and the ones before it."""
    return (attempt, 2**31 - 1) if attempt > 0 else START


class TurnLog:
    """The events of one run of a turn in this process. `append` is all that a run needs."""

    def __init__(self, turn_id: str, attempt: int) -> None:
        self.turn_id = turn_id
        self.attempt = attempt
        self.events: list[TurnEvent] = []
        self.is_closed = False
        self.is_settled = False  # no flush any more: the turn's end saves the rest
        self.saved = 0  # how many of the events are in the database
        self._news = asyncio.Event()

    def append(self, event: TurnEvent) -> None:
        """Say `event`: viewers here get it now, the database within `FLUSH_SECONDS`."""
        self.events.append(event)
        self._wake()

    def close(self) -> None:
        """Tell the viewers that this run says no more, whether it ended or was lost."""
        self.is_closed = True
        self._wake()

    async def wait(self, seen: int) -> None:
        """Return when there are more than `seen` events, or the log is closed."""
        while len(self.events) <= seen and not self.is_closed:
            await self._news.wait()

    def unsaved(self, *more: TurnEvent) -> list[dict[str, Any]]:
        """Return the row that saves what is not in the database yet, with `more` at its end."""
        events = [*self.events[self.saved :], *more]
        if not events:
            return []
        row = {
            "turn_id": self.turn_id,
            "attempt": self.attempt,
            "first_seq": self.saved + 1,
            "last_seq": self.saved + len(events),
            "events": [event.as_json() for event in events],
            "created_at": datetime.now(UTC),
        }
        return [row]

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()


class EventLog:
    """The logs of all turns that run in this process, and the way to every other turn's."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._live: dict[str, TurnLog] = {}
        self._expected: dict[str, asyncio.Event] = {}
        self._saving = asyncio.Lock()
        self._is_over = False

    def expect(self, turn_id: str) -> None:
        """Say that this process will run the turn soon: its viewers wait for that first."""
        self._expected[turn_id] = asyncio.Event()

    def open(self, turn_id: str, attempt: int) -> TurnLog:
        """Begin the log of a run in this process."""
        log = self._live[turn_id] = TurnLog(turn_id, attempt)
        expected = self._expected.pop(turn_id, None)
        if expected is not None:
            expected.set()
        return log

    def close(self, log: TurnLog) -> None:
        """End the log of a run; new viewers read the database from now on."""
        if self._live.get(log.turn_id) is log:
            del self._live[log.turn_id]
        log.close()

    async def settle(self, log: TurnLog) -> None:
        """Return when no flush of `log` is under way and none will begin: its end can be saved."""
        async with self._saving:
            log.is_settled = True

    def dismiss_viewers(self) -> None:
        """End every `follow`: the process ends, other processes know what these turns still say."""
        self._is_over = True
        for log in self._live.values():
            log.close()
        for expected in self._expected.values():
            expected.set()

    async def run(self) -> None:
        """Write what is new to the database, again and again, until cancelled."""
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            try:
                await self.flush()
            except DatabaseUnavailable:
                LOG_LAG.inc(FLUSH_SECONDS)
                logger.warning("events wait for the database", turns=len(self._live))
            except Exception:
                # A bug: but a log that ends would keep every turn of the process from the database.
                logger.exception("events could not be saved")

    async def flush(self) -> None:
        """Write what is new of all turns in one transaction."""
        async with self._saving:
            open_logs = [log for log in self._live.values() if not log.is_settled]
            batch = [(log, row) for log in open_logs for row in log.unsaved()]
            if not batch:
                return
            try:
                await self._insert([row for _, row in batch])
            except IntegrityError:
                # A session was deleted under its turn: save the others one by one.
                for _, row in batch:
                    with suppress(IntegrityError):
                        await self._insert([row])
            for log, row in batch:
                log.saved = row["last_seq"]
            LOG_LAG.set(0)

    async def follow(
        self, turn_id: str, after: EventId = START, quiet_seconds: float = QUIET_SECONDS
    ) -> AsyncIterator[list[Told]]:
        """Give the events of a turn after the event `after`, then those to come, to its end.

        Gives them in batches as they are there; an empty batch after each `quiet_seconds` without
        news. Ends after the turn's end, or when the turn is gone; if the database is away for too
        long, with a failure that bears the id of the last event, so that the viewer can resume.
        The caller's right to see the turn has been checked before.
        """
        last = after
        try:
            async for batch in self._batches(turn_id, after, quiet_seconds):
                yield batch
                if batch and is_end(batch[-1][1]):
                    return
                last = batch[-1][0] if batch else last
        except DatabaseUnavailable as error:
            problem = Problem.of(error, instance=turn_id).as_json()
            yield [(last, TurnFailed(problem=problem))]
        finally:
            self._expected.pop(turn_id, None)

    async def _batches(
        self, turn_id: str, after: EventId, quiet_seconds: float
    ) -> AsyncIterator[list[Told]]:
        clock = asyncio.get_running_loop().time
        quiet_since = clock()
        poll_seconds = POLL_SECONDS
        patience = PERSISTENCE
        log: TurnLog | None = None
        is_caught_up = False  # whether the database had nothing more at the last look
        if turn_id in self._expected:
            # It is to begin here: to look for it elsewhere is for the rare case that it does not.
            await self._wait_for(turn_id, MAX_POLL_SECONDS)
        while True:
            log = self._live.get(turn_id) or log
            if log is not None and (is_caught_up or _continues(log, after)):
                batch = await _next_batch(log, after, quiet_seconds)
                if not batch and log.is_closed:
                    # Whoever waited with that run for the database need not do so again.
                    log, patience = None, timedelta()
            elif self._is_over:
                return
            else:
                stored = await self._stored(turn_id, after, patience)
                patience = PERSISTENCE
                if stored is None:
                    return
                batch, is_caught_up = stored, not stored
            if batch or clock() - quiet_since >= quiet_seconds:
                after = batch[-1][0] if batch else after
                quiet_since = clock()
                poll_seconds = POLL_SECONDS
                yield batch
            elif log is None:
                await self._wait_for(turn_id, poll_seconds)
                poll_seconds = min(1.5 * poll_seconds, MAX_POLL_SECONDS)

    async def _wait_for(self, turn_id: str, seconds: float) -> None:
        """Return when the turn begins in this process, or after so many seconds."""
        expected = self._expected.setdefault(turn_id, asyncio.Event())
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await expected.wait()

    async def _stored(self, turn_id: str, after: EventId, patience: timedelta) -> list[Told] | None:
        """Return what the database has after `after`; None if there is and will be no more."""
        later = tuple_(turn_events.c.attempt, turn_events.c.last_seq) > tuple_(*after)

        async def read(connection: AsyncConnection) -> tuple[str | None, Sequence[Any]]:
            # The status first: once a turn has ended, all its events are there to be read.
            status = await connection.scalar(select(turns.c.status).where(turns.c.id == turn_id))
            found = await connection.execute(
                select(turn_events.c.attempt, turn_events.c.first_seq, turn_events.c.events)
                .where(turn_events.c.turn_id == turn_id, later)
                .order_by(turn_events.c.attempt, turn_events.c.first_seq)
            )
            return status, found.all()

        status, rows = await self._recall(read, patience)
        told = [
            ((row.attempt, row.first_seq + i), parse_event(event))
            for row in rows
            for i, event in enumerate(row.events)
        ]
        news = [(at, event) for at, event in told if at > after]
        return None if not news and status not in UNFINISHED else news

    async def _recall(
        self, read: Callable[[AsyncConnection], Awaitable[T]], patience: timedelta
    ) -> T:
        """Do `read`; DatabaseUnavailable if the database is away for longer than that."""
        patience_ends = asyncio.get_running_loop().time() + patience.total_seconds()
        while True:
            try:
                # A viewer that goes away must not take the connection with it half-used.
                with anyio.CancelScope(shield=True):
                    return await self._database.read(read)
            except DatabaseUnavailable:
                if self._is_over or asyncio.get_running_loop().time() > patience_ends:
                    raise
            await asyncio.sleep(POLL_SECONDS)

    async def _insert(self, rows: list[dict[str, Any]]) -> None:
        await self._database.write(lambda connection: save_events(connection, rows))


async def save_events(connection: AsyncConnection, rows: list[dict[str, Any]]) -> None:
    """Write rows of events. A row whose commit was not answered comes again, perhaps longer."""
    await connection.execute(_SAVE[connection.dialect.name], rows)


def _upsert(insert: Callable[..., Any]) -> Any:
    new = insert(turn_events)
    return new.on_conflict_do_update(
        index_elements=list(turn_events.primary_key.columns),
        set_={"last_seq": new.excluded.last_seq, "events": new.excluded.events},
    )


_SAVE = {"postgresql": _upsert(postgresql.insert), "sqlite": _upsert(sqlite.insert)}


def _continues(log: TurnLog, after: EventId) -> bool:
    # Memory has one run only: the events of an earlier run are in the database.
    return log.attempt in (1, after[0])


async def _next_batch(log: TurnLog, after: EventId, quiet_seconds: float) -> list[Told]:
    attempt, seq = after
    seen = seq if attempt == log.attempt else 0
    with suppress(TimeoutError):
        async with asyncio.timeout(quiet_seconds):
            await log.wait(seen)
    return [((log.attempt, i + 1), log.events[i]) for i in range(seen, len(log.events))]
