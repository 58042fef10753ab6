"""Idempotency-Key: the same request twice is one turn."""

import asyncio
from typing import Any

import pytest
from agents.testing import ScriptedModel

from tests.scripted import choose, reply, scripted
from tests.server import serve
from townhall.settings import Settings

KEY = {"Idempotency-Key": "3f0c9a51"}
REUSED = {
    "type": "urn:townhall:problem:idempotency-key-reused",
    "title": "That Idempotency-Key was used for another request",
    "status": 422,
    "code": "idempotency-key-reused",
    "detail": "Use a new key for each new message.",
    "instance": "/chat",
    "retryable": False,
}


async def test_the_same_request_again_is_the_same_turn(settings: Settings) -> None:
    """While the turn runs and after its end, the same key and body give its whole stream again."""
    think = asyncio.Event()
    model = ScriptedModel([reply("Once", think.wait, " only.")])
    body = {"message": "hi", "metadata": {"b": "2", "a": "1"}}
    async with serve(settings, model=choose(model)) as server:
        request: dict[str, Any] = {"method": "POST", "url": "/chat", "json": body, "headers": KEY}
        async with (
            server.client.stream(**request) as first,
            server.client.stream(**request) as again,
        ):
            for response in (first, again):
                pieces = response.aiter_raw()
                assert await anext(pieces) == b"data: Once\n\n"
            think.set()
            rest = b"".join([piece async for piece in pieces])
        after = await server.client.request(**request)
    assert rest == b"data:  only.\n\ndata: [DONE]\n\n"
    assert after.content == b"data: Once\n\ndata:  only.\n\ndata: [DONE]\n\n"
    for name in ("x-turn-id", "x-session-id", "x-user-id", "location"):
        assert first.headers[name] == again.headers[name] == after.headers[name]
    assert len(model.calls) == 1


@pytest.mark.parametrize(
    "change",
    [{"message": "bye"}, {"session_id": "t"}, {"user_id": "ben"}, {"metadata": {"a": "2"}}],
    ids=lambda change: next(iter(change)),
)
async def test_the_key_of_another_request_is_refused(
    change: dict[str, object], sqlite_settings: Settings
) -> None:
    """A key that came with another body is 422, and nothing is said."""
    body = {"message": "hi", "session_id": "s", "user_id": "ana", "metadata": {"a": "1"}}
    async with serve(sqlite_settings, model=scripted(reply("Once."))) as server:
        await server.client.post("/chat", json=body, headers=KEY)
        response = await server.client.post("/chat", json=body | change, headers=KEY)
        listed = (await server.client.get("/sessions")).json()
    assert (response.status_code, response.json()) == (422, REUSED)
    assert [session["message_count"] for session in listed["sessions"]] == [2]


@pytest.mark.parametrize("name", [None, "local"])
async def test_a_key_is_its_callers_own(name: str | None, settings: Settings) -> None:
    """The developer and a resident, whatever the name, who happen on one key have a turn each."""
    async with serve(settings, model=scripted(reply("One."), reply("Two."))) as server:
        opened = await server.client.post("/sessions/create", json={"user_id": name})
        token = {"Authorization": f"Bearer {opened.json()['token']}"}
        texts = [
            (await server.client.post("/chat", json={"message": "hi"}, headers=headers)).text
            for headers in (KEY, KEY | token)
        ]
    assert texts == [f"data: {word}.\n\ndata: [DONE]\n\n" for word in ("One", "Two")]


@pytest.mark.parametrize("body", [{"message": "hi"}, {"message": "hi", "session_id": "s"}])
async def test_twenty_at_once_are_one_turn(body: dict[str, str], settings: Settings) -> None:
    """Twenty requests with one key that race each other open one session with one turn."""
    model = ScriptedModel([reply("Once.")])
    async with serve(settings, model=choose(model)) as server:
        chats = (server.client.post("/chat", json=body, headers=KEY) for _ in range(20))
        responses = await asyncio.gather(*chats)
        listed = (await server.client.get("/sessions")).json()
    assert {response.text for response in responses} == {"data: Once.\n\ndata: [DONE]\n\n"}
    assert len({response.headers["x-turn-id"] for response in responses}) == 1
    assert [session["message_count"] for session in listed["sessions"]] == [2]


async def test_a_request_again_after_a_crash_hears_the_new_answer_only(settings: Settings) -> None:
    """The plain stream cannot take words back, so it leaves out what the lost run had said."""
    never = asyncio.Event()
    dying = settings.model_copy(update={"drain_seconds": 0.0})
    request: dict[str, Any] = {"method": "POST", "url": "/chat", "json": {"message": "hi"}}
    async with (
        serve(dying, model=scripted(reply("Half", never.wait))) as server,
        server.client.stream(**request, headers=KEY) as response,
    ):
        assert await anext(response.aiter_raw()) == b"data: Half\n\n"
    async with serve(settings, model=scripted(reply("Whole."))) as server:
        again = [await server.client.request(**request, headers=KEY) for _ in range(2)]
        answer = await server.client.request(
            **request, headers=KEY | {"Accept": "application/json"}
        )
    assert [each.text for each in again] == ["data: Whole.\n\ndata: [DONE]\n\n"] * 2
    assert (answer.json()["text"], answer.json()["status"]) == ("Whole.", "completed")
