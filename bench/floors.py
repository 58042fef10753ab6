"""What a turn costs at least: the servers that the desk is compared with, one per `FLOOR`.

    FLOOR=stream uvicorn bench.floors:app

`stream` answers with 60 fixed chunks from a bare FastAPI route. `sdk` is the Agents SDK alone: one
agent without tools, `Runner.run_streamed` over HTTP, no database. `sdk-session` is the same with
the SDK's `SQLAlchemySession` on the SQLite file of `DATABASE_URL`.
"""

import os
from collections.abc import AsyncIterator, Callable

import orjson
from agents import Agent, Runner
from agents.extensions.memory import SQLAlchemySession
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import create_async_engine

from bench.client import SIXTY_WORDS

END = b"data: [DONE]\n\n"


class Message(BaseModel):
    """What the load client sends."""

    message: str
    session_id: str


Answer = Callable[[Message], AsyncIterator[bytes]]


def _frame(text: str) -> bytes:
    return b"data: %b\n\n" % orjson.dumps({"delta": text})


async def _fixed(message: Message) -> AsyncIterator[bytes]:
    for word in SIXTY_WORDS.split():
        yield _frame(word)
    yield END


def _agent(session_of: Callable[[str], SQLAlchemySession | None]) -> Answer:
    agent = Agent(name="floor", instructions="You are the town's clerk.", model="gpt-4.1")

    async def answer(message: Message) -> AsyncIterator[bytes]:
        run = Runner.run_streamed(agent, message.message, session=session_of(message.session_id))
        async for event in run.stream_events():
            if (
                event.type == "raw_response_event"
                and event.data.type == "response.output_text.delta"
            ):
                yield _frame(event.data.delta)
        yield END

    return answer


def _agent_with_sessions() -> Answer:
    engine = create_async_engine(os.environ["DATABASE_URL"])
    return _agent(lambda key: SQLAlchemySession(key, engine=engine, create_tables=True))


def _application(answer: Answer) -> FastAPI:
    app = FastAPI()

    @app.post("/chat")
    async def chat(message: Message) -> StreamingResponse:
        return StreamingResponse(answer(message), media_type="text/event-stream")

    return app


match os.environ["FLOOR"]:
    case "stream":
        app = _application(_fixed)
    case "sdk":
        app = _application(_agent(lambda _: None))
    case "sdk-session":
        app = _application(_agent_with_sessions())
