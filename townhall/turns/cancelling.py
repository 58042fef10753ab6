"""Cancelling a turn from any process: a wish in the database that its worker looks for."""

from datetime import UTC, datetime

from sqlalchemy import select, update

from townhall.db.engine import Database
from townhall.db.tables import turns
from townhall.errors import NotFound
from townhall.turns.ending import end_as_cancelled
from townhall.turns.sessions import TurnStatus


async def request_cancel(database: Database, turn_id: str) -> TurnStatus:
    """Ask for the turn to be stopped and return its status: `running` until its worker has done it.

    A turn that nobody runs is cancelled at once. NotFound if it is gone.
    """
    async with database.writing() as connection:
        row = (
            await connection.execute(
                select(turns.c.status, turns.c.attempt)
                .where(turns.c.id == turn_id)
                .with_for_update()
            )
        ).first()
        if row is None:
            raise NotFound("There is no such turn.")
        status: TurnStatus = row.status
        if status in ("queued", "interrupted"):
            await end_as_cancelled(connection, turn_id, row.attempt)
            return "cancelled"
        if status == "running":
            await connection.execute(
                update(turns)
                .where(turns.c.id == turn_id)
                .values(cancel_requested_at=datetime.now(UTC))
            )
        return status


async def wanted_cancels(database: Database, turn_ids: list[str]) -> list[str]:
    """Return those of the turns that somebody wants stopped."""
    wanted = select(turns.c.id).where(
        turns.c.id.in_(turn_ids), turns.c.cancel_requested_at.is_not(None)
    )
    return list(await database.read(lambda connection: connection.scalars(wanted)))
