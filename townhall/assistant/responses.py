"""The SDK's model for the Responses API, with a stream that costs a tenth.

The openai client builds and checks the union of all events for each delta of the text. Here the
events that nobody reads are only a sign of life, and the ones that are read often are light.
Nor does the client build each request anew. Its errors and what is not streamed are its own and the
SDK's.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import httpx2
import openai
import orjson
from agents import ModelBehaviorError, ModelSettings, OpenAIResponsesModel, Tool
from openai import AsyncOpenAI, BaseModel, Omit
from openai._models import FinalRequestOptions
from openai.types.responses import (
    Response,
    ResponseCompletedEvent,
    ResponseErrorEvent,
    ResponseFailedEvent,
    ResponseFunctionToolCall,
    ResponseIncompleteEvent,
    ResponseOutputItemDoneEvent,
    ResponseOutputMessage,
    ResponseUsage,
)
from pydantic import ValidationError

from townhall.clerk.speech import unchecked

END = b"[DONE]"
TEXT = ("response.output_text.delta", "response.refusal.delta")
# What the SDK's run loop looks into.
WHOLE: dict[str, type[BaseModel]] = {
    "response.output_item.done": ResponseOutputItemDoneEvent,
    "response.completed": ResponseCompletedEvent,
    "response.incomplete": ResponseIncompleteEvent,
    "response.failed": ResponseFailedEvent,
    "error": ResponseErrorEvent,
}
COMMON_ITEMS: dict[object, type[BaseModel]] = {
    "message": ResponseOutputMessage,
    "function_call": ResponseFunctionToolCall,
}


@dataclass(frozen=True, slots=True)
class Sign:
    """An event of which nobody reads more than its type: the model lives."""

    type: str


@dataclass(frozen=True, slots=True)
class Begun:
    """An output item that begins; only its type is known."""

    type: str
    item: Sign


@dataclass(frozen=True, slots=True)
class Deltas:
    """The deltas of a text or a refusal that came in one piece: one event instead of many."""

    type: str
    deltas: list[str]

    @property
    def delta(self) -> str:
        """The text, as an event of the SDK has it."""
        return "".join(self.deltas)


class ResponsesModel(OpenAIResponsesModel):
    """A hosted model; only its streamed answers are read differently."""

    def __init__(self, model: str, openai_client: AsyncOpenAI) -> None:
        super().__init__(model, openai_client)
        self._converted_tools: dict[tuple[str, ...], object] = {}
        self._first_request: httpx2.Request | None = None

    async def _fetch_response(self, *asked: Any, **more: Any) -> Any:
        if not more["stream"]:
            return await super()._fetch_response(*asked, **more)
        instructions, items, settings, tools, *rest = asked
        request = self._build_response_create_kwargs(instructions, [], settings, [], *rest, **more)
        # They are plain already; the SDK copies each of them twice to be sure.
        request["input"] = self._remove_openai_responses_api_incompatible_fields(items)
        request["tools"] = self._converted(tools)
        headers = request.pop("extra_headers") or {}
        query = request.pop("extra_query") or {}
        body = {name: value for name, value in request.items() if not isinstance(value, Omit)}
        body |= body.pop("extra_body") or {}
        return _events(await self._post(orjson.dumps(body), headers, query))

    async def _post(
        self, body: bytes, headers: dict[str, str], query: dict[str, str]
    ) -> httpx2.Response:
        """Send a request that differs from the first in its body only, as the client sends it."""
        client: Any = self._client
        if self._first_request is None:
            options = FinalRequestOptions(method="post", url="/responses", json_data={})
            self._first_request = client._build_request(options)  # noqa: SLF001
            del self._first_request.headers["content-length"]
        first = self._first_request
        request = httpx2.Request(
            "POST",
            first.url.copy_merge_params(query) if query else first.url,
            headers=[*first.headers.raw, *headers.items()],
            content=body,
            extensions=first.extensions,
        )
        try:
            response: httpx2.Response = await client._client.send(request, stream=True)  # noqa: SLF001
            if response.is_error:
                async with aclosing(response):
                    await response.aread()
        except httpx2.TimeoutException as error:
            raise openai.APITimeoutError(request=request) from error
        except httpx2.HTTPError as error:
            raise openai.APIConnectionError(request=request) from error
        # It is sent, and a stream may be open for long: 30 KB of instructions and tools for each.
        request.stream, request._content = httpx2.ByteStream(b""), b""  # noqa: SLF001
        if response.is_error:
            raise client._make_status_error_from_response(response)  # noqa: SLF001
        return response

    def _converted(self, tools: list[Tool]) -> object:
        # They are the same for every turn, and to convert them takes a millisecond.
        names = tuple(tool.name for tool in tools)
        if names not in self._converted_tools:
            request = self._build_response_create_kwargs(None, "", ModelSettings(), tools, None, [])
            self._converted_tools[names] = request["tools"]
        return self._converted_tools[names]


async def _events(response: httpx2.Response) -> AsyncIterator[Any]:
    try:
        async with aclosing(response):
            lines = Lines()
            async for piece in response.aiter_bytes():
                events, failure = _read(lines.feed(piece), response)
                for event in events:
                    yield event
                if failure is not None:
                    raise failure
    except httpx2.TimeoutException as error:
        raise openai.APITimeoutError(request=response.request) from error
    except httpx2.HTTPError as error:
        raise openai.APIConnectionError(request=response.request) from error


def _read(frames: Iterator[bytes], response: httpx2.Response) -> tuple[list[Any], Exception | None]:
    """Return the events of these frames, and the failure that ended them, if one did."""
    events: list[Any] = []
    try:
        for frame in frames:
            event = _parsed(frame, response)
            last = events[-1] if events else None
            if isinstance(event, Deltas) and isinstance(last, Deltas) and last.type == event.type:
                last.deltas.extend(event.deltas)
            else:
                events.append(event)
    except Exception as failure:  # noqa: BLE001  # raised once what came before it has been said
        return events, failure
    return events, None


def _parsed(frame: bytes, response: httpx2.Response) -> Any:
    if frame == END:
        return Sign("done")
    data = orjson.loads(frame)
    if not isinstance(data, dict):
        raise ModelBehaviorError("The model's server sent an event that is no object.")
    if failure := data.get("error"):
        raise openai.APIError("The stream failed.", request=response.request, body=failure)
    name = data.get("type", "")
    if name in TEXT:
        return Deltas(name, [str(data.get("delta", ""))])
    match data:
        case {"type": "response.output_item.added", "item": {"type": str(kind)}}:
            return Begun(name, Sign(kind))
        case {"type": "response.output_item.done", "item": dict(item)}:
            return unchecked(ResponseOutputItemDoneEvent, **data | {"item": _item(item)})
        case {"type": "response.completed", "response": {"output": list(_)} as response}:
            return unchecked(ResponseCompletedEvent, **data | {"response": _response(response)})
    return WHOLE[name].construct(**data) if name in WHOLE else Sign(name)


def _response(data: dict[str, Any]) -> Response:
    # The server repeats the tools and the instructions; nobody reads them there.
    read = {
        "tools": [],
        "instructions": None,
        "output": [_item(item) for item in data["output"]],
        "usage": ResponseUsage.construct(**data["usage"]) if data.get("usage") else None,
    }
    return unchecked(Response, **data | read)


def _item(data: Any) -> Any:
    """Return an output item; the common kinds without the client's search through all kinds."""
    kind = COMMON_ITEMS.get(data.get("type")) if isinstance(data, dict) else None
    if kind is not None:
        try:
            return kind.model_validate(data)
        except ValidationError:  # a server that leaves something out
            pass
    return ResponseOutputItemDoneEvent.construct(item=data).item


class Lines:
    """The data of server-sent events, one JSON document each, in bytes as they come."""

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Give the data of the events that are complete."""
        *lines, self._rest = (self._rest + piece).split(b"\n")
        for line in lines:
            if line.startswith(b"data:"):
                self._data.append(line[5:].strip())
            elif not line.strip() and self._data:
                yield b"\n".join(self._data)
                self._data = []
