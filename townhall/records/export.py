"""All records of a kind as CSV or JSON, oldest first, for a spreadsheet or another system."""

import csv
import json
from collections.abc import AsyncIterator
from typing import IO, Any

from sqlalchemy import select

from townhall.db.engine import Database
from townhall.records.rows import TABLES
from townhall.records.schemas import RecordKind

# A cell that begins with one of these is a formula to a spreadsheet (OWASP, CSV injection).
# So is the full-width twin of each.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
HIDDEN = frozenset({"id", "session_key", "turn_id", "place"})


async def export_records(database: Database, kind: RecordKind, form: str, output: IO[str]) -> int:
    """Write all records of `kind` to `output` as `csv` or `json`; return how many there were."""
    names = [name for name in TABLES[kind].c.keys() if name not in HIDDEN]  # noqa: SIM118  # a ColumnCollection iterates columns
    if form == "json":
        records = [record async for record in _records(database, kind, names)]
        json.dump(records, output, ensure_ascii=False, indent=2)
        output.write("\n")
        return len(records)
    writer = csv.writer(output)
    writer.writerow(names)
    count = 0
    async for record in _records(database, kind, names):
        writer.writerow([_cell(record[name]) for name in names])
        count += 1
    return count


async def _records(
    database: Database, kind: RecordKind, names: list[str]
) -> AsyncIterator[dict[str, Any]]:
    table = TABLES[kind]
    async with database.reading() as connection:
        rows = await connection.execute(
            select(*(table.c[name] for name in names)).order_by(table.c.id)
        )
        for row in rows.mappings():
            yield {key: _plain(value) for key, value in row.items()}


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _cell(value: Any) -> Any:
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value
