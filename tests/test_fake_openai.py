"""The rules, faults and delays of the fake model server, as the `openai` client meets them."""

import asyncio
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path

import openai
import pytest
from httpx2 import AsyncClient, ReadError, RemoteProtocolError
from openai import AsyncOpenAI

from tests.fakes.answers import Answer, Condition, Rule
from tests.fakes.fake_openai import FakeOpenAI

pytestmark = pytest.mark.anyio

Speak = Callable[..., AsyncGenerator[str]]
Whole = Callable[..., Awaitable[str | None]]


def client_of(fake: FakeOpenAI, *, max_retries: int = 0) -> AsyncOpenAI:
    """Return the library's client; it must be closed."""
    return AsyncOpenAI(base_url=fake.base_url, api_key="x", max_retries=max_retries, timeout=10)


async def stream_responses(client: AsyncOpenAI, text: str = "hi") -> AsyncGenerator[str]:
    """Yield the text deltas of a streamed Responses answer."""
    async with await client.responses.create(model="m", input=text, stream=True) as stream:
        async for event in stream:
            if event.type == "response.output_text.delta":
                yield event.delta


async def stream_chat(client: AsyncOpenAI, text: str = "hi") -> AsyncGenerator[str]:
    """Yield the text deltas of a streamed Chat Completions answer."""
    chunks = await client.chat.completions.create(
        model="m", messages=[{"role": "user", "content": text}], stream=True
    )
    async with chunks:
        async for chunk in chunks:
            if chunk.choices and chunk.choices[0].delta.content:
                yield chunk.choices[0].delta.content


async def whole_response(client: AsyncOpenAI, text: str = "hi") -> str:
    """Return the text of a Responses answer that is not streamed."""
    return (await client.responses.create(model="m", input=text)).output_text


async def whole_chat(client: AsyncOpenAI, text: str = "hi") -> str | None:
    """Return the text of a Chat Completions answer that is not streamed."""
    answer = await client.chat.completions.create(
        model="m", messages=[{"role": "user", "content": text}]
    )
    return answer.choices[0].message.content


async def test_answers_that_are_not_streamed_read_the_same() -> None:
    """Both APIs give the text in one piece, and count the request as completed."""
    async with FakeOpenAI(default=Answer(text="At eight, on  weekdays. ")) as fake:
        async with client_of(fake) as client:
            assert await whole_response(client) == "At eight, on  weekdays. "
            assert await whole_chat(client) == "At eight, on  weekdays. "
            assert [piece async for piece in stream_chat(client)] == [
                *("At", " eight,", " on", "  weekdays. ")
            ]
        assert (fake.stats.requests, fake.stats.completed, fake.stats.open_now) == (3, 3, 0)


async def test_the_first_rule_that_fits_answers() -> None:
    """Conditions see the last item, the instructions, the tools and the raw body of both APIs."""
    rules = [
        Rule(Answer(text="once"), when=Condition(last="again"), times=1),
        Rule(Answer(text="late"), when=Condition(last="again"), unless=Condition(body="early")),
        Rule(Answer(text="triage"), when=Condition(instructions="You sort")),
        Rule(Answer(text="tool"), when=Condition(tool="file_incident")),
    ]
    async with FakeOpenAI(rules, default=Answer(text="none")) as fake, client_of(fake) as client:
        ask = client.responses.create
        assert await whole_chat(client, "again") == "once"
        assert await whole_response(client, "again") == "late"
        assert await whole_response(client, "again, early") == "none"
        sorted_ = await ask(model="m", input="hi", instructions="You sort things.")
        assert sorted_.output_text == "triage"
        offered = await ask(
            model="m",
            input="hi",
            tools=[{"type": "function", "name": "file_incident", "parameters": {}, "strict": True}],
        )
        assert offered.output_text == "tool"
        chat = await client.chat.completions.create(
            model="m",
            messages=[{"role": "user", "content": "hi"}],
            tools=[{"type": "function", "function": {"name": "file_incident"}}],
        )
        assert chat.choices[0].message.content == "tool"
        seen = fake.requests[0]
        assert seen.body["messages"] == [{"role": "user", "content": "again"}]
        assert seen.headers["authorization"] == "Bearer x"


async def test_scripted_statuses_are_the_librarys_errors() -> None:
    """429 carries Retry-After; a client that may retry comes back and is served."""
    rules = [
        Rule(Answer(status=429, retry_after=0), when=Condition(last="busy"), times=1),
        Rule(Answer(status=500), when=Condition(last="broken")),
    ]
    async with FakeOpenAI(rules) as fake, client_of(fake) as client:
        with pytest.raises(openai.RateLimitError) as busy:
            await whole_response(client, "busy")
        assert busy.value.response.headers["retry-after"] == "0"
        with pytest.raises(openai.InternalServerError):
            await whole_chat(client, "broken")
    async with FakeOpenAI(rules, default=Answer(text="fine")) as fake:
        async with client_of(fake, max_retries=1) as client:
            assert await whole_response(client, "busy") == "fine"
        assert fake.stats.requests == 2


