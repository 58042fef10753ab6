"""Who runs a turn: claimed with a lease by the database's clock, renewed, given back, ended.

A process that dies renews nothing, so its turns become claimable when their leases run out.
"""

from collections.abc import Container
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import Row, and_, bindparam, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from townhall.db.engine import Database
from townhall.db.tables import db_now, sessions, turns
from townhall.records.filing import TurnLost
from townhall.turns.ending import end_as_cancelled, give_up
from townhall.turns.history import EarlierTurn, read_earlier_turns
from townhall.turns.log import save_events
from townhall.turns.sessions import UNFINISHED
from townhall.turns.worker import is_known_dead

LEASE_SECONDS = 15
MAX_ATTEMPTS = 3

EndStatus = Literal["completed", "failed", "cancelled", "interrupted"]

# The statements of every turn, built once: to build one costs more than to execute it.
_CLAIMABLE = or_(
    turns.c.status.in_(("queued", "interrupted")),
    and_(turns.c.status == "running", turns.c.lease_until < db_now()),
)
_FIRST_UNFINISHED = (
    select(
        *(turns.c.id, turns.c.attempt, turns.c.seq, turns.c.message, turns.c.created_at),
        *(sessions.c.session_id, sessions.c.user_id, sessions.c.message_count),
        turns.c.cancel_requested_at,
        or_(
            _CLAIMABLE, and_(turns.c.status == "running", turns.c.lease_by == bindparam("worker"))
        ).label("claimable"),
    )
    .join(sessions, sessions.c.id == turns.c.session_key)
    .where(turns.c.session_key == bindparam("session"), turns.c.status.in_(UNFINISHED))
    .order_by(turns.c.seq)
    .limit(1)
    .with_for_update(of=turns)
)
_TAKE = (
    update(turns)
    .where(turns.c.id == bindparam("turn"))
    .values(status="running", attempt=turns.c.attempt + 1, lease_until=db_now(LEASE_SECONDS))
)
_COUNT_REPLY = (
    update(sessions)
    .where(sessions.c.id == bindparam("session"))
    .values(message_count=sessions.c.message_count + bindparam("replies"))
    .returning(sessions.c.turn_count)
)
_END = (
    update(turns)
    .where(
        turns.c.id == bindparam("turn"),
        turns.c.attempt == bindparam("run"),
        turns.c.lease_by == bindparam("worker"),
    )
    .values(lease_by=None, lease_until=None)
)


@dataclass(frozen=True)
class ClaimedTurn:
    """A turn that this process runs, as its `attempt`-th run (from 1)."""

    id: str
    attempt: int
    seq: int
    message: str
    created_at: datetime
    session_key: int
    session_id: str
    user_id: str
    message_count: int
    earlier: list[EarlierTurn]

    @property
    def group_id(self) -> str:
        """The name that groups all sessions of a user in traces."""
        return f"user-group-{self.user_id}"


@dataclass(frozen=True)
class TurnResult:
    """What is kept of a turn that ended."""

    status: EndStatus
    model: str
    reply: str
    shown: list[dict[str, object]]
    items: list[Any]
    usage: dict[str, int]
    problem: dict[str, object] | None
    trace_id: str
    trace: dict[str, Any] | None


