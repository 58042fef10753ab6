"""Erasing: what a resident asks for, and what the town need not keep any longer.

Conversations go whole, with turns, events, journal and traces. Filed records stay for the town,
without the person. A dry run does all of it in a transaction that it takes back, and so counts
truly.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import and_, delete, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from townhall.db.engine import Database
from townhall.db.shredding import shred
from townhall.db.tables import feedback, incidents, sessions, turn_events, turns
from townhall.records.names import NOBODY, remove_people
from townhall.turns.sessions import EVENTS_KEPT, UNFINISHED

KEY_LIFE = timedelta(days=7)  # whoever has not repeated a request by then will not


@dataclass(frozen=True)
class Erased:
    """How many went: sessions, rows of events, idempotency keys, and people out of records."""

    sessions: int
    events: int
    keys: int
    people: int


async def erase_user(database: Database, user_id: str, *, dry_run: bool) -> Erased:
    """Erase all conversations of the user, and the user from all that they filed."""

    async def work(connection: AsyncConnection) -> Erased:
        filed = {table.name: table.c.user_id == user_id for table in (incidents, feedback)}
        people = await remove_people(connection, filed)
        gone = await connection.execute(delete(sessions).where(sessions.c.user_id == user_id))
        return Erased(gone.rowcount, 0, 0, people)

    return await _do(database, work, dry_run=dry_run)


async def retire(
    database: Database, conversations_kept: timedelta, people_kept: timedelta, *, dry_run: bool
) -> Erased:
    """Erase conversations that rested so long, and people from records that are closed so long.

    Also events beyond their 24 hours and idempotency keys of a week ago.
    """
    now = datetime.now(UTC)
    runs = exists().where(turns.c.session_key == sessions.c.id, turns.c.status.in_(UNFINISHED))
    rested = and_(sessions.c.last_active < now - conversations_kept, ~runs)
    closed = {
        table.name: and_(
            table.c.status.in_(("resolved", "withdrawn")),
            table.c.updated_at < now - people_kept,
            or_(table.c.user_id != NOBODY, table.c.reporter_name.is_not(None)),
        )
        for table in (incidents, feedback)
    }
    long_ended = select(turns.c.id).where(turns.c.finished_at < now - EVENTS_KEPT)
    old_keys = and_(turns.c.idempotency_key.is_not(None), turns.c.created_at < now - KEY_LIFE)

    async def work(connection: AsyncConnection) -> Erased:
        people = await remove_people(connection, closed)
        gone = await connection.execute(delete(sessions).where(rested))
        events = await connection.execute(
            delete(turn_events).where(turn_events.c.turn_id.in_(long_ended))
        )
        keys = await connection.execute(
            update(turns).where(old_keys).values(idempotency_key=None, request_hash=None)
        )
        return Erased(gone.rowcount, events.rowcount, keys.rowcount, people)

    return await _do(database, work, dry_run=dry_run)


async def forget_old_events(database: Database) -> None:
    """Delete the events of turns that ended more than `EVENTS_KEPT` ago; the transcript stays."""
    old = select(turns.c.id).where(turns.c.finished_at < datetime.now(UTC) - EVENTS_KEPT)
    async with database.writing() as connection:
        await connection.execute(delete(turn_events).where(turn_events.c.turn_id.in_(old)))


async def _do(
    database: Database, work: Callable[[AsyncConnection], Awaitable[Erased]], *, dry_run: bool
) -> Erased:
    async with database.writing() as connection:
        erased = await work(connection)
        if dry_run:
            await connection.rollback()
    if not dry_run:
        await shred(database)
    return erased
