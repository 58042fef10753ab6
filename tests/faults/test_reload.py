"""`townhall serve --reload`: a file is saved while residents read their answers."""

import asyncio
import time
from pathlib import Path

import httpx
import pytest

from tests.fakes.answers import Answer
from tests.fakes.fake_openai import FakeOpenAI
from tests.faults.conftest import Figures, Start
from tests.faults.resident import Told, follow
from tests.faults.test_workers import children
from tests.faults.worker import process_ended

STREAMS = 5
RESTART_SECONDS = 3.0


@pytest.mark.long
async def test_reload_with_open_streams(start: Start, tmp_path: Path, figures: Figures) -> None:
    """Within 3 s the readers are told, the old process is gone and the new one serves."""
    code = tmp_path / "code.py"
    code.touch()
    async with FakeOpenAI(default=Answer(tokens=600, delay=0.1)) as fake:
        url = f"sqlite:///{tmp_path / 'townhall.db'}"
        [server] = await start(fake, url, options=["--reload"])
        async with httpx.AsyncClient(timeout=60) as client:
            views = [await _begin(client, server.url) for _ in range(STREAMS)]
            following = [asyncio.create_task(follow(client, view, server.url)) for view in views]
            while any(len(view.events) < STREAMS for view in views):
                await asyncio.sleep(0.02)
            [old] = children(server.pid)
            saved_at = time.monotonic()
            code.write_text("# changed")
            await process_ended(old)
            while not children(server.pid):
                await asyncio.sleep(0.01)
            restarted = time.monotonic() - saved_at
            await asyncio.gather(*following)
            await _served(client, server.url)
            served = time.monotonic() - saved_at
            await server.ready()
            ready = time.monotonic() - saved_at
    figures.note(restarted=round(restarted, 2), served=round(served, 2), ready=round(ready, 2))
    assert {view.events[-1].event for view in views} == {"turn.interrupted"}
    assert served <= RESTART_SECONDS


async def _begin(client: httpx.AsyncClient, url: str) -> Told:
    async with client.stream("POST", f"{url}/chat", json={"message": "Hello."}) as response:
        return Told(response.headers["X-Turn-Id"], response.headers["Location"])


async def _served(client: httpx.AsyncClient, url: str) -> None:
    """Return when a request is answered by more than the door."""
    while True:
        try:
            (await client.get(f"{url}/sessions")).raise_for_status()
        except httpx.TransportError:
            await asyncio.sleep(0.02)
        else:
            return
