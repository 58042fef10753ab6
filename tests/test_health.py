"""Is it there, is it alive, is it ready: the three answers that anybody may have."""

from sqlalchemy import text

from tests.server import serve
from townhall import __version__
from townhall.db.schema import newest_revision
from townhall.settings import Settings


async def test_the_root_says_what_this_is(sqlite_settings: Settings) -> None:
    """A program gets the service, its version and its model; a browser is sent to the page."""
    async with serve(sqlite_settings.model_copy(update={"model": "echo"})) as server:
        program = await server.client.get("/")
        browser = await server.client.get("/", headers={"Accept": "text/html,*/*;q=0.8"})
    assert (program.status_code, program.json()) == (
        200,
        {
            "status": "ok",
            "service": "Digital Town Hall API",
            "version": __version__,
            "model": "echo",
        },
    )
    assert (browser.status_code, browser.headers["location"]) == (307, "/app/")


async def test_a_database_without_our_schema_is_not_ready(settings: Settings) -> None:
    """`/ready` is 200 with the newest schema and 503 without it; `/health` is 200 either way."""
    async with serve(settings) as server:
        await server.desk.warming
        ready = await server.client.get("/ready")
        async with server.desk.database.writing() as connection:
            await connection.execute(text("DROP TABLE alembic_version"))
        missing = await server.client.get("/ready")
        health = await server.client.get("/health")
    assert ready.json() == {"status": "ready", "schema_revision": newest_revision()}
    assert (missing.status_code, missing.json()) == (
        503,
        {
            "type": "urn:townhall:problem:database-unavailable",
            "title": "The database is not available",
            "status": 503,
            "code": "database-unavailable",
            "detail": "The database's schema is not the one this version needs.",
            "instance": "/ready",
            "retryable": True,
        },
    )
    assert (health.status_code, health.json()) == (200, {"status": "healthy"})
