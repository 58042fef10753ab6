"""Viewers who come back, on any worker, and requests that come twice."""

import asyncio
import uuid

import httpx

from tests.fakes.answers import Answer
from tests.fakes.fake_openai import FakeOpenAI
from tests.faults.conftest import SQLITE_FIRST, Start
from tests.faults.resident import Told, count, follow
from tests.faults.worker import Worker

FRAMES = 100


@SQLITE_FIRST
async def test_stream_cut_at_each_frame(start: Start, database_url: str) -> None:
    """A stream cut after any of its frames is resumed on the other worker with the same text."""
    said = tuple(f" {number}" for number in range(FRAMES))
    async with FakeOpenAI(default=Answer(deltas=said, delay=0.03)) as fake:
        workers = await start(fake, database_url, 2)
        async with httpx.AsyncClient(
            timeout=60, limits=httpx.Limits(max_connections=300)
        ) as client:
            first = await _begin(client, workers[0].url, "How are you?")
            views = [Told(first.turn_id, first.location) for _ in range(FRAMES)]
            await asyncio.gather(
                *(_cut_and_resume(client, workers, view, at) for at, view in enumerate(views, 1))
            )
    assert {view.text for view in views} == {"".join(said)}
    ids = {tuple(event.id for event in view.events) for view in views}
    assert len(ids) == 1
    [each] = ids
    assert len(set(each)) == len(each)


@SQLITE_FIRST
async def test_fifty_equal_requests(start: Start, database_url: str) -> None:
    """Fifty requests with one key, on two workers at once, are one turn and fifty equal streams."""
    async with FakeOpenAI(default=Answer(tokens=20, delay=0.02)) as fake:
        workers = await start(fake, database_url, 2)
        body = {"message": "How are you?", "session_id": "sess-1", "user_id": "user-1"}
        key = {"Idempotency-Key": uuid.uuid4().hex}
        async with httpx.AsyncClient(timeout=60) as client:
            answers = await asyncio.gather(
                *(
                    client.post(f"{workers[n % 2].url}/chat", json=body, headers=key)
                    for n in range(50)
                )
            )
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.headers["X-Turn-Id"] for answer in answers}) == 1
        assert len({_text(answer.text) for answer in answers}) == 1
        assert fake.stats.requests == 1
    assert len((await count(database_url)).status) == 1


def _text(stream: str) -> str:
    # How the text is cut into events depends on when the viewer looked; heartbeats say nothing.
    frames = [frame for frame in stream.split("\n\n") if frame.startswith("data: ")]
    assert frames[-1] == "data: [DONE]"
    return "".join(frame.removeprefix("data: ") for frame in frames)


async def _begin(client: httpx.AsyncClient, url: str, message: str) -> Told:
    body = {"message": message}
    async with client.stream("POST", f"{url}/chat", json=body) as response:
        return Told(response.headers["X-Turn-Id"], response.headers["Location"])


async def _cut_and_resume(
    client: httpx.AsyncClient, workers: list[Worker], view: Told, after: int
) -> None:
    await _follow(client, view, workers[0].url, at_most=after)
    await _follow(client, view, workers[1].url)


async def _follow(
    client: httpx.AsyncClient, view: Told, url: str, at_most: int | None = None
) -> None:
    """Follow; so many viewers at once may be asked to come again by a slow machine."""
    while True:
        try:
            return await follow(client, view, url, at_most)
        except httpx.HTTPStatusError as refused:
            if refused.response.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                raise
            await asyncio.sleep(0.2)
