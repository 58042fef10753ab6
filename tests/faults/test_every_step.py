"""A filing turn in which something breaks at each of its steps: one record, whatever happens."""

import asyncio
import contextlib
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager, contextmanager
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from tests.conftest import make_settings
from tests.fakes.answers import Answer, Api, Condition, Rule
from tests.fakes.fake_openai import FakeOpenAI
from tests.fakes.frames import responses_frames
from tests.faults.conftest import Figures, Start
from tests.faults.forge import DIES_AT_STEP
from tests.faults.resident import (
    STREETS,
    THANKS,
    count,
    filing_rules,
    report,
    verified,
)
from tests.faults.steps import Steps
from tests.postgres import PostgresServer
from tests.server import Running, serve
from townhall.access import Caller
from townhall.assistant.models import warm_up_clerk
from townhall.events import RecordFiled, TurnEvent
from townhall.settings import Settings
from townhall.town import load_town
from townhall.turns.admission import Message

[CALLING, *_] = [rule.reply for rule in filing_rules()]
FRAMES = {
    "the call": len(responses_frames((), CALLING.calls)),
    "the thanks": len(responses_frames(THANKS.split(), ())),
}
HELLO = "Good day."
NewDatabase = Callable[[], AbstractContextManager[str]]
AT_ONCE = 4
# So many of the steps by default, spread over the turn; each of them in the long run.
SOME = pytest.mark.parametrize(
    "share", [5, pytest.param(1, marks=[pytest.mark.long, pytest.mark.timeout(1800)])]
)


@pytest.fixture(scope="module", autouse=True)
def _clerk() -> None:
    """The clerk is loaded, as in a server that runs for some seconds."""
    warm_up_clerk(load_town(None))


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.long)])
def new_database(request: pytest.FixtureRequest, tmp_path: Path) -> NewDatabase:
    """A way to get the address of an empty database."""
    if request.param == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres")
        return server.new_database
    numbers = itertools.count(1)

    @contextmanager
    def new_file() -> Iterator[str]:
        yield f"sqlite:///{tmp_path / f'{next(numbers)}.db'}"

    return new_file


@pytest.mark.timeout(240)
@pytest.mark.parametrize("step", FRAMES)
async def test_break_after_each_frame(
    tmp_path: Path, new_database: NewDatabase, step: str, figures: Figures
) -> None:
    """The clerk takes over or the text stays, and the report is on record exactly once."""
    turn_ids, ends = [], set()
    broken = [_broken(step, at) for at in range(FRAMES[step])]
    with new_database() as url:
        async with _served(tmp_path, url, *broken) as (_, server):
            for at in range(FRAMES[step]):
                answer = (await server.say(report(STREETS[0]), f"sess-{at}")).json()
                turn_ids.append(answer["turn_id"])
                ends.add(answer["status"])
                await _is_well(server)
        counted = await count(url)
    figures.note(frames=FRAMES[step], ends=sorted(ends))
    assert {counted.records[turn_id] for turn_id in turn_ids} == {1}


@SOME
async def test_cancel_at_each_step(
    tmp_path: Path, new_database: NewDatabase, share: int, figures: Figures
) -> None:
    """What a cancelled turn filed was told; the same report sent again makes it one record."""
    turns: list[tuple[str, str]] = []
    ends: list[str] = []
    with new_database() as url:
        async with _served(tmp_path, url) as (_, server):
            runner = server.desk.runner
            for at in range(1, await _steps(server) + 1, share):
                steps = Steps(at, lambda: runner.cancel_running(list(runner.running)))
                turn_id, events = await _file(server, steps, f"sess-{at}")
                ends.append(events[-1].type)
                filed = sum(isinstance(event, RecordFiled) for event in events)
                assert filed == (await count(url)).records[turn_id]
                again = await server.say(report(STREETS[0]), f"sess-{at}")
                assert again.json()["text"] == THANKS
                turns.append((turn_id, again.json()["turn_id"]))
        counted = await count(url)
        assert (await verified(url)).is_sound
    figures.note(steps=len(turns), cancelled=ends.count("turn.cancelled"))
    assert {counted.records[first] + counted.records[second] for first, second in turns} == {1}
    assert set(ends) <= {"turn.cancelled", "turn.completed"}


