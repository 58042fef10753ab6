"""Transcripts: what a reply showed beside its text, and what its resident thought of it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from tests.conftest import make_settings
from tests.scripted import POTHOLE, call, reply, scripted
from tests.server import Running, serve
from townhall.db.tables import turn_events, turns
from townhall.settings import Settings
from townhall.turns.erasure import forget_old_events


@pytest.fixture(scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """A server with the echo model for tests that leave each other alone."""
    folder = tmp_path_factory.mktemp("shared")
    async with serve(make_settings(folder, model="echo")) as server:
        yield server


async def transcript(server: Running, session_id: str, **request: Any) -> list[dict[str, Any]]:
    """Return the messages of a session, oldest first."""
    answer = await server.client.get(f"/sessions/{session_id}/messages", **request)
    messages: list[dict[str, Any]] = answer.json()["messages"]
    return messages


async def test_what_a_reply_showed_outlives_its_events(settings: Settings) -> None:
    """Two days later the transcript still has the record, the source and the notice."""
    model = scripted(
        call("search_town_information", {"query": "who mends roads"}),
        call("file_incident", POTHOLE | {"description": "A live wire in a pothole"}),
        reply("Filed."),
    )
    async with serve(settings, model=model) as server:
        message = "There is a power line down in the pothole on Mabini Street, somebody is hurt!"
        answer = (await server.say(message, "s", user_id="ana")).json()
        before = await transcript(server, "s")
        async with server.desk.database.writing() as connection:
            long_ago = datetime.now(UTC) - timedelta(days=2)
            await connection.execute(update(turns).values(finished_at=long_ago))
        await forget_old_events(server.desk.database)
        async with server.desk.database.reading() as connection:
            assert await connection.scalar(select(func.count()).select_from(turn_events)) == 0
        asked, answered = await transcript(server, "s")
    assert before[1] | {"created_at": answered["created_at"]} == answered
    assert answered["records"] == [each | {"is_new": True} for each in answer["records"]]
    assert answered["sources"] == answer["sources"] != []
    assert [each["level"] for each in answered["notices"]] == ["emergency"]
    nothing: dict[str, Any] = {
        "records": [],
        "sources": [],
        "notices": [],
        "rating": None,
        "rating_reason": None,
    }
    assert asked | nothing == asked


async def test_a_rating(shared: Running) -> None:
    """The last word counts, and it is there whenever the transcript is read."""
    response = await shared.say("hi", "rated", user_id="ana")
    url = f"/sessions/rated/turns/{response.headers['x-turn-id']}/rating"
    said = []
    for body in (
        {"rating": "positive"},
        {"rating": "negative", "reason": " The hours are wrong. "},
        {"rating": None, "reason": "never mind"},
        {"rating": "negative", "reason": "ほんとう"},
    ):
        answer = await shared.client.post(url, json=body)
        assert answer.status_code == 200
        _, answered = await transcript(shared, "rated")
        assert answer.json() == {
            "turn_id": answered["turn_id"],
            "rating": answered["rating"],
            "reason": answered["rating_reason"],
        }
        said.append((answered["rating"], answered["rating_reason"]))
    assert said == [
        ("positive", None),
        ("negative", "The hours are wrong."),
        (None, None),
        ("negative", "ほんとう"),
    ]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/rating"),
        ({"rating": "so-so"}, "/rating"),
        ({"rating": "positive", "reason": ""}, "/reason"),
        ({"rating": "positive", "reason": "a" * 1001}, "/reason"),
        ({"rating": "positive", "reason": "a\x00"}, "/reason"),
        ({"rating": "positive", "stars": 5}, "/stars"),
    ],
    ids=str,
)
async def test_a_rating_that_is_none(body: Any, pointer: str, shared: Running) -> None:
    """What is not a rating is 422 and says where."""
    response = await shared.say("hi", "wrong", user_id="ana")
    url = f"/sessions/wrong/turns/{response.headers['x-turn-id']}/rating"
    answer = await shared.client.post(url, json=body)
    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]


async def test_a_foreign_turn_cannot_be_rated(shared: Running) -> None:
    """Somebody else's turn, one of another session and none: the same 404, and no rating."""
    turn_id = (await shared.say("hi", "mine", user_id="ana")).headers["x-turn-id"]
    await shared.say("hi", "other", user_id="ana")
    token = (await shared.client.post("/sessions/create")).json()["token"]
    foreign = {"Authorization": f"Bearer {token}"}
    body = {"rating": "positive"}
    answers = [
        await shared.client.post(f"/sessions/{place}/rating", json=body, headers=headers)
        for place, headers in (
            (f"mine/turns/{turn_id}", foreign),
            (f"other/turns/{turn_id}", {}),
            ("mine/turns/turn_none", {}),
        )
    ]
    assert {(each.status_code, each.json()["detail"]) for each in answers} == {
        (404, "There is no such turn.")
    }
    assert [each["rating"] for each in await transcript(shared, "mine")] == [None, None]
