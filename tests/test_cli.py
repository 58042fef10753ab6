"""The command line, as a deployer types it."""

import asyncio
import sqlite3
from pathlib import Path

from sqlalchemy import update

from tests.conftest import make_settings
from tests.process import environment, townhall
from tests.server import serve
from townhall.db.tables import db_now, turns


def test_check_before_and_after_migrate(tmp_path: Path, database_url: str) -> None:
    """`check` fails on an empty database and says what to do; after `migrate` it is content."""
    env = environment(tmp_path / "data", DATABASE_URL=database_url)
    before = townhall(env, tmp_path, "check")
    assert before.returncode == 1
    assert "townhall migrate" in before.stdout
    assert townhall(env, tmp_path, "migrate").returncode == 0
    after = townhall(env, tmp_path, "check")
    assert after.returncode == 0, after.stdout + after.stderr
    assert "nothing out of place" in after.stdout


def test_check_finds_a_stuck_turn(tmp_path: Path) -> None:
    """A turn whose worker is gone is found, counted and makes the exit code 1."""

    async def leave_a_stuck_turn() -> None:
        settings = make_settings(tmp_path, model="echo")
        async with serve(settings) as server:
            await server.say("Hello")
            async with server.desk.database.writing() as connection:
                await connection.execute(
                    update(turns).values(
                        status="running", lease_until=db_now(-60), finished_at=None, attempt=3
                    )
                )

    asyncio.run(leave_a_stuck_turn())
    found = townhall(environment(tmp_path / "data"), tmp_path, "check")
    assert found.returncode == 1
    assert "1 stuck turns (running, but their lease has run out)" in found.stdout


def test_check_finds_an_orphan(tmp_path: Path) -> None:
    """A record without its history is found."""
    env = environment(tmp_path / "data")
    townhall(env, tmp_path, "migrate")
    with sqlite3.connect(tmp_path / "data" / "townhall.db") as database:
        database.execute(
            "INSERT INTO record_history (reference, action, changes, actor, at) "
            "VALUES ('INC-AAAA-AAAA', 'filed', '{}', 'somebody', '2026-01-01 00:00:00')"
        )
    database.close()
    found = townhall(env, tmp_path, "check")
    assert found.returncode == 1
    assert "orphans: history of a record that is not there" in found.stdout


def test_check_names_a_mistake_in_the_town(tmp_path: Path) -> None:
    """A misspelt key in town.toml is named with its file and line, on one line, without a trace."""
    env = environment(tmp_path / "data", TOWNHALL_TOWN=str(tmp_path / "town"))
    assert townhall(env, tmp_path, "init", str(tmp_path / "town")).returncode == 0
    file = tmp_path / "town" / "town.toml"
    file.write_text(file.read_text().replace("timezone =", "timezon =", 1))
    found = townhall(env, tmp_path, "check")
    assert found.returncode == 1
    assert "town.toml:" in found.stderr
    assert "did you mean timezone?" in found.stderr
    assert "Traceback" not in found.stderr


def test_init_leaves_a_full_folder_alone(tmp_path: Path) -> None:
    """`init` refuses a folder that has something in it."""
    (tmp_path / "town").mkdir()
    (tmp_path / "town" / "mine.txt").write_text("mine")
    refused = townhall(environment(tmp_path / "data"), tmp_path, "init", str(tmp_path / "town"))
    assert refused.returncode == 1
    assert [path.name for path in (tmp_path / "town").iterdir()] == ["mine.txt"]


def test_settings_that_are_not_valid(tmp_path: Path) -> None:
    """A wrong setting is named; its value, which may be a secret, is not shown."""
    env = environment(tmp_path / "data", TOWNHALL_SECRET="short-secret")
    refused = townhall(env, tmp_path, "check")
    assert refused.returncode == 1
    assert "TOWNHALL_SECRET" in refused.stderr
    assert "short-secret" not in refused.stderr


def test_password_is_not_shown(tmp_path: Path) -> None:
    """The database's address is shown without its password."""
    env = environment(tmp_path / "data", DATABASE_URL="postgresql://me:hunter2@127.0.0.1:9/x")
    refused = townhall(env, tmp_path, "check")
    assert refused.returncode == 1
    assert "hunter2" not in refused.stdout + refused.stderr
    assert "does not answer" in refused.stderr
