"""Transcripts: what was said in a session, turn by turn, and what the resident thought of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Row, func, select, update

from townhall.access import Caller
from townhall.db.engine import Database
from townhall.db.tables import sessions, turns
from townhall.errors import NotFound
from townhall.events import Notice, RecordFiled, RecordUpdated, Sources, TurnEvent, parse_event
from townhall.turns.sessions import Page, Session, bad_cursor, found_session, scope

Rating = Literal["positive", "negative"]
# What a reply shows beside its text; kept with the turn, because its events are not kept for long.
Shown = RecordFiled | RecordUpdated | Sources | Notice


@dataclass(frozen=True)
class StoredTurn:
    """A turn as the transcript shows it: what was asked, what was answered so far."""

    id: str
    seq: int
    status: str
    message: str
    reply: str | None
    shown: tuple[Shown, ...]
    rating: Rating | None
    rating_reason: str | None
    created_at: datetime
    finished_at: datetime | None


_COLUMNS = [turns.c[name] for name in StoredTurn.__dataclass_fields__]


class Transcripts:
    """The turns of all sessions, as far as each caller may see them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(
        self,
        caller: Caller,
        session_id: str,
        user_id: str | None,
        limit: int,
        after: str | None,
        *,
        newest_first: bool = False,
    ) -> Page[StoredTurn]:
        """Return the turns of a session, oldest first unless asked otherwise, from a cursor on."""
        seq = turns.c.seq
        async with self._database.reading() as connection:
            session = await found_session(connection, caller, session_id, user_id)
            mine = turns.c.session_key == session.key
            total = await connection.scalar(select(func.count()).select_from(turns).where(mine))
            query = select(*_COLUMNS).where(mine).limit(limit + 1)
            if after is not None:
                last = _read_seq(after)
                query = query.where(seq < last if newest_first else seq > last)
            query = query.order_by(seq.desc() if newest_first else seq)
            found = [_turn(row) for row in await connection.execute(query)]
        more = len(found) > limit
        page = tuple(found[:limit])
        return Page(total or 0, page, str(page[-1].seq) if more else None)

    async def find(
        self, caller: Caller, session_id: str, turn_id: str, user_id: str | None = None
    ) -> tuple[Session, StoredTurn]:
        """Return a turn with its session; NotFound if either is not the caller's."""
        async with self._database.reading() as connection:
            session = await found_session(connection, caller, session_id, user_id)
            row = (
                await connection.execute(
                    select(*_COLUMNS).where(
                        turns.c.id == turn_id, turns.c.session_key == session.key
                    )
                )
            ).first()
        if row is None:
            raise NotFound("There is no such turn.")
        return session, _turn(row)

    async def rate(
        self,
        caller: Caller,
        session_id: str,
        turn_ids: set[str],
        rating: Rating | None,
        reason: str | None = None,
        user_id: str | None = None,
    ) -> None:
        """Keep what the resident thought of these replies, all or none; None takes it back.

        NotFound if one of the turns is not of that session or the session not the caller's.
        """
        async with self._database.writing() as connection:
            mine = select(sessions.c.id).where(
                sessions.c.session_id == session_id, scope(caller, user_id)
            )
            rated = await connection.execute(
                update(turns)
                .where(turns.c.id.in_(turn_ids), turns.c.session_key.in_(mine))
                .values(rating=rating, rating_reason=reason)
            )
            if rated.rowcount != len(turn_ids):
                raise NotFound("There is no such turn.")


def shown_by(events: Sequence[TurnEvent]) -> list[dict[str, object]]:
    """Return what is kept of a run's events for the transcript."""
    return [event.as_json() for event in events if isinstance(event, Shown)]


def _turn(row: Row[Any]) -> StoredTurn:
    values = row._asdict()
    values["shown"] = tuple(parse_event(event) for event in row.shown or ())
    return StoredTurn(**values)


def _read_seq(cursor: str) -> int:
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= 9):
        raise bad_cursor()
    return int(cursor)
