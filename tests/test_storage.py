"""The database: its schema and who makes it, its address, its guarantees."""

import asyncio
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from pydantic import SecretStr
from sqlalchemy import Connection, event, insert, select, text
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.ext.asyncio import AsyncConnection

import townhall.knowledge.tables  # noqa: F401  # its table belongs to the metadata
from tests.conftest import make_settings
from townhall.db.engine import Database, database_url
from townhall.db.schema import current_revision, migrate, newest_revision
from townhall.db.tables import db_now, metadata, record_history
from townhall.errors import DatabaseUnavailable
from townhall.frontdesk import open_front_desk
from townhall.settings import Settings

WRITER = """
import asyncio, sys
from pathlib import Path
from sqlalchemy import URL, text
from townhall.db.engine import Database

async def main():
    database = Database.open(URL.create("sqlite", database=sys.argv[1]))
    for _ in range(50):
        async with database.writing() as connection:
            n = await connection.scalar(text("SELECT n FROM counter"))
            await connection.execute(text("UPDATE counter SET n = :n"), {"n": n + 1})
    await database.close()

asyncio.run(main())
"""


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    """An empty database, open for the test, on both engines."""
    opened = Database.open(database_url(settings))
    yield opened
    await opened.close()


@pytest.fixture
async def sqlite_database(sqlite_settings: Settings) -> AsyncIterator[Database]:
    """An empty SQLite database, open for the test."""
    opened = Database.open(database_url(sqlite_settings))
    yield opened
    await opened.close()


def is_ours(_object: object, name: str | None, _kind: str, *_: object) -> bool:
    """Leave out the full-text index, which is the database's own (migration 0002)."""
    return not (name or "").startswith(("knowledge_index", "ix_knowledge", "index_terms"))


async def test_migrations_make_exactly_the_tables(database: Database) -> None:
    """What the migrations build and what db/tables.py says differ in nothing."""
    await migrate(database)

    def difference(connection: Connection) -> list[Any]:
        options = {"compare_type": True, "include_object": is_ours}
        context = MigrationContext.configure(connection, opts=options)
        return list(compare_metadata(context, metadata))

    async with database.reading() as connection:
        assert await connection.run_sync(difference) == []


async def test_processes_that_start_together_migrate_once(settings: Settings) -> None:
    """Six at once on an empty database: all find the newest schema, none fails."""
    databases = [Database.open(database_url(settings)) for _ in range(6)]
    try:
        revisions = await asyncio.gather(*[migrate(database) for database in databases])
        found = [await current_revision(database) for database in databases]
    finally:
        for database in databases:
            await database.close()
    assert {*revisions, *found} == {newest_revision()}


async def test_a_database_of_a_newer_version_is_refused(
    database: Database, settings: Settings
) -> None:
    """An older program does not start on it, says why, and changes nothing."""
    await migrate(database)
    async with database.writing() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseUnavailable, match=r"schema 9999.*upgrade the program"):
        await migrate(database)
    with pytest.raises(DatabaseUnavailable, match="schema 9999"):
        await open_front_desk(settings).__aenter__()
    assert await current_revision(database) == "9999"


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("postgres://u:p@h:5432/db", "postgresql+asyncpg://u:p@h:5432/db"),
        (" postgresql://u:p%40ss@h/db\n", "postgresql+asyncpg://u:p%40ss@h/db"),
        ("postgresql+psycopg2://u:p@h/db", "postgresql+asyncpg://u:p@h/db"),
        ("postgresql://u:p@h/db?sslmode=require", "postgresql+asyncpg://u:p@h/db?ssl=require"),
        (
            "postgres://u.ref:p@h.pooler.example:6543/db?pgbouncer=true&connection_limit=1",
            "postgresql+asyncpg://u.ref:p@h.pooler.example:6543/db",
        ),
        (
            "postgres://u:p@h/db?sslmode=require&channel_binding=require&connect_timeout=10",
            "postgresql+asyncpg://u:p@h/db?ssl=require",
        ),
        ("postgresql:///db?host=/run/pg", "postgresql+asyncpg:///db?host=%2Frun%2Fpg"),
        ("sqlite:///data/x.db", "sqlite:///data/x.db"),
        ("sqlite:////var/x.db", "sqlite:////var/x.db"),
        ("sqlite+aiosqlite:///x.db", "sqlite:///x.db"),
    ],
)
def test_an_address_as_people_paste_it(given: str, used: str, tmp_path: Path) -> None:
    """Hosters' forms and parameters are understood, and become the driver's."""
    settings = make_settings(tmp_path, database_url=SecretStr(given))
    assert database_url(settings).render_as_string(hide_password=False) == used


