"""Admission: a message becomes a turn, by one commit. From then on it is never lost."""

import hashlib
import json
import uuid
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import bindparam, func, insert, literal_column, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from townhall.access import Caller, new_anonymous_user
from townhall.db.engine import Database
from townhall.db.tables import db_now, sessions, turns
from townhall.errors import IdempotencyKeyReused, NotFound, TurnInProgress
from townhall.turns.history import read_earlier_turns
from townhall.turns.leases import LEASE_SECONDS, ClaimedTurn
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
    .returning(sessions.c.turn_count, sessions.c.message_count)
)
_COUNT_UNFINISHED = (
    select(func.count())
    .select_from(turns)
    .where(
        # The sum hides the index of a session's turns: the few that are unfinished have their own.
        turns.c.session_key + literal_column("0") == bindparam("session"),
        turns.c.status.in_(UNFINISHED),
    )
)
_ADD_TURN = insert(turns)
_ADD_CLAIMED_TURN = insert(turns).values(lease_until=db_now(LEASE_SECONDS))


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
    """A turn that is in the database; its `attempt`-th run (from 1) is the one to listen to.

    `claim` is there if this process is to run it at once.
    """

    id: str
    session_key: int
    session_id: str
    user_id: str
    is_new: bool
    attempt: int = 1
    claim: ClaimedTurn | None = None


def new_turn_id() -> str:
    """Return a fresh turn id."""
    return f"turn_{uuid.uuid4().hex}"


async def admit(
    database: Database,
    caller: Caller,
    message: Message,
    sent_at: datetime,
    *,
    turn_id: str,
    worker: str,
    idempotency_key: str | None = None,
    session_must_exist: bool = False,
) -> AcceptedTurn:
    """Accept `message`, sent at `sent_at`, as the next turn of its session; return it, committed.

    If no other turn of the session waits or runs, it is claimed for `worker` by the same commit.
    The same idempotency key with the same message gives the turn of the first time. NotFound,
    TurnInProgress, IdempotencyKeyReused or UserIdMismatch if it is refused; nothing is saved then.
    """

    async def save(connection: AsyncConnection) -> AcceptedTurn:
        known = await _known_turn(connection, caller, message, idempotency_key)
        if known is not None:
            return known
        session = await _open_session(connection, caller, message, session_must_exist)
        seq, message_count, waits = await _count_turn(connection, session, message)
        turn = {
            "id": turn_id,
            "session_key": session.key,
            "seq": seq,
            "message": message.text,
            "metadata": dict(message.metadata),
            "caller": caller.principal,
            "idempotency_key": idempotency_key,
            "request_hash": None if idempotency_key is None else message.fingerprint(),
            "created_at": sent_at,
        }
        claim = None
        if waits:
            await connection.execute(_ADD_TURN, {**turn, "status": "queued", "attempt": 0})
        else:
            claim = await _add_claimed(connection, session, turn, message_count, worker)
        whose = (session.key, session.session_id, session.user_id)
        return AcceptedTurn(turn_id, *whose, is_new=True, claim=claim)

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


async def _add_claimed(
    connection: AsyncConnection,
    session: Session,
    turn: dict[str, Any],
    message_count: int,
    worker: str,
) -> ClaimedTurn:
    running = {
        "status": "running",
        "attempt": 1,
        "lease_by": worker,
        "started_at": datetime.now(UTC),
    }
    await connection.execute(_ADD_CLAIMED_TURN, turn | running)
    return ClaimedTurn(
        id=turn["id"],
        attempt=1,
        seq=turn["seq"],
        message=turn["message"],
        created_at=turn["created_at"],
        session_key=session.key,
        session_id=session.session_id,
        user_id=session.user_id,
        message_count=message_count,
        earlier=await read_earlier_turns(connection, session.key, turn["seq"]),
    )


async def _count_turn(
    connection: AsyncConnection, session: Session, message: Message
) -> tuple[int, int, int]:
    """Return the number of the session's new turn, its messages and how many turns are before it.

    TurnInProgress if those are too many.
    """
    title = session.title or title_of(message.text)
    counted = {"session": session.key, "title": title, "last_active": datetime.now(UTC)}
    # This update locks the session's row: the count below and the turn's number are its own.
    seq, message_count = (await connection.execute(_COUNT_TURN, counted)).one()
    unfinished = await connection.scalar(_COUNT_UNFINISHED, {"session": session.key}) or 0
    if unfinished > WAITING_TURNS:
        raise TurnInProgress(
            f"{WAITING_TURNS} messages of this session already wait. Send this one again when an "
            "earlier one has been answered.",
            retry_after=2,
        )
    return seq, message_count, unfinished
