"""Is the database sound: its schema, its counts, and what should not be there."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, exists, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from townhall.db.engine import Database
from townhall.db.schema import current_revision, newest_revision
from townhall.db.tables import (
    db_now,
    feedback,
    incidents,
    metadata,
    record_history,
    sessions,
    turn_events,
    turns,
)

WAITS_TOO_LONG = timedelta(minutes=5)  # longer than the longest turn and its three predecessors


@dataclass(frozen=True)
class Finding:
    """Something that should not be there: what, and how many."""

    what: str
    count: int


@dataclass(frozen=True)
class Verification:
    """The state of a database. `counts` is empty if the schema is not ours."""

    revision: str | None
    newest: str
    counts: dict[str, int]
    findings: tuple[Finding, ...]

    @property
    def is_sound(self) -> bool:
        """Whether the schema is current and nothing was found."""
        return self.revision == self.newest and not self.findings


async def verify(database: Database) -> Verification:
    """Look at everything and change nothing. DatabaseUnavailable if it does not answer."""
    revision, newest = await current_revision(database), newest_revision()
    if revision != newest:
        return Verification(revision, newest, {}, ())
    async with database.reading() as connection:
        counts = {
            name: await _count(connection, select(func.count()).select_from(table))
            for name, table in sorted(metadata.tables.items())
        }
        found = [
            Finding(what, await _count(connection, query)) for what, query in _suspicions().items()
        ]
        if database.is_sqlite:
            found.append(Finding("damaged pages (PRAGMA quick_check)", await _damaged(connection)))
    return Verification(revision, newest, counts, tuple(each for each in found if each.count))


async def _count(connection: AsyncConnection, query: Select[Any]) -> int:
    return await connection.scalar(query) or 0


async def _damaged(connection: AsyncConnection) -> int:
    lines = (await connection.execute(text("PRAGMA quick_check(10)"))).scalars().all()
    return 0 if lines == ["ok"] else len(lines)


def _suspicions() -> dict[str, Select[Any]]:
    ended = turns.c.status.in_(("completed", "failed", "cancelled"))
    long_ago = datetime.now(UTC) - WAITS_TOO_LONG
    counted = select(func.count())
    has_turns = select(func.count()).where(turns.c.session_key == sessions.c.id).scalar_subquery()
    has_end = exists().where(turn_events.c.turn_id == turns.c.id)
    return {
        "stuck turns (running, but their lease has run out)": counted.select_from(turns).where(
            turns.c.status == "running", turns.c.lease_until < db_now()
        ),
        "stuck turns (waiting for more than 5 minutes)": counted.select_from(turns).where(
            turns.c.status.in_(("queued", "interrupted")), turns.c.created_at < long_ago
        ),
        "turns that ended without a time, or have a time without an end": counted.select_from(
            turns
        ).where(
            or_(
                and_(ended, turns.c.finished_at.is_(None)),
                and_(~ended, turns.c.finished_at.is_not(None)),
            )
        ),
        "turns of the last day that ended without events": counted.select_from(turns).where(
            ended, turns.c.finished_at > datetime.now(UTC) - timedelta(hours=23), ~has_end
        ),
        "sessions whose count of turns is wrong": counted.select_from(sessions).where(
            sessions.c.turn_count != has_turns
        ),
        **{
            f"orphans: {table.name} without a history": counted.select_from(table).where(
                ~exists().where(record_history.c.reference == table.c.reference)
            )
            for table in (incidents, feedback)
        },
        "orphans: history of a record that is not there": counted.select_from(record_history).where(
            ~exists().where(incidents.c.reference == record_history.c.reference),
            ~exists().where(feedback.c.reference == record_history.c.reference),
        ),
    }
