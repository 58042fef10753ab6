"""Everything that is one user's, to be handed to them: conversations, records and their history."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from townhall.db.engine import Database
from townhall.db.tables import record_history, sessions, turns
from townhall.records.rows import TABLES, public_record

SESSION = ("session_id", "title", "created_at", "last_active")
TURN = (
    "id",
    "status",
    "message",
    "metadata",
    "reply",
    "model",
    "rating",
    "rating_reason",
    "created_at",
    "finished_at",
)


async def belongings_of(database: Database, user_id: str) -> dict[str, Any]:
    """Return all that is kept of the user, oldest first, ready for JSON."""
    async with database.reading() as connection:
        return {
            "user_id": user_id,
            "sessions": await _sessions(connection, user_id),
            "records": await _records(connection, user_id),
        }


async def _sessions(connection: AsyncConnection, user_id: str) -> list[dict[str, Any]]:
    mine = sessions.c.user_id == user_id
    found = await connection.execute(select(sessions).where(mine).order_by(sessions.c.id))
    said: dict[int, list[dict[str, Any]]] = {}
    columns = [turns.c[name] for name in TURN]
    rows = await connection.execute(
        select(turns.c.session_key, *columns)
        .join(sessions, sessions.c.id == turns.c.session_key)
        .where(mine)
        .order_by(turns.c.session_key, turns.c.seq)
    )
    for row in rows:
        said.setdefault(row.session_key, []).append(_plain(row, TURN))
    return [_plain(row, SESSION) | {"turns": said.get(row.id, [])} for row in found]


async def _records(connection: AsyncConnection, user_id: str) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = []
    for table in TABLES.values():
        rows = await connection.execute(
            select(table).where(table.c.user_id == user_id).order_by(table.c.id)
        )
        for row in rows.all():
            # What staff wrote to one another is not the resident's; what was done is.
            history = await connection.execute(
                select(record_history)
                .where(
                    record_history.c.reference == row.reference, record_history.c.action != "noted"
                )
                .order_by(record_history.c.id)
            )
            deeds = [_plain(deed, ("action", "changes", "at")) for deed in history]
            times = _plain(row, ("created_at", "updated_at"))
            records.append(public_record(row) | times | {"history": deeds})
    return records


def _plain(row: Any, names: tuple[str, ...]) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in names}
    return {
        name: value.isoformat() if hasattr(value, "isoformat") else value
        for name, value in values.items()
    }
