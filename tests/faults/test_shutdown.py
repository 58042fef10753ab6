"""SIGTERM with open streams: what can finish does, the rest is finished by another process."""

import asyncio

import httpx
import pytest

from tests.fakes.answers import Answer, Condition, Rule
from tests.fakes.fake_openai import FakeOpenAI
from tests.faults.conftest import SQLITE_FIRST, Figures, Start
from tests.faults.resident import ENDS, Told, count, follow
from tests.faults.worker import Worker

STREAMS = 30
END_SECONDS = 25.0
SHORT = Answer(text="At once.")


@SQLITE_FIRST
@pytest.mark.parametrize(
    ("times", "drain_seconds"),
    [
        pytest.param(1, 1, marks=pytest.mark.timeout(300)),
        pytest.param(1, 20, marks=[pytest.mark.long, pytest.mark.timeout(300)]),
        pytest.param(20, 3, marks=[pytest.mark.long, pytest.mark.timeout(3000)]),
    ],
)
async def test_sigterm_with_open_streams(
    start: Start, database_url: str, times: int, drain_seconds: int, figures: Figures
) -> None:
    """Every stream ends in the grammar or is resumed to its end; the process ends in time."""
    ends, ended_with, resumed = [], set(), 0
    async with FakeOpenAI(_rules(drain_seconds), default=SHORT) as fake:
        workers = await start(fake, database_url, 2, TOWNHALL_DRAIN_SECONDS=str(drain_seconds))
        for number in range(times):
            ending, other = workers[number % 2], workers[1 - number % 2]
            views, seconds = await _terminate_under_streams(ending, other)
            ends.append(seconds)
            ended_with |= {view.events[-1].event for view in views}
            resumed += sum(any(e.event == "turn.restarted" for e in view.events) for view in views)
            assert ending.bugs() == []
            await ending.start()
    figures.note(times=times, slowest_end=round(max(ends), 1), resumed=resumed)
    assert max(ends) <= END_SECONDS
    assert ended_with == {"turn.completed"}
    assert set((await count(database_url)).status.values()) == {"completed"}


def _rules(drain_seconds: int) -> list[Rule]:
    # Of three residents one has ended, one ends in the time of grace, one would not.
    lasting = Answer(tokens=60, delay=drain_seconds / 20)
    return [
        Rule(lasting, when=Condition(last="Number 0"), times=None),
        Rule(Answer(tokens=10, delay=drain_seconds / 20), when=Condition(last="Number 1")),
    ]


async def _terminate_under_streams(ending: Worker, other: Worker) -> tuple[list[Told], float]:
    async with httpx.AsyncClient(timeout=60) as client:
        views = await asyncio.gather(*(_begin(client, ending, n) for n in range(STREAMS)))
        following = [asyncio.create_task(_follow(client, view, ending)) for view in views]
        while any(not view.events for view in views):
            await asyncio.sleep(0.02)
        seconds = await ending.terminate()
        await asyncio.gather(*following)
        for view in views:
            if view.events[-1].event in ENDS:
                assert [e.event for e in view.events if e.event in ENDS] == [view.events[-1].event]
        async with asyncio.timeout(60):
            await asyncio.gather(*(_finish(client, view, other) for view in views))
        return views, seconds


async def _begin(client: httpx.AsyncClient, worker: Worker, number: int) -> Told:
    body = {"message": f"Number {number % 3}"}
    async with client.stream("POST", f"{worker.url}/chat", json=body) as response:
        response.raise_for_status()
        return Told(response.headers["X-Turn-Id"], response.headers["Location"])


async def _follow(client: httpx.AsyncClient, view: Told, worker: Worker) -> None:
    try:
        await follow(client, view, worker.url)
    except httpx.RemoteProtocolError:
        assert view.events[-1].event not in ENDS


async def _finish(client: httpx.AsyncClient, view: Told, worker: Worker) -> None:
    while not view.has_ended:
        await follow(client, view, worker.url)
