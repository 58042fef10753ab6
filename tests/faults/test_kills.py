"""Workers killed with SIGKILL under load: nothing accepted is lost, nothing is filed twice."""

import asyncio
import random
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.fakes.fake_openai import FakeOpenAI
from tests.faults.conftest import SQLITE_FIRST, Figures, Start
from tests.faults.resident import THANKS, Told, count, filing_rules, follow, new_reports
from tests.faults.worker import Worker

RESIDENTS = 4
ANSWERED_SECONDS = 90  # a lease, a look for abandoned turns and a run, for each of three attempts
IN_A_ROW = 2  # deaths that a turn may have to survive; after a third it is given up


class Load:
    """Residents who report one thing after another, and go on with another one when cut off."""

    def __init__(self, workers: list[Worker], dice: random.Random) -> None:
        self._workers = workers
        self._dice = dice
        self._client = httpx.AsyncClient(timeout=30)
        self._cut_off: list[asyncio.Task[None]] = []
        self._open: Counter[str] = Counter()
        self._in_doubt = 0  # requests without an answer, sent again: a worker may have the turn
        self.is_over = False
        self.told: list[Told] = []
        self.waits: list[float] = []  # how long each answer that was cut off took to be whole

    async def keeps_busy(self, worker: Worker) -> None:
        """Return when the worker answers somebody."""
        while not self._open[worker.url]:
            await asyncio.sleep(0.01)

    async def run(self) -> None:
        """Report until `is_over`; return when every accepted report was followed to its end."""
        async with self._client:
            await asyncio.gather(*(self._reside() for _ in range(RESIDENTS)))
            await self.recovers()

    async def recovers(self) -> None:
        """Return when every answer that was cut off or put in doubt so far is whole."""
        async with asyncio.timeout(ANSWERED_SECONDS):
            while self._in_doubt or not all(each.done() for each in self._cut_off):
                await asyncio.gather(*self._cut_off)
                await asyncio.sleep(0.05)

    async def _reside(self) -> None:
        bodies: AsyncIterator[dict[str, str]] = new_reports()
        while not self.is_over:
            told = await self._report(await anext(bodies))
            if not told.has_ended:
                self._cut_off.append(asyncio.create_task(self._recover(told)))
                bodies = new_reports()

    async def _recover(self, told: Told) -> None:
        began = time.monotonic()
        await self._follow_to_the_end(told)
        self.waits.append(time.monotonic() - began)

    async def _report(self, body: dict[str, str]) -> Told:
        key = {"Idempotency-Key": uuid.uuid4().hex}
        in_doubt = 0
        try:
            while True:
                try:
                    return await self._try(body, key)
                except httpx.HTTPError:
                    # Not accepted as far as this resident knows: the same again, elsewhere perhaps.
                    self._in_doubt += 1 - in_doubt
                    in_doubt = 1
                    await asyncio.sleep(0.05)
        finally:
            self._in_doubt -= in_doubt

    async def _try(self, body: dict[str, str], key: dict[str, str]) -> Told:
        url = self._dice.choice(self._workers).url
        async with self._client.stream("POST", f"{url}/chat", json=body, headers=key) as response:
            response.raise_for_status()
            told = Told(response.headers["X-Turn-Id"], response.headers["Location"])
            self.told.append(told)
            self._open[url] += 1
            try:
                plain = [line async for line in response.aiter_lines()]
            except httpx.HTTPError:
                return told
            finally:
                self._open[url] -= 1
        if "data: [DONE]" in plain:
            await self._follow_to_the_end(told)
        return told

    async def _follow_to_the_end(self, told: Told) -> None:
        while not told.has_ended:
            url = self._dice.choice(self._workers).url
            try:
                await follow(self._client, told, url)
            except httpx.HTTPError:
                await asyncio.sleep(0.05)


@SQLITE_FIRST
@pytest.mark.parametrize(
    "kills",
    [
        pytest.param(25, marks=pytest.mark.timeout(600)),
        pytest.param(200, marks=[pytest.mark.long, pytest.mark.timeout(3000)]),
    ],
)
async def test_killed_workers_lose_nothing(
    start: Start, database_url: str, kills: int, figures: Figures
) -> None:
    """Every accepted report is answered and filed exactly once, whoever was killed meanwhile.

    The second of two kills may hit whoever took over from the first; then what was cut off may
    end before the next.
    """
    dice = random.Random(kills)
    async with FakeOpenAI(filing_rules(delay=0.02)) as fake:
        workers = await start(fake, database_url, 2)
        load = Load(workers, dice)
        running = asyncio.create_task(load.run())
        for number in range(1, kills + 1):
            victim = dice.choice(workers)
            await load.keeps_busy(victim)
            await asyncio.sleep(dice.uniform(0, 0.4))  # the moment is what the test is about
            await victim.kill()
            victim.begin()
            if number % IN_A_ROW == 0:
                await load.recovers()
        load.is_over = True
        await running
    counted = await count(database_url)
    waits = sorted(load.waits)
    figures.note(
        turns=len(load.told),
        cut_off=len(waits),
        attempts=dict(sorted(counted.attempts.items())),
        median_wait=round(waits[len(waits) // 2], 1),
        longest_wait=round(waits[-1], 1),
    )
    assert counted.unlike([told.turn_id for told in load.told]) == []
    assert {told.text for told in load.told} == {THANKS}
    assert {told.events[-1].event for told in load.told} == {"turn.completed"}
    assert set(counted.status.values()) == {"completed"}
    assert max(counted.records.values()) == 1
    assert [bug for worker in workers for bug in worker.bugs()] == []
