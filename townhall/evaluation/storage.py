"""Reads what a conversation left in the database: its records and what its tools answered."""

from sqlalchemy import select

from townhall.db.engine import Database
from townhall.db.tables import turns
from townhall.evaluation.played import StoredRecord
from townhall.records.rows import TABLES, public_record, records_of_session


async def stored_records(database: Database, session_key: int) -> tuple[StoredRecord, ...]:
    """Return the records of the session, oldest first of each kind; withdrawn ones do not count."""
    async with database.reading() as connection:
        return tuple(
            [
                StoredRecord(kind, public_record(row))
                for kind in TABLES
                for row in await records_of_session(connection, kind, session_key)
                if row.status != "withdrawn"
            ]
        )


async def tool_outputs(database: Database, session_key: int) -> tuple[str, ...]:
    """Return what the tools answered in the session, oldest first, each a JSON text."""
    async with database.reading() as connection:
        kept = await connection.scalars(
            select(turns.c.output_items)
            .where(turns.c.session_key == session_key)
            .order_by(turns.c.seq)
        )
        return tuple(
            str(item["output"])
            for items in kept
            for item in items or []
            if item.get("type") == "function_call_output"
        )