@pytest.mark.parametrize("reset", [False, True], ids=["FIN", "RST"])
@pytest.mark.parametrize("speak", [stream_responses, stream_chat])
async def test_a_stream_is_cut_after_so_many_frames(speak: Speak, reset: bool) -> None:
    """What came before the cut arrives, then the connection breaks in the way that was asked."""
    opening = {stream_responses: 4, stream_chat: 1}[speak]
    answer = Answer(tokens=20, cut_after=opening + 3, reset=reset)
    async with FakeOpenAI(default=answer) as fake, client_of(fake) as client:
        pieces = speak(client)
        assert [await anext(pieces) for _ in range(3)] == ["the", " clerk", " will"]
        with pytest.raises(openai.APIConnectionError) as cut:
            await anext(pieces)
        assert type(cut.value.__cause__) is (ReadError if reset else RemoteProtocolError)
        assert (fake.stats.broken, fake.stats.dropped, fake.stats.completed) == (1, 0, 0)


@pytest.mark.parametrize("whole", [whole_response, whole_chat])
async def test_a_body_is_cut_in_the_middle(whole: Whole) -> None:
    """An answer that is not streamed breaks, too."""
    async with FakeOpenAI(default=Answer(cut_after=9)) as fake, client_of(fake) as client:
        with pytest.raises(openai.APIConnectionError):
            await whole(client)


async def test_a_refused_request_gets_no_byte() -> None:
    """The scripted hang-up and a stopped server are connection errors; a started one serves."""
    rules = [Rule(Answer(refused=True, reset=True), times=1)]
    async with FakeOpenAI(rules, default=Answer(text="back")) as fake, client_of(fake) as client:
        with pytest.raises(openai.APIConnectionError):
            await whole_response(client)
        await fake.stop()
        with pytest.raises(openai.APIConnectionError):
            await whole_response(client)
        await fake.start()
        assert await whole_response(client) == "back"


async def test_a_malformed_frame_and_garbage_cannot_be_read() -> None:
    """A broken frame fails in the parser; a page that is no API gives no event at all."""
    rules = [
        Rule(Answer(malformed_at=6), when=Condition(last="malformed")),
        Rule(Answer(garbage=True), when=Condition(last="garbage")),
    ]
    async with FakeOpenAI(rules) as fake, client_of(fake) as client:
        for speak in (stream_responses, stream_chat):
            with pytest.raises(ValueError, match="Expecting property name"):
                _ = [piece async for piece in speak(client, "malformed")]
            assert [piece async for piece in speak(client, "garbage")] == []
        for whole in (whole_response, whole_chat):
            for text in ("malformed", "garbage"):
                with pytest.raises(ValueError):  # noqa: PT011
                    await whole(client, text)


async def test_a_stalled_stream_waits_until_it_is_released() -> None:
    """The frames before the stall arrive; the rest only when the test says so."""
    async with FakeOpenAI(default=Answer(text="one two three", stall_after=5)) as fake:
        async with client_of(fake) as client:
            pieces = stream_responses(client)
            assert await anext(pieces) == "one"
            await fake.until(lambda stats: stats.open_now == 1)
            assert fake.stats.completed == 0
            fake.release()
            assert [piece async for piece in pieces] == [" two", " three"]
        assert fake.stats.completed == 1


async def test_a_client_that_leaves_is_counted() -> None:
    """Closing a stream half-way is a drop, and the server takes the next request."""
    async with FakeOpenAI(default=Answer(text="one two three", stall_after=5)) as fake:
        async with client_of(fake) as client:
            pieces = stream_responses(client)
            assert await anext(pieces) == "one"
            await pieces.aclose()
            await fake.until(lambda stats: stats.dropped == 1)
        assert (fake.stats.open_now, fake.stats.open_max) == (0, 1)


async def test_delays_hold_before_the_answer_and_between_deltas() -> None:
    """Two deltas with a delay after each and one before the first take at least all three."""
    slow = Answer(tokens=2, first_delay=0.05, delay=0.05)
    async with FakeOpenAI(default=slow) as fake, client_of(fake) as client:
        began = time.perf_counter()
        pieces = stream_chat(client)
        assert await anext(pieces) == "the"
        assert fake.stats.completed == 0
        assert [piece async for piece in pieces] == [" clerk"]
        assert time.perf_counter() - began >= 0.15


async def test_it_serves_as_a_program_with_rules_from_a_file(tmp_path: Path) -> None:
    """`python -m tests.fakes.fake_openai` says its address and obeys the rules of the file."""
    rules = tmp_path / "rules.json"
    rules.write_text('[{"when": {"last": "hi"}, "reply": {"text": "from a file"}}]')
    options = ["--port", "0", "--rules", str(rules), "--keep", "5"]
    server = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.fakes.fake_openai", *options),
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parent.parent,
    )
    assert server.stdout is not None
    try:
        base_url = (await server.stdout.readline()).decode().split()[0]
        async with AsyncOpenAI(base_url=base_url, api_key="x", max_retries=0) as client:
            assert await whole_response(client) == "from a file"
        async with AsyncClient(base_url=base_url.removesuffix("v1")) as side_door:
            stats = (await side_door.get("/__stats")).json()
            assert (stats["requests"], stats["completed"]) == (1, 1)
            last = (await side_door.get("/__last?n=1")).json()
            assert last == [{"api": "responses", "body": {"input": "hi", "model": "m"}}]
    finally:
        server.terminate()
        assert await server.wait() == 0
