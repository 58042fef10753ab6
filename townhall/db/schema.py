"""Brings the schema up to date, and says where it stands. One process at a time does it."""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from townhall.db.engine import Database
from townhall.errors import DatabaseUnavailable

if TYPE_CHECKING:  # alembic takes half a second to import; a database that is current needs none
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"
MIGRATION_LOCK = 4_852_017  # any number that is ours alone: Postgres' advisory lock


def _config(connection: Connection | None = None) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def newest_revision() -> str:
    """Return the revision that this version of the code needs."""
    return _revisions()[-1]


def _revisions() -> list[str]:
    """Return all revisions, oldest first: each migration's file begins with its own."""
    files = sorted((MIGRATIONS / "versions").glob("[0-9]*.py"))
    return [file.stem.partition("_")[0] for file in files]


async def current_revision(database: Database) -> str | None:
    """Return the database's revision; None for an empty database."""

    def read(connection: Connection) -> str | None:
        if not inspect(connection).has_table("alembic_version"):
            return None
        revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return revision

    async with database.reading() as connection:
        return await connection.run_sync(read)


async def migrate(database: Database) -> str:
    """Bring the schema to the newest revision and return it.

    DatabaseUnavailable if the database was made by a newer version of the code.
    """
    newest = newest_revision()
    if await current_revision(database) == newest:
        return newest
    async with database.writing() as connection:
        await connection.run_sync(_upgrade)
    return newest


def _upgrade(connection: Connection) -> None:
    from alembic import command

    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"))
    _refuse_unknown_revision(connection)
    command.upgrade(_config(connection), "head")


def _refuse_unknown_revision(connection: Connection) -> None:
    if not inspect(connection).has_table("alembic_version"):
        return
    revision = connection.scalar(text("SELECT version_num FROM alembic_version"))
    if revision is not None and revision not in _revisions():
        raise DatabaseUnavailable(
            f"The database has schema {revision}, which this version does not know. "
            "It was made by a newer version of Digital Town Hall: upgrade the program."
        )
