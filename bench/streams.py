"""What open streams cost in memory: a thousand replies that come a word every half second."""

import asyncio
import time
from contextlib import suppress

from bench.client import Visit, load
from bench.machine import rss_mb
from bench.servers import desk
from bench.turns import place

STREAMS = 1000
WORD_SECONDS = 0.5
WATCHED_SECONDS = 25  # most of the thirty that a reply of sixty words takes


def measure_streams() -> dict[str, float]:
    """Return the server's memory in MB, idle and at most while the streams are open."""
    with (
        place(model_options=["--delay", str(WORD_SECONDS)]) as at,
        desk("hosted", at.folder, model=at.model) as server,
    ):
        # A first visit loads what every turn needs.
        asyncio.run(load(server.port, [Visit()] * 4, seconds=1, turns=4))
        idle = rss_mb(server.pid)
        most = asyncio.run(_watch(server.port, server.pid))
    return {"streams": STREAMS, "idle_mb": round(idle), "most_mb": round(most)}


async def _watch(port: int, pid: int) -> float:
    visits = asyncio.create_task(load(port, [Visit()] * STREAMS, seconds=1, turns=STREAMS))
    most, ends_at = 0.0, time.monotonic() + WATCHED_SECONDS
    while time.monotonic() < ends_at and not visits.done():
        most = max(most, await asyncio.to_thread(rss_mb, pid))
        await asyncio.sleep(0.5)
    visits.cancel()
    with suppress(asyncio.CancelledError):
        await visits
    return most
