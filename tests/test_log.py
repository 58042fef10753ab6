"""The event log: what memory told and what the database keeps are the same."""

import asyncio

from sqlalchemy import select, text

from tests.scripted import Part, reply, scripted
from tests.server import Running, serve
from townhall.db.tables import turn_events
from townhall.errors import DatabaseUnavailable
from townhall.settings import Settings


class Place:
    """A server that a scripted model can reach, though the model is made first."""

    server: Running

    async def flush(self) -> None:
        """Write what is new of all turns to the database."""
        await self.server.desk.log.flush()


async def test_many_flushes_lose_and_double_nothing(settings: Settings) -> None:
    """A turn of 60 words that is flushed after every third of them reads the same from rows."""
    place = Place()
    heard: asyncio.Queue[None] = asyncio.Queue()
    parts: list[Part] = []
    for n in range(60):
        parts += [f" {n}", heard.get] if n % 3 else [f" {n}", heard.get, place.flush]
    live = b""
    async with serve(settings, model=scripted(reply("Hi."), reply(*parts))) as server:
        place.server = server
        await server.say("hi", "s")
        turn = server.client.stream("POST", "/sessions/s/turns", json={"message": "hi"})
        async with turn as response:
            async for piece in response.aiter_raw():
                live += piece
                for _ in range(piece.count(b"event: text.delta")):
                    heard.put_nowait(None)
        kept = await server.client.get(response.headers["location"])
        async with server.desk.database.reading() as connection:
            found = await connection.execute(
                select(turn_events.c.first_seq, turn_events.c.last_seq)
                .where(turn_events.c.turn_id == response.headers["x-turn-id"])
                .order_by(turn_events.c.first_seq)
            )
            rows = [(row.first_seq, row.last_seq) for row in found]
    assert live == kept.content
    assert live.count(b"event: text.delta") == 60
    assert len(rows) >= 20
    assert [first for first, _ in rows] == [1, *[last + 1 for _, last in rows[:-1]]]
    assert rows[-1][1] == 62


async def test_turns_that_end_while_others_are_written(settings: Settings) -> None:
    """Ten turns that speak, flush and end at once keep every event of each."""
    place = Place()
    together = asyncio.Barrier(10)
    parts: list[Part] = [together.wait, "a", place.flush, "b", "c", place.flush, "d"]
    model = scripted(*[reply("Hi.")] * 10, *[reply(*parts)] * 10)
    async with serve(settings, model=model) as server:
        place.server = server
        for n in range(10):
            await server.client.post("/chat", json={"message": "hi", "session_id": f"s{n}"})
        turns = (
            server.client.post(f"/sessions/s{n}/turns", json={"message": "hi"}) for n in range(10)
        )
        live = await asyncio.gather(*turns)
        kept = [await server.client.get(turn.headers["location"]) for turn in live]
    assert [turn.content for turn in live] == [each.content for each in kept]
    assert all(b'"text":"abcd"' in turn.content for turn in live)


async def test_what_a_database_did_not_take_is_written_later(settings: Settings) -> None:
    """A flush that fails changes nothing: its events are in a later one."""
    place = Place()

    async def rename(old: str, new: str) -> None:
        async with place.server.desk.database.writing() as connection:
            await connection.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))

    async def flush_until_it_fails() -> None:
        while True:
            try:
                await place.flush()
            except DatabaseUnavailable:
                return
            await asyncio.sleep(0)

    parts: list[Part] = [
        *("a", place.flush, lambda: rename("turn_events", "elsewhere")),
        *("b", flush_until_it_fails, lambda: rename("elsewhere", "turn_events")),
        "c",
    ]
    async with serve(settings, model=scripted(reply("Hi."), reply(*parts))) as server:
        place.server = server
        await server.say("hi", "s")
        live = await server.client.post("/sessions/s/turns", json={"message": "hi"})
        kept = await server.client.get(live.headers["location"])
    assert live.content == kept.content
    assert live.content.count(b"event: text.delta") == 3
