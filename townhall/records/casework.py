"""What staff do with records: list, read, move on, note. Every deed is in the record's history."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from townhall.db.engine import Database
from townhall.db.tables import record_history
from townhall.errors import FieldError, NotFound, ValidationFailed
from townhall.records.references import kind_of, read_reference
from townhall.records.rows import TABLES, public_record, remember
from townhall.records.schemas import RecordKind, RecordState


@dataclass(frozen=True)
class Wanted:
    """Which records: of a kind and, where given, a state and a code (incident type or topic)."""

    kind: RecordKind
    state: RecordState | None = None
    code: str | None = None


@dataclass(frozen=True)
class RecordPage:
    """Some of `total` records, newest first, and the cursor of the next page."""

    total: int
    rows: tuple[Row[Any], ...]
    next: int | None


@dataclass(frozen=True)
class HistoryEntry:
    """Who did what to a record, when."""

    action: str
    changes: dict[str, Any]
    actor: str
    at: datetime


@dataclass(frozen=True)
class RecordFile:
    """A record with all that happened to it, oldest first."""

    kind: RecordKind
    reference: str
    state: RecordState
    created_at: datetime
    updated_at: datetime
    fields: dict[str, object]
    history: tuple[HistoryEntry, ...]


async def list_records(
    database: Database, wanted: Wanted, limit: int, after: int | None
) -> RecordPage:
    """Return records without anybody's words or name, at most `limit` from a cursor on."""
    table = TABLES[wanted.kind]
    code = table.c.incident_type if wanted.kind == "incident" else table.c.topic
    conditions: list[ColumnElement[bool]] = []
    if wanted.state is not None:
        conditions.append(table.c.status == wanted.state)
    if wanted.code is not None:
        conditions.append(code == wanted.code)
    columns = [
        *(table.c.id, table.c.reference, code.label("code"), table.c.status),
        *(table.c.created_at, table.c.updated_at),
    ]
    query = select(*columns).where(*conditions).order_by(table.c.id.desc()).limit(limit + 1)
    if after is not None:
        query = query.where(table.c.id < after)
    async with database.reading() as connection:
        count = select(func.count()).select_from(table).where(*conditions)
        total = await connection.scalar(count) or 0
        rows = (await connection.execute(query)).all()
    page = tuple(rows[:limit])
    return RecordPage(total, page, page[-1].id if len(rows) > limit else None)


async def read_record(database: Database, reference: str, actor: str, now: datetime) -> RecordFile:
    """Return the whole record; NotFound if there is none. That it was read is written down."""
    async with database.writing() as connection:
        row = await _found(connection, reference)
        await remember(connection, row.reference, "viewed", {}, actor, now)
        return await _file(connection, row)


async def work_on(
    database: Database,
    reference: str,
    actor: str,
    now: datetime,
    *,
    state: RecordState | None = None,
    note: str | None = None,
) -> RecordFile:
    """Move a record to another state, add a note, or both; return it as it is then.

    NotFound if there is none, ValidationFailed if its resident has withdrawn it.
    """
    async with database.writing() as connection:
        row = await _found(connection, reference)
        if state is not None and state != row.status:
            row = await _move(connection, row, state, actor, now)
        if note is not None:
            await remember(connection, row.reference, "noted", {"note": note}, actor, now)
        return await _file(connection, row)


async def _move(
    connection: AsyncConnection, row: Row[Any], state: RecordState, actor: str, now: datetime
) -> Row[Any]:
    if row.status == "withdrawn":
        wrong = FieldError("/status", "its resident has withdrawn it")
        raise ValidationFailed("A withdrawn report stays withdrawn.", errors=(wrong,))
    changes = {"status": {"before": row.status, "after": state}}
    await remember(connection, row.reference, "moved", changes, actor, now)
    table = TABLES[kind_of(row.reference)]
    moved: Row[Any] = (
        await connection.execute(
            update(table)
            .where(table.c.id == row.id)
            .values(status=state, updated_at=now)
            .returning(table)
        )
    ).one()
    return moved


async def _found(connection: AsyncConnection, reference: str) -> Row[Any]:
    asked = read_reference(reference)
    if asked is not None:
        table = TABLES[kind_of(asked)]
        row = (
            await connection.execute(
                select(table).where(table.c.reference == asked).with_for_update()
            )
        ).first()
        if row is not None:
            return row
    raise NotFound("There is no record of that reference.")


async def _file(connection: AsyncConnection, row: Row[Any]) -> RecordFile:
    columns = [record_history.c[name] for name in HistoryEntry.__dataclass_fields__]
    found = await connection.execute(
        select(*columns)
        .where(record_history.c.reference == row.reference)
        .order_by(record_history.c.id)
    )
    return RecordFile(
        kind=kind_of(row.reference),
        reference=row.reference,
        state=row.status,
        created_at=row.created_at,
        updated_at=row.updated_at,
        fields=public_record(row),
        history=tuple(HistoryEntry(*each) for each in found),
    )
