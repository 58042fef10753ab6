"""A turn belongs to the process: in order, beside others, without its client, after a restart."""

import asyncio
import sys
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from agents.testing import ScriptedModel
from sqlalchemy import delete, select, update

from tests.fakes.answers import Answer
from tests.fakes.fake_openai import FakeOpenAI
from tests.scripted import POTHOLE, call, choose, reply, scripted
from tests.server import Running, serve
from townhall.access import Caller
from townhall.db.tables import turn_events, turns
from townhall.settings import Settings
from townhall.turns.admission import Message
from townhall.turns.worker import new_worker_name


async def transcript(server: Running, session_id: str = "s") -> list[str]:
    """Return the texts of a session, oldest first."""
    messages = (await server.client.get(f"/sessions/{session_id}/messages")).json()["messages"]
    return [message["text"] for message in messages]


@pytest.mark.parametrize("api", ["responses", "chat"])
async def test_words_arrive_as_they_are_said(api: str, sqlite_settings: Settings) -> None:
    """With 200 ms between words the first is here long before the last is said."""
    async with FakeOpenAI(default=Answer(text="one two three four", delay=0.2)) as fake:
        host = {"model": "some-model", "openai_base_url": fake.base_url, "model_api": api}
        async with (
            serve(sqlite_settings.model_copy(update=host)) as server,
            server.client.stream("POST", "/chat", json={"message": "hi"}) as response,
        ):
            pieces = response.aiter_raw()
            assert await anext(pieces) == b"data: one\n\n"
            assert fake.stats.completed == 0
            rest = [piece async for piece in pieces]
    assert rest[0] == b"data:  two\n\n"
    assert b"".join(rest).endswith(b"data:  three\n\ndata:  four\n\ndata: [DONE]\n\n")


async def test_a_message_waits_for_the_one_before(settings: Settings) -> None:
    """The second message of a session is answered after the first, in the light of its answer."""
    think = asyncio.Event()
    model = ScriptedModel([reply(think.wait, "First."), reply("Second.")])
    async with serve(settings, model=choose(model)) as server, AsyncExitStack() as streams:
        for text in ("one", "two"):
            body = {"message": text, "session_id": "s"}
            chat = server.client.stream("POST", "/chat", json=body)
            waiting = await streams.enter_async_context(chat)
        assert (await server.client.get("/sessions/s")).json()["message_count"] == 2
        assert len(model.calls) <= 1
        think.set()
        assert await waiting.aread() == b"data: Second.\n\ndata: [DONE]\n\n"
        assert await transcript(server) == ["one", "First.", "two", "Second."]
    assert model.calls[1].input == [
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": "First."},
        {"role": "user", "content": "two"},
    ]


async def test_a_fifth_message_is_refused_while_three_wait(settings: Settings) -> None:
    """One runs, three wait, the next is 409 and says when to come back; then all are answered."""
    think = asyncio.Event()
    model = scripted(reply(think.wait, "0."), *[reply(f"{n}.") for n in range(1, 5)])
    async with serve(settings, model=model) as server, AsyncExitStack() as streams:
        for n in range(4):
            body = {"message": str(n), "session_id": "s", "user_id": "ana"}
            chat = server.client.stream("POST", "/chat", json=body)
            last = await streams.enter_async_context(chat)
        refused = await server.client.post("/chat", json=body)
        elsewhere = await server.client.post("/chat", json=body | {"user_id": "ben"})
        think.set()
        await last.aread()
        texts = await transcript(server)
    assert (refused.status_code, refused.headers["retry-after"], refused.json()) == (
        409,
        "2",
        {
            "type": "urn:townhall:problem:turn-in-progress",
            "title": "Earlier messages are still being answered",
            "status": 409,
            "code": "turn-in-progress",
            "detail": "3 messages of this session already wait. Send this one again when an "
            "earlier one has been answered.",
            "instance": "/chat",
            "retryable": True,
            "retry_after": 2,
        },
    )
    assert elsewhere.status_code == 200
    assert texts == ["0", "0.", "1", "2.", "2", "3.", "3", "4."]


