"""A model's server that fails in every way: a typed error or the clerk, in time."""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from httpx_sse import ServerSentEvent

from tests.conftest import make_settings
from tests.fakes.answers import Answer, Condition, Rule
from tests.fakes.fake_openai import FakeOpenAI
from tests.faults.conftest import Figures
from tests.server import Running, serve
from townhall.assistant.models import warm_up_clerk
from townhall.telemetry.metrics import FALLBACKS
from townhall.town import load_town

FIRST_EVENT_SECONDS = 4.0  # retries of a refused request need about one
GAP_SECONDS = 1.0
BUSY_SECONDS = 4.0  # what a shared machine may add
HELLO = "Good day. What can the town do for you?"
LATE = 60.0
AT_ONCE = 2  # each fails once before its next turn: a third failure in a row would open the breaker


@dataclass(frozen=True)
class Fault:
    """How the server fails, and which code the resident's client is told."""

    answer: Answer
    code: str
    is_after_text: bool = False


FAULTS = {
    "429": Fault(Answer(status=429), "provider-rate-limited"),
    "429, try in an hour": Fault(Answer(status=429, retry_after=3600), "provider-rate-limited"),
    "500": Fault(Answer(status=500), "provider-unavailable"),
    "503": Fault(Answer(status=503), "provider-unavailable"),
    "refused": Fault(Answer(refused=True), "provider-unavailable"),
    "refused by reset": Fault(Answer(refused=True, reset=True), "provider-unavailable"),
    "hangs": Fault(Answer(text=HELLO, first_delay=LATE), "provider-timeout"),
    "stalls before text": Fault(Answer(text=HELLO, stall_after=2), "provider-timeout"),
    "stalls in the text": Fault(Answer(text=HELLO, stall_after=8), "provider-timeout", True),
    "half a stream before text": Fault(Answer(text=HELLO, cut_after=2), "provider-unavailable"),
    "half a stream": Fault(Answer(text=HELLO, cut_after=8), "provider-unavailable", True),
    "reset in the text": Fault(
        Answer(text=HELLO, cut_after=8, reset=True, delay=0.02), "provider-unavailable", True
    ),
    "garbage": Fault(Answer(text=HELLO, garbage=True), "provider-protocol"),
    "malformed in the text": Fault(Answer(text=HELLO, malformed_at=8), "provider-protocol", True),
}


@pytest.fixture(scope="module", autouse=True)
def _clerk() -> None:
    """The clerk is loaded, as in a server that runs for some seconds."""
    warm_up_clerk(load_town(None))


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize(
    "times", [2, pytest.param(20, marks=[pytest.mark.long, pytest.mark.timeout(600)])]
)
async def test_provider_fault(tmp_path: Path, name: str, times: int, figures: Figures) -> None:
    """Before any text the clerk takes over; after it the text stays; the next turn is answered."""
    fault = FAULTS[name]
    rules = [Rule(fault.answer, when=Condition(last="Fault!"))]
    left = iter(range(times))
    waits: list[float] = []
    taken_over = _taken_over(fault.code)
    async with FakeOpenAI(rules, default=Answer(text=HELLO)) as fake:
        settings = make_settings(
            tmp_path,
            model="fake",
            model_api="responses",
            openai_base_url=fake.base_url,
            first_event_seconds=FIRST_EVENT_SECONDS,
            gap_seconds=GAP_SECONDS,
        )
        async with serve(settings) as server:

            async def reside() -> None:
                for _ in left:
                    began = time.monotonic()
                    events = await _say(server, "Fault!")
                    waits.append(time.monotonic() - began)
                    _check(fault, events)
                    assert _text(await _say(server, "Hello.")) == HELLO

            await asyncio.gather(*(reside() for _ in range(AT_ONCE)))
            assert fake.stats.open_now == 0
    waits.sort()
    figures.note(times=len(waits), median=round(waits[times // 2], 2), slowest=round(waits[-1], 2))
    assert waits[-1] <= FIRST_EVENT_SECONDS + GAP_SECONDS + BUSY_SECONDS
    assert _taken_over(fault.code) - taken_over == (0 if fault.is_after_text else times)


async def test_server_that_is_not_there(tmp_path: Path) -> None:
    """With nobody at the address the clerk answers, after three turns without trying it first."""
    async with FakeOpenAI() as fake:
        settings = make_settings(tmp_path, model="fake", openai_base_url=fake.base_url)
    async with serve(settings) as server:
        codes = [_codes(await _say(server, "Hello.")) for _ in range(4)]
        began = time.monotonic()
        await _say(server, "Hello.")
        assert time.monotonic() - began < BUSY_SECONDS
    assert codes == [["clerk-took-over"]] * 4


async def test_endless_answer(tmp_path: Path) -> None:
    """A turn that takes too long ends with what was said, and the next one is answered."""
    rules = [Rule(Answer(tokens=2000, delay=0.05), when=Condition(last="Fault!"))]
    async with FakeOpenAI(rules, default=Answer(text=HELLO)) as fake:
        settings = make_settings(
            tmp_path,
            model="fake",
            model_api="responses",
            openai_base_url=fake.base_url,
            turn_seconds=1.5,
        )
        async with serve(settings) as server:
            events = await _say(server, "Fault!")
            assert events[-1].json()["problem"]["code"] == "turn-too-long"
            assert _text(await _say(server, "Hello.")) == HELLO
            assert fake.stats.open_now == 0


async def _say(server: Running, message: str) -> list[ServerSentEvent]:
    """Return the events of one turn in a session of its own."""
    session = (await server.client.post("/sessions/create", json={})).json()["session_id"]
    return await server.events("POST", f"/sessions/{session}/turns", json={"message": message})


def _check(fault: Fault, events: list[ServerSentEvent]) -> None:
    if fault.is_after_text:
        text = _text(events)
        assert text
        assert HELLO.startswith(text)
        problem = events[-1].json()["problem"]
        assert problem["code"] == fault.code
        assert problem["retryable"]
    else:
        assert _codes(events) == ["clerk-took-over"]
        assert events[-1].event == "turn.completed"
        assert _text(events)


def _taken_over(code: str) -> float:
    """Return how many turns the clerk took over in this process, for that cause."""
    return sum(
        sample.value
        for metric in FALLBACKS.collect()
        for sample in metric.samples
        if sample.name.endswith("_total") and sample.labels["code"] == code
    )


def _codes(events: list[ServerSentEvent]) -> list[str]:
    return [event.json()["code"] for event in events if event.event == "notice"]


def _text(events: list[ServerSentEvent]) -> str:
    return "".join(event.json()["text"] for event in events if event.event == "text.delta")
