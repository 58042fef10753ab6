"""Admission: a message becomes a turn, by one commit. From then on it is never lost."""

import hashlib
import json
import uuid
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import bindparam, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from townhall.access import Caller, new_anonymous_user
from townhall.db.engine import Database
from townhall.db.tables import sessions, turns
from townhall.errors import IdempotencyKeyReused, NotFound, TurnInProgress
from townhall.turns.sessions import (
    UNFINISHED,
    Session,
    add_session,
    find_session,
    new_session_id,
    scope,
    title_of,
)

WAITING_TURNS = 3  # in one session, behind the one that runs

_COUNT_TURN = (
    update(sessions)
    .where(sessions.c.id == bindparam("session"))
    .values(turn_count=sessions.c.turn_count + 1, message_count=sessions.c.message_count + 1)
    .returning(sessions.c.turn_count)
)
_COUNT_UNFINISHED = (
    select(func.count())
    .select_from(turns)
    .where(turns.c.session_key == bindparam("session"), turns.c.status.in_(UNFINISHED))
)
_ADD_TURN = insert(turns)


@dataclass(frozen=True)
class Message:
    """What a caller sent. Without `session_id` it opens a session."""

    text: str
    session_id: str | None = None
    user_id: str | None = None
    metadata: tuple[tuple[str, str], ...] = ()

    def fingerprint(self) -> str:
        """Return the hash that tells whether two requests with one key are the same."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class AcceptedTurn:
    """A turn that is in the database; its `attempt`-th run (from 1) is the one to listen to."""

    id: str
    session_key: int
    session_id: str
    user_id: str
    is_new: bool
    attempt: int = 1


async def admit(
    database: Database,
    caller: Caller,
    message: Message,
    sent_at: datetime,
    *,
    idempotency_key: str | None = None,
    session_must_exist: bool = False,
) -> AcceptedTurn:
    """Accept `message`, sent at `sent_at`, as the next turn of its session; return it, committed.

    The same idempotency key with the same message gives the turn of the first time. NotFound,
    TurnInProgress, IdempotencyKeyReused or UserIdMismatch if it is refused; nothing is saved then.
    """

    async def save(connection: AsyncConnection) -> AcceptedTurn:
        known = await _known_turn(connection, caller, message, idempotency_key)
        if known is not None:
            return known
        session = await _open_session(connection, caller, message, session_must_exist)
        return await _add_turn(connection, caller, session, message, sent_at, idempotency_key)

    for last_try in (False, True):
        try:
            return await database.write(save)
        except IntegrityError:
            # The same key or the same new session came at the same time: it is there by now.
            if last_try:
                raise
    raise AssertionError("unreachable")


async def _known_turn(
    connection: AsyncConnection, caller: Caller, message: Message, key: str | None
) -> AcceptedTurn | None:
    if key is None:
        return None
    columns = (turns.c.id, turns.c.status, turns.c.attempt, turns.c.request_hash)
    row = (
        await connection.execute(
            select(*columns, turns.c.session_key, sessions.c.session_id, sessions.c.user_id)
            .join(sessions, sessions.c.id == turns.c.session_key)
            .where(
                turns.c.caller == caller.principal,
                turns.c.idempotency_key == key,
                scope(caller),
            )
        )
    ).first()
    if row is None:
        return None
    if row.request_hash != message.fingerprint():
        raise IdempotencyKeyReused("Use a new key for each new message.")
    whose = (row.session_key, row.session_id, row.user_id)
    attempt = row.attempt + (row.status in ("queued", "interrupted"))
    return AcceptedTurn(row.id, *whose, is_new=False, attempt=attempt)


async def _open_session(
    connection: AsyncConnection, caller: Caller, message: Message, must_exist: bool
) -> Session:
    owner = caller.acting_as(message.user_id)
    if message.session_id is not None:
        if owner is None:
            await _one_at_a_time(connection, message.session_id)
        session = await find_session(connection, caller, message.session_id, message.user_id)
        if session is not None:
            return session
        if must_exist:
            raise NotFound("There is no such session.")
    return await add_session(
        connection, message.session_id or new_session_id(), owner or new_anonymous_user()
    )


async def _one_at_a_time(connection: AsyncConnection, session_id: str) -> None:
    # Two first messages for one new id, from a caller without a name, must not open it twice: no
    # unique key can tell, because each would get its own anonymous user. SQLite has one writer.
    if connection.dialect.name == "postgresql":
        await connection.execute(
            text("SELECT pg_advisory_xact_lock(hashtext(:id))"), {"id": session_id}
        )


async def _add_turn(
    connection: AsyncConnection,
    caller: Caller,
    session: Session,
    message: Message,
    sent_at: datetime,
    idempotency_key: str | None,
) -> AcceptedTurn:
    seq = await _next_seq(connection, session, message, datetime.now(UTC))
    turn: dict[str, Any] = {
        "id": f"turn_{uuid.uuid4().hex}",
        "session_key": session.key,
        "seq": seq,
        "status": "queued",
        "message": message.text,
        "metadata": dict(message.metadata),
        "caller": caller.principal,
        "idempotency_key": idempotency_key,
        "request_hash": None if idempotency_key is None else message.fingerprint(),
        "attempt": 0,
        "created_at": sent_at,
    }
    await connection.execute(_ADD_TURN, turn)
    return AcceptedTurn(turn["id"], session.key, session.session_id, session.user_id, is_new=True)


async def _next_seq(
    connection: AsyncConnection, session: Session, message: Message, now: datetime
) -> int:
    counted = {"session": session.key, "title": session.title or title_of(message.text)}
    # This update locks the session's row: the count below and the turn's number are its own.
    seq: int = (await connection.execute(_COUNT_TURN, {**counted, "last_active": now})).scalar_one()
    unfinished = await connection.scalar(_COUNT_UNFINISHED, {"session": session.key})
    if (unfinished or 0) > WAITING_TURNS:
        raise TurnInProgress(
            f"{WAITING_TURNS} messages of this session already wait. Send this one again when an "
            "earlier one has been answered.",
            retry_after=2,
        )
    return seq
