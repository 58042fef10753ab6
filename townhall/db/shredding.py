"""Deleted means gone: out of SQLite's write-ahead log too, not only out of its file.

Postgres frees what was deleted when it vacuums; its own log and backups are the deployer's.
"""

import asyncio
import sqlite3
from contextlib import closing

from townhall.db.engine import Database

WAIT_SECONDS = 0.2  # for readers of other moments: writers wait as long, and the sweep comes


async def shred(database: Database) -> None:
    """Move the write-ahead log into the file and empty it, unless somebody reads for too long."""
    path = database.engine.url.database
    if database.is_sqlite and path is not None:
        await asyncio.to_thread(_empty_log, path)


def _empty_log(path: str) -> None:
    with closing(sqlite3.connect(path, timeout=WAIT_SECONDS)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
