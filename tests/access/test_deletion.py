"""Deleted means gone: from every table, every byte of the file, every log, every trace."""

import json
import logging
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from tests.access.commands import townhall_here
from tests.access.people import Person, anonymous
from tests.conftest import make_settings
from tests.scripted import BENCHES, call, reply, scripted
from tests.server import Running, serve
from tests.visit import feedback as suggestion
from tests.visit import visit
from townhall.db.engine import Database, database_url
from townhall.db.tables import feedback, metadata, record_history, sessions
from townhall.settings import Settings
from townhall.turns.belongings import belongings_of
from townhall.turns.erasure import erase_user, retire

CANARY = "sampaguita-canary-7316"
DAY = timedelta(days=1)


async def tables_with(server: Running, word: str) -> list[str]:
    """Return the names of the tables that have `word` anywhere."""
    found = []
    async with server.desk.database.reading() as connection:
        for name, table in metadata.tables.items():
            rows = (await connection.execute(select(table))).all()
            if any(word in repr(tuple(row)) for row in rows):
                found.append(name)
    return found


def files_with(folder: Path, word: str) -> list[str]:
    """Return the names of the files that have `word` in any byte."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path.name for path in files if word.encode() in path.read_bytes()]


async def test_a_deleted_session_leaves_nothing(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    """Not in a table or a byte of the database file, nor in a log; it was in many before."""
    caplog.set_level(logging.DEBUG)
    heard = [reply(f"I heard {CANARY}. ", "x" * 9000) for _ in range(2)]
    model = scripted(*heard, reply("Yes."))
    async with serve(settings, model=model) as server:
        ana, ben = await anonymous(server), await anonymous(server)
        key = {"Idempotency-Key": f"{CANARY}-key"}
        body = {
            "message": f"{CANARY} is my word. " + "y" * 7000,
            "session_id": CANARY,
            "metadata": {"word": CANARY},
        }
        for message in (body, body | {"message": f"{CANARY} again"}):
            await ana.ask("POST", "/chat", json=message, headers=key if message is body else {})
        # What goes on afterwards keeps the file's pages moving.
        await ben.say("And I?")
        before = await tables_with(server, CANARY)
        deleted = await ana.ask("DELETE", f"/sessions/{CANARY}")
        after = await tables_with(server, CANARY)
        files = files_with(settings.data.parent, CANARY) if server.desk.database.is_sqlite else []
        gone = await ana.ask("GET", f"/sessions/{CANARY}/messages")
    assert {"sessions", "turns", "turn_events"} <= set(before)
    assert (deleted.status_code, after, files, gone.status_code) == (200, [], [], 404)
    paths = [record.getMessage() for record in caplog.records]
    assert not any(CANARY in line for line in paths if "/sessions/" not in line)


async def test_overwriting_is_our_own_choice(tmp_path: Path) -> None:
    """Where SQLite was built not to overwrite what is deleted, our connections make it do so."""
    database = Database.open(database_url(make_settings(tmp_path)))
    with closing(sqlite3.connect(tmp_path / "as-built.db")) as connection:
        connection.execute("PRAGMA secure_delete = OFF")
        database.engine.pool.dispatch.connect(connection, None)
        found = connection.execute("PRAGMA secure_delete").fetchone()
    await database.close()
    assert found == (1,)


async def test_the_record_stays_unlinked(settings: Settings) -> None:
    """What was filed in it stays, without a way back to the conversation; the journal is gone."""
    model = scripted(call("file_feedback", BENCHES), reply("Filed."))
    async with serve(settings, model=model) as server:
        ana = await anonymous(server)
        answer = await ana.say(BENCHES["summary"], "s1")
        assert await tables_with(server, answer["turn_id"]) != []
        await ana.ask("DELETE", "/sessions/s1")
        async with server.desk.database.reading() as connection:
            rows = (await connection.execute(select(feedback))).all()
        left = await tables_with(server, answer["turn_id"])
    assert [(row.reference, row.session_key, row.turn_id) for row in rows] == [
        (answer["records"][0]["reference"], None, None)
    ]
    assert left == []


async def file_with_name(server: Running, who: Person, name: str) -> str:
    """Let `who` file a suggestion under that name; return its reference."""
    message = f"I suggest lamps in the park, says {name}. My name is {name}. That's all."
    reference: str = (await who.say(message))["records"][0]["reference"]
    return reference


async def test_a_user_is_erased(settings: Settings) -> None:
    """Conversations go, records stay without the person; a dry run counts and does nothing."""
    async with serve(settings) as server:
        database = server.desk.database
        ana, ben = await anonymous(server), await anonymous(server)
        reference = await file_with_name(server, ana, "Ana Canaria")
        await file_with_name(server, ben, "Ben Bird")
        planned = await erase_user(database, ana.user_id, dry_run=True)
        assert "Canaria" in str(await belongings_of(database, ana.user_id))
        erased = await erase_user(database, ana.user_id, dry_run=False)
        left = [await tables_with(server, word) for word in ("Canaria", ana.user_id)]
        bens = await tables_with(server, "Ben Bird")
        async with database.reading() as connection:
            row = (
                await connection.execute(select(feedback).where(feedback.c.reference == reference))
            ).one()
        empty = await belongings_of(database, ana.user_id)
        files = files_with(settings.data.parent, "Canaria") if database.is_sqlite else []
    assert planned == erased
    assert (erased.sessions, erased.people) == (2, 1)
    assert (left, files) == ([[], []], [])
    assert {"feedback", "record_history", "turns"} <= set(bens)
    assert (row.user_id, row.reporter_name) == ("erased", None)
    assert "lamps in the park" in row.summary
    assert (empty["sessions"], empty["records"]) == ([], [])


async def test_belongings(settings: Settings) -> None:
    """All that is one user's comes out, and nothing of another's."""
    async with serve(settings) as server:
        ana, ben = await anonymous(server), await anonymous(server)
        reference = await file_with_name(server, ana, "Ana Canaria")
        await file_with_name(server, ben, "Ben Bird")
        mine = await belongings_of(server.desk.database, ana.user_id)
    text = json.dumps(mine)
    assert [len(each["turns"]) for each in mine["sessions"]] == [0, 1]
    assert [record["reference"] for record in mine["records"]] == [reference]
    assert mine["records"][0]["history"][0]["action"] == "filed"
    assert ("Ana Canaria" in text, "Ben Bird" in text) == (True, False)


async def test_what_has_had_its_time(settings: Settings) -> None:
    """Rested conversations go; closed records lose their person; what is younger or open stays."""
    async with serve(settings) as server:
        database = server.desk.database
        people = [await anonymous(server) for _ in range(3)]
        names = ["Ana Canaria", "Ben Bird", "Carla Crane"]
        references = [await file_with_name(server, *who) for who in zip(people, names, strict=True)]
        long_ago = datetime.now(UTC) - 400 * DAY
        async with database.writing() as connection:
            for person in people[:2]:
                old = sessions.c.user_id == person.user_id
                await connection.execute(update(sessions).where(old).values(last_active=long_ago))
            for number, state in enumerate(["resolved", "open", "resolved"]):
                at = long_ago if number < 2 else datetime.now(UTC)
                await connection.execute(
                    update(feedback)
                    .where(feedback.c.reference == references[number])
                    .values(status=state, updated_at=at)
                )
        kept = {"conversations_kept": 365 * DAY, "people_kept": 365 * DAY}
        planned = await retire(database, **kept, dry_run=True)
        done = await retire(database, **kept, dry_run=False)
        again = await retire(database, **kept, dry_run=False)
        left = [await tables_with(server, name) for name in names]
    assert planned == done
    assert (done.sessions, done.people) == (4, 1)
    assert (again.sessions, again.people) == (0, 0)
    assert left[0] == []
    assert left[1] == ["feedback", "record_history"]
    assert {"turns", "feedback", "record_history"} <= set(left[2])


async def test_a_name_that_is_taken_back_leaves_the_history_too(settings: Settings) -> None:
    """An amendment that takes the reporter's name out takes it out of every earlier entry."""
    async with visit(settings) as resident:
        filed = await resident.call(
            "More lockers at the market, please. I am Ana Canaria.",
            "file_feedback",
            **suggestion(summary="Lockers, says Ana Canaria", reporter_name="Ana Canaria"),
        )
        await resident.call(
            "Take my name off, please.",
            "amend_report",
            reference=filed["reference"],
            changes=[{"field": "reporter_name", "value": None}],
        )
        async with resident.server.desk.database.reading() as connection:
            history = (await connection.execute(select(record_history))).all()
            names = list(await connection.scalars(select(feedback.c.reporter_name)))
    assert names == [None]
    assert [row.action for row in history] == ["filed", "amended"]
    assert "Canaria" not in str([row.changes for row in history])


def test_by_command(tmp_path: Path) -> None:
    """`townhall retention --dry-run`, `erase` and `export --user` say what they did."""
    done = [
        townhall_here(tmp_path, *command.split())
        for command in (
            "migrate",
            "retention --dry-run",
            "retention --conversations 30 --people 30",
            "erase anonymous-nobody --dry-run",
            "erase anonymous-nobody",
            "export --user anonymous-nobody",
        )
    ]
    assert [each.exit_code for each in done] == [0] * 6, [each.output for each in done]
    none = "0 conversations, 0 rows of events, 0 idempotency keys"
    counted = f"{none}, and the person from 0 records."
    assert [each.stdout.strip() for each in done[1:5]] == [
        *(f"Would erase {counted}", f"Erased {counted}") * 2
    ]
    assert json.loads(done[5].stdout) == {
        "user_id": "anonymous-nobody",
        "sessions": [],
        "records": [],
    }
