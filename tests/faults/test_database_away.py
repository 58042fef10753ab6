"""A database that restarts, hangs, is not there, or commits without saying so."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from tests.conftest import make_settings
from tests.fakes.fake_openai import FakeOpenAI
from tests.faults.conftest import Figures, Start
from tests.faults.outages import CuttingProxy, FragilePostgres
from tests.faults.resident import (
    STREETS,
    THANKS,
    Told,
    count,
    filing_rules,
    follow,
    new_reports,
    report,
)
from tests.postgres import database_folder
from tests.process import environment, free_port, townhall
from tests.server import Running, serve
from townhall.settings import Settings

STREAMS = 12
REFUSED_SECONDS = 3.0
GIVEN_UP_SECONDS = 13.0  # the retries of 10 s, the last of which takes a connection's time
BUSY_SECONDS = 3.0  # what a shared machine may add
COMMITS = 16  # about as many as a filing turn has, reads and duties included


@pytest.fixture(scope="module")
def fragile() -> Iterator[FragilePostgres]:
    """A Postgres that may be ill-treated."""
    with database_folder() as folder, FragilePostgres(folder) as server:
        yield server


@pytest.fixture
def fragile_url(fragile: FragilePostgres) -> Iterator[str]:
    """A database on it."""
    with fragile.new_database() as url:
        yield url


def test_start_without_database(tmp_path: Path) -> None:
    """A database that is not there stops the start with one clear message and exit code 1."""
    url = f"postgresql://townhall:secret@127.0.0.1:{free_port()}/townhall"
    ended = townhall(environment(tmp_path, DATABASE_URL=url), tmp_path, "serve", "--workers", "2")
    assert ended.returncode == 1
    said = " ".join(ended.stderr.split())  # a terminal's lines end where they must
    assert "The database does not answer" in said
    assert "127.0.0.1" in said
    assert "secret" not in said
    assert "Traceback" not in said


@pytest.mark.timeout(240)
async def test_requests_while_the_database_is_away(
    fragile: FragilePostgres, fragile_url: str, tmp_path: Path, figures: Figures
) -> None:
    """They get a 503 problem within 3 s, whether it is stopped or hangs; then all is as before."""
    async with (
        FakeOpenAI(filing_rules()) as fake,
        serve(_settings(tmp_path, fake, fragile_url)) as server,
    ):
        await server.desk.warming
        assert (await server.say(report(STREETS[0]))).json()["text"] == THANKS
        with fragile.frozen():
            hanging = await _refusal_seconds(server)
        assert (await server.say(report(STREETS[1]))).json()["text"] == THANKS
        await fragile.stop()
        stopped = await _refusal_seconds(server)
        await fragile.start()
        assert (await server.say(report(STREETS[2]))).json()["text"] == THANKS
    figures.note(hanging=round(hanging, 2), stopped=round(stopped, 2))
    assert max(hanging, stopped) <= REFUSED_SECONDS + BUSY_SECONDS


@pytest.mark.parametrize(
    "restarts",
    [
        pytest.param(2, marks=pytest.mark.timeout(300)),
        pytest.param(20, marks=[pytest.mark.long, pytest.mark.timeout(1800)]),
    ],
)
async def test_restarts_under_streams(
    start: Start, fragile: FragilePostgres, fragile_url: str, restarts: int, figures: Figures
) -> None:
    """While Postgres restarts at once again and again, nothing accepted is lost or filed twice."""
    told: list[Told] = []
    is_over = False
    async with FakeOpenAI(filing_rules(delay=0.05)) as fake:
        [worker] = await start(fake, fragile_url)
        async with httpx.AsyncClient(timeout=60) as client:

            async def reside() -> None:
                while not is_over:
                    body = await anext(new_reports())
                    accepted = await _accepted(client, worker.url, body)
                    if accepted is not None:
                        told.append(accepted)
                        await _follow_to_the_end(client, accepted, worker.url)

            residents = [asyncio.create_task(reside()) for _ in range(STREAMS)]
            for _ in range(restarts):
                seen = len(told)
                while len(told) < seen + STREAMS:
                    await asyncio.sleep(0.02)
                await fragile.stop()
                await fragile.start()
            is_over = True
            async with asyncio.timeout(120):
                await asyncio.gather(*residents)
        assert worker.bugs() == []
    counted = await count(fragile_url)
    figures.note(turns=len(told), attempts=dict(sorted(counted.attempts.items())))
    assert counted.unlike([each.turn_id for each in told]) == []
    assert {each.text for each in told} == {THANKS}
    assert max(counted.records.values()) == 1


@pytest.mark.long
@pytest.mark.timeout(240)
async def test_an_outage_that_outlasts_patience(
    start: Start, fragile: FragilePostgres, fragile_url: str, figures: Figures
) -> None:
    """After 10 s each stream ends with a typed error; resumed later, it is told to its end."""
    async with FakeOpenAI(filing_rules(delay=0.2)) as fake:
        [worker] = await start(fake, fragile_url)
        async with httpx.AsyncClient(timeout=60) as client:
            bodies = [await anext(new_reports()) for _ in range(STREAMS)]
            begun = await asyncio.gather(*(_accepted(client, worker.url, b) for b in bodies))
            told = [each for each in begun if each is not None]
            following = [asyncio.create_task(follow(client, each, worker.url)) for each in told]
            while not all(each.events for each in told):
                await asyncio.sleep(0.02)
            await fragile.stop()
            stopped_at = time.monotonic()
            await asyncio.gather(*following)
            seconds = time.monotonic() - stopped_at
            problems = [each.events.pop().json()["problem"] for each in told]
            await fragile.start()
            await asyncio.gather(*(_follow_to_the_end(client, each, worker.url) for each in told))
        assert worker.bugs() == []
    counted = await count(fragile_url)
    figures.note(told_after=round(seconds, 1), attempts=dict(counted.attempts))
    assert seconds <= GIVEN_UP_SECONDS + BUSY_SECONDS
    assert [problem["code"] for problem in problems] == ["database-unavailable"] * STREAMS
    assert all(problem["retryable"] for problem in problems)
    assert counted.unlike([each.turn_id for each in told]) == []
    assert {each.text for each in told} == {THANKS}


@pytest.mark.timeout(240)
@pytest.mark.parametrize("share", [3, pytest.param(1, marks=pytest.mark.long)])
async def test_commits_without_an_answer(
    fragile: FragilePostgres, fragile_url: str, tmp_path: Path, share: int, figures: Figures
) -> None:
    """Whichever commit of a filing turn is not confirmed, the turn ends and files one record."""
    proxy = CuttingProxy(fragile.socket)
    accepted, refused = [], 0
    async with FakeOpenAI(filing_rules(delay=0.05)) as fake, proxy.serve():
        name = httpx.URL(fragile_url).path
        url = f"postgresql://postgres@127.0.0.1:{proxy.port}{name}?sslmode=disable"
        async with serve(_settings(tmp_path, fake, url)) as server:
            for number in range(1, COMMITS + 1, share):
                proxy.cut_commit(number)
                body = await anext(new_reports())
                answer = await server.client.post(
                    "/chat", json=body, headers={"Accept": "application/json"}
                )
                if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
                    refused += 1
                    continue
                assert answer.json()["text"] == THANKS
                [record] = answer.json()["records"]
                assert record["reference"]
                accepted.append(answer.json()["turn_id"])
    counted = await count(fragile_url)
    figures.note(cuts=proxy.cuts, refused=refused, attempts=dict(counted.attempts))
    assert counted.unlike(accepted) == []
    assert max(counted.records.values()) == 1
    assert proxy.cuts >= COMMITS / share / 2


def _settings(tmp_path: Path, fake: FakeOpenAI, url: str) -> Settings:
    return make_settings(
        tmp_path,
        database_url=SecretStr(url),
        model="fake",
        model_api="responses",
        openai_base_url=fake.base_url,
    )


async def _refusal_seconds(server: Running) -> float:
    """Return how long the slowest of several refused requests took."""
    began = time.monotonic()
    post = server.client.post("/chat", json={"message": "Hello."})
    answers = await asyncio.gather(
        post,
        server.client.get("/ready"),
        server.client.get("/sessions"),
        server.client.get("/health"),
    )
    seconds = time.monotonic() - began
    assert [answer.status_code for answer in answers] == [503, 503, 503, 200]
    assert {answer.json()["code"] for answer in answers[:3]} == {"database-unavailable"}
    return seconds


async def _accepted(client: httpx.AsyncClient, url: str, body: dict[str, str]) -> Told | None:
    try:
        async with client.stream("POST", f"{url}/chat", json=body) as response:
            if response.status_code == httpx.codes.SERVICE_UNAVAILABLE:
                return None
            response.raise_for_status()
            return Told(response.headers["X-Turn-Id"], response.headers["Location"])
    except httpx.TransportError:
        return None


async def _follow_to_the_end(client: httpx.AsyncClient, told: Told, url: str) -> None:
    while not told.has_ended:
        try:
            await follow(client, told, url)
        except httpx.HTTPError:
            await asyncio.sleep(0.05)
        if told.events and told.events[-1].event == "turn.failed":
            problem = told.events[-1].json()["problem"]
            if problem["code"] == "database-unavailable":
                told.events.pop()
