"""A disk that takes no more: a typed error for who comes, patience for what was accepted."""

import asyncio
import resource
from pathlib import Path

import httpx
import pytest

from tests.fakes.answers import Answer, Rule
from tests.fakes.fake_openai import FakeOpenAI
from tests.faults.conftest import Start
from tests.faults.resident import STREETS, THANKS, Told, count, filing_rules, follow, report
from tests.faults.worker import Worker

PAGE_BYTES = 4096  # less than the write-ahead log needs for one change
LAGS = "townhall_log_lag_seconds"


@pytest.mark.timeout(120)
async def test_a_full_disk(start: Start, tmp_path: Path) -> None:
    """While nothing can be written, messages get 503 and a turn waits; then all goes on."""
    url = f"sqlite:///{tmp_path / 'townhall.db'}"
    slow, *others = filing_rules()
    stalled = Answer(calls=slow.reply.calls, stall_after=4)
    rules = [Rule(stalled, when=slow.when, unless=slow.unless), *others]
    async with FakeOpenAI(rules, default=Answer(text="Good day.")) as fake:
        [worker] = await start(fake, url)
        async with httpx.AsyncClient(base_url=worker.url, timeout=60) as client:
            told = await _begin(client, report(STREETS[0]))
            following = asyncio.create_task(follow(client, told, worker.url))
            await fake.until(lambda stats: stats.open_now == 1)
            _limit_files(worker, PAGE_BYTES)
            refused = await client.post("/chat", json={"message": "Hello."})
            fake.release()
            await _lags(client)
            listed = await client.get("/sessions")
            _limit_files(worker, resource.RLIM_INFINITY)
            await following
            accepted = await client.post("/chat", json={"message": "Hello."})
    assert (refused.status_code, refused.json()["code"]) == (503, "database-unavailable")
    assert (listed.status_code, accepted.status_code) == (200, 200)
    assert told.text == THANKS
    assert (await count(url)).unlike([told.turn_id]) == []


def _limit_files(worker: Worker, limit_bytes: int) -> None:
    _, most = resource.prlimit(worker.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, (limit_bytes, most))


async def _begin(client: httpx.AsyncClient, message: str) -> Told:
    async with client.stream("POST", "/chat", json={"message": message}) as response:
        return Told(response.headers["X-Turn-Id"], response.headers["Location"])


async def _lags(client: httpx.AsyncClient) -> None:
    """Return when events wait for the database."""
    async with asyncio.timeout(10):
        while f"{LAGS} 0.0" in (await client.get("/metrics")).text:
            await asyncio.sleep(0.05)
