"""What anybody who knows a reference may learn of its record: the type, and where it stands."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from townhall.db.engine import Database
from townhall.records.references import kind_of, read_reference
from townhall.records.rows import TABLES
from townhall.records.schemas import RecordKind, RecordState


@dataclass(frozen=True)
class RecordStatus:
    """Where a record stands. `code` is its incident type or its feedback topic; times are UTC."""

    kind: RecordKind
    reference: str
    code: str
    state: RecordState
    created_at: datetime
    updated_at: datetime


async def find_status(database: Database, reference: str) -> RecordStatus | None:
    """Return the status of the record, whoever filed it; `reference` is read leniently."""
    asked = read_reference(reference)
    if asked is None:
        return None
    kind = kind_of(asked)
    table = TABLES[kind]
    code = table.c.incident_type if kind == "incident" else table.c.topic
    columns = (code.label("code"), table.c.status, table.c.created_at, table.c.updated_at)
    async with database.reading() as connection:
        row = (await connection.execute(select(*columns).where(table.c.reference == asked))).first()
    if row is None:
        return None
    return RecordStatus(kind, asked, row.code, row.status, row.created_at, row.updated_at)
