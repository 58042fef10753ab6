"""Typed events: the whole stream, followed from elsewhere, resumed anywhere, refused to others."""

import asyncio
import re
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from httpx_sse import ServerSentEvent
from sqlalchemy import update

from tests.scripted import POTHOLE, call, reply, scripted
from tests.server import Running, serve
from townhall.db.tables import turns
from townhall.settings import Settings

SECONDS = re.compile(r'"seconds":[0-9.]+')
STREAM = """\
event: turn.started
data: {"type":"turn.started","turn_id":"%(turn_id)s","session_id":"s","user_id":"ana",\
"attempt":1,"model":"scripted"}
id: 1.1

event: text.delta
data: {"type":"text.delta","text":"Hello\\n"}
id: 1.2

event: text.delta
data: {"type":"text.delta","text":" \\"Ana\\" \u2028"}
id: 1.3

event: turn.completed
data: {"type":"turn.completed","text":"Hello\\n \\"Ana\\" \u2028",\
"usage":{"requests":1,"input_tokens":12,"output_tokens":3},"seconds":0}
id: 1.4

"""


async def open_session(server: Running, user_id: str = "ana") -> str:
    """Return the path of the turns of a new session `s` that has had one turn."""
    body = {"message": "Good morning.", "session_id": "s", "user_id": user_id}
    await server.client.post("/chat", json=body)
    return "/sessions/s/turns"


def data_of(events: list[ServerSentEvent]) -> list[dict[str, Any]]:
    """Return the data of the events, with the time that the turn took left out."""
    found = [orjson.loads(event.data) for event in events]
    for each in found:
        each.pop("seconds", None)
    return found


async def test_a_text_turn(settings: Settings) -> None:
    """Every event has its id, its type twice and its data, in this order."""
    model = scripted(reply("Morning."), reply("Hello\n", ' "Ana" \u2028'))
    async with serve(settings, model=model) as server:
        path = await open_session(server)
        response = await server.client.post(path, json={"message": "hi"})
    stream = STREAM % {"turn_id": response.headers["x-turn-id"]}
    assert SECONDS.sub('"seconds":0', response.text) == stream
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"


async def test_a_turn_that_files(settings: Settings) -> None:
    """A tool is seen beginning, its record once it is committed, then the tool's end."""
    model = scripted(reply("Morning."), call("file_incident", POTHOLE), reply("Filed."))
    async with serve(settings, model=model) as server:
        path = await open_session(server)
        message = {"message": POTHOLE["description"]}
        started, *events, completed = data_of(await server.events("POST", path, json=message))
    assert (started["type"], completed["type"]) == ("turn.started", "turn.completed")
    activity = {"type": "activity", "id": "activity_1", "name": "file_incident"}
    reference = events[1]["reference"]
    assert re.fullmatch("INC-[2-9A-Z]{4}-[2-9A-Z]{4}", reference)
    assert events == [
        activity | {"label": "Filing your report", "state": "started", "ok": True},
        {
            "type": "record.filed",
            "kind": "incident",
            "reference": reference,
            "record": POTHOLE | {"reference": reference, "status": "open"},
        },
        activity | {"label": "Filing your report", "state": "finished", "ok": True},
        {"type": "text.delta", "text": "Filed."},
    ]


async def test_a_refused_tool_is_not_ok(settings: Settings) -> None:
    """A tool that refuses files nothing, and its activity ends with `ok` false."""
    model = scripted(reply("Morning."), call("file_incident", POTHOLE), reply("Where is it?"))
    async with serve(settings, model=model) as server:
        path = await open_session(server)
        events = data_of(await server.events("POST", path, json={"message": "A pothole!"}))
    assert [event["type"] for event in events] == [
        *("turn.started", "activity", "activity", "text.delta", "turn.completed")
    ]
    assert [event.get("ok") for event in events[1:3]] == [True, False]


async def test_a_stream_is_resumed_after_any_event(settings: Settings) -> None:
    """Last-Event-ID gives exactly what follows it, while the turn runs and when it has ended."""
    think = asyncio.Event()
    said = [f" word{n}" for n in range(5)]
    model = scripted(reply("Morning."), reply(*said, think.wait, *said))
    async with serve(settings, model=model) as server, AsyncExitStack() as streams:
        path = await open_session(server)

        async def follow(**request: Any) -> Any:
            response = await streams.enter_async_context(server.client.stream(**request))
            return response, response.aiter_raw()

        turn, pieces = await follow(method="POST", url=path, json={"message": "hi"})
        url = turn.headers["location"]
        so_far = b""
        while b"word4" not in so_far:
            so_far += await anext(pieces)
        cuts = re.findall(rb"id: (.*)\n\n", so_far)
        resumed = {}
        for cut in cuts:
            _, rest = await follow(method="GET", url=url, headers={"Last-Event-ID": cut.decode()})
            resumed[cut] = (rest, b"" if cut == cuts[-1] else await anext(rest))
        think.set()
        whole = so_far + b"".join([piece async for piece in pieces])
        for cut, (rest, begun) in resumed.items():
            assert begun + b"".join([piece async for piece in rest]) == after(cut, whole)
        for cut in re.findall(rb"id: (.*)\n\n", whole):
            again = await server.client.get(url, headers={"Last-Event-ID": cut.decode()})
            assert again.content == after(cut, whole)
        assert (await server.client.get(url)).content == whole
    assert len(cuts) == 6