class Leases:
    """The claims of one process, called `worker`."""

    def __init__(self, database: Database, worker: str) -> None:
        self._database = database
        self.worker = worker

    async def claim_next(
        self, session_key: int, admitting: Container[str] = ()
    ) -> ClaimedTurn | None:
        """Claim the first unfinished turn of the session; None if there is none to be had.

        The turns `admitting` are claimed already, by their admission, which is under way.

        The turns of a session run one after another, so a later turn is never claimed before the
        first one has ended. Nor does a process claim while it runs one of them: a turn that bears
        its own lease now is one whose claim or end the database did not confirm.
        """
        return await self._database.persist(lambda c: self._claim_next(c, session_key, admitting))

    async def _claim_next(
        self, connection: AsyncConnection, session_key: int, admitting: Container[str]
    ) -> ClaimedTurn | None:
        row = await self._first_unfinished(connection, session_key)
        while row is not None and row.claimable and await _is_over(connection, row):
            row = await self._first_unfinished(connection, session_key)
        if row is None or not row.claimable or row.id in admitting:
            return None
        await self._take(connection, row)
        return ClaimedTurn(
            id=row.id,
            attempt=row.attempt + 1,
            seq=row.seq,
            message=row.message,
            created_at=row.created_at,
            session_key=session_key,
            session_id=row.session_id,
            user_id=row.user_id,
            message_count=row.message_count,
            earlier=await read_earlier_turns(connection, session_key, row.seq),
        )

    async def renew(self, turn_ids: list[str]) -> None:
        """Prolong the leases of these turns by the full time, in one statement."""
        async with self._database.writing() as connection:
            await connection.execute(
                update(turns)
                .where(turns.c.id.in_(turn_ids), turns.c.lease_by == self.worker)
                .values(lease_until=db_now(LEASE_SECONDS))
            )

    async def abandoned_sessions(self) -> list[int]:
        """Return the keys of the sessions that have a turn which nobody runs."""
        async with self._database.reading() as connection:
            rows = await connection.execute(
                select(turns.c.session_key)
                .where(turns.c.status.in_(UNFINISHED), _CLAIMABLE)
                .distinct()
            )
            return list(rows.scalars())

    async def sessions_of_the_dead(self) -> list[int]:
        """Give back the turns of processes that are known to be dead; return their sessions' keys.

        Nobody waits for the leases of those to run out.
        """
        is_anothers = and_(turns.c.status == "running", turns.c.lease_by != self.worker)
        async with self._database.reading() as connection:
            workers = await connection.scalars(
                select(turns.c.lease_by).where(is_anothers).distinct()
            )
            dead = [worker for worker in workers if is_known_dead(worker)]
        if not dead:
            return []
        async with self._database.writing() as connection:
            given_back = await connection.scalars(
                update(turns)
                .where(turns.c.status == "running", turns.c.lease_by.in_(dead))
                .values(status="interrupted", lease_by=None, lease_until=None)
                .returning(turns.c.session_key)
            )
            return list(given_back)

    async def finish(
        self, turn: ClaimedTurn, result: TurnResult, event_rows: list[dict[str, Any]]
    ) -> bool:
        """Save the end of the turn and its last events in one transaction.

        Return whether the session has later turns, as far as this transaction can tell. TurnLost
        if the turn is not this process's any more; nothing is saved then.
        """
        now = None if result.status == "interrupted" else datetime.now(UTC)

        async def save(connection: AsyncConnection) -> bool:
            # The session first, as admission and deletion lock it first too.
            has_later = now is not None and await _count_reply(connection, turn, result, now)
            mine = {"turn": turn.id, "run": turn.attempt, "worker": self.worker}
            ended = await connection.execute(
                _END,
                {
                    **mine,
                    "status": result.status,
                    "model": result.model,
                    "reply": result.reply,
                    "shown": result.shown,
                    "output_items": result.items,
                    "usage": result.usage,
                    "problem": result.problem,
                    "trace_id": result.trace_id,
                    "trace": result.trace,
                    "finished_at": now,
                },
            )
            if ended.rowcount != 1:
                raise TurnLost("The turn is run by another process, or its session was deleted.")
            if event_rows:
                await save_events(connection, event_rows)
            return has_later

        try:
            return await self._database.persist(save)
        except TurnLost:
            # An unanswered commit may have succeeded: then the turn bears this run's trace.
            if not await self._has_saved(turn, result):
                raise
            return True

    async def _has_saved(self, turn: ClaimedTurn, result: TurnResult) -> bool:
        async with self._database.reading() as connection:
            trace_id = await connection.scalar(
                select(turns.c.trace_id).where(turns.c.id == turn.id)
            )
        return bool(trace_id == result.trace_id)

    async def _take(self, connection: AsyncConnection, row: Row[Any]) -> None:
        await connection.execute(
            _TAKE,
            {"turn": row.id, "lease_by": self.worker, "started_at": datetime.now(UTC)},
        )

    async def _first_unfinished(
        self, connection: AsyncConnection, session_key: int
    ) -> Row[Any] | None:
        asked = {"session": session_key, "worker": self.worker}
        return (await connection.execute(_FIRST_UNFINISHED, asked)).first()


async def _count_reply(
    connection: AsyncConnection, turn: ClaimedTurn, result: TurnResult, now: datetime
) -> bool:
    """Count the reply and return whether the session has later turns."""
    counted = {"session": turn.session_key, "replies": int(bool(result.reply)), "last_active": now}
    newest = await connection.scalar(_COUNT_REPLY, counted)
    return newest is not None and newest > turn.seq


async def _is_over(connection: AsyncConnection, row: Row[Any]) -> bool:
    """Whether an abandoned turn is not to be run again; then it has been ended."""
    if row.cancel_requested_at is not None:
        await end_as_cancelled(connection, row.id, row.attempt)
        return True
    if row.attempt >= MAX_ATTEMPTS:
        # Three processes died on this turn: a fourth would too, and later messages wait behind it.
        await give_up(connection, row.id, row.attempt)
        return True
    return False
