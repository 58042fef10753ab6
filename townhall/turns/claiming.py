"""Claiming: what somebody did before signing in becomes theirs, by the anonymous token in hand."""

from sqlalchemy import exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from townhall.access import Caller
from townhall.db.engine import Database
from townhall.db.tables import feedback, incidents, record_history, sessions, turns
from townhall.errors import RoleRequired, TokenInvalid, TurnInProgress
from townhall.turns.sessions import UNFINISHED, new_session_id


async def claim_sessions(database: Database, owner: Caller, anonymous: Caller) -> int:
    """Give all sessions and records of `anonymous` to `owner`; return how many sessions there were.

    Both have proved who they are. RoleRequired if `owner` did not sign in, TokenInvalid if
    `anonymous` did, TurnInProgress while one of the turns runs: it would file for its old owner.
    """
    if owner.kind not in ("resident", "staff") or owner.user_id is None:
        raise RoleRequired("Sign in first, and send that token as 'Authorization'.")
    if anonymous.kind != "anonymous" or anonymous.user_id is None:
        raise TokenInvalid("Only the sessions of an anonymous token can be claimed.")
    async with database.writing() as connection:
        return await _claim(connection, anonymous.user_id, owner.user_id)


async def _claim(connection: AsyncConnection, before: str, after: str) -> int:
    found = await connection.execute(
        select(sessions.c.id, sessions.c.session_id)
        .where(sessions.c.user_id == before)
        .with_for_update()
    )
    rows = found.all()
    keys = [row.id for row in rows]
    of_these = turns.c.session_key.in_(keys)
    if await connection.scalar(select(exists().where(of_these, turns.c.status.in_(UNFINISHED)))):
        raise TurnInProgress("Claim them when the answer has ended.", retry_after=5)
    taken = set(
        await connection.scalars(select(sessions.c.session_id).where(sessions.c.user_id == after))
    )
    for row in rows:
        session_id = new_session_id() if row.session_id in taken else row.session_id
        await connection.execute(
            update(sessions)
            .where(sessions.c.id == row.id)
            .values(user_id=after, session_id=session_id)
        )
    # A key of the old owner's must not bring back a turn that is not theirs any more.
    await connection.execute(
        update(turns).where(of_these).values(caller=after, idempotency_key=None)
    )
    for table in (incidents, feedback):
        await connection.execute(
            update(table).where(table.c.user_id == before).values(user_id=after)
        )
    await connection.execute(
        update(record_history).where(record_history.c.actor == before).values(actor=after)
    )
    return len(rows)
