"""A reader that takes nothing: its turn does not wait for it, and it is dropped after a while."""

import asyncio
import time
from pathlib import Path

import pytest

from tests.conftest import make_settings
from tests.fakes.answers import Answer
from tests.fakes.fake_openai import FakeOpenAI
from tests.faults.conftest import Figures
from tests.faults.test_drops import Reader
from tests.server import serve
from townhall.telemetry.metrics import OPEN_STREAMS
from townhall.wire.sse import BLOCKED_SECONDS

PIECE = "long " * 40_000
PIECES = 25  # together more than the buffers of both ends hold
BUSY_SECONDS = 10.0


@pytest.mark.long
async def test_a_blocked_reader(tmp_path: Path, figures: Figures) -> None:
    """Its turn completes while it takes nothing; after 20 s its connection is closed."""
    async with FakeOpenAI(default=Answer(deltas=(PIECE,) * PIECES)) as fake:
        settings = make_settings(
            tmp_path, model="fake", model_api="responses", openai_base_url=fake.base_url
        )
        async with serve(settings) as server:
            before = _open_streams()
            reader = await Reader.open(server.url, {"message": "Hello."})
            reader.writer.transport.pause_reading()  # type: ignore[attr-defined]
            began = time.monotonic()
            async for batch in server.desk.log.follow(reader.turn_id):
                end = batch[-1][1] if batch else None
            ended = time.monotonic() - began
            assert end is not None
            assert end.type == "turn.completed"
            assert _open_streams() == before + 1
            async with asyncio.timeout(BLOCKED_SECONDS + BUSY_SECONDS):
                while _open_streams() > before:
                    await asyncio.sleep(0.1)
            dropped = time.monotonic() - began
            reader.writer.transport.abort()
    figures.note(turn_ended_after=round(ended, 1), dropped_after=round(dropped, 1))
    assert dropped >= BLOCKED_SECONDS


def _open_streams() -> float:
    [metric] = OPEN_STREAMS.collect()
    return metric.samples[0].value
