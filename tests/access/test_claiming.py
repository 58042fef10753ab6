"""After signing in: what somebody did as an anonymous resident becomes theirs."""

import asyncio

from sqlalchemy import select

from tests.access.people import Person, anonymous
from tests.access.provider import Provider
from tests.scripted import reply, scripted
from tests.server import serve
from townhall.db.tables import feedback, record_history
from townhall.settings import Settings

PRAISE = "I suggest longer library hours. My name is Ana Cruz. That's all."


async def test_sessions_and_records_are_claimed(settings: Settings, provider: Provider) -> None:
    """The resident sees them, the anonymous token nothing; a second claim finds nothing."""
    async with serve(provider.trusted_by(settings)) as server:
        ana, signed_in = await anonymous(server), Person(server, provider.token("ana"), "ana")
        await signed_in.say("Hello", "s1")
        await ana.say(PRAISE, "s1")
        body = {"token": ana.token}
        claims = [await signed_in.ask("POST", "/sessions/claim", json=body) for _ in range(2)]
        mine = (await signed_in.ask("GET", "/sessions")).json()["sessions"]
        texts = [
            (await signed_in.ask("GET", f"/sessions/{each['session_id']}/messages")).text
            for each in mine
        ]
        left = (await ana.ask("GET", "/sessions")).json()["total"]
        async with server.desk.database.reading() as connection:
            owners = list(await connection.scalars(select(feedback.c.user_id)))
            actors = list(await connection.scalars(select(record_history.c.actor)))
    # The session that came with the token, and the one of the message.
    assert [claim.json() for claim in claims] == [{"claimed": 2}, {"claimed": 0}]
    assert ({each["user_id"] for each in mine}, left) == ({"ana"}, 0)
    assert (owners, actors) == (["ana"], ["ana"])
    # Both had a session "s1": the claimed one goes on under another id.
    assert len({each["session_id"] for each in mine}) == 3
    assert sum("library hours" in text for text in texts) == 1


async def test_an_old_key_does_not_bring_a_claimed_turn_back(
    sqlite_settings: Settings, provider: Provider
) -> None:
    """Who repeats a request with the anonymous token begins a new conversation."""
    async with serve(provider.trusted_by(sqlite_settings)) as server:
        ana, signed_in = await anonymous(server), Person(server, provider.token("ana"), "ana")
        request = {
            "json": {"message": "Hi", "session_id": "s1"},
            "headers": {"Idempotency-Key": "k"},
        }
        first = await ana.ask("POST", "/chat", **request)
        await signed_in.ask("POST", "/sessions/claim", json={"token": ana.token})
        second = await ana.ask("POST", "/chat", **request)
    assert first.headers["x-turn-id"] != second.headers["x-turn-id"]
    assert second.headers["x-user-id"] == ana.user_id


async def test_who_may_claim_what(sqlite_settings: Settings, provider: Provider) -> None:
    """Only who signed in may claim, and only with an anonymous token in hand."""
    async with serve(provider.trusted_by(sqlite_settings)) as server:
        ana, ben = await anonymous(server), await anonymous(server)
        signed_in = Person(server, provider.token("ana"), "ana")
        statuses = [
            (await person.ask("POST", "/sessions/claim", json=body)).status_code
            for person, body in (
                (ben, {"token": ana.token}),
                (Person(server), {"token": ana.token}),
                (signed_in, {"token": provider.token("ben")}),
                (signed_in, {"token": "x.y.z"}),
                (signed_in, {"token": f"{ana.token}x"}),
                (signed_in, {"user_id": ana.user_id}),
                (signed_in, {"token": ana.user_id}),
            )
        ]
        kept = (await ana.ask("GET", "/sessions")).json()["total"]
    assert (statuses, kept) == ([403, 403, 401, 401, 401, 422, 401], 1)


async def test_not_while_an_answer_is_on_its_way(
    sqlite_settings: Settings, provider: Provider
) -> None:
    """409 while a turn runs: what it files would go to nobody's account."""
    began, go_on = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        began.set()
        await go_on.wait()

    model = scripted(reply("Well, ", wait, "yes."))
    async with serve(provider.trusted_by(sqlite_settings), model=model) as server:
        ana, signed_in = await anonymous(server), Person(server, provider.token("ana"), "ana")
        saying = asyncio.create_task(ana.say("Hi", "s1"))
        await began.wait()
        body = {"token": ana.token}
        early = await signed_in.ask("POST", "/sessions/claim", json=body)
        go_on.set()
        await saying
        late = await signed_in.ask("POST", "/sessions/claim", json=body)
    assert (early.status_code, early.headers["retry-after"]) == (409, "5")
    assert late.json() == {"claimed": 2}