def test_no_address_is_a_file_in_the_data_directory(tmp_path: Path) -> None:
    """Without DATABASE_URL the database is SQLite, beside the secret."""
    url = database_url(make_settings(tmp_path))
    assert (url.drivername, url.database) == (
        "sqlite",
        str(tmp_path / "data/townhall.db"),
    )


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("mysql://u:s3cret@h/db", "must begin with"),
        ("s3cret", "not an address"),
        ("/var/lib/townhall.db", "not an address"),
        ("postgres://u:p@h:s3cret/db", "not an address"),
        ("postgres://u:s3cret@h1:5432,h2:5432/db", "not an address"),
        ("sqlite://", "must name a file"),
        ("sqlite:///:memory:", "must name a file"),
        (
            "postgres://u:s3cret@h/db?options=-csearch_path%3Dx&sslrootcert=x",
            "options, sslrootcert",
        ),
    ],
)
def test_an_address_that_is_none(given: str, reason: str, tmp_path: Path) -> None:
    """It is refused with the reason, and the password is not repeated."""
    settings = make_settings(tmp_path, database_url=SecretStr(given))
    with pytest.raises(ValueError, match=reason) as refused:
        database_url(settings)
    assert "s3cret" not in str(refused.value)


async def test_sqlite_is_set_to_lose_nothing(sqlite_database: Database) -> None:
    """Every connection writes ahead, waits for the disk, keeps references, waits for writers."""
    database = sqlite_database
    found: dict[str, set[object]] = {}
    async with database.reading() as connection, database.writing() as other:
        for each in (connection, other):
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout"):
                value = await each.scalar(text(f"PRAGMA {name}"))
                found.setdefault(name, set()).add(value)
    assert found == {
        "journal_mode": {"wal"},
        "synchronous": {2},  # FULL
        "foreign_keys": {1},
        "busy_timeout": {10_000},  # milliseconds
    }


async def test_a_transaction_without_its_caller(database: Database) -> None:
    """Who is cancelled while a transaction is under way leaves no lock and no half of it behind."""
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()

    async def add_two(connection: AsyncConnection) -> None:
        loop.call_soon_threadsafe(begun.set)
        for n in (1, 2):
            await connection.execute(text("INSERT INTO pairs VALUES (:n)"), {"n": n})

    await database.write(lambda c: c.execute(text("CREATE TABLE pairs (n INTEGER)")))
    for _ in range(20):
        writing = asyncio.create_task(database.write(add_two))
        await begun.wait()
        writing.cancel()
        await asyncio.wait([writing])
        begun.clear()
    await database.write(add_two)
    tally = text("SELECT count(*) FILTER (WHERE n = 1), count(*) FILTER (WHERE n = 2) FROM pairs")
    ones, twos = (await database.read(lambda connection: connection.execute(tally))).one()
    assert ones == twos >= 1


async def test_a_block_without_its_caller(sqlite_database: Database) -> None:
    """Who is cancelled in the middle of a statement leaves nothing of the block behind, no lock."""
    database = sqlite_database
    slow = text(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) "
        "SELECT count(*) FROM n"
    )
    begun = asyncio.Event()

    async def write_half() -> None:
        async with database.writing() as connection:
            await connection.execute(text("INSERT INTO halves VALUES (1)"))
            begun.set()
            await connection.execute(slow)

    await database.write(lambda c: c.execute(text("CREATE TABLE halves (n INTEGER)")))
    for _ in range(5):
        writing = asyncio.create_task(write_half())
        await begun.wait()
        await asyncio.sleep(0)
        writing.cancel()
        await asyncio.wait([writing])
        begun.clear()
        await database.write(lambda c: c.execute(text("INSERT INTO halves VALUES (2)")))
    numbers = await database.read(lambda c: c.scalars(text("SELECT n FROM halves")))
    assert list(numbers) == [2] * 5


