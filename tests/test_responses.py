"""The lean stream of the Responses API gives the same turn as the SDK's own."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from json import JSONDecodeError
from typing import Any

import pytest
from agents import (
    Agent,
    ModelSettings,
    OpenAIResponsesModel,
    RunConfig,
    Runner,
    RunResultStreaming,
    function_tool,
)
from openai import APIStatusError, AsyncOpenAI

from tests.fakes.answers import Answer, Call, Condition, Rule
from tests.fakes.fake_openai import FakeOpenAI
from townhall.assistant.models import HOSTED_SETTINGS
from townhall.assistant.responses import Lines, ResponsesModel
from townhall.events import TextDelta, TurnEvent
from townhall.turns.history import neutral_items
from townhall.turns.stream import turn_events

FILED = "Filed as INC-7KQ4-M2XD.\nAnything else, Ñandú 🌧️?"
# By the body's length, the fake's port and the run; and how the SDK wants the client to read.
VARYING = {"content-length", "host", "idempotency-key", "x-stainless-raw-response"}
RULES = [
    Rule(Answer(text="One moment.", calls=(Call("note", {"text": "rain"}),)), times=1),
    Rule(Answer(text=FILED), when=Condition(body="function_call_output")),
]


@function_tool
def note(text: str) -> str:
    """Note something."""
    return f'{{"noted": "{text}"}}'


@asynccontextmanager
async def run(
    kind: type[OpenAIResponsesModel], rules: Sequence[Rule]
) -> AsyncIterator[tuple[RunResultStreaming, FakeOpenAI]]:
    """Start a run with a tool on a model of this kind, as the desk does."""
    async with (
        FakeOpenAI(rules) as fake,
        AsyncOpenAI(base_url=fake.base_url, api_key="x", max_retries=0) as client,
    ):
        agent = Agent(name="clerk", instructions="Be brief.", tools=[note])
        config = RunConfig(
            model=kind(model="m", openai_client=client), model_settings=HOSTED_SETTINGS
        )
        items: Any = [{"role": "user", "content": "It rains in."}]
        yield Runner.run_streamed(agent, items, run_config=config), fake


async def told(kind: type[OpenAIResponsesModel]) -> dict[str, Any]:
    """Return all that can be known of a run with two model calls and a tool call."""
    async with run(kind, RULES) as (result, fake):
        events = [event.as_json() async for batch in turn_events(result) for event in batch]
        return {
            "events": events,
            "items": neutral_items(result.new_items, turn_seq=1),
            "usage": asdict(result.context_wrapper.usage),
            "asked": [request.body for request in fake.requests],
            "headers": [
                {name: value for name, value in request.headers.items() if name not in VARYING}
                for request in fake.requests
            ],
        }


async def test_the_same_turn() -> None:
    """Events, items, usage and what the server is asked are those of the SDK's model."""
    lean, sdk = await told(ResponsesModel), await told(OpenAIResponsesModel)
    for asked in (*lean["asked"], *sdk["asked"]):
        for item in asked["input"]:  # the server's own ids differ from run to run
            item.pop("id", None)
            item.pop("call_id", None)
    assert lean == sdk
    assert "".join(each.get("text", "") for each in lean["events"]) == f"One moment.\n\n{FILED}"
    assert [each["name"] for each in lean["events"] if each["type"] == "activity"] == ["note"] * 2


@pytest.mark.parametrize("status", [400, 401, 429, 500])
async def test_the_same_refusal(status: int) -> None:
    """A server that refuses is the same error, with its status, body and patience."""

    async def refusal(kind: type[OpenAIResponsesModel]) -> tuple[object, ...]:
        rules = [Rule(Answer(status=status, retry_after=0))]
        async with run(kind, rules) as (result, _):
            with pytest.raises(APIStatusError) as raised:
                await _listen(result, [])
        error = raised.value
        waits = error.response.headers.get("retry-after")
        return type(error), str(error), error.status_code, error.body, waits

    assert await refusal(ResponsesModel) == await refusal(OpenAIResponsesModel)


async def test_an_answer_that_is_not_streamed() -> None:
    """What is not streamed is the SDK's own business."""
    async with (
        FakeOpenAI(default=Answer(text="Hello.")) as fake,
        AsyncOpenAI(base_url=fake.base_url, api_key="x") as client,
    ):
        agent = Agent(name="clerk", model=ResponsesModel(model="m", openai_client=client))
        result = await Runner.run(agent, "hi", run_config=RunConfig(model_settings=ModelSettings()))
    assert result.final_output == "Hello."


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_events_in_pieces(size: int) -> None:
    """Wherever the network cuts, whatever ends the lines: each event comes once and whole."""
    stream = (
        b': hb\r\n\r\nevent: a\r\ndata: {"a":\r\ndata: "\xc3\xb1"}\r\n\r\ndata:[1]\n\ndata: 2\n'
    )
    lines = Lines()
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    found = [data for piece in pieces for data in lines.feed(piece)]
    assert found == [b'{"a":\n"\xc3\xb1"}', b"[1]"]


async def test_what_came_before_a_failure() -> None:
    """Text that came in one piece with an event that cannot be read is said first."""
    rules = [Rule(Answer(text="one two three", malformed_at=7))]
    said: list[TurnEvent] = []
    async with run(ResponsesModel, rules) as (result, _):
        with pytest.raises(JSONDecodeError):
            await _listen(result, said)
    assert "".join(event.text for event in said if isinstance(event, TextDelta)) == "one two three"


async def _listen(result: RunResultStreaming, said: list[TurnEvent]) -> None:
    async for batch in turn_events(result):
        said.extend(batch)
