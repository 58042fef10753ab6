"""A ChatKit front end: what it sends to /chatkit, and every frame read by the package's types."""

import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

import httpx
from chatkit.types import Page, Thread, ThreadCreatedEvent, ThreadItem, ThreadStreamEvent
from pydantic import BaseModel, TypeAdapter

from tests.server import Running

# What was read may be any kind of event or item: tests say which by what they look at.
Event = Any

_events: TypeAdapter[ThreadStreamEvent] = TypeAdapter(ThreadStreamEvent)
_items: TypeAdapter[Page[Any]] = TypeAdapter(Page[ThreadItem])
_threads: TypeAdapter[Page[Thread]] = TypeAdapter(Page[Thread])


@dataclass
class FrontEnd:
    """One browser, with the headers that its `fetch` option adds."""

    client: httpx.AsyncClient
    headers: dict[str, str] = field(default_factory=dict)

    async def post(self, operation: str, **params: Any) -> httpx.Response:
        """Send the operation and return the whole answer, whatever it is."""
        body = {"type": operation, "params": params}
        return await self.client.post("/chatkit", json=body, headers=self.headers)

    async def ask(self, operation: str, **params: Any) -> Any:
        """Return the JSON that answers an operation by which nothing is said."""
        response = await self.post(operation, **params)
        assert response.status_code == 200, response.text
        assert response.headers["content-type"] == "application/json"
        return response.json()

    async def thread(self, thread_id: str) -> Thread:
        """Return the thread with its first items."""
        return Thread.model_validate(await self.ask("threads.get_by_id", thread_id=thread_id))

    async def threads(self, **params: Any) -> Page[Thread]:
        """Return a page of threads."""
        return _threads.validate_python(await self.ask("threads.list", **params))

    async def items(self, thread_id: str, **params: Any) -> Page[Any]:
        """Return a page of items."""
        return _items.validate_python(await self.ask("items.list", thread_id=thread_id, **params))

    async def create(self, text: str) -> list[Event]:
        """Begin a thread by saying `text`, to the end of the turn."""
        return await self.stream("threads.create", input=said(text))

    async def say(self, text: str, thread_id: str) -> list[Event]:
        """Say `text` in a thread, to the end of the turn."""
        return await self.stream("threads.add_user_message", input=said(text), thread_id=thread_id)

    async def stream(self, operation: str, **params: Any) -> list[Event]:
        """Return all events that answer an operation by which something is said."""
        response = await self.post(operation, **params)
        assert response.status_code == 200, response.text
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        frames = response.text.split("\n\n")
        assert frames.pop() == ""
        return [read_frame(frame) for frame in frames]

    async def open_stream(self, operation: str, **params: Any) -> AsyncGenerator[Event, None]:
        """Yield the events as they come; the connection ends when they are not read on."""
        body = {"type": operation, "params": params}
        send = self.client.stream("POST", "/chatkit", json=body, headers=self.headers)
        async with send as response:
            assert response.status_code == 200, await response.aread()
            async for line in response.aiter_lines():
                if line:
                    yield read_frame(line)


def said(text: str) -> dict[str, Any]:
    """Return the input of a message as ChatKit sends it."""
    content = [{"type": "input_text", "text": text}]
    return {"content": content, "attachments": [], "inference_options": {}}


def read_frame(frame: str) -> Event:
    """Return the event in a frame, of which nothing may get lost on the way."""
    assert frame.startswith("data: "), frame
    data = json.loads(frame.removeprefix("data: "))
    event = _events.validate_python(data)
    assert dumped(event) == data
    return event


def dumped(model: BaseModel) -> Any:
    """Return the model as ChatKit writes it."""
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)


def text_of(event_or_item: Any) -> str:
    """Return the text of a message item, or of the event that has one."""
    item = getattr(event_or_item, "item", event_or_item)
    return "".join(part.text for part in item.content)


def kinds(events: list[Event]) -> list[str]:
    """Return what happened, one word an event: the kind of item or update where there is one."""
    named = []
    for event in events:
        part = getattr(event, "update", None) or getattr(event, "item", None)
        named.append(f"{event.type} {part.type}" if part else event.type)
    return named


async def newcomer(server: Running) -> FrontEnd:
    """Return the front end of a new resident."""
    token = (await server.client.post("/sessions/create")).json()["token"]
    return FrontEnd(server.client, {"Authorization": f"Bearer {token}"})


async def begun(front: FrontEnd, text: str = "Good morning.") -> str:
    """Begin a thread and return its id."""
    created = (await front.create(text))[0]
    assert isinstance(created, ThreadCreatedEvent)
    return created.thread.id


def refusal(response: Any) -> tuple[int, str, str | None]:
    """Return status, code and, where it names one, the place of a problem object."""
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    errors = problem.get("errors", [{"pointer": None}])
    return response.status_code, problem["code"], errors[0]["pointer"]
