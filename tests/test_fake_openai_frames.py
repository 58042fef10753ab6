"""What the fake model server says, against the types and the client of the `openai` library."""

import orjson
import pytest
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from tests.fakes.answers import Answer, Call
from tests.fakes.fake_openai import FakeOpenAI
from tests.fakes.frames import chat_body, chat_frames, responses_body, responses_frames

pytestmark = pytest.mark.anyio

FILE = Call(
    "file_incident", {"incident_type": "pothole", "location": "5 Río Street", "severity": 2}
)
LOOK = Call("look_up_report", {"reference": "INC-7KQ4-M2XD"})
SHAPES = {
    "text": (["The desk", " opens", " at 8."], []),
    "lines and scripts": (["a\n", "\n", "b\r\n", "市役所", "🏛"], []),
    "one call": ([], [FILE]),
    "two calls": ([], [FILE, LOOK]),
    "text and calls": (["One moment."], [FILE, LOOK]),
    "nothing": ([], []),
}


@pytest.mark.parametrize("shape", SHAPES)
async def test_every_responses_frame_is_of_the_librarys_types(shape: str) -> None:
    """Each event and the whole answer validate; the numbers count up."""
    deltas, calls = SHAPES[shape]
    events: TypeAdapter[ResponseStreamEvent] = TypeAdapter(ResponseStreamEvent)
    for number, frame in enumerate(responses_frames(deltas, calls)):
        name, data = frame.data.decode().removesuffix("\n\n").split("\n")
        event = events.validate_json(data.removeprefix("data: "))
        assert name == f"event: {event.type}"
        assert event.sequence_number == number
    Response.model_validate_json(responses_body(deltas, calls))


@pytest.mark.parametrize("shape", SHAPES)
async def test_every_chat_frame_is_of_the_librarys_types(shape: str) -> None:
    """Each chunk and the whole answer validate; the stream ends with its mark."""
    deltas, calls = SHAPES[shape]
    *chunks, end = chat_frames(deltas, calls)
    for frame in chunks:
        ChatCompletionChunk.model_validate_json(frame.data.removeprefix(b"data: "))
    assert end.data == b"data: [DONE]\n\n"
    ChatCompletion.model_validate_json(chat_body(deltas, calls))


@pytest.mark.parametrize("shape", SHAPES)
async def test_the_client_reads_a_responses_stream(shape: str) -> None:
    """Text and calls of the completed response are those of the script and of the deltas."""
    deltas, calls = SHAPES[shape]
    answer = Answer(deltas=tuple(deltas), calls=tuple(calls))
    said, arguments, final = [], [], None
    async with (
        FakeOpenAI(default=answer) as fake,
        AsyncOpenAI(base_url=fake.base_url, api_key="x") as client,
    ):
        stream = await client.responses.create(model="m", input="hi", stream=True)
        async for event in stream:
            match event.type:
                case "response.output_text.delta":
                    said.append(event.delta)
                case "response.function_call_arguments.delta":
                    arguments.append(event.delta)
                case "response.completed":
                    final = event.response
    assert final is not None
    called = [item for item in final.output if item.type == "function_call"]
    assert said == deltas
    assert final.output_text == "".join(deltas)
    assert [(c.name, orjson.loads(c.arguments)) for c in called] == [
        (c.name, c.arguments) for c in calls
    ]
    assert "".join(arguments) == "".join(c.arguments for c in called)
    assert len({c.call_id for c in called}) == len(calls)


@pytest.mark.parametrize("shape", SHAPES)
async def test_the_client_reads_a_chat_stream(shape: str) -> None:
    """The library's own accumulator puts the chunks together to the script."""
    deltas, calls = SHAPES[shape]
    answer = Answer(deltas=tuple(deltas), calls=tuple(calls))
    async with (
        FakeOpenAI(default=answer) as fake,
        AsyncOpenAI(base_url=fake.base_url, api_key="x") as client,
        client.chat.completions.stream(
            model="m", messages=[{"role": "user", "content": "hi"}]
        ) as stream,
    ):
        final = await stream.get_final_completion()
    message = final.choices[0].message
    called = message.tool_calls or []
    assert (message.content or "") == "".join(deltas)
    assert final.choices[0].finish_reason == ("tool_calls" if calls else "stop")
    assert [(c.function.name, orjson.loads(c.function.arguments)) for c in called] == [
        (c.name, c.arguments) for c in calls
    ]
