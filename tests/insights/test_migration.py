"""Records that were filed before figures existed are counted by place too."""

from alembic import command
from sqlalchemy import Connection, select, text

from townhall.db.engine import Database, database_url
from townhall.db.schema import _config, migrate
from townhall.db.tables import incidents
from townhall.settings import Settings

OLD_ROW = """
INSERT INTO incidents (reference, user_id, status, created_at, updated_at, incident_type,
                       description, location, severity_level, details)
VALUES ('INC-{n}', 'anonymous-1', 'open', '2026-01-01 00:00:00.000000',
        '2026-01-01 00:00:00.000000', 'pothole', 'Here.', {location}, 2, '[]')
"""


async def test_old_records_get_their_place(settings: Settings) -> None:
    """The migration fills in what filing would have kept."""
    database = Database.open(database_url(settings))

    def make_old(connection: Connection) -> None:
        command.upgrade(_config(connection), "0002")
        for n, location in enumerate(("'12 Mabini St.'", "NULL", "'渋谷駅前'", "'…'")):
            connection.execute(text(OLD_ROW.format(n=n, location=location)))

    try:
        async with database.writing() as connection:
            await connection.run_sync(make_old)
        await migrate(database)
        async with database.reading() as connection:
            rows = await connection.execute(select(incidents.c.place).order_by(incidents.c.id))
            assert list(rows.scalars()) == ["12 mabini street", None, "渋谷駅前", None]
    finally:
        await database.close()
