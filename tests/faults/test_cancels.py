"""Cancelling at any moment, through any worker: the turn ends at once, nothing is filed by half."""

import asyncio
import random
import time

import httpx
import pytest

from tests.fakes.fake_openai import FakeOpenAI
from tests.faults.conftest import SQLITE_FIRST, Figures, Start
from tests.faults.resident import STREETS, Told, count, filing_rules, follow, report, verified
from tests.faults.worker import Worker

AT_ONCE = 4
CANCEL_SECONDS = 1.0  # the promise, asserted of the median
BUSY_SECONDS = 10.0  # asserted of the slowest: the machine may be busy with much else


@SQLITE_FIRST
@pytest.mark.parametrize("cancels", [10, pytest.param(100, marks=pytest.mark.long)])
async def test_cancels_at_random_moments(
    start: Start, database_url: str, cancels: int, figures: Figures
) -> None:
    """Each cancelled turn ends soon, and what it filed was told, once and whole."""
    dice = random.Random(cancels)
    async with FakeOpenAI(filing_rules(delay=0.1)) as fake:
        workers = await start(fake, database_url, 2)
        async with httpx.AsyncClient(timeout=30) as client:
            left = iter(range(cancels))
            seen: list[tuple[Told, float]] = []

            async def cancel() -> None:
                for number in left:
                    seen.append(await _cancelled(client, workers, dice, number))

            await asyncio.gather(*(cancel() for _ in range(AT_ONCE)))
    counted = await count(database_url)
    waits = sorted(seconds for _, seconds in seen)
    ends = [counted.status[told.turn_id] for told, _ in seen]
    figures.note(
        cancels=len(seen),
        cancelled=ends.count("cancelled"),
        completed=ends.count("completed"),
        median=round(waits[len(waits) // 2], 3),
        slowest=round(waits[-1], 3),
        within_a_second=sum(wait <= CANCEL_SECONDS for wait in waits),
    )
    assert set(ends) <= {"cancelled", "completed"}
    assert waits[len(waits) // 2] <= CANCEL_SECONDS
    assert waits[-1] <= BUSY_SECONDS
    for told, _ in seen:
        filed = [event for event in told.events if event.event == "record.filed"]
        assert len(filed) == counted.records[told.turn_id]
    assert (await verified(database_url)).is_sound


async def _cancelled(
    client: httpx.AsyncClient, workers: list[Worker], dice: random.Random, number: int
) -> tuple[Told, float]:
    """Begin a turn, cancel it somewhere at some moment, return what was told and the wait."""
    one, other = dice.choice(workers).url, dice.choice(workers).url
    session = (await client.post(f"{one}/sessions/create", json={})).json()
    body = {"message": report(STREETS[number % len(STREETS)]), "session_id": session["session_id"]}
    body["user_id"] = session["user_id"]
    async with client.stream("POST", f"{one}/chat", json=body) as response:
        told = Told(response.headers["X-Turn-Id"], response.headers["Location"])
        following = asyncio.create_task(follow(client, told, one))
        await asyncio.sleep(dice.uniform(0, 2))  # the moment is what the test is about
        path, _, query = told.location.partition("?")
        address = f"{other}{path.removesuffix('/events')}/cancel?{query}"
        began = time.monotonic()
        (await client.post(address)).raise_for_status()
        await following
        waited = time.monotonic() - began
    again = await client.post(address)
    assert again.json()["status"] in ("cancelled", "completed")
    assert told.has_ended
    return told, waited
