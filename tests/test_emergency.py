"""An emergency through the front door: the number first, before and without any model."""

import json

from agents.testing import ScriptedModel

from tests.server import serve
from townhall.assistant.models import ModelChoice
from townhall.settings import Settings

SMOKE = "Smoke is pouring out of the house at 12 Luna Street, people are still inside!"


async def test_number_is_the_first_line(settings: Settings) -> None:
    """The first line of the reply has the number, the notice is an event of its own."""
    async with serve(settings) as server:
        session = (await server.client.post("/sessions/create", json={})).json()["session_id"]
        events = await server.events("POST", f"/sessions/{session}/turns", json={"message": SMOKE})
    said = [json.loads(event.data) for event in events]
    notice = next(event for event in said if event["type"] == "notice")
    assert notice["level"] == "emergency"
    assert "911" in notice["text"].splitlines()[0]
    first_text = next(index for index, event in enumerate(said) if event["type"] == "text.delta")
    assert said.index(notice) < first_text
    assert "911" in said[-1]["text"].splitlines()[0]
    assert [event["kind"] for event in said if event["type"] == "record.filed"] == ["incident"]


async def test_number_comes_without_the_model(sqlite_settings: Settings) -> None:
    """A model that fails changes nothing: the number was told and stays in the transcript."""
    model = ScriptedModel([RuntimeError("the model is broken")])
    choice = ModelChoice("scripted", lambda _: model)
    async with serve(sqlite_settings, model=choice) as server:
        answer = (await server.say(SMOKE, "s1")).json()
        transcript = (await server.client.get("/sessions/s1/messages")).json()
    assert answer["status"] == "failed"
    assert "911" in transcript["messages"][1]["text"].splitlines()[0]


async def test_model_is_told_that_the_number_was_shown(sqlite_settings: Settings) -> None:
    """The model sees that the notice stands above its reply, now and in the next turn."""
    model = ScriptedModel([[], []])
    choice = ModelChoice("scripted", lambda _: model)
    async with serve(sqlite_settings, model=choice) as server:
        await server.say(SMOKE, "s1")
        await server.say("We are out now.", "s1")
    first, second = [call.input for call in model.calls]
    assert first[0]["role"] == "developer"
    assert "emergency number" in first[0]["content"]
    assert [item["role"] for item in second] == ["user", "assistant", "user"]
    assert "911" in second[1]["content"]


async def test_idiom_is_no_emergency(sqlite_settings: Settings) -> None:
    """Praise in strong words gets no number."""
    async with serve(sqlite_settings) as server:
        answer = (await server.say("The new park is fire, you are killing it!")).json()
    assert "911" not in answer["text"]


async def test_number_is_told_once(sqlite_settings: Settings) -> None:
    """The clerk does not repeat the number that stands above its reply."""
    async with serve(sqlite_settings) as server:
        answer = (await server.say(SMOKE)).json()
    assert answer["text"].count("911") == 1


async def test_clerk_sees_an_emergency_that_the_check_missed(sqlite_settings: Settings) -> None:
    """What the clerk alone takes for an emergency has the number in the first line too."""
    missed = (
        "A drunk man fell asleep on the railway tracks at Sta. Mesa, the train comes in 10 minutes!"
    )
    async with serve(sqlite_settings) as server:
        answer = (await server.say(missed)).json()
    assert "911" in answer["text"].splitlines()[0]