async def test_a_transaction_that_waits_for_something_else(sqlite_database: Database) -> None:
    """It is refused on SQLite, where it has a thread to itself, and nothing of it is saved."""

    async def sleep(connection: AsyncConnection) -> None:
        await connection.execute(text("CREATE TABLE dreams (n INTEGER)"))
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="nothing but its connection"):
        await sqlite_database.write(sleep)
    names = text("SELECT count(*) FROM sqlite_master WHERE name = 'dreams'")
    assert await sqlite_database.read(lambda connection: connection.scalar(names)) == 0


async def test_what_is_written_together_fails_alone(sqlite_database: Database) -> None:
    """Of 30 transactions at once every third fails: what it did is undone, the others are kept."""
    database = sqlite_database
    commits: list[object] = []
    event.listen(database.engine, "commit", commits.append)
    await database.write(lambda c: c.execute(text("CREATE TABLE numbers (n INTEGER UNIQUE)")))

    async def add(n: int, connection: AsyncConnection) -> int:
        await connection.execute(text("INSERT INTO numbers VALUES (:n)"), {"n": n})
        if n % 3 == 0:
            await connection.execute(text("INSERT INTO numbers VALUES (:n)"), {"n": n})
        return n

    each = [database.write(partial(add, n)) for n in range(30)]
    results = await asyncio.gather(*each, return_exceptions=True)
    async with database.reading() as connection:
        kept = (await connection.scalars(text("SELECT n FROM numbers ORDER BY n"))).all()
    good = [n for n in range(30) if n % 3]
    assert kept == [result for result in results if isinstance(result, int)] == good
    assert sum(isinstance(result, IntegrityError) for result in results) == 10
    assert len(commits) <= 3


async def test_four_processes_lose_no_update(sqlite_database: Database) -> None:
    """4 x 50 transactions that read and then write one row of one SQLite file: all 200 count."""
    async with sqlite_database.writing() as connection:
        await connection.execute(text("CREATE TABLE counter (n INTEGER)"))
        await connection.execute(text("INSERT INTO counter VALUES (0)"))
    path = str(sqlite_database.engine.url.database)
    writers = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", WRITER, path) for _ in range(4)
    ]
    codes = [await writer.wait() for writer in writers]
    async with sqlite_database.reading() as connection:
        total = await connection.scalar(text("SELECT n FROM counter"))
    assert (codes, total) == ([0] * 4, 200)


async def test_times_are_kept_in_utc(database: Database) -> None:
    """A time with any zone comes back as the same moment in UTC; one without a zone is refused."""
    await migrate(database)
    at = datetime(2026, 3, 1, 8, 30, 0, 123456, tzinfo=timezone(timedelta(hours=8)))
    row = {"reference": "x", "action": "filed", "changes": {}, "actor": "ana"}
    async with database.writing() as connection:
        await connection.execute(insert(record_history).values(**row, at=at))
        kept = await connection.scalar(select(record_history.c.at))
        naive = insert(record_history).values(**row, at=at.replace(tzinfo=None))
        with pytest.raises(StatementError, match="needs a zone"):
            await connection.execute(naive)
    assert (kept, kept and kept.tzinfo) == (at, UTC)


async def test_the_databases_clock(database: Database) -> None:
    """A lease by the database's clock is compared with a time of ours to the millisecond."""
    async with database.reading() as connection:
        before = datetime.now(UTC) - timedelta(milliseconds=1)
        now = await connection.scalar(select(db_now()))
        later = await connection.scalar(select(db_now(15)))
    assert now is not None
    assert later is not None
    assert before <= now <= datetime.now(UTC)
    assert timedelta(seconds=15) <= later - now <= timedelta(seconds=16)
