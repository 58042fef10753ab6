"""A message becomes a turn of this process: nobody claims it twice, and it is not left behind."""

import asyncio
from datetime import UTC, datetime

from sqlalchemy import select

from tests.scripted import reply, scripted
from tests.server import serve
from townhall.access import Caller
from townhall.db.engine import Database, database_url
from townhall.db.schema import migrate
from townhall.db.tables import turns
from townhall.settings import Settings
from townhall.turns.admission import Message, admit
from townhall.turns.leases import Leases


async def test_an_admission_under_way_holds_its_turn(settings: Settings) -> None:
    """Neither its own process nor another claims it again; what was never confirmed is claimed."""
    database = Database.open(database_url(settings))
    try:
        await migrate(database)
        turn = await admit(
            *(database, Caller("local", None), Message("hi", "s"), datetime.now(UTC)),
            turn_id="turn_1",
            worker="w1",
        )
        own, other = Leases(database, "w1"), Leases(database, "w2")
        assert turn.claim is not None
        assert await own.claim_next(turn.session_key, {"turn_1"}) is None
        assert await other.claim_next(turn.session_key) is None
        again = await own.claim_next(turn.session_key)
    finally:
        await database.close()
    assert again is not None
    assert (again.id, again.attempt, turn.claim.attempt) == ("turn_1", 2, 1)


async def test_a_message_that_is_being_accepted_when_the_server_stops(
    sqlite_settings: Settings,
) -> None:
    """The server waits for it: what was accepted is given back, not left with a lease."""
    async with serve(sqlite_settings, model=scripted(reply("Whole."))) as server:
        runner = server.desk.runner
        async with server.desk.database.writing():
            accepting = asyncio.create_task(
                runner.accept(Caller("local", None), Message("hi", "s"))
            )
            await asyncio.sleep(0)
            runner.begin_drain(0)
            draining = asyncio.create_task(runner.drained())
            assert await asyncio.wait([draining], timeout=0.3) == (set(), {draining})
        await draining
        turn = await accepting
        async with server.desk.database.reading() as connection:
            found = await connection.execute(select(turns.c.id, turns.c.status, turns.c.lease_by))
    assert found.all() == [(turn.id, "interrupted", None)]
