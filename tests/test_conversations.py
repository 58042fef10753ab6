"""Whole conversations that end in a record: with the built-in clerk and with a hosted model."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from tests.conftest import make_settings
from tests.fakes.answers import Answer, Call, Condition, Rule
from tests.fakes.fake_openai import FakeOpenAI
from tests.postgres import PostgresServer
from tests.server import Running, serve
from townhall.db.tables import feedback, incidents, record_history
from townhall.settings import Settings

# 01:30 in Manila on the 11th: yesterday is the 10th there, while it is the 10th in UTC now.
NOW = datetime(2026, 3, 10, 17, 30, tzinfo=UTC)
YESTERDAY = (NOW + timedelta(hours=8)).date() - timedelta(days=1)
THEFT = (
    "Hello",
    (
        "Yesterday around 3 PM, I saw someone steal a bicycle from the rack near Central Park. "
        "The person was wearing a red hoodie."
    ),
    "My name is Maria Garcia. It looked pretty serious to me.",
    "Yes, that's correct. That's all I wanted to report.",
    "Thank you!",
)
FILE_THEFT = Call(
    "file_incident",
    {
        "incident_type": "theft",
        "description": "Saw someone steal a bicycle from the rack.",
        "location": "near Central Park",
        "date_of_occurrence": YESTERDAY.isoformat(),
        "time_of_occurrence": "15:00",
        "person_involved": "wearing a red hoodie",
        "reporter_name": "Maria Garcia",
        "severity_level": 4,
        "details": [],
    },
)
HOSTED_SCRIPT = (
    Rule(Answer(text="Your report is filed, Maria."), when=Condition(last='"status":"filed"')),
    Rule(Answer(calls=(FILE_THEFT,)), when=Condition(last="That's all I wanted to report")),
    Rule(Answer(text="A theft near Central Park, yesterday. Is that right?")),
)


async def stored(server: Running, table: object) -> list[dict[str, object]]:
    """Return all rows of a table."""
    async with server.desk.database.reading() as connection:
        rows = await connection.execute(select(table))  # type: ignore[call-overload]
        return [dict(row) for row in rows.mappings()]


async def ended(tasks: set[asyncio.Task[object]]) -> None:
    """Return when these tasks have ended; TimeoutError if one does not."""
    async with asyncio.timeout(10):
        await asyncio.gather(*tasks, return_exceptions=True)


async def assert_one_theft(server: Running) -> None:
    """The conversation left exactly the incident that it was about, with its history."""
    [incident] = await stored(server, incidents)
    assert incident["incident_type"] == "theft"
    assert "Central Park" in str(incident["location"])
    assert incident["date_of_occurrence"] == YESTERDAY
    assert str(incident["time_of_occurrence"]) == "15:00:00"
    assert "red hoodie" in str(incident["person_involved"])
    assert incident["reporter_name"] == "Maria Garcia"
    assert incident["severity_level"] in (3, 4, 5)
    history = await stored(server, record_history)
    assert [row["action"] for row in history] == ["filed"]
    assert await stored(server, feedback) == []


async def test_theft_with_the_clerk(settings: Settings) -> None:
    """Five turns end with exactly one incident; saying "that's all" again files nothing."""
    async with serve(settings, clock=lambda: NOW) as server:
        replies = [(await server.say(text, "theft")).json() for text in THEFT]
        await server.say("that's all", "theft")
        await assert_one_theft(server)
    filed = [record["reference"] for reply in replies for record in reply["records"]]
    assert len(filed) == 1
    assert filed[0] in replies[3]["text"]


@pytest.mark.parametrize("api", ["responses", "chat"])
async def test_theft_with_a_hosted_model(sqlite_settings: Settings, api: str) -> None:
    """The same turns with a model over HTTP, its tools called over the wire, leave the same."""
    async with FakeOpenAI(HOSTED_SCRIPT) as fake:
        hosted = {
            "model": "fake-model",
            "model_api": api,
            "openai_base_url": fake.base_url,
            "openai_api_key": SecretStr("x"),
            "traces": "off",
        }
        async with serve(sqlite_settings.model_copy(update=hosted), clock=lambda: NOW) as server:
            replies = [(await server.say(text, "theft")).json() for text in THEFT]
            await assert_one_theft(server)
        assert [reply["status"] for reply in replies] == ["completed"] * 5
        assert replies[3]["text"] == "Your report is filed, Maria."
        # One call a turn, and one more for the turn that filed.
        assert len(fake.requests) == 6
        last = fake.requests[-1]
        assert {request.api for request in fake.requests} == {api}
        assert {"file_incident", "file_feedback"} <= last.tools
        assert "Wednesday 2026-03-11, 01:30" in last.instructions


async def test_two_at_once_do_not_mix(settings: Settings) -> None:
    """Two residents who talk at the same time each get their own words back."""
    async with serve(settings) as server:

        async def talk(user: str) -> str:
            for message in (f"Hello, this is about {user}", "What did I just say?"):
                reply = await server.say(message, "same-id", user_id=user)
            return str(reply.json()["text"])

        alice, bob = await asyncio.gather(talk("alice"), talk("bob"))
        sessions = (await server.client.get("/sessions", params={"user_id": "bob"})).json()
    assert "about alice" in alice
    assert "bob" not in alice
    assert "about bob" in bob
    assert [session["user_id"] for session in sessions["sessions"]] == ["bob"]


@pytest.mark.timeout(300)
async def test_a_burst_of_a_hundred_residents(postgres: PostgresServer, tmp_path: Path) -> None:
    """A hundred who come at once wait for a connection to Postgres, and none is sent away."""
    with postgres.new_database() as url:
        settings = make_settings(tmp_path, model="echo", database_url=SecretStr(url))
        async with serve(settings) as server:
            asked = (server.say(f"number {number}") for number in range(100))
            replies = [answer.json()["text"] for answer in await asyncio.gather(*asked)]
    assert replies == [f"number {number}" for number in range(100)]


@pytest.mark.timeout(300)
async def test_a_hundred_sessions_at_once(sqlite_settings: Settings) -> None:
    """100 sessions of 5 turns each complete in order and leave no task and no connection behind."""
    async with serve(sqlite_settings.model_copy(update={"model": "echo"})) as server:
        await server.say("warm up")
        tasks_before = asyncio.all_tasks()

        async def talk(number: int) -> None:
            for turn in range(5):
                reply = await server.say(f"turn {turn} of {number}", f"s{number}")
                assert reply.json()["text"] == f"turn {turn} of {number}"

        await asyncio.gather(*(talk(number) for number in range(100)))
        listed = (await server.client.get("/sessions", params={"limit": 200})).json()
        asked = [
            message["text"]
            for message in (await server.client.get("/sessions/s42/messages")).json()["messages"]
            if message["role"] == "user"
        ]
        await server.client.aclose()
        await ended(asyncio.all_tasks() - tasks_before)
        assert server.desk.database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    counts = [s["message_count"] for s in listed["sessions"] if s["session_id"] != "warm up"]
    assert listed["total"] == 101
    assert counts.count(10) == 100
    assert asked == [f"turn {turn} of 42" for turn in range(5)]
