"""Sessions: open, find, list, rename, delete. Every query is scoped to its caller."""

import base64
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, Literal, TypeVar

from sqlalchemy import (
    ColumnElement,
    Row,
    and_,
    bindparam,
    delete,
    func,
    insert,
    select,
    true,
    tuple_,
    update,
)
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

# What every turn asks is built once: to build a statement costs more than to execute it.
_FIND = (
    select(sessions)
    .where(sessions.c.session_id == bindparam("wanted"))
    .order_by(sessions.c.last_active.desc(), sessions.c.id.desc())
    .limit(1)
)
_FIND_OWN = _FIND.where(sessions.c.user_id == bindparam("owner"))
_ADD = insert(sessions).returning(sessions)

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
    owner = caller.acting_as(user_id)
    query = _FIND if owner is None else _FIND_OWN
    row = (await connection.execute(query, {"wanted": session_id, "owner": owner})).first()
    return None if row is None else _session(row)


async def found_session(
    connection: AsyncConnection, caller: Caller, session_id: str, user_id: str | None = None
) -> Session:
    """Return what `find_session` finds, or raise NotFound."""
    session = await find_session(connection, caller, session_id, user_id)
    if session is None:
        raise NotFound("There is no such session.")
    return session


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
    return _session((await connection.execute(_ADD, values)).one())


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
            session = await found_session(connection, caller, session_id, user_id)
            current = await connection.scalar(
                select(turns.c.id)
                .where(turns.c.session_key == session.key, turns.c.status.in_(UNFINISHED))
                .order_by(turns.c.seq)
                .limit(1)
            )
            return session, current

    async def list(
        self,
        caller: Caller,
        user_id: str | None,
        limit: int,
        after: str | None,
        *,
        oldest_first: bool = False,
        only_begun: bool = False,
    ) -> Page[Session]:
        """Return the caller's sessions, newest activity first, at most `limit` from a cursor on.

        With `only_begun` those in which nothing was said yet are left out.
        """
        mine = scope(caller, user_id)
        if only_begun:
            mine = and_(mine, sessions.c.turn_count > 0)
        order = (sessions.c.last_active, sessions.c.id)
        query = select(sessions).where(mine).limit(limit + 1)
        if after is not None:
            here, last = tuple_(*order), tuple_(*_read_cursor(after))
            query = query.where(here > last if oldest_first else here < last)
        query = query.order_by(*(order if oldest_first else [each.desc() for each in order]))
        async with self._database.reading() as connection:
            total = await connection.scalar(select(func.count()).select_from(sessions).where(mine))
            found = [_session(row) for row in await connection.execute(query)]
        more = len(found) > limit
        page = tuple(found[:limit])
        return Page(total or 0, page, _cursor(page[-1]) if more else None)

    async def rename(
        self, caller: Caller, session_id: str, title: str, user_id: str | None = None
    ) -> str:
        """Give the session another title and return it as kept; NotFound if it is not theirs."""
        kept = title_of(title)
        async with self._database.writing() as connection:
            session = await found_session(connection, caller, session_id, user_id)
            await connection.execute(
                update(sessions).where(sessions.c.id == session.key).values(title=kept)
            )
        return kept

    async def delete(self, caller: Caller, session_id: str, user_id: str | None = None) -> None:
        """Delete the session with its turns, events, journal and traces; records stay, unlinked."""
        async with self._database.writing() as connection:
            session = await found_session(connection, caller, session_id, user_id)
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
        raise bad_cursor() from error
    if not 0 <= position < 2**63:
        raise bad_cursor()
    return last_active, position


def bad_cursor() -> ValidationFailed:
    """Return the refusal of a cursor that is none of ours."""
    reason = "must be the `next` of an earlier page"
    return ValidationFailed(
        "The cursor is not valid.", errors=(FieldError("/query/after", reason),)
    )
