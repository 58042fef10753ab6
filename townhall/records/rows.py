"""The rows of records: read as drafts, written with their history, shown to their resident."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import Row, Select, Table, bindparam, func, insert, select, union_all, update
from sqlalchemy.ext.asyncio import AsyncConnection

from townhall.db.tables import feedback, incidents, place_of, record_history
from townhall.records.names import names_gone, remove_names, without
from townhall.records.references import kind_of, new_reference
from townhall.records.schemas import DRAFTS, Detail, Draft, IncidentDraft, RecordKind

TABLES: dict[RecordKind, Table] = {"incident": incidents, "feedback": feedback}
SHOWN: dict[RecordKind, tuple[str, ...]] = {
    kind: ("reference", *draft.model_fields, "status") for kind, draft in DRAFTS.items()
}

# Statements built once: to build one takes longer than to execute it.
_ADD = {kind: insert(table).returning(table) for kind, table in TABLES.items()}
_OF_SESSION = {
    kind: select(table).where(table.c.session_key == bindparam("session")).order_by(table.c.id)
    for kind, table in TABLES.items()
}
_REMEMBER = insert(record_history)


def _counts(table: Table) -> Select[int, int]:
    return select(
        func.count().filter(table.c.turn_id == bindparam("turn")),
        func.count().filter(table.c.created_at > bindparam("since")),
    ).where(table.c.session_key == bindparam("session"))


_COUNTS = union_all(*map(_counts, TABLES.values()))


@dataclass(frozen=True)
class Owner:
    """Whose record it is, and in which turn it came about."""

    user_id: str
    session_key: int
    turn_id: str


async def insert_record(
    connection: AsyncConnection, kind: RecordKind, draft: Draft, owner: Owner, now: datetime
) -> Row[Any]:
    """Insert an open record under a new reference, with the beginning of its history."""
    values = {
        **_columns(draft),
        "reference": new_reference(kind),
        "user_id": owner.user_id,
        "session_key": owner.session_key,
        "turn_id": owner.turn_id,
        "status": "open",
        "created_at": now,
        "updated_at": now,
    }
    row: Row[Any] = (await connection.execute(_ADD[kind], values)).one()
    changes = draft.model_dump(mode="json")
    await remember(connection, row.reference, "filed", changes, owner.user_id, now)
    return row


async def change_record(
    connection: AsyncConnection, row: Row[Any], draft: Draft, actor: str, now: datetime
) -> Row[Any]:
    """Make the record what `draft` says and return it; unchanged if it is that already."""
    before = draft_of(row).model_dump(mode="json")
    after = draft.model_dump(mode="json")
    changes = {
        name: {"before": before[name], "after": after[name]}
        for name in after
        if before[name] != after[name]
    }
    if not changes:
        return row
    gone = names_gone(before, after)
    if gone:
        await remove_names(connection, row.reference, gone)
        changes = without(changes, gone)
    return await _update(connection, row, _columns(draft), "amended", changes, actor, now)


async def withdraw_record(
    connection: AsyncConnection, row: Row[Any], reason: str | None, actor: str, now: datetime
) -> Row[Any]:
    """Mark the record as withdrawn and return it."""
    changes: dict[str, object] = {"status": {"before": row.status, "after": "withdrawn"}}
    if reason is not None:
        changes["reason"] = {"before": None, "after": reason}
    values = {"status": "withdrawn"}
    return await _update(connection, row, values, "withdrawn", changes, actor, now)


async def records_of_session(
    connection: AsyncConnection, kind: RecordKind, session_key: int
) -> list[Row[Any]]:
    """Return the records of a session, oldest first."""
    return list(await connection.execute(_OF_SESSION[kind], {"session": session_key}))


async def count_records(
    connection: AsyncConnection, owner: Owner, now: datetime
) -> tuple[int, int]:
    """Return how many records came from the turn, and from its session within a day."""
    asked = {
        "turn": owner.turn_id,
        "session": owner.session_key,
        "since": now - timedelta(days=1),
    }
    counts = (await connection.execute(_COUNTS, asked)).all()
    return sum(row[0] for row in counts), sum(row[1] for row in counts)


async def remember(
    connection: AsyncConnection,
    reference: str,
    action: str,
    changes: Mapping[str, object],
    actor: str,
    now: datetime,
) -> None:
    """Write into the record's history who did what."""
    entry = {
        "reference": reference,
        "action": action,
        "changes": dict(changes),
        "actor": actor,
        "at": now,
    }
    await connection.execute(_REMEMBER, entry)


def draft_of(row: Row[Any]) -> Draft:
    """Return what is on file as the draft that would file it; it is not judged again."""
    draft = DRAFTS[kind_of(row.reference)]
    values = {name: getattr(row, name) for name in draft.model_fields}
    if "details" in values:
        values["details"] = tuple(Detail.model_construct(**each) for each in values["details"])
    return draft.model_construct(**values)


def public_record(row: Row[Any]) -> dict[str, object]:
    """Return what its resident may see of a record, ready for JSON."""
    return {name: _plain(getattr(row, name)) for name in SHOWN[kind_of(row.reference)]}


async def _update(
    connection: AsyncConnection,
    row: Row[Any],
    values: Mapping[str, object],
    action: str,
    changes: Mapping[str, object],
    actor: str,
    now: datetime,
) -> Row[Any]:
    table = TABLES[kind_of(row.reference)]
    await remember(connection, row.reference, action, changes, actor, now)
    changed: Row[Any] = (
        await connection.execute(
            update(table)
            .where(table.c.id == row.id)
            .values(**values, updated_at=now)
            .returning(table)
        )
    ).one()
    return changed


def _columns(draft: Draft) -> dict[str, object]:
    columns = draft.model_dump()
    if isinstance(draft, IncidentDraft):
        columns |= {"details": list(columns["details"]), "place": place_of(draft.location)}
    return columns


def _plain(value: object) -> object:
    if isinstance(value, time):
        return f"{value:%H:%M}"  # as the tools take it
    return value.isoformat() if hasattr(value, "isoformat") else value
