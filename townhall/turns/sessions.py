"""Sessions: open, find, list, read, delete. Every query is scoped to its caller."""

import base64
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, Literal, TypeVar

from sqlalchemy import ColumnElement, Row, delete, func, insert, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from townhall.access import Caller, new_anonymous_user
from townhall.db.engine import Database
from townhall.db.shredding import shred
from townhall.db.tables import sessions, turns
from townhall.errors import EventsExpired, FieldError, NotFound, ValidationFailed

TITLE_CHARACTERS = 60
EVENTS_KEPT = timedelta(hours=24)  # after the end of their turn
TurnStatus = Literal["queued", "running", "interrupted", "completed", "cancelled", "failed"]
UNFINISHED = ("queued", "running", "interrupted")

T = TypeVar("T")


@dataclass(frozen=True)
class Session:
    """A conversation. `key` is the database's own; `session_id` is unique for its user."""

    key: int
    session_id: str
    user_id: str
    title: str
    created_at: datetime
    last_active: datetime
    message_count: int

    @property
    def group_id(self) -> str:
        """The name that groups all sessions of a user in traces."""
        return f"user-group-{self.user_id}"


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some of `total` items, and the cursor of the next page; None on the last."""

    total: int
    items: tuple[T, ...]
    next: str | None


@dataclass(frozen=True)
class StoredTurn:
    """A turn as the transcript shows it: what was asked, what was answered so far."""

    id: str
    status: str
    message: str
    reply: str | None
    created_at: datetime
    finished_at: datetime | None


def scope(caller: Caller, user_id: str | None = None) -> ColumnElement[bool]:
    """Return the condition that holds for the sessions that `caller` may touch.

    A local caller may narrow it to one user. UserIdMismatch if `user_id` is not the caller's.
    """
    owner = caller.acting_as(user_id)
    return true() if owner is None else sessions.c.user_id == owner


def new_session_id() -> str:
    """Return a fresh session id."""
    return f"sess_{uuid.uuid4().hex}"


def title_of(message: str) -> str:
    """Return the title of a session that begins with `message`: its first words on one line."""
    line = " ".join(message.split())
    if len(line) <= TITLE_CHARACTERS:
        return line
    cut = line[:TITLE_CHARACTERS]
    return (cut.rsplit(" ", 1)[0] if " " in cut else cut) + " …"


async def find_session(
    connection: AsyncConnection, caller: Caller, session_id: str, user_id: str | None = None
) -> Session | None:
    """Return the caller's session of that id, the most recently active if several users have it."""
    row = (
        await connection.execute(
            select(sessions)
            .where(sessions.c.session_id == session_id, scope(caller, user_id))
            .order_by(sessions.c.last_active.desc(), sessions.c.id.desc())
            .limit(1)
        )
    ).first()
    return None if row is None else _session(row)


async def add_session(
    connection: AsyncConnection, session_id: str, user_id: str, title: str = ""
) -> Session:
    """Insert an empty session and return it; IntegrityError if the user has one of that id."""
    now = datetime.now(UTC)
    values = {
        "session_id": session_id,
        "user_id": user_id,
        "title": title,
        "message_count": 0,
        "turn_count": 0,
        "created_at": now,
        "last_active": now,
    }
    row = (await connection.execute(insert(sessions).values(values).returning(sessions))).one()
    return _session(row)