async def test_sessions_do_not_wait_for_each_other(settings: Settings) -> None:
    """Twenty sessions are answered by a model that says nothing before all twenty have asked."""
    everybody = asyncio.Barrier(20)
    async with serve(settings, model=scripted(*[reply(everybody.wait, "Yes.")] * 20)) as server:
        asked = (server.client.post("/chat", json={"message": "hi"}) for _ in range(20))
        answers = await asyncio.gather(*asked)
    assert {answer.content for answer in answers} == {b"data: Yes.\n\ndata: [DONE]\n\n"}


async def test_a_closed_tab_still_gets_its_answer(settings: Settings) -> None:
    """The turn of a client that drops goes on, and is in the transcript to its last word."""
    think = asyncio.Event()
    body = {"message": "hi", "session_id": "s"}
    async with serve(settings, model=scripted(reply("Let me", think.wait, " see."))) as server:
        async with server.client.stream("POST", "/chat", json=body) as response:
            assert await anext(response.aiter_raw()) == b"data: Let me\n\n"
        think.set()
        events = await server.events("GET", response.headers["location"])
        assert await transcript(server) == ["hi", "Let me see."]
    assert events[-1].event == "turn.completed"


async def test_a_restart_forgets_nothing(settings: Settings) -> None:
    """Sessions, transcripts, events and the model's memory are there after a restart."""
    model = ScriptedModel([reply("Hello Ana.")])
    async with serve(settings, model=choose(model)) as server:
        first = await server.say("I am Ana.", "s", user_id="ana")
        sessions = (await server.client.get("/sessions")).json()
        events = (await server.client.get(first.headers["location"])).content
    async with serve(settings, model=choose(model)) as server:
        assert (await server.client.get("/sessions")).json() == sessions
        assert (await server.client.get(first.headers["location"])).content == events
        model.enqueue(reply("Ana."))
        await server.say("Who am I?", "s")
        assert await transcript(server) == ["I am Ana.", "Hello Ana.", "Who am I?", "Ana."]
    assert [item["content"] for item in model.calls[1].input] == [
        *("I am Ana.", "Hello Ana.", "Who am I?")
    ]


async def test_what_a_stopped_server_had_accepted_is_answered_by_the_next(
    settings: Settings,
) -> None:
    """The turn that ran is run again and those that waited follow, in their order."""
    at_once = settings.model_copy(update={"drain_seconds": 0.0})
    never = asyncio.Event()
    model = scripted(reply("Half", never.wait))
    async with serve(at_once, model=model) as server, AsyncExitStack() as streams:
        for text in ("one", "two"):
            body = {"message": text, "session_id": "s"}
            chat = server.client.stream("POST", "/chat", json=body)
            last = await streams.enter_async_context(chat)
    model = scripted(reply("First."), reply("Second."))
    async with serve(settings, model=model) as server:
        await server.events("GET", last.headers["location"])
        assert await transcript(server) == ["one", "First.", "two", "Second."]


async def test_a_turn_whose_process_is_gone_is_taken_over(settings: Settings) -> None:
    """When the lease has run out another process runs the turn again; the first one's word is void.

    Its viewer sees `turn.restarted` and the new answer, and the transcript has only that.
    """
    hang = asyncio.Event()
    slow, quick = scripted(reply("Half", hang.wait, " a reply.")), scripted(reply("Whole."))
    async with AsyncExitStack() as stack:
        hung = await stack.enter_async_context(serve(settings, model=slow))
        chat = hung.client.stream("POST", "/chat", json={"message": "hi", "session_id": "s"})
        response = await stack.enter_async_context(chat)
        assert await anext(response.aiter_raw()) == b"data: Half\n\n"
        await hung.desk.log.flush()  # what was told is known to the heir
        async with hung.desk.database.writing() as connection:
            ago = datetime.now(UTC) - timedelta(seconds=1)
            await connection.execute(update(turns).values(lease_until=ago))
        heir = await stack.enter_async_context(serve(settings, model=quick))
        events = await heir.events("GET", response.headers["location"])
        hang.set()
        late = await hung.events("GET", response.headers["location"])
        texts = await transcript(hung)
    assert [(event.id, event.event) for event in events] == [
        ("1.1", "turn.started"),
        ("1.2", "text.delta"),
        ("2.1", "turn.restarted"),
        ("2.2", "turn.started"),
        ("2.3", "text.delta"),
        ("2.4", "turn.completed"),
    ]
    assert [orjson.loads(event.data)["attempt"] for event in events[2:4]] == [2, 2]
    assert [(event.id, event.data) for event in late[-4:]] == [
        (event.id, event.data) for event in events[2:]
    ]
    assert texts == ["hi", "Whole."]