def after(cut: bytes, whole: bytes) -> bytes:
    """Return the part of a stream that follows the event with the id `cut`."""
    return whole.partition(b"id: %b\n\n" % cut)[2]


async def test_a_turn_is_followed_through_another_process(settings: Settings) -> None:
    """A server that does not run the turn gives the same events, also those to come."""
    think = asyncio.Event()
    model = scripted(reply("Morning."), reply("Let me", think.wait, " see."))
    async with serve(settings, model=model) as here, serve(settings) as elsewhere:
        path = await open_session(here)
        async with here.client.stream("POST", path, json={"message": "hi"}) as turn:
            pieces = turn.aiter_raw()
            url = turn.headers["location"]
            async with elsewhere.client.stream("GET", url) as other:
                other_pieces = other.aiter_raw()
                first = await anext(other_pieces)
                while b"Let me" not in first:
                    first += await anext(other_pieces)
                think.set()
                seen = first + b"".join([piece async for piece in other_pieces])
            assert seen == b"".join([piece async for piece in pieces])


async def test_a_foreign_or_unknown_turn_is_not_found(settings: Settings) -> None:
    """Whether it is somebody else's, of another session or none: the answer is the same 404."""
    async with serve(settings, model=scripted(reply("One."), reply("Two."))) as server:
        turn_id = (await server.say("hi", "s", user_id="ana")).headers["x-turn-id"]
        await server.say("hi", "other", user_id="ana")
        token = (await server.client.post("/sessions/create")).json()["token"]
        foreign = {"Authorization": f"Bearer {token}"}
        answers = [
            await server.client.get(f"/sessions/s/turns/{turn_id}/events", headers=foreign),
            await server.client.get(f"/sessions/other/turns/{turn_id}/events"),
            await server.client.get(f"/sessions/s/turns/{turn_id}/events?user_id=ben"),
            await server.client.get("/sessions/s/turns/turn_none/events"),
            await server.client.post("/sessions/s/turns", json={"message": "hi"}, headers=foreign),
            await server.client.post("/sessions/none/turns", json={"message": "hi"}),
        ]
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {
        (404, "not-found")
    }
    assert [answer.json()["detail"] for answer in answers] == [
        *["There is no such turn."] * 4,
        *["There is no such session."] * 2,
    ]


async def test_events_of_long_ago_are_gone(settings: Settings) -> None:
    """A day after the end the events are 410, while the transcript still has the reply."""
    async with serve(settings, model=scripted(reply("One."))) as server:
        response = await server.say("hi", "s", user_id="ana")
        turn_id, url = response.headers["x-turn-id"], response.headers["location"]
        for age, status in ((timedelta(hours=23, minutes=59), 200), (timedelta(hours=24), 410)):
            async with server.desk.database.writing() as connection:
                await connection.execute(update(turns).values(finished_at=datetime.now(UTC) - age))
            expired = await server.client.get(url)
            assert expired.status_code == status
        transcript = (await server.client.get("/sessions/s/messages")).json()
    assert expired.json() == {
        "type": "urn:townhall:problem:events-expired",
        "title": "The events of this turn are no longer kept",
        "status": 410,
        "code": "events-expired",
        "detail": "The reply is in the transcript: GET /sessions/{id}/messages.",
        "instance": f"/sessions/s/turns/{turn_id}/events",
        "retryable": False,
    }
    assert [message["text"] for message in transcript["messages"]] == ["hi", "One."]


@pytest.mark.parametrize("event_id", ["", "1", "1.", "x.1", "-1.2", "1.1.1", "1.٣", "9999999999.1"])
async def test_a_wrong_last_event_id_is_refused(event_id: str, sqlite_settings: Settings) -> None:
    """An id that is none of ours is 422 and names the header."""
    async with serve(sqlite_settings, model=scripted(reply("One."))) as server:
        url = (await server.say("hi", "s")).headers["location"]
        headers = {"Last-Event-ID": event_id.encode()}
        response = await server.client.get(url, headers=headers)  # type: ignore[arg-type]
    assert (response.status_code, response.json()["errors"]) == (
        422,
        [{"pointer": "/header/Last-Event-ID", "reason": "must be an id such as 1.17"}],
    )
