"""Sessions: created, listed page by page, read, deleted with all that belongs to them."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from tests.conftest import make_settings
from tests.scripted import BENCHES, POTHOLE, call, reply, scripted
from tests.server import Running, serve
from townhall.db.tables import (
    feedback,
    incidents,
    record_history,
    sessions,
    tool_calls,
    turn_events,
    turns,
)
from townhall.settings import Settings

UUID4 = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
NO_SESSION = {
    "type": "urn:townhall:problem:not-found",
    "title": "Not found",
    "status": 404,
    "code": "not-found",
    "detail": "There is no such session.",
    "instance": "/sessions/s",
    "retryable": False,
}


@pytest.fixture(scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """A server with the echo model for tests that leave each other alone."""
    folder = tmp_path_factory.mktemp("shared")
    async with serve(make_settings(folder, model="echo")) as server:
        yield server


@pytest.mark.parametrize("body", [b"{}", b"", b"null", b'{"user_id": null}'])
async def test_an_anonymous_session(body: bytes, shared: Running) -> None:
    """Without a user_id, whatever the body, it is for a new anonymous user, with a token."""
    began = datetime.now(UTC)
    headers = {"Content-Type": "application/json"} if body else {}
    response = await shared.client.post("/sessions/create", content=body, headers=headers)
    created = response.json()
    user_id = created["user_id"]
    assert response.status_code == 200
    assert list(created) == ["session_id", "user_id", "group_id", "created_at", "token"]
    assert re.fullmatch("sess_[0-9a-f]{32}", created["session_id"])
    assert re.fullmatch(f"anonymous-{UUID4}", user_id)
    assert created["group_id"] == f"user-group-{user_id}"
    assert began <= datetime.fromisoformat(created["created_at"]) <= datetime.now(UTC)
    assert created["token"].count(".") == 2


async def test_a_session_for_somebody(settings: Settings) -> None:
    """A local caller opens a session for the user it names; it can be read back whole."""
    async with serve(settings) as server:
        response = await server.client.post("/sessions/create", json={"user_id": "ana@x.example"})
        created = response.json()
        read = await server.client.get(f"/sessions/{created['session_id']}")
    assert read.json() == {
        "session_id": created["session_id"],
        "user_id": "ana@x.example",
        "group_id": "user-group-ana@x.example",
        "title": "",
        "created_at": created["created_at"],
        "last_active": created["created_at"],
        "message_count": 0,
        "current_turn": None,
    }


async def test_sessions_are_listed_by_their_last_activity(settings: Settings) -> None:
    """Pages follow each other without gap or repeat, also when sessions were active at once."""
    async with serve(settings) as server:
        for n in range(7):
            user_id = "ana" if n % 2 else "ben"
            await server.client.post("/sessions/create", json={"user_id": user_id})
        newest = [row["session_id"] for row in await pages(server, "limit=200")]
        async with server.desk.database.writing() as connection:
            same = update(sessions).values(last_active=datetime.now(UTC) - timedelta(days=1))
            await connection.execute(same.where(sessions.c.session_id.in_(newest[2:5])))
        order = [*newest[:2], *newest[5:], *newest[2:5]]
        for limit in (1, 3, 7):
            rows = await pages(server, f"limit={limit}")
            assert [row["session_id"] for row in rows] == order
        of_ana = await pages(server, "limit=2&user_id=ana")
        last = (await server.client.get("/sessions?limit=7")).json()
        nobody = (await server.client.get("/sessions?user_id=nobody")).json()
    assert [row["user_id"] for row in of_ana] == ["ana"] * 3
    assert (last["total"], len(last["sessions"]), last["next"]) == (7, 7, None)
    assert nobody == {"total": 0, "sessions": [], "next": None}


async def pages(server: Running, query: str) -> list[dict[str, Any]]:
    """Return the sessions of all pages in their order."""
    found: list[dict[str, Any]] = []
    after = ""
    while True:
        page = (await server.client.get(f"/sessions?{query}{after}")).json()
        found += page["sessions"]
        if page["next"] is None:
            return found
        after = f"&after={page['next']}"


async def test_activity_moves_a_session_to_the_top(settings: Settings) -> None:
    """A message makes its session the newest; its first words are the title."""
    async with serve(settings, model=scripted(*[reply("Yes.")] * 3)) as server:
        await server.say("The  first\nmessage " + "and more " * 20, "one", user_id="ana")
        await server.say("Another.", "two", user_id="ana")
        await server.say("Again.", "one", user_id="ana")
        rows = await pages(server, "limit=50")
    assert [(row["session_id"], row["message_count"], row["title"]) for row in rows] == [
        ("one", 4, "The first message and more and more and more and more and …"),
        ("two", 2, "Another."),
    ]


@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        ("/sessions?limit=0", "/query/limit"),
        ("/sessions?limit=201", "/query/limit"),
        ("/sessions?limit=ten", "/query/limit"),
        ("/sessions?user_id=a%20b", "/query/user_id"),
        ("/sessions?after=" + "a" * 201, "/query/after"),
        ("/sessions?after=zzz", "/query/after"),
        ("/sessions?after=", "/query/after"),
        ("/sessions?after=%FF%00", "/query/after"),
        ("/sessions?after=MjAyNi0wMS0wMXwtMQ", "/query/after"),
        ("/sessions/s/messages?after=x", "/query/after"),
        ("/sessions/s/messages?after=-1", "/query/after"),
        ("/sessions/s/messages?limit=201", "/query/limit"),
    ],
)
async def test_a_wrong_page_is_refused(path: str, pointer: str, shared: Running) -> None:
    """Limits run from 1 to 200 and cursors are ours: anything else is 422 and is named."""
    await shared.say("hi", "s")
    response = await shared.client.get(path)
    assert response.status_code == 422, response.text
    assert [error["pointer"] for error in response.json()["errors"]] == [pointer]


async def test_a_session_names_its_current_turn(settings: Settings) -> None:
    """While a turn runs or waits, the session says which, so that a page can follow it."""
    think = asyncio.Event()
    body = {"message": "hi", "session_id": "s"}
    async with serve(settings, model=scripted(reply(think.wait, "Yes."))) as server:
        async with server.client.stream("POST", "/chat", json=body) as response:
            during = (await server.client.get("/sessions/s")).json()["current_turn"]
            think.set()
            await response.aread()
        after = (await server.client.get("/sessions/s")).json()["current_turn"]
    assert (during, after) == (response.headers["x-turn-id"], None)


async def test_a_transcript_is_read_in_pages(settings: Settings) -> None:
    """Messages come oldest first with their turn and its status; a page counts turns."""
    model = scripted(reply("One."), reply(ValueError("secret")), reply("Three."))
    async with serve(settings, model=model) as server:
        ids = [(await server.say(text, "s")).headers["x-turn-id"] for text in ("a", "b", "c")]
        first = (await server.client.get("/sessions/s/messages?limit=2")).json()
        second = (await server.client.get(f"/sessions/s/messages?after={first['next']}")).json()
        session = (await server.client.get("/sessions/s")).json()
    messages = first["messages"] + second["messages"]
    times = [datetime.fromisoformat(message.pop("created_at")) for message in messages]
    assert (first["total"], second["total"], second["next"]) == (3, 3, None)
    assert times == sorted(times)
    assert session["message_count"] == 5
    nothing: dict[str, Any] = {
        "records": [],
        "sources": [],
        "notices": [],
        "rating": None,
        "rating_reason": None,
    }
    assert messages == [
        each | nothing
        for each in (
            {"role": "user", "text": "a", "turn_id": ids[0], "status": "completed"},
            {"role": "assistant", "text": "One.", "turn_id": ids[0], "status": "completed"},
            {"role": "user", "text": "b", "turn_id": ids[1], "status": "failed"},
            {"role": "user", "text": "c", "turn_id": ids[2], "status": "completed"},
            {"role": "assistant", "text": "Three.", "turn_id": ids[2], "status": "completed"},
        )
    ]


async def test_a_deleted_session_leaves_only_its_records(settings: Settings) -> None:
    """Messages, events, journal and traces are gone; what was filed stays, linked to nothing."""
    model = scripted(
        call("file_incident", POTHOLE),
        call("file_feedback", BENCHES, call_id="call_2"),
        reply("Filed both."),
        reply("Another session."),
    )
    said = f"{POTHOLE['description']} {BENCHES['summary']}"
    async with serve(settings, model=model) as server:
        await server.say(said, "s", user_id="ana")
        await server.say("hi", "s", user_id="ben")
        deleted = await server.client.delete("/sessions/s?user_id=ana")
        gone = await server.client.get("/sessions/s?user_id=ana")
        again = await server.client.delete("/sessions/s?user_id=ana")
        left = {}
        async with server.desk.database.reading() as connection:
            for table in (sessions, turns, tool_calls, incidents, feedback, record_history):
                left[table.name] = await connection.scalar(select(func.count()).select_from(table))
            events = await connection.scalars(select(turn_events.c.turn_id).distinct())
            left["turn_events"] = len(events.all())
            filed = [
                (await connection.execute(select(table.c.session_key, table.c.turn_id))).one()
                for table in (incidents, feedback)
            ]
    assert (deleted.status_code, deleted.json()) == (200, {"status": "deleted", "session_id": "s"})
    assert (gone.status_code, gone.json()) == (404, NO_SESSION)
    assert (again.status_code, again.json()) == (404, NO_SESSION)
    assert filed == [(None, None), (None, None)]
    assert left == {
        "sessions": 1,
        "turns": 1,
        "tool_calls": 0,
        "incidents": 1,
        "feedback": 1,
        "record_history": 2,
        "turn_events": 1,
    }


async def test_a_turn_ends_quietly_when_its_session_is_deleted(settings: Settings) -> None:
    """The stream stops without an end, nothing of the turn comes back, other turns go on."""
    think, other_think = asyncio.Event(), asyncio.Event()
    model = scripted(reply("Let me", think.wait, " see."), reply("Well", other_think.wait, "."))
    async with serve(settings, model=model) as server:
        chat = server.client.stream("POST", "/chat", json={"message": "hi", "session_id": "s"})
        other = server.client.stream("POST", "/chat", json={"message": "hi", "session_id": "t"})
        async with chat as response:
            pieces = response.aiter_raw()
            assert await anext(pieces) == b"data: Let me\n\n"
            async with other as other_response:
                await server.client.delete("/sessions/s")
                think.set()
                rest = b"".join([piece async for piece in pieces])
                other_think.set()
                other_text = await other_response.aread()
        gone = await server.client.get(response.headers["location"])
        async with server.desk.database.reading() as connection:
            rows = (await connection.scalars(select(turn_events.c.turn_id).distinct())).all()
    assert rest in (b"", b"data:  see.\n\n")
    assert other_text == b"data: Well\n\ndata: .\n\ndata: [DONE]\n\n"
    assert gone.status_code == 404
    assert rows == [other_response.headers["x-turn-id"]]
