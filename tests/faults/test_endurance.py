"""Many writers on one file, many turns in one process: nothing fails, nothing is left behind."""

import asyncio
import random
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from tests.fakes.fake_openai import FakeOpenAI
from tests.faults.conftest import Figures, Start
from tests.faults.resident import THANKS, count, filing_rules, new_reports
from tests.faults.worker import Worker
from tests.server import NO_TLS

# A machine to themselves for minutes: `make test-long` runs them.
pytestmark = pytest.mark.long

PROCESSES, WRITERS = 4, 8
AT_ONCE = 8
DROPPED_SHARE = 0.3
MEGABYTES = 30
SETTLED_SECONDS = 60
JSON = {"Accept": "application/json"}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("seconds", [4, 60])
async def test_many_writers_on_one_file(
    start: Start, tmp_path: Path, seconds: int, figures: Figures
) -> None:
    """Four processes with eight residents each file into one SQLite file without one error."""
    url = f"sqlite:///{tmp_path / 'townhall.db'}"
    turn_ids: list[str] = []
    async with FakeOpenAI(filing_rules()) as fake:
        workers = await start(fake, url, PROCESSES)
        ends_at = time.monotonic() + seconds
        async with _client() as client:

            async def write(worker: Worker) -> None:
                bodies = new_reports()
                while time.monotonic() < ends_at:
                    body = await anext(bodies)
                    answer = await client.post(f"{worker.url}/chat", json=body, headers=JSON)
                    assert answer.status_code == httpx.codes.OK, answer.text
                    assert answer.json()["text"] == THANKS, answer.text
                    turn_ids.append(answer.json()["turn_id"])

            await asyncio.gather(*(write(worker) for worker in workers for _ in range(WRITERS)))
        assert [bug for worker in workers for bug in worker.bugs()] == []
    figures.note(turns=len(turn_ids), a_second=round(len(turn_ids) / seconds, 1))
    assert (await count(url)).unlike(turn_ids) == []


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("turns", [150, 2000])
async def test_nothing_is_left_behind(
    start: Start, tmp_path: Path, turns: int, figures: Figures
) -> None:
    """After many turns, many of them dropped, the process holds what it held before."""
    dice = random.Random(turns)
    async with FakeOpenAI(filing_rules()) as fake:
        [worker] = await start(fake, f"sqlite:///{tmp_path / 'townhall.db'}")
        await _converse(worker, 50, dice)
        await _settle(worker)
        before = await _held(worker)
        await _converse(worker, turns, dice)
        await _settle(worker)
        async with asyncio.timeout(SETTLED_SECONDS):
            while (after := await _held(worker))["tasks"] > before["tasks"]:
                await asyncio.sleep(0.1)
        assert fake.stats.open_now == 0
    figures.note(
        turns=turns,
        **{name: f"{number} -> {after[name]}" for name, number in before.items()},
    )
    # The pools of the database and of the model's client may not have been full before.
    assert after["files"] <= before["files"] + 2 * AT_ONCE
    assert after["threads"] <= before["threads"] + AT_ONCE
    assert after["megabytes"] < before["megabytes"] + MEGABYTES


async def _converse(worker: Worker, turns: int, dice: random.Random) -> None:
    left = iter(range(turns))
    async with _client() as client:

        async def reside() -> None:
            for _ in left:
                body = await anext(new_reports())
                async with client.stream("POST", f"{worker.url}/chat", json=body) as answer:
                    answer.raise_for_status()
                    if dice.random() > DROPPED_SHARE:
                        await answer.aread()

        await asyncio.gather(*(reside() for _ in range(AT_ONCE)))


@asynccontextmanager
async def _client() -> AsyncIterator[httpx.AsyncClient]:
    limits = httpx.Limits(max_connections=PROCESSES * WRITERS)
    async with httpx.AsyncClient(timeout=60, limits=limits) as client:
        yield client


async def _settle(worker: Worker) -> None:
    """Return when no turn runs and no stream is open."""
    names = ("townhall_running_turns", "townhall_open_streams")
    async with asyncio.timeout(SETTLED_SECONDS):
        while any([await _metric(worker, name) for name in names]):
            await asyncio.sleep(0.1)


async def _held(worker: Worker) -> dict[str, int]:
    """Return what the process holds."""
    process = Path(f"/proc/{worker.pid}")
    status = (process / "status").read_text()
    numbers = dict(re.findall(r"^(\w+):\s+(\d+)", status, re.MULTILINE))
    return {
        "tasks": await _metric(worker, "townhall_tasks"),
        "files": len(list((process / "fd").iterdir())),
        "threads": int(numbers["Threads"]),
        "megabytes": int(numbers["VmRSS"]) // 1024,
    }


async def _metric(worker: Worker, name: str) -> int:
    async with httpx.AsyncClient(verify=NO_TLS) as client:
        text = (await client.get(f"{worker.url}/metrics")).text
    [number] = re.findall(rf"^{name} (\S+)$", text, re.MULTILINE)
    return int(float(number))
