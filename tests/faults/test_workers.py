"""`townhall serve --workers 2`: one address, two processes, and the death of one of them."""

import asyncio
import os
import re
import signal
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import select

from tests.fakes.answers import Answer
from tests.fakes.fake_openai import FakeOpenAI
from tests.faults.conftest import SQLITE_FIRST, Start
from tests.faults.resident import Told, follow
from tests.faults.worker import process_ended
from tests.server import Settled
from townhall.db.engine import Database, database_url
from townhall.db.tables import turns

STREAMS = 24


@SQLITE_FIRST
@pytest.mark.timeout(300)
async def test_two_workers(start: Start, database_url: str) -> None:
    """Both answer; each follows, resumes and cancels the other's turns; a dead one is replaced;
    both end with their parent."""
    async with FakeOpenAI(default=Answer(tokens=400, delay=0.1)) as fake:
        options, level = ["--workers", "2"], "info"
        [server] = await start(fake, database_url, options=options, TOWNHALL_LOG_LEVEL=level)
        async with asyncio.timeout(120):
            while len(re.findall(r"\bopen +\[townhall\]", server.log.read_text())) < 2:
                await asyncio.sleep(0.1)
        async with httpx.AsyncClient(timeout=60) as client:
            views = await asyncio.gather(*(_begin(client, server.url) for _ in range(STREAMS)))
            # A burst, and yet not one of them takes it whole.
            workers = await _running_in(database_url)
            assert len(workers) == 2
            for view in views:
                await follow(client, view, server.url, at_most=5)
            following = [asyncio.create_task(follow(client, view, server.url)) for view in views]
            async with asyncio.timeout(20):
                await asyncio.gather(*(_cancel(server.url, view) for view in views))
                await asyncio.gather(*following)
            assert {view.events[-1].event for view in views} == {"turn.cancelled"}
            ids = [[event.id for event in view.events] for view in views]
            assert all(len(set(each)) == len(each) for each in ids)
        victim = workers[0]
        os.kill(victim, signal.SIGKILL)
        await process_ended(victim)
        async with asyncio.timeout(60):
            while len(alive := children(server.pid)) < 2 or victim in alive:
                await asyncio.sleep(0.1)
        await server.kill()
        for worker in alive:
            await process_ended(worker)


async def _begin(client: httpx.AsyncClient, url: str) -> Told:
    headers = {"Connection": "close"}
    body = {"message": "How are you?"}
    async with client.stream("POST", f"{url}/chat", json=body, headers=headers) as response:
        response.raise_for_status()
        return Told(response.headers["X-Turn-Id"], response.headers["Location"])


async def _cancel(url: str, view: Told) -> None:
    path, _, query = view.location.partition("?")
    async with httpx.AsyncClient(timeout=30) as client:
        address = f"{url}{path.removesuffix('/events')}/cancel?{query}"
        (await client.post(address)).raise_for_status()


async def _running_in(url: str) -> list[int]:
    """Return the pids of the processes that run turns."""
    database = Database.open(database_url(Settled(database_url=SecretStr(url))))
    try:
        async with asyncio.timeout(30):
            while True:
                async with database.reading() as connection:
                    names = await connection.scalars(select(turns.c.lease_by).distinct())
                    found = list(names)
                if None not in found:
                    return [int(name.split(":")[1]) for name in found]
                await asyncio.sleep(0.1)
    finally:
        await database.close()


def children(pid: int) -> list[int]:
    """Return the pids of the processes that serve for the one with this pid."""
    # They are forked from a process of multiprocessing's, beside which stands a tracker.
    return [
        child
        for helper in _children(pid)
        if b"forkserver" in Path(f"/proc/{helper}/cmdline").read_bytes()
        for child in _children(helper)
    ]


def _children(pid: int) -> list[int]:
    return list(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))