class Sessions:
    """The sessions of all users, as far as each caller may see them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, caller: Caller | None, user_id: str | None = None) -> Session:
        """Open a new session for the caller, or for a new anonymous user."""
        owner = user_id if caller is None else caller.acting_as(user_id)
        async with self._database.writing() as connection:
            return await add_session(connection, new_session_id(), owner or new_anonymous_user())

    async def get(
        self, caller: Caller, session_id: str, user_id: str | None = None
    ) -> tuple[Session, str | None]:
        """Return the session and the id of its current turn, if one runs or waits; or NotFound."""
        async with self._database.reading() as connection:
            session = await _found(connection, caller, session_id, user_id)
            current = await connection.scalar(
                select(turns.c.id)
                .where(turns.c.session_key == session.key, turns.c.status.in_(UNFINISHED))
                .order_by(turns.c.seq)
                .limit(1)
            )
            return session, current

    async def list(
        self, caller: Caller, user_id: str | None, limit: int, after: str | None
    ) -> Page[Session]:
        """Return the caller's sessions, newest activity first, at most `limit` from a cursor on."""
        mine = scope(caller, user_id)
        query = select(sessions).where(mine)
        if after is not None:
            query = query.where(
                tuple_(sessions.c.last_active, sessions.c.id) < tuple_(*_read_cursor(after))
            )
        newest_first = (sessions.c.last_active.desc(), sessions.c.id.desc())
        async with self._database.reading() as connection:
            total = await connection.scalar(select(func.count()).select_from(sessions).where(mine))
            rows = await connection.execute(query.order_by(*newest_first).limit(limit + 1))
            found = [_session(row) for row in rows]
        more = len(found) > limit
        page = tuple(found[:limit])
        return Page(total or 0, page, _cursor(page[-1]) if more else None)

    async def messages(
        self, caller: Caller, session_id: str, user_id: str | None, limit: int, after: str | None
    ) -> Page[StoredTurn]:
        """Return the turns of a session, oldest first, at most `limit` from a cursor on."""
        async with self._database.reading() as connection:
            session = await _found(connection, caller, session_id, user_id)
            mine = turns.c.session_key == session.key
            total = await connection.scalar(select(func.count()).select_from(turns).where(mine))
            columns = [turns.c[name] for name in StoredTurn.__dataclass_fields__]
            query = select(turns.c.seq, *columns).where(mine).order_by(turns.c.seq)
            rows = (
                await connection.execute(
                    query.where(turns.c.seq > _read_seq(after)).limit(limit + 1)
                )
            ).all()
        page = rows[:limit]
        items = tuple(StoredTurn(*row[1:]) for row in page)
        return Page(total or 0, items, str(page[-1].seq) if len(rows) > limit else None)

    async def delete(self, caller: Caller, session_id: str, user_id: str | None = None) -> None:
        """Delete the session with its turns, events, journal and traces; records stay, unlinked."""
        async with self._database.writing() as connection:
            session = await _found(connection, caller, session_id, user_id)
            await connection.execute(delete(sessions).where(sessions.c.id == session.key))
        await shred(self._database)

    async def check_turn(
        self,
        caller: Caller,
        session_id: str,
        turn_id: str,
        user_id: str | None = None,
        *,
        has_events: bool = False,
    ) -> None:
        """Return if the turn is the caller's and, with `has_events`, its events are still kept.

        NotFound if the turn is not of that session or the session not the caller's, EventsExpired
        if the turn ended more than 24 hours ago.
        """
        query = (
            select(turns.c.finished_at)
            .join(sessions, sessions.c.id == turns.c.session_key)
            .where(
                turns.c.id == turn_id,
                sessions.c.session_id == session_id,
                scope(caller, user_id),
            )
        )
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).first()
        if row is None:
            raise NotFound("There is no such turn.")
        if not has_events or row.finished_at is None:
            return
        if row.finished_at < datetime.now(UTC) - EVENTS_KEPT:
            raise EventsExpired("The reply is in the transcript: GET /sessions/{id}/messages.")


async def _found(
    connection: AsyncConnection, caller: Caller, session_id: str, user_id: str | None
) -> Session:
    session = await find_session(connection, caller, session_id, user_id)
    if session is None:
        raise NotFound("There is no such session.")
    return session


def _session(row: Row[Any]) -> Session:
    return Session(
        key=row.id,
        session_id=row.session_id,
        user_id=row.user_id,
        title=row.title,
        created_at=row.created_at,
        last_active=row.last_active,
        message_count=row.message_count,
    )


def _cursor(session: Session) -> str:
    raw = f"{session.last_active.isoformat()}|{session.key}"
    return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[datetime, int]:
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        at, _, key = raw.partition("|")
        last_active = datetime.fromisoformat(at).astimezone(UTC)
        position = int(key)
    except (ValueError, OverflowError) as error:
        raise _bad_cursor() from error
    if not 0 <= position < 2**63:
        raise _bad_cursor()
    return last_active, position


def _read_seq(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= 9):
        raise _bad_cursor()
    return int(cursor)


def _bad_cursor() -> ValidationFailed:
    reason = "must be the `next` of an earlier page"
    return ValidationFailed(
        "The cursor is not valid.", errors=(FieldError("/query/after", reason),)
    )