async def test_a_turn_on_which_three_processes_died_is_given_up(settings: Settings) -> None:
    """It ends as failed, with what it filed, and the messages behind it are answered."""
    model = scripted(call("file_incident", POTHOLE), reply("One."), reply("Two."))
    async with serve(settings, model=model) as server:
        first = await server.say(POTHOLE["description"], "s")
        url = first.headers["location"]
        async with server.desk.database.writing() as connection:
            await connection.execute(
                update(turns).values(
                    status="running",
                    attempt=3,
                    lease_until=datetime.now(UTC) - timedelta(seconds=1),
                    finished_at=None,
                )
            )
        await server.say("again", "s")
        restarted, filed, last = (await server.events("GET", url))[-3:]
        assert (await transcript(server))[-2:] == ["again", "Two."]
    assert [restarted.event, filed.event] == ["turn.restarted", "record.filed"]
    [record] = first.json()["records"]
    assert orjson.loads(filed.data) == {"type": "record.filed", **record}
    problem = orjson.loads(last.data)["problem"]
    assert (last.event, problem["code"], problem["retryable"]) == ("turn.failed", "internal", True)
    assert record["reference"] in problem["detail"]


async def test_a_client_that_leaves_while_its_message_is_accepted(settings: Settings) -> None:
    """What was committed is run at once by this process, not when its lease has run out."""
    echo = settings.model_copy(update={"model": "echo"})
    async with serve(echo) as server, asyncio.timeout(10):
        await server.say("number 0", "s")
        for n in range(1, 5):
            message = Message(f"number {n}", "s")
            accepting = asyncio.create_task(
                server.desk.runner.accept(Caller("local", None), message)
            )
            for _ in range(n):
                await asyncio.sleep(0)
            accepting.cancel()
            await asyncio.wait([accepting])
        while len(texts := await transcript(server)) < 10:
            pass
        async with server.desk.database.reading() as connection:
            attempts = (await connection.scalars(select(turns.c.attempt).order_by("seq"))).all()
    assert sorted(texts) == [f"number {n}" for n in range(5) for _ in (1, 2)]
    assert set(attempts) == {1}


async def test_a_neighbour_that_was_killed_is_not_waited_for(settings: Settings) -> None:
    """The turn of a process of this machine that is no more is taken over before its lease ends."""
    machine, _, token = new_worker_name().split(":")
    died = await asyncio.create_subprocess_exec(sys.executable, "-c", "")
    await died.wait()
    async with serve(settings, model=scripted(reply("One."), reply("Again."))) as server:
        url = (await server.say("hi", "s")).headers["location"]
        async with server.desk.database.writing() as connection:
            await connection.execute(
                update(turns).values(
                    status="running",
                    lease_by=f"{machine}:{died.pid}:{token}",
                    lease_until=datetime.now(UTC) + timedelta(seconds=60),
                    finished_at=None,
                )
            )
            await connection.execute(delete(turn_events))
        async with asyncio.timeout(30):
            events = await server.events("GET", url)
    assert [event.event for event in events] == [
        *("turn.restarted", "turn.started", "text.delta", "turn.completed")
    ]
