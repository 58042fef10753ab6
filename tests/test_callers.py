"""What each caller sees: the developer everything, a resident their own, a stranger nothing."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.conftest import make_settings
from tests.server import Running, serve
from townhall.settings import Settings


@pytest.fixture(scope="module")
async def live(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """A server for requests byte by byte."""
    async with serve(make_settings(tmp_path_factory.mktemp("live"))) as server:
        yield server


async def resident(server: Running) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the header of a new anonymous resident, and the session that came with it."""
    created = (await server.client.post("/sessions/create")).json()
    return {"Authorization": f"Bearer {created['token']}"}, created


async def test_a_resident_sees_their_own_sessions_only(settings: Settings) -> None:
    """Not by listing, reading, writing, deleting or following; the developer sees all."""
    async with serve(settings.model_copy(update={"model": "echo"})) as server:
        ana, of_ana = await resident(server)
        ben, of_ben = await resident(server)
        path = f"/sessions/{of_ana['session_id']}"
        chat = {"message": "hi", "session_id": of_ana["session_id"]}
        turn = (await server.client.post("/chat", json=chat, headers=ana)).headers["x-turn-id"]
        seen = []
        for who in (ana, ben, {}):
            listed = (await server.client.get("/sessions", headers=who)).json()["sessions"]
            seen.append(sorted(row["user_id"] for row in listed))
        refused = [
            await server.client.request(method, path + rest, headers=ben, json=body)
            for method, rest, body in (
                ("GET", "", None),
                ("GET", "/messages", None),
                ("DELETE", "", None),
                ("POST", "/turns", {"message": "hi"}),
                ("GET", f"/turns/{turn}/events", None),
                ("POST", f"/turns/{turn}/cancel", None),
            )
        ]
        bens = await server.client.post("/chat", json=chat, headers=ben)
        still = (await server.client.get(path + "/messages", headers=ana)).json()["total"]
    assert [response.status_code for response in refused] == [404] * 6
    assert seen == [
        [of_ana["user_id"]],
        [of_ben["user_id"]],
        sorted([of_ana["user_id"], of_ben["user_id"]]),
    ]
    # One session_id, two sessions: ids are unique for their owner.
    assert (bens.headers["x-user-id"], still) == (of_ben["user_id"], 1)


async def test_somebody_elses_user_id_is_refused(settings: Settings) -> None:
    """A token speaks for its own user only, in the body as in the query."""
    async with serve(settings.model_copy(update={"model": "echo"})) as server:
        ana, created = await resident(server)
        own, other = created["user_id"], "ben"
        statuses = []
        for user_id in (own, other):
            named = {"user_id": user_id}
            responses = [
                await server.client.post("/chat", json={"message": "hi"} | named, headers=ana),
                await server.client.post("/sessions/create", json=named, headers=ana),
                await server.client.get("/sessions", params=named, headers=ana),
            ]
            statuses.append([response.status_code for response in responses])
    assert statuses == [[200] * 3, [403] * 3]


async def test_no_local_rule_with_access_by_token(sqlite_settings: Settings) -> None:
    """With `TOWNHALL_ACCESS=token` the developer is a stranger too, who may open a session."""
    only_tokens = sqlite_settings.model_copy(update={"access": "token", "model": "echo"})
    async with serve(only_tokens) as server:
        listed = await server.client.get("/sessions")
        named = await server.client.post("/sessions/create", json={"user_id": "ana"})
        open_to_all = [await server.client.get(path) for path in ("/", "/health", "/ready")]
        ana, _ = await resident(server)
        own = await server.client.post("/chat", json={"message": "hi"}, headers=ana)
    assert [response.json()["code"] for response in (listed, named)] == ["token-required"] * 2
    assert [response.status_code for response in (*open_to_all, own)] == [200] * 4


@pytest.mark.parametrize(
    ("head", "status"),
    [
        ("GET /sessions HTTP/1.1\r\nHost: localhost", 200),
        ("GET /sessions HTTP/1.1\r\nHost: [::1]:8000\r\nOrigin: http://[::1]:8000", 200),
        ("GET /sessions HTTP/1.0\r\nHost: localhost", 401),
        ("GET /sessions HTTP/1.1\r\nHost: town.example", 401),
        ("GET http://town.example/sessions HTTP/1.1\r\nHost: town.example", 401),
        ("GET /sessions HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 127.0.0.1", 401),
        ("GET /sessions HTTP/1.1\r\nHost: localhost\r\nOrigin: http://town.example", 403),
        ("GET /sessions HTTP/1.1\r\nHost: localhost\r\nHost: localhost", 400),
        ("GET /sessions HTTP/1.1", 400),
    ],
)
async def test_raw_requests(head: str, status: int, live: Running) -> None:
    """The rule holds for the bytes as they come over a socket."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(live.url.rpartition(":")[2]))
    writer.write(f"{head}\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert answer.split(b" ", 2)[1] == str(status).encode()
