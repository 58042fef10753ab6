"""What tests stand on: a database of their own on either engine, a desk behind a real server."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.faults.forge import Forge
from tests.postgres import PostgresServer, database_folder
from tests.server import Settled
from townhall.settings import Settings

TEST_SECRET = "a secret that is only for tests, 32+"


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """The event loop that the application runs on."""
    return "asyncio"


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A Postgres server of this test process, stopped and removed at the end."""
    with database_folder() as folder, PostgresServer(folder) as server:
        yield server


@pytest.fixture(scope="session")
def forge() -> Iterator[Forge]:
    """The process that forks the servers of this test process."""
    with Forge() as forge:
        yield forge


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database that goes away with the test."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'townhall.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    with server.new_database() as url:
        yield url


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """The defaults, with the clerk as the model, on both databases; nothing from this machine."""
    return make_settings(tmp_path, database_url=SecretStr(database_url))


@pytest.fixture
def sqlite_settings(tmp_path: Path) -> Settings:
    """The defaults on SQLite alone, for what no database can change."""
    return make_settings(tmp_path)


def make_settings(tmp_path: Path, **changes: object) -> Settings:
    """Return settings that read neither the environment nor a file."""
    return Settled(
        data=tmp_path / "data", secret=SecretStr(TEST_SECRET), model="clerk", log_level="warning"
    ).model_copy(update=changes)