@SOME
async def test_provider_fails_at_each_step(
    tmp_path: Path, new_database: NewDatabase, share: int, figures: Figures
) -> None:
    """From some step on the provider cuts its streams and answers 500: the report is filed once."""
    turn_ids: list[str] = []
    ends: list[str] = []
    with new_database() as url:
        async with _served(tmp_path, url) as (fake, server):
            for at in range(1, await _steps(server) + 1, share):
                steps = Steps(at, lambda: fake.break_off(Answer(status=500)))
                turn_id, events = await _file(server, steps, f"sess-{at}")
                fake.always(None)
                turn_ids.append(turn_id)
                ends.append(events[-1].type)
                await _is_well(server)
        counted = await count(url)
    figures.note(steps=len(turn_ids), failed=ends.count("turn.failed"))
    assert {counted.records[turn_id] for turn_id in turn_ids} == {1}
    assert set(ends) <= {"turn.completed", "turn.failed"}


@pytest.mark.parametrize(
    "share", [25, pytest.param(1, marks=[pytest.mark.long, pytest.mark.timeout(1800)])]
)
async def test_kill_at_each_step(
    start: Start, tmp_path: Path, new_database: NewDatabase, share: int, figures: Figures
) -> None:
    """A process that dies at whichever step leaves its turn to another, which files it once."""
    with new_database() as url:
        async with _served(tmp_path, url) as (_, server):
            at_each = range(1, await _steps(server) + 1, share)
    at_once = asyncio.Semaphore(AT_ONCE)
    with ExitStack() as databases:
        # All of them first: nothing else goes on while Postgres makes one.
        urls = {at: databases.enter_context(new_database()) for at in at_each}
        async with FakeOpenAI(filing_rules()) as fake:

            async def die(at: int) -> Counter[int]:
                async with at_once:
                    return await _die(start, fake, tmp_path, urls[at], at)

            attempts = sum(await asyncio.gather(*map(die, at_each)), Counter[int]())
    figures.note(steps=len(at_each), attempts=dict(attempts))
    assert attempts[2] >= len(at_each) / 2


async def _die(start: Start, fake: FakeOpenAI, folder: Path, url: str, at: int) -> Counter[int]:
    """Let a worker die at that step of a turn and another one end the turn; return its attempts."""
    body = {"message": report(STREETS[0]), "session_id": "sess-1", "user_id": "user-1"}
    headers = {"Idempotency-Key": "key-1", "Accept": "application/json"}
    [dying] = await start(fake, url, 1, (), **{DIES_AT_STEP: str(at)})
    async with httpx.AsyncClient(base_url=dying.url, timeout=60) as client:
        with contextlib.suppress(httpx.HTTPError):
            await client.post("/chat", json=body, headers=headers)
    await dying.kill_if_alive()
    async with serve(_settings(fake, folder, url)) as heir:
        answer = (await heir.client.post("/chat", json=body, headers=headers)).json()
    counted = await count(url)
    assert (answer["text"], len(answer["records"])) == (THANKS, 1)
    assert counted.unlike([answer["turn_id"]]) == []
    return counted.attempts


@asynccontextmanager
async def _served(
    folder: Path, url: str, *rules: Rule
) -> AsyncIterator[tuple[FakeOpenAI, Running]]:
    fake = FakeOpenAI([*rules, *filing_rules()], default=Answer(text=HELLO))
    async with fake, serve(_settings(fake, folder, url)) as server:
        yield fake, server


def _settings(fake: FakeOpenAI, folder: Path, url: str) -> Settings:
    return make_settings(
        folder,
        database_url=SecretStr(url),
        model="fake",
        model_api=Api.RESPONSES.value,
        openai_base_url=fake.base_url,
    )


async def _steps(server: Running) -> int:
    """Return how many steps a filing turn has."""
    steps = Steps()
    await _file(server, steps, "sess-count")
    return steps.number


async def _file(server: Running, steps: Steps, session_id: str) -> tuple[str, list[TurnEvent]]:
    """Send a report, count its steps, return its turn and all that was told of it."""
    with steps.counted():
        message = Message(report(STREETS[0]), session_id=session_id)
        turn = await server.desk.runner.accept(Caller("local", None), message)
    told = [each async for batch in server.desk.log.follow(turn.id) for each in batch]
    await asyncio.gather(*server.desk.runner._sessions.values())
    return turn.id, [event for _, event in told]


async def _is_well(server: Running) -> None:
    # Failures in a row would open the breaker, and the model be left out.
    assert (await server.say("Hello.")).json()["text"] == HELLO


def _broken(step: str, at: int) -> Rule:
    """Return the rule that breaks one answer off after `at` frames, once."""
    if step == "the call":
        answer = Answer(calls=CALLING.calls, cut_after=at)
        return Rule(
            answer, when=Condition(last=STREETS[0]), unless=Condition(last='"status"'), times=1
        )
    return Rule(Answer(text=THANKS, cut_after=at), when=Condition(last='"status"'), times=1)
