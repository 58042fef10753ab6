"""Taking people out of what was filed: the report stays, who it was does not."""

import re
from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Row, Table, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from townhall.db.tables import feedback, incidents, place_of, record_history

NOBODY = "erased"  # the user of a record without a person
REMOVED = "(removed)"
PERSONAL = ("reporter_name", "person_involved")
BY_RESIDENTS = ("filed", "amended", "withdrawn")  # what staff do stays theirs
TEXTS: dict[str, tuple[str, ...]] = {
    "incidents": ("description", "location", "person_involved", "details"),
    "feedback": ("summary",),
}


async def remove_people(connection: AsyncConnection, which: dict[str, ColumnElement[bool]]) -> int:
    """Take the resident out of the records that `which` says of each table; return how many.

    Their id, their name, and their name where it stands in what they wrote or in the history.
    """
    count = 0
    for table in (incidents, feedback):
        rows = (await connection.execute(select(table).where(which[table.name]))).all()
        for row in rows:
            await _remove_person(connection, table, row)
        count += len(rows)
    return count


async def remove_names(
    connection: AsyncConnection, reference: str, names: Collection[str], resident: str | None = None
) -> None:
    """Take names out of a record's history, and with `resident` who that was."""
    rows = await connection.execute(
        select(record_history).where(record_history.c.reference == reference)
    )
    for row in rows.all():
        is_theirs = row.actor == resident and row.action in BY_RESIDENTS
        await connection.execute(
            update(record_history)
            .where(record_history.c.id == row.id)
            .values(changes=without(row.changes, names), actor=NOBODY if is_theirs else row.actor)
        )


def names_gone(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Return the names of people that a change takes out of a record."""
    return [before[field] for field in PERSONAL if before.get(field) and not after.get(field)]


def without(value: Any, names: Collection[str]) -> Any:
    """Return `value`, of JSON, with each of the names taken out of every text in it."""
    match value:
        case str():
            for name in names:
                value = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", REMOVED, value, flags=re.I)
            return value
        case dict():
            return {key: without(each, names) for key, each in value.items()}
        case list():
            return [without(each, names) for each in value]
    return value


async def _remove_person(connection: AsyncConnection, table: Table, row: Row[Any]) -> None:
    names = [row.reporter_name] if row.reporter_name else await _earlier_names(connection, row)
    values = {name: without(getattr(row, name), names) for name in TEXTS[table.name]}
    if "location" in values:
        values["place"] = place_of(values["location"])
    await connection.execute(
        update(table)
        .where(table.c.id == row.id)
        .values(**values, user_id=NOBODY, reporter_name=None)
    )
    await remove_names(connection, row.reference, names, row.user_id)


async def _earlier_names(connection: AsyncConnection, row: Row[Any]) -> list[str]:
    """Return the names that the record had before: its history still knows them."""
    found = await connection.scalars(
        select(record_history.c.changes).where(record_history.c.reference == row.reference)
    )
    told = [changes.get("reporter_name") for changes in found]
    values = [
        value for each in told for value in (each.values() if isinstance(each, dict) else [each])
    ]
    return [value for value in values if isinstance(value, str) and value != REMOVED]
